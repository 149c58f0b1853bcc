//! What a client is answered.

use std::io::Write as _;

/// The server is going to close the connection; no answer is expected.
pub const RELP_SERVER_CLOSE: &[u8] = b"0 serverclose 0\n";

/// Writes the answer to a frame behind what is in `out`: `N rsp LENGTH DATA`. The data of a good
/// answer begins with `200`, that of a refusal with `500`; `close` is answered without data.
pub fn relp_answer(out: &mut Vec<u8>, transaction: u32, data: &str) {
    let blank = if data.is_empty() { "" } else { " " };
    let length = data.len();
    // Writing to memory does not fail.
    let written = writeln!(out, "{transaction} rsp {length}{blank}{data}");
    debug_assert!(written.is_ok(), "memory takes what is written to it");
}
