//! Forms with files (`multipart/form-data`, RFC 7578), read from a body that is whole in memory.
//!
//! The bodies are bounded by the caller and read before, so that nothing here waits. What browsers send is
//! understood; nested parts and transfer encodings, which the RFC deprecates, are not.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::backend::SentFile;
use crate::error::{ApiError, ErrorCode};

/// Parts of a form: fields and files of the largest form, with room.
const PARTS_MAX: usize = 32;

/// Bytes of the headers of a part; a name and a type.
const HEADERS_BYTES_MAX: usize = 4 * 1024;

/// What a form holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) fields: Vec<(String, String)>,
    /// Those that have a name: a browser sends an empty part where no file was chosen.
    pub(crate) files: Vec<SentFile>,
}

impl Form {
    /// The field's text; empty where there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(given, _)| given == name);
        found.map_or("", |(_, value)| value.as_str())
    }
}

/// Reads a form.
///
/// # Errors
/// A content type that is another; a body that is none of it; too many parts.
pub(crate) fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Form, ApiError> {
    let boundary = boundary(headers)?;
    let mut form = Form::default();
    // A line end before the first boundary makes it like all others.
    let mut rest = body;
    let opening = format!("--{boundary}");
    rest = rest
        .strip_prefix(opening.as_bytes())
        .ok_or_else(unreadable)?;
    let delimiter = format!("\r\n--{boundary}");
    for _ in 0..=PARTS_MAX {
        if rest.starts_with(b"--") {
            return Ok(form);
        }
        rest = rest.strip_prefix(b"\r\n").ok_or_else(unreadable)?;
        let (part, after) = split(rest, delimiter.as_bytes()).ok_or_else(unreadable)?;
        take(part, &mut form)?;
        rest = after;
    }
    Err(ApiError::new(
        ErrorCode::InvalidRequest,
        format!("the form has more than {PARTS_MAX} parts"),
    ))
}

/// The texts that stand whole in the beginning of a form, files left out: what is given back to who typed it
/// where the rest was not read.
pub(crate) fn texts(headers: &HeaderMap, beginning: &[u8]) -> Form {
    let mut form = Form::default();
    let Ok(boundary) = boundary(headers) else {
        return form;
    };
    let opening = format!("--{boundary}");
    let delimiter = format!("\r\n{opening}");
    let mut rest = beginning.strip_prefix(opening.as_bytes());
    for _ in 0..PARTS_MAX {
        let part = rest.and_then(|rest| rest.strip_prefix(b"\r\n"));
        let Some((part, after)) = part.and_then(|it| split(it, delimiter.as_bytes())) else {
            break;
        };
        if take(part, &mut form).is_err() {
            break;
        }
        rest = Some(after);
    }
    form.files.clear();
    form
}

fn boundary(headers: &HeaderMap) -> Result<String, ApiError> {
    let given = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let (kind, parameters) = given.and_then(|it| it.split_once(';')).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err(ApiError::new(
            ErrorCode::UnsupportedMediaType,
            "the form is not multipart/form-data",
        ));
    }
    let boundary = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        let value = value.trim().trim_matches('"');
        // 1 to 70 characters (RFC 2046, section 5.1.1).
        let is_boundary = name.eq_ignore_ascii_case("boundary") && (1..=70).contains(&value.len());
        is_boundary.then(|| value.to_owned())
    });
    boundary.ok_or_else(unreadable)
}

/// One part: its headers, and what follows the empty line.
fn take(part: &[u8], form: &mut Form) -> Result<(), ApiError> {
    // A part without headers has none of what a form's part must have.
    let (head, content) = split(part, b"\r\n\r\n").ok_or_else(unreadable)?;
    if head.len() > HEADERS_BYTES_MAX {
        return Err(unreadable());
    }
    let head = std::str::from_utf8(head).map_err(|_| unreadable())?;
    let mut disposition = "";
    let mut media_type = None;
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or_else(unreadable)?;
        if name.eq_ignore_ascii_case("content-disposition") {
            disposition = value.trim();
        } else if name.eq_ignore_ascii_case("content-type") {
            media_type = Some(value.trim().to_owned());
        }
    }
    let name = parameter(disposition, "name").ok_or_else(unreadable)?;
    match parameter(disposition, "filename") {
        Some(file) if !file.is_empty() => form.files.push(SentFile {
            name: file,
            media_type,
            bytes: content.to_vec(),
        }),
        Some(_) => {}
        None => {
            let text = String::from_utf8(content.to_vec()).map_err(|_| unreadable())?;
            form.fields.push((name, text));
        }
    }
    Ok(())
}

/// The value of a quoted parameter. Browsers write `"` as `%22` and line ends as `%0D%0A` in it (HTML,
/// "multipart/form-data encoding algorithm"), and nothing else is encoded.
fn parameter(disposition: &str, wanted: &str) -> Option<String> {
    let mut rest = disposition;
    while let Some((_, after)) = rest.split_once(';') {
        let (name, value) = after.trim_start().split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        if name.eq_ignore_ascii_case(wanted) {
            let decoded = value.replace("%22", "\"");
            return Some(decoded.replace("%0D", "\r").replace("%0A", "\n"));
        }
        rest = after;
    }
    None
}

/// What stands before the first `delimiter`, and after it.
fn split<'b>(bytes: &'b [u8], delimiter: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = memchr::memmem::find(bytes, delimiter)?;
    let (before, rest) = bytes.split_at_checked(at)?;
    Some((before, rest.strip_prefix(delimiter)?))
}

fn unreadable() -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, "the form cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        let kind = "multipart/form-data; boundary=\"XyZ\"";
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        parse(&headers, body.as_bytes()).ok()
    }

    #[test]
    fn what_a_browser_sends_is_understood() {
        let form = read(concat!(
            "--XyZ\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\n",
            "två\r\nrader\r\n--XyZ\r\n",
            "Content-Disposition: form-data; name=\"file\"; filename=\"a;%22b.txt\"\r\n",
            "Content-Type: text/plain\r\n\r\n--Xy\r\n\r\n--XyZ\r\n",
            "Content-Disposition: form-data; name=\"file\"; filename=\"\"\r\n",
            "Content-Type: application/octet-stream\r\n\r\n\r\n--XyZ--\r\n",
        ))
        .unwrap();
        assert_eq!(form.field("description"), "två\r\nrader");
        assert_eq!(form.field("absent"), "");
        assert_eq!(
            form.files,
            [SentFile {
                name: "a;\"b.txt".to_owned(),
                media_type: Some("text/plain".to_owned()),
                bytes: b"--Xy\r\n".to_vec(),
            }]
        );
    }

    #[test]
    fn the_texts_of_a_beginning_are_those_that_are_whole() {
        let mut headers = HeaderMap::new();
        let kind = "multipart/form-data; boundary=XyZ";
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        let text = |name: &str, value: &str| {
            format!("\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--XyZ")
        };
        let file = "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nbytes";
        let whole = format!("--XyZ{}{}{file}", text("a", "one"), text("b", "två"));
        let form = texts(&headers, whole.as_bytes());
        assert_eq!((form.field("a"), form.field("b")), ("one", "två"));
        assert_eq!(form.files, []);
        for length in 0..whole.len() {
            let beginning = whole.as_bytes().get(..length).unwrap();
            let found = texts(&headers, beginning);
            assert!(["", "one"].contains(&found.field("a")));
            assert!(["", "två"].contains(&found.field("b")));
        }
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let many = |parts: usize| {
            let part = "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--XyZ";
            format!("--XyZ{}--", part.repeat(parts))
        };
        let check = |body: &str, is_form: bool| {
            let shown: String = body.chars().take(80).collect();
            assert_eq!(read(body).is_some(), is_form, "{shown:?}");
        };
        check("--XyZ--", true);
        check(&many(PARTS_MAX), true);
        check(&many(PARTS_MAX + 1), false);
        check("", false);
        check("--XyZ", false);
        check("--XyZ\r\n\r\nb\r\n--XyZ--", false);
        check(
            "--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb",
            false,
        );
        check(
            "--XyZ\r\nContent-Disposition: form-data\r\n\r\nb\r\n--XyZ--",
            false,
        );
        check("--XyZ\r\nno header\r\n\r\nb\r\n--XyZ--", false);
        let long = format!("--XyZ\r\nX: {}\r\n\r\nb\r\n--XyZ--", "y".repeat(5_000));
        check(&long, false);
    }
}
