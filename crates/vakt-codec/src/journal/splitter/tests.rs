use proptest::prelude::*;

use super::*;

fn entries(pieces: &[&[u8]], limit: usize) -> (Vec<JournalEntry>, Result<(), PrematureEof>) {
    let mut splitter = JournalExportSplitter::new(limit);
    let mut entries = Vec::new();
    for piece in pieces {
        splitter.push(piece, &mut |entry| entries.push(entry));
        assert!(splitter.buffered_bytes() <= limit + 1);
    }
    let end = splitter.finish(&mut |entry| entries.push(entry));
    (entries, end)
}

fn shown(entries: &[JournalEntry]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| {
            let cursor = entry
                .cursor
                .map_or(String::new(), |key| format!(" #{}", key.sequence_number));
            let cut = if entry.truncated { " (cut)" } else { "" };
            format!("{}{cursor}{cut}", entry.bytes.escape_ascii())
        })
        .collect()
}

fn binary(name: &str, value: &[u8]) -> Vec<u8> {
    let length = u64::try_from(value.len()).unwrap().to_le_bytes();
    [name.as_bytes(), b"\n", &length, value, b"\n"].concat()
}

#[test]
fn entries_end_with_an_empty_line() {
    let check = |stream: &[u8], expected: &[&str], left: Option<usize>| {
        let (got, end) = entries(&[stream], 1000);
        assert_eq!(shown(&got), expected, "{}", stream.escape_ascii());
        assert_eq!(
            end,
            left.map_or(Ok(()), |bytes| Err(PrematureEof { bytes }))
        );
    };
    check(b"A=1\nB=2\n\nA=3\n\n", &["A=1\\nB=2\\n", "A=3\\n"], None);
    check(b"\n\nA=1\n\n\n", &["A=1\\n"], None);
    check(b"", &[], None);
    check(b"A=1\n\nA=2\n", &["A=1\\n"], Some(4));
    check(b"A=1\n\nA=2", &["A=1\\n"], Some(4));
    check(
        b"__CURSOR=s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=a;b=0\nA=1\n\n",
        &["__CURSOR=s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=a;b=0\\nA=1\\n #10"],
        None,
    );
    let value = [binary("M", b"x\n\nA=1\n\n"), b"B=2\n\n".to_vec()].concat();
    check(
        &value,
        &["M\\n\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x00x\\n\\nA=1\\n\\n\\nB=2\\n"],
        None,
    );
    // A length that cannot be: what follows is read as lines again.
    check(
        b"M\n\xff\xff\xff\xff\xff\xff\xff\xffA=1\n\nA=2\n\n",
        &[
            "M\\n\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\nA=1\\n",
            "A=2\\n",
        ],
        None,
    );
    check(b"no field\nA=1\n\n", &["no field\\nA=1\\n"], None);
}

#[test]
fn an_entry_over_the_limit_is_cut() {
    let check = |stream: &[u8], expected: &[&str]| {
        assert_eq!(
            shown(&entries(&[stream], 14).0),
            expected,
            "{}",
            stream.escape_ascii()
        );
    };
    check(
        b"A=1\nB=234567890123456789\nC=1\n\nA=2\n\n",
        &["A=1\\nB=23456789\\n (cut)", "A=2\\n"],
    );
    let value = [binary("M", b"0123456789"), b"B=2\n\nA=3\n\n".to_vec()].concat();
    check(
        &value,
        &[
            "M\\n\\x04\\x00\\x00\\x00\\x00\\x00\\x00\\x000123\\n (cut)",
            "A=3\\n",
        ],
    );
    let value = [
        b"A=12345678\n".to_vec(),
        binary("M", b"\n\nX=1\n\n"),
        b"\nA=3\n\n".to_vec(),
    ]
    .concat();
    check(&value, &["A=12345678\\n (cut)", "A=3\\n"]);
}

#[test]
fn what_is_unfinished_can_be_had() {
    let check = |stream: &[u8], expected: &[&str]| {
        let mut splitter = JournalExportSplitter::new(100);
        splitter.push(stream, &mut |_| {});
        let got: Vec<_> = splitter.unfinished().into_iter().collect();
        assert_eq!(shown(&got), expected);
        assert_eq!(splitter.unfinished(), None);
    };
    check(b"A=1\n\n", &[]);
    check(b"A=1\n", &["A=1\\n"]);
    check(b"A=1\nB", &["A=1\\nB\\n (cut)"]);
    check(
        b"M\n\x08\0\0\0\0\0\0\0abc",
        &["M\\n\\x03\\x00\\x00\\x00\\x00\\x00\\x00\\x00abc\\n (cut)"],
    );
    check(b"M\n\x08\0", &["M\\n\\n (cut)"]);
}

proptest! {
    #[test]
    fn pieces_change_nothing(
        parts in prop::collection::vec(
            prop_oneof![
                Just(b"A=1\n".to_vec()),
                Just(b"\n".to_vec()),
                Just(b"__CURSOR=s=aaaaaaaabbbbccccddddeeeeeeeeeeee;i=a\n".to_vec()),
                prop::collection::vec(any::<u8>(), 0..20).prop_map(|value| binary("M", &value)),
                prop::collection::vec(any::<u8>(), 0..6),
            ],
            0..20,
        ),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        limit in 1_usize..100,
    ) {
        let stream = parts.concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        let whole = entries(&[&stream], limit);
        prop_assert_eq!(&entries(&pieces, limit), &whole);
        prop_assert_eq!(&entries(&bytes, limit), &whole);
    }
}
