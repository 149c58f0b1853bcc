//! What any reader of the bytes pays at least: the lines that times are measured against.

use memchr::memchr;

/// Whether the bytes are UTF-8.
pub(crate) fn utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

/// Finds each top-level name of a JSON object and the extent of its value, and touches nothing
/// else. Zero-copy, without allocation; the grammar inside values is not checked. `None` where
/// the bytes are no such object.
pub(crate) fn top_level_scan<'b>(
    bytes: &'b [u8],
    mut member: impl FnMut(&'b [u8], &'b [u8]),
) -> Option<()> {
    let mut at = blanks(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    at = blanks(bytes, at + 1);
    if bytes.get(at) == Some(&b'}') {
        return Some(());
    }
    loop {
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let name_end = string_end(bytes, at)?;
        let name = bytes.get(at + 1..name_end - 1)?;
        at = blanks(bytes, name_end);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        at = blanks(bytes, at + 1);
        let end = value_end(bytes, at)?;
        member(name, bytes.get(at..end)?);
        at = blanks(bytes, end);
        match bytes.get(at) {
            Some(b',') => at = blanks(bytes, at + 1),
            Some(b'}') => return Some(()),
            _ => return None,
        }
    }
}

/// Where the string that begins at `start` with its quote has ended.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut from = start + 1;
    loop {
        let quote = from + memchr(b'"', bytes.get(from..)?)?;
        let before = bytes.get(start + 1..quote)?;
        let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\');
        if backslashes.count() % 2 == 0 {
            return Some(quote + 1);
        }
        from = quote + 1;
    }
}

fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start)? {
        b'"' => string_end(bytes, start),
        b'{' | b'[' => nested_end(bytes, start),
        _ => {
            let rest = bytes.get(start..)?;
            let ends =
                |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
            Some(start + rest.iter().position(ends)?)
        }
    }
}

fn nested_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut open = 0_usize;
    let mut at = start;
    loop {
        match bytes.get(at)? {
            b'"' => {
                at = string_end(bytes, at)?;
                continue;
            }
            b'{' | b'[' => open += 1,
            b'}' | b']' => open -= 1,
            _ => {}
        }
        at += 1;
        if open == 0 {
            return Some(at);
        }
    }
}

fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_and_extents() {
        let check = |text: &str, expected: Option<&[(&str, &str)]>| {
            let mut found = Vec::new();
            let whole = top_level_scan(text.as_bytes(), |name, value| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                found.push((text(name), text(value)));
            });
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|(a, b)| (a.as_str(), b.as_str()))
                .collect();
            assert_eq!(whole.map(|()| found.as_slice()), expected, "{text}");
        };
        check("{}", Some(&[]));
        check(r#" { "a" : 1 } "#, Some(&[("a", "1")]));
        check(
            r#"{"a":"x\"}\\","b\\":{"c":["}"]},"d":[1,{}],"e":true}"#,
            Some(&[
                ("a", r#""x\"}\\""#),
                (r"b\\", r#"{"c":["}"]}"#),
                ("d", "[1,{}]"),
                ("e", "true"),
            ]),
        );
        check("<38>Nov 24", None);
        check(r#"{"a":1"#, None);
        check(r#"{"a" 1}"#, None);
    }
}
