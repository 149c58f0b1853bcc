//! The frames of a stream do not depend on how the network cut it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_codec::SyslogFramer;

const LIMIT_BYTES: usize = 1024;

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<(Vec<u8>, bool)> {
    let mut framer = SyslogFramer::new(LIMIT_BYTES);
    let mut frames = Vec::new();
    for piece in pieces {
        framer.push(piece, &mut |frame, truncated| frames.push((frame, truncated)));
    }
    framer.finish(&mut |frame, truncated| frames.push((frame, truncated)));
    frames
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let whole = frames(std::iter::once(bytes));
    let cut = frames(bytes.chunks(usize::from(size).max(1)));
    assert_eq!(whole, cut);
    assert!(whole.iter().all(|(frame, _)| frame.len() <= LIMIT_BYTES));
});
