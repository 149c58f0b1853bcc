//! Attachments: files that people or senders of reports hand in, kept by hash.
//!
//! The bytes are no part of the records: files of megabytes in the database would be copied with every
//! backup of it and written under the lock under which detection writes. They lie beside it, each named
//! by its BLAKE3, durable before the row that names them; SHA-256 is what others know a file by.

use serde::Serialize;
use vakt_event::Timestamp;
use vakt_event::visible::is_misleading;

use super::{WorkError, bounded};

/// Bytes of one file: a screenshot, a mail, a packet capture of a minute; no disk image.
pub const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Bytes of all files of one incident.
pub const INCIDENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Files of one incident: what a page can list.
pub const INCIDENT_FILES_MAX: u64 = 256;

/// Bytes of all files of all incidents, the same bytes counted once.
pub const TOTAL_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// Bytes of a file's name, as most file systems have it.
const NAME_BYTES_MAX: usize = 255;

/// Bytes of a media type (RFC 6838, section 4.2: two names of 127).
const MEDIA_TYPE_BYTES_MAX: usize = 255;

/// What nobody said the type of.
const MEDIA_TYPE_UNKNOWN: &str = "application/octet-stream";

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// Hexadecimal; its name within the incident.
    pub blake3: String,
    /// The id of the incident that it was handed in with.
    pub incident: String,
    pub sha256: String,
    pub bytes: u64,
    /// As the sender named it; for showing, never a path.
    pub name: String,
    /// As the sender said; nobody has checked it.
    pub media_type: String,
    pub recorded_at: Timestamp,
    pub recorded_by: String,
}

/// A file that is stored already, on its way into an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttachment {
    pub name: String,
    pub media_type: Option<String>,
    pub stored: Stored,
}

/// Bytes that are durable, by their hashes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stored {
    pub blake3: String,
    pub sha256: String,
    pub bytes: u64,
}

/// Whether a file of this name and length would be attached, before a byte of it is stored.
///
/// # Errors
/// One that is too large, or whose name is too long or none.
pub fn check_file(name: &str, bytes: u64) -> Result<(), WorkError> {
    checked_name(name, bytes).map(|_| ())
}

fn checked_name(name: &str, bytes: u64) -> Result<String, WorkError> {
    if bytes > FILE_BYTES_MAX {
        return Err(WorkError::FileTooLarge {
            bytes,
            bytes_max: FILE_BYTES_MAX,
        });
    }
    // What stands before the last slash is the sender's folder.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|c| !c.is_control() && !is_misleading(*c))
        .collect();
    let name = bounded("name", &name, NAME_BYTES_MAX)?;
    if name.is_empty() {
        return Err(WorkError::Missing { name: "name" });
    }
    Ok(name)
}

/// The name and type of a file.
pub(crate) fn checked(new: &NewAttachment) -> Result<(String, String), WorkError> {
    let name = checked_name(&new.name, new.stored.bytes)?;
    let media_type = new.media_type.as_deref().unwrap_or_default();
    let media_type = bounded("media_type", media_type, MEDIA_TYPE_BYTES_MAX)?;
    let media_type = match is_media_type(&media_type) {
        true => media_type.to_ascii_lowercase(),
        false => MEDIA_TYPE_UNKNOWN.to_owned(),
    };
    Ok((name, media_type))
}

/// `type/subtype` (RFC 6838, section 4.2), without parameters.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

/// Whether there is room for a file, beside `files` of the incident with `bytes` and `total` bytes of all.
pub(crate) fn expect_room(new: u64, files: u64, bytes: u64, total: u64) -> Result<(), WorkError> {
    if files >= INCIDENT_FILES_MAX {
        return Err(WorkError::TooMany {
            what: "attachments",
            max: INCIDENT_FILES_MAX,
        });
    }
    for (whose, used, bytes_max) in [
        ("the incident", bytes, INCIDENT_BYTES_MAX),
        ("all incidents", total, TOTAL_BYTES_MAX),
    ] {
        if used.saturating_add(new) > bytes_max {
            return Err(WorkError::NoRoom { whose, bytes_max });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path_and_a_type_is_a_type() {
        let check = |name: &str, media_type: &str, expected: Option<(&str, &str)>| {
            let new = NewAttachment {
                name: name.to_owned(),
                media_type: Some(media_type.to_owned()),
                stored: Stored {
                    blake3: String::new(),
                    sha256: String::new(),
                    bytes: 1,
                },
            };
            let found = checked(&new).ok();
            let expected = expected.map(|(name, kind)| (name.to_owned(), kind.to_owned()));
            assert_eq!(found, expected, "{name:?} {media_type:?}");
        };
        let unknown = MEDIA_TYPE_UNKNOWN;
        check(
            "mail.eml",
            "Message/RFC822",
            Some(("mail.eml", "message/rfc822")),
        );
        check("../../etc/passwd", "", Some(("passwd", unknown)));
        check(
            r"C:\Users\eva\skärm.png",
            "image/png",
            Some(("skärm.png", "image/png")),
        );
        check(
            "a\r\nb\u{202e}c.txt",
            "text/html; charset=x",
            Some(("abc.txt", unknown)),
        );
        check("x", "text/html\r\nset-cookie: a=b", Some(("x", unknown)));
        check("folder/", "text/plain", None);
        check("  ", "text/plain", None);
    }

    #[test]
    fn room_ends_at_the_bounds() {
        let check = |new, files, bytes, total, expected: bool| {
            assert_eq!(expect_room(new, files, bytes, total).is_ok(), expected);
        };
        check(1, 0, 0, 0, true);
        check(1, INCIDENT_FILES_MAX - 1, 0, 0, true);
        check(1, INCIDENT_FILES_MAX, 0, 0, false);
        check(1, 0, INCIDENT_BYTES_MAX - 1, 0, true);
        check(1, 0, INCIDENT_BYTES_MAX, 0, false);
        check(1, 0, 0, TOTAL_BYTES_MAX - 1, true);
        check(1, 0, 0, TOTAL_BYTES_MAX, false);
    }
}
