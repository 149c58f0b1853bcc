//! One line: its bytes, its signature and what it says.

use std::io;

use serde::{Deserialize, Serialize};
use vakt_event::Timestamp;

use super::entry::{Digest, Entry, micros};
use crate::hex;
use crate::signing::{PublicKey, SIGNATURE_BYTES, Signature, SigningKey};

/// A line longer than this is none of ours: room for 65,535 streams with names of ordinary length.
pub(crate) const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

const SIGNATURE_NAME: &[u8] = b",\"signature\":\"";
const END: &[u8] = b"\"}";

/// What a line says, whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// From 1, without gaps.
    pub seq: u64,
    /// BLAKE3 of the line before, without its newline; zeros for the first.
    #[serde(rename = "prev", with = "hex::digits")]
    pub previous: Digest,
    #[serde(serialize_with = "micros")]
    pub at: Timestamp,
    #[serde(flatten)]
    pub entry: Entry,
}

/// A line that could be read: what it says, and what tells who wrote it.
#[derive(Clone, Debug)]
pub struct SignedLine<'a> {
    pub line: Line,
    covered: &'a [u8],
    signature: Signature,
}

impl SignedLine<'_> {
    /// Whether the line stands as the holder of `key` wrote it.
    pub fn is_by(&self, key: &PublicKey) -> bool {
        key.has_signed(self.covered, &self.signature)
    }
}

/// Reads a line, without its newline. Whether its signature holds and it stands in its place is for
/// the caller to ask.
///
/// # Errors
/// Says why the bytes are no line of a ledger.
pub fn check_line(bytes: &[u8]) -> Result<SignedLine<'_>, String> {
    let (covered, signature) = split(bytes).ok_or("it does not end in a signature")?;
    let line = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Ok(SignedLine {
        line,
        covered,
        signature,
    })
}

/// The bytes that the signature covers, and the signature.
fn split(bytes: &[u8]) -> Option<(&[u8], Signature)> {
    let tail = SIGNATURE_NAME.len() + SIGNATURE_BYTES * 2 + END.len();
    let (covered, tail) = bytes.split_at_checked(bytes.len().checked_sub(tail)?)?;
    let digits = tail.strip_prefix(SIGNATURE_NAME)?.strip_suffix(END)?;
    Some((covered, hex::decode(digits)?))
}

/// The line as it is written, with its newline.
pub(crate) fn encode(line: &Line, key: &SigningKey) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(line)?;
    // The closing brace comes after the signature.
    bytes.pop();
    let signature = key.sign(&bytes).map_err(io::Error::other)?;
    bytes.extend_from_slice(SIGNATURE_NAME);
    bytes.extend_from_slice(hex::encode(&signature).as_bytes());
    bytes.extend_from_slice(END);
    bytes.push(b'\n');
    Ok(bytes)
}
