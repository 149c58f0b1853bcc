use proptest::prelude::*;

use super::*;

/// What comes of a stream in the given pieces, a line each.
fn shown(pieces: &[&[u8]], limit: usize) -> Vec<String> {
    let mut framer = RelpFramer::new(limit);
    let mut shown = Vec::new();
    for piece in pieces {
        let pushed = framer.push(piece, &mut |frame| {
            let RelpFrame {
                transaction,
                command,
                data,
                truncated,
            } = frame;
            let cut = if truncated { " (cut)" } else { "" };
            shown.push(format!(
                "{transaction} {command:?} {}{cut}",
                data.escape_ascii()
            ));
        });
        assert!(framer.buffered_bytes() <= limit + HEADER_BYTES_MAX);
        if let Err(fault) = pushed {
            shown.push(fault.to_string());
            break;
        }
    }
    shown
}

#[test]
fn frames_are_told_apart() {
    let check = |stream: &[u8], expected: &[&str]| {
        assert_eq!(shown(&[stream], 64), expected, "{}", stream.escape_ascii());
    };
    check(
        b"1 open 14 relp_version=0\n2 syslog 5 <34>a\n3 close 0\n",
        &["1 Open relp_version=0", "2 Syslog <34>a", "3 Close "],
    );
    check(
        b"999999999 syslog 1 a\n0 syslog 1 b\n",
        &["999999999 Syslog a", "0 Syslog b"],
    );
    // Without data, as clients send it, and with a blank.
    check(b"1 syslog 0\n2 syslog 0 \n", &["1 Syslog ", "2 Syslog "]);
    // The length counts, whatever the data is.
    check(b"1 syslog 9 a\n2 rsp 0\n", &["1 Syslog a\\n2 rsp 0"]);
    check(
        b"1 syslog 3 a\r\n\n2 syslog 2 b\0\n",
        &["1 Syslog a", "2 Syslog b"],
    );
    check(b"1 starttls 0\n", &["1 Other "]);
    check(b"1 syslog 5 <34", &[]);
    check(b"", &[]);
}

#[test]
fn what_is_no_frame_ends_the_stream() {
    let check = |stream: &[u8], fault: RelpFault| {
        assert_eq!(
            shown(&[b"1 syslog 1 a\n", stream, b"2 syslog 1 b\n"], 64),
            ["1 Syslog a".to_owned(), fault.to_string()],
            "{}",
            stream.escape_ascii()
        );
    };
    check(b"<34>a\n", RelpFault::Transaction);
    check(b"\n", RelpFault::Transaction);
    check(b" 1 syslog", RelpFault::Transaction);
    check(b"1000000000 syslog 1 a\n", RelpFault::Transaction);
    check(b"-1 syslog 1 a\n", RelpFault::Transaction);
    check(b"1\n", RelpFault::Transaction);
    check(b"1  syslog 1 a\n", RelpFault::Command);
    check(b"1 sys-log 1 a\n", RelpFault::Command);
    check(&[b"1 ", [b'x'; 33].as_slice()].concat(), RelpFault::Command);
    check(b"1 syslog x\n", RelpFault::Length);
    check(b"1 syslog -1 a\n", RelpFault::Length);
    check(b"1 syslog 1000000000 a\n", RelpFault::Length);
    check(b"1 syslog 1\n", RelpFault::Length);
    check(b"1 syslog 1 ab\n", RelpFault::End);
    check(b"1 syslog 0 a\n", RelpFault::End);
    check(b"\x16\x03\x01\x02\x00\x01\x00", RelpFault::Transaction);
}

#[test]
fn a_frame_over_the_limit_is_cut_once() {
    let check = |stream: &[u8], expected: &[&str]| {
        assert_eq!(shown(&[stream], 4), expected, "{}", stream.escape_ascii());
    };
    check(
        b"1 syslog 4 abcd\n2 syslog 5 abcde\n3 syslog 1 a\n",
        &["1 Syslog abcd", "2 Syslog abcd (cut)", "3 Syslog a"],
    );
    check(b"1 syslog 999999999 abcdefgh", &["1 Syslog abcd (cut)"]);
    check(
        b"1 syslog 5 abcdefgh\n",
        &["1 Syslog abcd (cut)", &RelpFault::End.to_string()],
    );
}

#[test]
fn answers_carry_their_length() {
    let check = |data: &str, expected: &str| {
        let mut out = Vec::new();
        relp_answer(&mut out, 7, data);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    };
    check("200 OK", "7 rsp 6 200 OK\n");
    check("", "7 rsp 0\n");
    check(
        "200 OK\ncommands=syslog",
        "7 rsp 22 200 OK\ncommands=syslog\n",
    );
}

/// Streams made of what clients send, and of what they do not, so that every branch is met often.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let frame = ("[0-9]{1,9}", "[a-z]{1,6}|syslog", "[ -~\\n]{0,12}").prop_map(
        |(transaction, command, data)| {
            let blank = if data.is_empty() { "" } else { " " };
            format!("{transaction} {command} {}{blank}{data}\n", data.len()).into_bytes()
        },
    );
    let piece = prop_oneof![
        12 => frame,
        1 => Just(b"1 syslog 30 ".to_vec()),
        1 => Just(b"1234567890".to_vec()),
        1 => "[0-9a-z \\n]{0,12}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..4),
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
        let whole = shown(&[&stream], limit);
        prop_assert_eq!(&shown(&pieces, limit), &whole);
        prop_assert_eq!(&shown(&bytes, limit), &whole);
    }

    /// What any client sends comes out as it was.
    #[test]
    fn framed_messages_come_back(
        messages in prop::collection::vec((0_u32..1_000_000_000, "[a-z <>]{0,20}"), 0..12),
    ) {
        let stream: String = messages
            .iter()
            .map(|(number, text)| {
                let blank = if text.is_empty() { "" } else { " " };
                format!("{number} syslog {}{blank}{text}\n", text.len())
            })
            .collect();
        let expected: Vec<String> = messages
            .iter()
            .map(|(number, text)| format!("{number} Syslog {text}"))
            .collect();
        prop_assert_eq!(shown(&[stream.as_bytes()], 64), expected);
    }
}
