use std::io::{BufReader, Read};

use proptest::prelude::*;

use super::*;

/// Format letter, text and whether it was cut, for each record; checks the ordinals.
fn records(reader: impl Read, capacity: usize, format: FileFormat, limit: usize) -> Vec<String> {
    let reader = BufReader::with_capacity(capacity, reader);
    Records::new(reader, format, limit)
        .enumerate()
        .map(|(at, record)| {
            let record = record.unwrap();
            assert_eq!(record.number, u64::try_from(at + 1).unwrap());
            assert!(format == FileFormat::Journal || record.bytes.len() <= limit);
            let letter = match record.format {
                Format::Json => 'j',
                Format::Syslog => 's',
                Format::Journal => 'x',
                Format::Text => 't',
            };
            let cut = if record.truncated { " (cut)" } else { "" };
            format!("{letter} {}{cut}", record.bytes.escape_ascii())
        })
        .collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    for capacity in [1, 7, 8192] {
        let got = records(text.as_bytes(), capacity, FileFormat::Auto, 80);
        assert_eq!(got, expected, "{text}");
    }
}

#[test]
fn json_in_all_layouts() {
    check(
        "{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}",
        &[r#"j {\"a\":1}"#, r#"j {\"a\":2}"#, r#"j {\"a\":3}"#],
    );
    check(
        "{\"a\":1}{\"a\":2} {\"a\":3},\n{\"a\":4}",
        &[
            r#"j {\"a\":1}"#,
            r#"j {\"a\":2}"#,
            r#"j {\"a\":3}"#,
            r#"j {\"a\":4}"#,
        ],
    );
    check(
        "{\n  \"a\": {\n  }\n}\n{\n}\n",
        &[r#"j {\n  \"a\": {\n  }\n}"#, r#"j {\n}"#],
    );
    check(
        "[{\"a\":1},{\"a\":2}]",
        &[r#"j {\"a\":1}"#, r#"j {\"a\":2}"#],
    );
    check(
        "\u{feff} [\n  {\"a\":1},\n  {\"a\":2}\n]\n{\"a\":3}\n",
        &[r#"j {\"a\":1}"#, r#"j {\"a\":2}"#, r#"j {\"a\":3}"#],
    );
    check("[]\n[ ]\n", &[]);
    check(
        "{\"Records\":[{\"a\":1},{\"a\":2}],\"b\":[1]}\n{\"a\":3}",
        &[r#"j {\"a\":1}"#, r#"j {\"a\":2}"#, r#"j {\"a\":3}"#],
    );
    check(
        "\u{1e}{\"a\":1}\n\u{1e}{\"a\":2}\n",
        &[r#"j {\"a\":1}"#, r#"j {\"a\":2}"#],
    );
}

#[test]
fn a_broken_line_costs_itself_only() {
    check(
        "{\"a\":1\n{\"a\":2}\n",
        &[r#"j {\"a\":1"#, r#"j {\"a\":2}"#],
    );
    check(
        "{\"a\":\n{\"a\":2}\n{\"a\":3}\n",
        &[r#"j {\"a\":"#, r#"j {\"a\":2}"#, r#"j {\"a\":3}"#],
    );
    check(
        "{\"a\":\"x\n{\"a\":2}\n",
        &[r#"j {\"a\":\"x"#, r#"j {\"a\":2}"#],
    );
    check(
        "{\"a\":1} and more\n{\"a\":2}\n",
        &[r#"j {\"a\":1} and more"#, r#"j {\"a\":2}"#],
    );
    check("{\"a\":1}\n{\"a\":", &[r#"j {\"a\":1}"#, r#"j {\"a\":"#]);
    check(
        "{nothing}\n[{\"a\":1},\n{\"a\" 2},\n{\"a\":3}]\n",
        &[
            "j {nothing}",
            r#"j {\"a\":1}"#,
            r#"j {\"a\" 2},"#,
            r#"j {\"a\":3}"#,
        ],
    );
    check(
        "[{\"a\":1}, 2]\nplain\n",
        &[r#"j {\"a\":1}"#, "t  2]", "t plain"],
    );
}

#[test]
fn lines_of_all_kinds() {
    check(
        "<13>Nov 24 09:00:00 h a: b\nNov 24 09:00:00 h a: b\r\n\r\nplain [x]\n  indented\n[notice] y\n{\"a\":1}\nlast",
        &[
            "s <13>Nov 24 09:00:00 h a: b",
            "s Nov 24 09:00:00 h a: b",
            "t plain [x]",
            "t   indented",
            "t [notice] y",
            r#"j {\"a\":1}"#,
            "t last",
        ],
    );
    check("", &[]);
    check("\n \n\t\n", &[]);
}

#[test]
fn a_given_format_is_not_guessed() {
    let check = |format, expected: &[&str]| {
        assert_eq!(
            records(&b"{\"a\":1}\nplain\n"[..], 64, format, 80),
            expected
        );
    };
    check(FileFormat::Json, &[r#"j {\"a\":1}"#, "j plain"]);
    check(FileFormat::Syslog, &[r#"s {\"a\":1}"#, "s plain"]);
    check(FileFormat::Text, &[r#"t {\"a\":1}"#, "t plain"]);
}

#[test]
fn records_over_the_limit_are_cut() {
    let check = |text: &str, expected: &[&str]| {
        for capacity in [1, 8192] {
            assert_eq!(
                records(text.as_bytes(), capacity, FileFormat::Auto, 8),
                expected,
                "{text}"
            );
        }
    };
    check("0123456789abc\nx\n", &["t 01234567 (cut)", "t x"]);
    check("01234567\r\nx", &["t 01234567", "t x"]);
    check(
        "{\"a\":\"0123456789\"}\n{\"b\":1}\n",
        &[r#"j {\"a\":\"01 (cut)"#, r#"j {\"b\":1}"#],
    );
    check(
        "{\n\"a\": [\n1,\n2\n]}{\"b\":1}",
        &[r#"j {\n\"a\": [ (cut)"#, r#"j {\"b\":1}"#],
    );
    check(
        "[{\"a\":12345},{\"b\":1}]",
        &[r#"j {\"a\":123 (cut)"#, r#"j {\"b\":1}"#],
    );
    check(
        "{\"a\":\"0123456789\nx\n",
        &[r#"j {\"a\":\"01 (cut)"#, "t x"],
    );
}

#[test]
fn journal_exports_are_told_by_their_beginning() {
    check(
        "__CURSOR=s=1\nMESSAGE=a\n\n__CURSOR=s=2\n\n",
        &[r"x __CURSOR=s=1\nMESSAGE=a\n", r"x __CURSOR=s=2\n"],
    );
    check(
        "_HOSTNAME=h\nMESSAGE=a",
        &[r"x _HOSTNAME=h\nMESSAGE=a\n (cut)"],
    );
}

#[test]
fn an_error_of_the_reader_ends_the_records() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let reader = BufReader::new(b"one\ntwo".chain(Failing));
    let got: Vec<_> = Records::new(reader, FileFormat::Text, 80)
        .map(|record| record.map(|record| record.bytes))
        .collect();
    assert!(matches!(got.as_slice(), [Ok(one), Err(_)] if one == b"one"));
}

proptest! {
    /// Whatever stands in a file, reading it ends, loses no line to a broken neighbour, and does
    /// not depend on the pieces in which it is read.
    #[test]
    fn pieces_change_nothing(
        parts in prop::collection::vec(
            prop_oneof![
                Just("{\"a\":1}".to_owned()),
                Just("{\"a\":[".to_owned()),
                Just("{\"Records\":[".to_owned()),
                Just("[{\"b\":".to_owned()),
                Just("]}".to_owned()),
                Just(",".to_owned()),
                Just("\n".to_owned()),
                Just("\r\n".to_owned()),
                Just("\"".to_owned()),
                Just("MESSAGE=".to_owned()),
                "[a-z {}\\[\\]\":,1\\\\\n]{0,8}",
            ],
            0..30,
        ),
        capacity in 1_usize..20,
        limit in 20_usize..200,
    ) {
        let text = parts.concat();
        let whole = records(text.as_bytes(), 8192, FileFormat::Json, limit);
        prop_assert_eq!(&records(text.as_bytes(), capacity, FileFormat::Json, limit), &whole);
        let whole = records(text.as_bytes(), 8192, FileFormat::Auto, 10_000);
        prop_assert_eq!(&records(text.as_bytes(), capacity, FileFormat::Auto, 10_000), &whole);
    }

    #[test]
    fn objects_come_back_from_every_layout(
        values in prop::collection::vec(("[a-z{}\\[\\]\"\\\\,\n]{0,9}", any::<i32>()), 0..8),
        layout in 0_u8..5,
    ) {
        let values: Vec<serde_json::Value> = values
            .into_iter()
            .map(|(text, number)| serde_json::json!({"t": text, "n": [number, {"d": {}}]}))
            .collect();
        let each = |separator: &str| {
            values.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator)
        };
        let text = match layout {
            0 => each("\n"),
            1 => each(""),
            2 => format!("[{}]", each(",")),
            3 => serde_json::to_string_pretty(&values).unwrap(),
            _ if values.is_empty() => String::new(),
            _ => format!("{{\"Records\": [{}]}}", each(", ")),
        };
        let got: Vec<serde_json::Value> =
            Records::new(text.as_bytes(), FileFormat::Auto, RECORD_BYTES_MAX)
                .map(|record| serde_json::from_slice(&record.unwrap().bytes).unwrap())
                .collect();
        prop_assert_eq!(got, values);
    }
}

/// What the quick way makes of a text: the records of its blocks, as far as lines are records, and
/// then those of [`Records`].
fn in_blocks(text: &[u8], block_bytes: usize, format: FileFormat, limit: usize) -> Vec<Record> {
    let zone = jiff::tz::TimeZone::UTC;
    let context = crate::DecodeContext::new(&zone);
    let mut found: Vec<Record> = Vec::new();
    let mut blocks = Blocks::new(text, block_bytes, limit);
    let mut block = Block::default();
    let mut before = 0;
    while blocks.next(&mut block).unwrap() {
        let mut lines = block.lines(format, limit);
        while let Some(line) = lines.next() {
            let number = u64::try_from(found.len()).unwrap() + 1;
            let at = match line {
                Line::Record(bytes, format) => {
                    let event = crate::decode(bytes, format, &context);
                    let is_doubtful = format == Format::Json && !event.problems.is_empty();
                    if !is_doubtful || judge(bytes) == Judgement::Record {
                        found.push(Record {
                            bytes: bytes.to_vec(),
                            format,
                            number,
                            truncated: false,
                        });
                        continue;
                    }
                    lines.began()
                }
                Line::Unclear(at) => at,
            };
            let rest = &text[before + at..];
            let records = match before + at {
                0 => Records::new(rest, format, limit),
                _ => Records::after(rest, format, limit, number - 1),
            };
            found.extend(records.map(Result::unwrap));
            return found;
        }
        before += block.bytes().len();
    }
    found
}

proptest! {
    #[test]
    fn blocks_have_the_same_records(
        parts in prop::collection::vec(
            prop_oneof![
                8 => Just("{\"a\":1}\n"),
                4 => Just("{\"a\":\"x\\\\y\"}\r\n"),
                2 => Just("<13>Nov 24 09:00:00 web1 x: y\n"),
                1 => Just("{\"a\":01}\n"),
                1 => Just("{\"a\":1} \t\n"),
                1 => Just("{\"a\" 1} \n"),
                1 => Just("text\n"),
                1 => Just("\n"),
                1 => Just(" \t\n"),
                1 => Just("{\n\"a\":1}\n"),
                1 => Just("{\"a\":1}{\"a\":2}\n"),
                1 => Just("{\"a\":1},\n"),
                1 => Just("{\"a\":1} x\n"),
                1 => Just("{\"a\":\"x\n"),
                1 => Just("[{\"a\":1},\n{\"a\":2}]\n"),
                1 => Just("{\"Records\":[{\"a\":1}]}\n"),
                1 => Just("\u{1e}{\"a\":1}\n"),
                1 => Just("\u{feff}{\"a\":1}\n"),
                1 => Just("\u{feff}"),
                1 => Just("__CURSOR=x\n"),
                1 => Just("{\"a\":1}\u{c}\n"),
                1 => Just("{"),
                1 => Just("}"),
                1 => Just("{\"long\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}\n"),
            ],
            0..14,
        ),
        block_bytes in 1_usize..60,
        format in prop_oneof![
            4 => Just(FileFormat::Auto),
            1 => Just(FileFormat::Json),
            1 => Just(FileFormat::Syslog),
            1 => Just(FileFormat::Text),
        ],
    ) {
        let text = parts.concat();
        let expected: Vec<Record> = Records::new(text.as_bytes(), format, 60)
            .map(Result::unwrap)
            .collect();
        prop_assert_eq!(in_blocks(text.as_bytes(), block_bytes, format, 60), expected, "{}", text);
    }
}
