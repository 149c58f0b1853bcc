//! Where a JSON object ends, found while its bytes come.
//!
//! Checks the grammar of brackets, commas, colons and strings, so that a broken object is known
//! for broken at the first byte that cannot be: an object that lacks its end does not swallow the
//! lines after it. What numbers and words look like is left to the decoder.

/// Objects and arrays within each other. More is taken for broken: the decoder would not look
/// that deep, and the bound keeps the work on unclosed brackets linear.
const DEPTH_MAX: usize = 128;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The object ended; so many of the bytes belong to it.
    Done(usize),
    /// No object goes on so.
    Broken(Fault),
    /// All bytes belong to it, and more are needed.
    More,
}

/// Where it turned out that this is no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The byte that cannot be.
    pub(super) at: usize,
    /// It is the first of its line, but for blanks: what stands there may be whole in itself.
    pub(super) begins_line: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    /// A value, or the end of an empty array.
    FirstElement,
    /// A name, or the end of an empty object.
    FirstName,
    Name,
    Colon,
    /// A comma or a closing bracket.
    AfterValue,
    /// Inside a number or a word.
    Word,
    Text {
        is_name: bool,
    },
    /// After a backslash.
    Escape {
        is_name: bool,
    },
}

#[derive(Debug)]
pub(super) struct ValueEnd {
    state: State,
    /// The open brackets.
    open: Vec<u8>,
    /// Only blanks have come since the last LF.
    line_is_blank: bool,
}

impl ValueEnd {
    /// Before an object.
    pub(super) fn new() -> Self {
        Self {
            state: State::Value,
            open: Vec::new(),
            line_is_blank: false,
        }
    }

    /// Inside an object, after one of its values.
    pub(super) fn inside_object() -> Self {
        Self {
            state: State::AfterValue,
            open: vec![b'{'],
            line_is_blank: false,
        }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) -> Progress {
        let mut at = 0;
        while let Some(byte) = bytes.get(at).copied() {
            if let State::Text { is_name } = self.state {
                let rest = bytes.get(at..).unwrap_or_default();
                let stop = memchr::memchr2(b'"', b'\\', rest);
                let inside = rest.get(..stop.unwrap_or(rest.len())).unwrap_or_default();
                if inside.iter().fold(false, |any, byte| any | (*byte < 0x20)) {
                    let control = inside.iter().position(|byte| *byte < 0x20);
                    return Progress::Broken(Fault {
                        at: at + control.unwrap_or(0),
                        begins_line: false,
                    });
                }
                at += inside.len();
                if stop.is_some() {
                    self.state = match (bytes.get(at), is_name) {
                        (Some(b'\\'), _) => State::Escape { is_name },
                        (_, true) => State::Colon,
                        (_, false) => State::AfterValue,
                    };
                    at += 1;
                }
                continue;
            }
            match self.step(byte) {
                None => {
                    return Progress::Broken(Fault {
                        at,
                        begins_line: self.line_is_blank,
                    });
                }
                Some(false) => continue,
                Some(true) => at += 1,
            }
            let is_blank = matches!(byte, b' ' | b'\t' | b'\r');
            self.line_is_blank = byte == b'\n' || (is_blank && self.line_is_blank);
            if self.open.is_empty() {
                return Progress::Done(at);
            }
        }
        Progress::More
    }

    /// Takes one byte outside strings. `Some(false)` where the byte is to be looked at again.
    fn step(&mut self, byte: u8) -> Option<bool> {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.state = match (self.state, byte) {
            (State::Escape { is_name }, 0x20..) => State::Text { is_name },
            (State::Escape { .. } | State::Text { .. }, _) => return None,
            (State::Word, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') => {
                State::Word
            }
            (State::Word, _) => {
                self.state = State::AfterValue;
                return Some(false);
            }
            (state, _) if is_blank && !self.open.is_empty() => state,
            (State::Value | State::FirstElement, b'{') => {
                return self.enter(byte, State::FirstName);
            }
            // What is looked for is an object.
            _ if self.open.is_empty() => return None,
            (State::Value | State::FirstElement, b'[') => {
                return self.enter(byte, State::FirstElement);
            }
            (State::FirstElement | State::AfterValue, b']') => return self.leave(b'['),
            (State::FirstName | State::AfterValue, b'}') => return self.leave(b'{'),
            (State::Value | State::FirstElement, b'"') => State::Text { is_name: false },
            (State::Value | State::FirstElement, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                State::Word
            }
            (State::FirstName | State::Name, b'"') => State::Text { is_name: true },
            (State::Colon, b':') => State::Value,
            (State::AfterValue, b',') => match self.open.last() {
                Some(b'{') => State::Name,
                _ => State::Value,
            },
            _ => return None,
        };
        Some(true)
    }

    fn enter(&mut self, bracket: u8, inside: State) -> Option<bool> {
        if self.open.len() >= DEPTH_MAX {
            return None;
        }
        self.open.push(bracket);
        self.state = inside;
        Some(true)
    }

    fn leave(&mut self, bracket: u8) -> Option<bool> {
        (self.open.pop()? == bracket).then(|| {
            self.state = State::AfterValue;
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends() {
        fn check(text: &str, expected: Progress) {
            assert_eq!(ValueEnd::new().feed(text.as_bytes()), expected, "{text}");
            let mut by_byte = ValueEnd::new();
            let mut got = Progress::More;
            for (before, byte) in text.bytes().enumerate() {
                got = match by_byte.feed(&[byte]) {
                    Progress::Done(used) => Progress::Done(before + used),
                    Progress::Broken(fault) => Progress::Broken(Fault {
                        at: before + fault.at,
                        ..fault
                    }),
                    Progress::More => continue,
                };
                break;
            }
            assert_eq!(got, expected, "byte by byte: {text}");
        }
        let broken = |at, begins_line| Progress::Broken(Fault { at, begins_line });
        check("{}", Progress::Done(2));
        check(r#"{"a":1}{"#, Progress::Done(7));
        check(
            r#"{ "a" : [ 1 , {"b":"}\"]"} , [] , null ] } x"#,
            Progress::Done(42),
        );
        check("{\n  \"a\": -1.5e3,\n  \"b\": true\n}", Progress::Done(30));
        check(r#"{"a":1"#, Progress::More);
        check(r#"{"a":"x"#, Progress::More);
        check("{\"a\":1\n{\"b\":2}", broken(7, true));
        check("{\"a\":\"x\n\"}", broken(7, false));
        check("{\"a\":\n{\"b\":2}\n{\"c\":3}", broken(14, true));
        check("{\"a\":1]", broken(6, false));
        check("{,}", broken(1, false));
        check("{\"a\" 1}", broken(5, false));
        check("[1]", broken(0, false));
        check(" {}", broken(0, false));
        check(
            &r#"{"a":"#.repeat(DEPTH_MAX + 1),
            broken(DEPTH_MAX * 5, false),
        );
    }
}
