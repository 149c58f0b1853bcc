//! The members of a JSON array that is a whole body, incrementally.

use std::mem;

use super::ndjson::{Line, event_format};

/// What does not fit at a member of the array, or around it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("member {member} of the array: {what}")]
pub struct ArrayFault {
    /// From 1.
    pub member: u64,
    pub what: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the bracket.
    Before,
    /// After the bracket: a member, or the end.
    First,
    /// After a comma.
    Member,
    /// In a member that is an object or an array, so many of them deep.
    Nested(usize),
    /// In a string, in a member that is so many deep.
    Quoted { depth: usize, is_escaped: bool },
    /// In a number, `true`, `false` or `null`.
    Word,
    /// After a member.
    Behind,
    /// After the closing bracket.
    End,
}

/// Splits `[MEMBER, …]` into its members, in any chunks. Holds at most one member. What a member is, an event
/// or a text, is decided as for a line; one over the limit is cut and marked.
pub struct ArraySplitter {
    limit: usize,
    member: Vec<u8>,
    is_cut: bool,
    number: u64,
    place: Place,
}

impl ArraySplitter {
    pub fn new(member_bytes_max: usize) -> Self {
        Self {
            limit: member_bytes_max,
            member: Vec::new(),
            is_cut: false,
            number: 1,
            place: Place::Before,
        }
    }

    /// Feeds bytes; calls `sink` for each whole member.
    ///
    /// # Errors
    /// What is no array; the members before were given.
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(Line)) -> Result<(), ArrayFault> {
        bytes.iter().try_for_each(|byte| self.step(*byte, sink))
    }

    /// The body has ended.
    ///
    /// # Errors
    /// An array without its end.
    pub fn finish(self) -> Result<(), ArrayFault> {
        match self.place {
            Place::End => Ok(()),
            _ => Err(self.fault("the body ends before the array does")),
        }
    }

    fn step(&mut self, byte: u8, sink: &mut dyn FnMut(Line)) -> Result<(), ArrayFault> {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        match self.place {
            Place::Before => {
                if byte == b'[' {
                    self.place = Place::First;
                }
            }
            Place::First | Place::Member | Place::Behind | Place::End if is_blank => {}
            Place::First if byte == b']' => self.place = Place::End,
            Place::First | Place::Member => {
                if matches!(byte, b',' | b']' | b'}') {
                    return Err(self.fault("there is none before the comma or bracket"));
                }
                self.keep(byte);
                self.place = match byte {
                    b'{' | b'[' => Place::Nested(1),
                    b'"' => Place::Quoted {
                        depth: 0,
                        is_escaped: false,
                    },
                    _ => Place::Word,
                };
            }
            Place::Nested(depth) => {
                self.keep(byte);
                match byte {
                    b'"' => {
                        self.place = Place::Quoted {
                            depth,
                            is_escaped: false,
                        };
                    }
                    b'{' | b'[' => self.place = Place::Nested(depth.saturating_add(1)),
                    b'}' | b']' if depth > 1 => self.place = Place::Nested(depth - 1),
                    b'}' | b']' => self.end_member(sink),
                    _ => {}
                }
            }
            Place::Quoted { depth, is_escaped } => {
                self.keep(byte);
                match byte {
                    b'"' if !is_escaped && depth == 0 => self.end_member(sink),
                    b'"' if !is_escaped => self.place = Place::Nested(depth),
                    _ => {
                        self.place = Place::Quoted {
                            depth,
                            is_escaped: byte == b'\\' && !is_escaped,
                        };
                    }
                }
            }
            Place::Word if is_blank || matches!(byte, b',' | b']') => {
                self.end_member(sink);
                return self.step(byte, sink);
            }
            Place::Word => self.keep(byte),
            Place::Behind => match byte {
                b',' => self.place = Place::Member,
                b']' => self.place = Place::End,
                _ => return Err(self.fault("a comma or the end of the array is missing before it")),
            },
            Place::End => return Err(self.fault("something follows the end of the array")),
        }
        Ok(())
    }

    fn keep(&mut self, byte: u8) {
        if self.member.len() < self.limit {
            self.member.push(byte);
        } else {
            self.is_cut = true;
        }
    }

    fn end_member(&mut self, sink: &mut dyn FnMut(Line)) {
        let bytes = mem::take(&mut self.member);
        sink(Line {
            number: self.number,
            format: event_format(&bytes),
            bytes,
            truncated: mem::take(&mut self.is_cut),
        });
        self.number += 1;
        self.place = Place::Behind;
    }

    fn fault(&self, what: &'static str) -> ArrayFault {
        ArrayFault {
            member: self.number,
            what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(body: &[u8], chunk: usize) -> Vec<String> {
        let mut shown = Vec::new();
        let mut sink = |line: Line| {
            let cut = if line.truncated { " cut" } else { "" };
            let text = line.bytes.escape_ascii();
            shown.push(format!("{} {:?} {text}{cut}", line.number, line.format));
        };
        let mut splitter = ArraySplitter::new(16);
        let mut chunks = body.chunks(chunk);
        let ended = chunks
            .try_for_each(|piece| splitter.push(piece, &mut sink))
            .and_then(|()| splitter.finish());
        shown.extend(ended.err().map(|fault| fault.to_string()));
        shown
    }

    #[test]
    fn members_are_the_same_in_any_chunks() {
        let check = |body: &str, expected: &[&str]| {
            for chunk in [1, 2, 3, 7, usize::MAX] {
                let found = members(body.as_bytes(), chunk);
                assert_eq!(found, expected, "{body} in chunks of {chunk}");
            }
        };
        check("[]", &[]);
        check(" [ \n ] \n", &[]);
        check(
            "[{\"a\":1},\n {\"b\":[{}]}]",
            &["1 Json {\\\"a\\\":1}", "2 Json {\\\"b\\\":[{}]}"],
        );
        check(
            r#"[{"a":"]}\","}, "x\\", 12, null ,[1]]"#,
            &[
                r#"1 Json {\"a\":\"]}\\\",\"}"#,
                r#"2 Text \"x\\\\\""#,
                "3 Text 12",
                "4 Text null",
                "5 Text [1]",
            ],
        );
        check(
            "[{\"a\":\"0123456789\"},{}]",
            &["1 Text {\\\"a\\\":\\\"0123456789 cut", "2 Json {}"],
        );
        // A member that is not as it should be is data, as a line is.
        check("[{\"a\":}]", &["1 Text {\\\"a\\\":}"]);
        for (body, expected) in [
            (
                "",
                "member 1 of the array: the body ends before the array does",
            ),
            (
                "[{}",
                "member 2 of the array: the body ends before the array does",
            ),
            (
                "[{},{\"a\"",
                "member 2 of the array: the body ends before the array does",
            ),
            (
                "[{},]",
                "member 2 of the array: there is none before the comma or bracket",
            ),
            (
                "[,{}]",
                "member 1 of the array: there is none before the comma or bracket",
            ),
            (
                "[{} {}]",
                "member 2 of the array: a comma or the end of the array is missing before it",
            ),
            (
                "[{}] {}",
                "member 2 of the array: something follows the end of the array",
            ),
        ] {
            for chunk in [1, usize::MAX] {
                let found = members(body.as_bytes(), chunk);
                assert_eq!(found.last().map(String::as_str), Some(expected), "{body}");
            }
        }
    }
}
