//! The frames of a RELP session do not depend on how the network cut it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vakt_codec::{RelpCommand, RelpFault, RelpFramer};

const LIMIT_BYTES: usize = 1024;

type Frames = Vec<(u32, RelpCommand, Vec<u8>, bool)>;

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Frames, Option<RelpFault>) {
    let mut framer = RelpFramer::new(LIMIT_BYTES);
    let mut frames = Vec::new();
    for piece in pieces {
        let pushed = framer.push(piece, &mut |frame| {
            frames.push((frame.transaction, frame.command, frame.data.to_vec(), frame.truncated));
        });
        if let Err(fault) = pushed {
            return (frames, Some(fault));
        }
    }
    (frames, None)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let whole = frames(std::iter::once(bytes));
    let cut = frames(bytes.chunks(usize::from(size).max(1)));
    assert_eq!(whole, cut);
    for (transaction, _, data, _) in &whole.0 {
        assert!(*transaction < 1_000_000_000);
        assert!(data.len() <= LIMIT_BYTES);
    }
});
