//! The entries of a journal export do not depend on how the network cut it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_codec::JournalExportSplitter;

const LIMIT_BYTES: usize = 4096;

fn entries<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<(Vec<u8>, bool)> {
    let mut splitter = JournalExportSplitter::new(LIMIT_BYTES);
    let mut entries = Vec::new();
    for piece in pieces {
        splitter.push(piece, &mut |entry| entries.push((entry.bytes, entry.truncated)));
    }
    // A premature end is an answer too; the entries before it count.
    let _premature = splitter.finish(&mut |entry| entries.push((entry.bytes, entry.truncated)));
    entries
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let whole = entries(std::iter::once(bytes));
    let cut = entries(bytes.chunks(usize::from(size).max(1)));
    assert_eq!(whole, cut);
});
