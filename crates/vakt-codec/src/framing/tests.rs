use proptest::prelude::*;

use super::*;

/// The frames of a stream that comes in the given pieces.
fn frames(pieces: &[&[u8]], limit: usize) -> Vec<(Vec<u8>, bool)> {
    let mut framer = SyslogFramer::new(limit);
    let mut frames = Vec::new();
    for piece in pieces {
        framer.push(piece, &mut |frame, truncated| {
            frames.push((frame, truncated))
        });
        assert!(framer.buffered_bytes() <= limit + 2 + COUNT_DIGITS_MAX + 6);
    }
    framer.finish(&mut |frame, truncated| frames.push((frame, truncated)));
    frames
}

fn shown(frames: &[(Vec<u8>, bool)]) -> Vec<String> {
    frames
        .iter()
        .map(|(frame, truncated)| {
            let cut = if *truncated { " (cut)" } else { "" };
            format!("{}{cut}", frame.escape_ascii())
        })
        .collect()
}

#[test]
fn each_frame_has_a_framing_of_its_own() {
    let check = |stream: &[u8], expected: &[&str]| {
        assert_eq!(
            shown(&frames(&[stream], 64)),
            expected,
            "{}",
            stream.escape_ascii()
        );
    };
    check(
        b"<1>a\n<1>b\r\n<1>c\0<1>d",
        &["<1>a", "<1>b", "<1>c", "<1>d"],
    );
    check(b"5 <1>ab5 <1>cd", &["<1>ab", "<1>cd"]);
    check(
        b"5 <1>ab<1>c\n5 <1>de<1>f\0",
        &["<1>ab", "<1>c", "<1>de", "<1>f"],
    );
    // A line end inside the count, and one that the count forgot.
    check(
        b"6 <1>ab\n7 <1>cd\r\n6 <1>ef\0",
        &["<1>ab", "<1>cd", "<1>ef"],
    );
    check(b"5 <1>ab\n5 <1>cd\n", &["<1>ab", "<1>cd"]);
    check(b"6 <1>a\nb5 <1>cd", &["<1>a\\nb", "<1>cd"]);
    // Only one line end belongs to the framing.
    check(b"7 <1>ab\n\n\n", &["<1>ab\\n"]);
    check(b"12 monkeys\n1 <2 3\n", &["12 monkeys", "<", "2 3"]);
    check(b"\n\r\n\0\n", &[]);
    check(b"", &[]);
    check(b"999999999 <1>a\n<1>b\n", &["999999999 <1>a", "<1>b"]);
    check(b"40 <1>a", &["<1>a (cut)"]);
    check(b"12", &["12"]);
    check(b"12 ", &["12 "]);
    check(b"0\n1\n2", &["0", "1", "2"]);
}

#[test]
fn line_feeds_stay_in_messages_that_end_with_nul() {
    let check = |stream: &[u8], expected: &[&str]| {
        assert_eq!(
            shown(&frames(&[stream], 64)),
            expected,
            "{}",
            stream.escape_ascii()
        );
    };
    check(b"<84>a\0<83>b\nmulti\0", &["<84>a", "<83>b\\nmulti"]);
    check(
        b"<84>a\0<83>b\nmulti\0<1>c\nd\0",
        &["<84>a", "<83>b\\nmulti", "<1>c\\nd"],
    );
    check(
        b"<84>a\0<83>b\n<83>c\nd\n",
        &["<84>a", "<83>b", "<83>c", "d"],
    );
    check(
        b"<84>a\0<83>b\n5 <1>cd\0<1>e\0",
        &["<84>a", "<83>b", "<1>cd", "<1>e"],
    );
    check(b"<84>a\0<83>b\nc\n", &["<84>a", "<83>b", "c"]);
    check(b"<84>a\0plain\nc\n", &["<84>a", "plain", "c"]);
}

#[test]
fn held_back_lines_come_out_when_nothing_follows() {
    let mut framer = SyslogFramer::new(64);
    let mut got = Vec::new();
    framer.push(b"<84>a\0<83>b\n<83", &mut |frame, _| got.push(frame));
    assert_eq!(got, [b"<84>a"]);
    framer.idle(&mut |frame, _| got.push(frame));
    assert_eq!(got, [b"<84>a", b"<83>b"]);
    framer.push(b">c\n", &mut |frame, _| got.push(frame));
    assert_eq!(got, [b"<84>a", b"<83>b", b"<83>c"]);
}

#[test]
fn a_frame_over_the_limit_is_cut_once() {
    let check = |stream: &[u8], expected: &[&str]| {
        assert_eq!(
            shown(&frames(&[stream], 4)),
            expected,
            "{}",
            stream.escape_ascii()
        );
    };
    check(b"abcdefghij\nk\n", &["abcd (cut)", "k"]);
    check(b"abcdefghij", &["abcd (cut)"]);
    check(b"abcd\r\nabcde\r\nx\n", &["abcd", "abcd (cut)", "x"]);
    check(b"12 <1>abcdefghi<1>x", &["<1>a (cut)", "<1>x"]);
    check(
        b"5 <1>ab4 <1>a5 <1>a\n6 <1>a\r\n",
        &["<1>a (cut)", "<1>a", "<1>a", "<1>a"],
    );
    check(
        b"<1>a\0<1>bc\nd\0<1>e\n",
        &["<1>a", "<1>b (cut)", "d", "<1>e"],
    );
}

/// Streams made of what senders send, so that every branch is met often.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"<13>".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"5 <1>ab".to_vec()),
        Just(b"9 <1>a\nb\n".to_vec()),
        Just(b"30 <1>".to_vec()),
        Just(b"12 monkeys".to_vec()),
        Just(b"99999999 <".to_vec()),
        "[a-z<>0-9 ]{0,12}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn pieces_change_nothing(
        stream in stream(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        limit in 1_usize..24,
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        let whole = frames(&[&stream], limit);
        prop_assert_eq!(shown(&frames(&pieces, limit)), shown(&whole));
        prop_assert_eq!(shown(&frames(&bytes, limit)), shown(&whole));
    }

    /// What any sender frames in any way comes out as it was.
    #[test]
    fn framed_messages_come_back(
        messages in prop::collection::vec(("<[0-9]{1,3}>[a-z ]{1,20}", 0_u8..5), 0..12),
    ) {
        let mut stream = Vec::new();
        for (message, framing) in &messages {
            match framing {
                0 => stream.extend(format!("{message}\n").bytes()),
                1 => stream.extend(format!("{message}\r\n").bytes()),
                2 => stream.extend(format!("{message}\0").bytes()),
                3 => stream.extend(format!("{} {message}", message.len()).bytes()),
                _ => stream.extend(format!("{} {message}\n", message.len() + 1).bytes()),
            }
        }
        let got = frames(&[&stream], 64);
        let expected: Vec<_> = messages
            .iter()
            .map(|(message, _)| (message.clone().into_bytes(), false))
            .collect();
        prop_assert_eq!(got, expected);
    }
}

/// What real clients sent: see the README beside the captures.
#[test]
fn captures_of_real_clients() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/client-wire/"
    );
    if !std::path::Path::new(folder).exists() {
        println!("skipped: captures_of_real_clients: ../shared is absent");
        return;
    }
    let check = |name: &str, count: usize, last: &str| {
        let stream = std::fs::read(format!("{folder}{name}")).unwrap();
        let got = frames(&[&stream], 65_536);
        assert_eq!(got.len(), count, "{name}");
        assert!(
            got.iter()
                .all(|(frame, truncated)| !truncated && frame.starts_with(b"<"))
        );
        let shown = got.last().unwrap().0.escape_ascii().to_string();
        assert!(shown.ends_with(last), "{name}: {shown}");
    };
    check("logger-tcp-octet-count-two-lines.c2s", 2, "line2");
    check("logger-tcp-rfc3164-lf.c2s", 1, "tcp rfc3164");
    check("logger-tcp-rfc5424-octet-count.c2s", 1, "tcp octet count");
    check("python-SysLogHandler-tcp-nul.c2s", 2, "second line\\nmulti");
    check(
        "rsyslog-omfwd-tcp-octet-counted-5424.c2s",
        5,
        "rhost=173.234.31.186 ",
    );
    check(
        "rsyslog-omfwd-tcp-traditional.c2s",
        5,
        "rhost=173.234.31.186 ",
    );
    check("syslog-ng-loggen-tcp-3164-iso.c2s", 2, "PADD");
    check("syslog-ng-loggen-tcp-5424-octet-count.c2s", 2, "PAD");
}
