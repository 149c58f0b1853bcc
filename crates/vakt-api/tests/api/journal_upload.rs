//! `POST /upload`, with our own bytes and with captures of the real client.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use vakt_event::Format;
use vakt_ingest::intake::Refused;

use crate::client::{chunked, connect, read_answer};
use crate::fake::start;

const JOURNAL: &str = "Content-Type: application/vnd.fdo.journal";

fn entry(number: u64) -> Vec<u8> {
    let mut entry =
        format!("__CURSOR=s=000000000000000000000000000000ab;i={number:x};b=c\nMESSAGE\n")
            .into_bytes();
    entry.extend(11_u64.to_le_bytes());
    entry.extend(b"two\n\nlines!\n_PID=1\n\n");
    entry
}

#[test]
fn entries_are_kept_whole_in_any_chunks() {
    let daemon = start();
    let body: Vec<u8> = (1..=3).flat_map(entry).collect();
    for size in [1, 7, 1000] {
        daemon.fake.frames.lock().unwrap().clear();
        let headers = [JOURNAL, "Transfer-Encoding: chunked"];
        let answer = daemon.request("POST /upload", &headers, &chunked(&body, size));
        assert_eq!((answer.status, answer.text().as_str()), (202, "OK.\n"));
        let frames = daemon.fake.frames.lock().unwrap();
        assert_eq!(frames.len(), 3);
        for (number, (_, frame)) in (1..).zip(frames.iter()) {
            assert_eq!(frame.format, Format::Journal);
            let cursor = frame.cursor.unwrap();
            assert_eq!((cursor.sequence_id, cursor.sequence_number), (0xab, number));
        }
    }
}

#[test]
fn refusals() {
    let daemon = start();
    let check = |headers: &[&str], body: &[u8], status: u16, part: &str| {
        let answer = daemon.request("POST /upload", headers, body);
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.text().contains(part), "{}", answer.text());
    };
    check(&["Content-Type: text/plain"], b"x", 415, "vnd.fdo.journal");
    check(&[], b"x", 415, "vnd.fdo.journal");
    check(
        &[JOURNAL, "Content-Encoding: gzip"],
        b"x",
        415,
        "Content-Encoding",
    );
    // The client shows the body to its operator: text, when it asks for text.
    let answer = daemon.request("POST /upload", &["Accept: text/plain"], b"x");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert!(answer.text().starts_with("the content type is"));

    let mut cut = [entry(1), entry(2)].concat();
    cut.truncate(cut.len() - 5);
    check(&[JOURNAL], &cut, 417, "ends inside an entry");
    assert_eq!(daemon.fake.lines().len(), 1, "the entry before it is kept");
    *daemon.fake.batches_left.lock().unwrap() = Some(0);
    check(&[JOURNAL], &entry(1), 503, "too much is waiting");
}

/// The client ends at any answer of 400 and more without having moved its cursor, so that the next
/// start sends the same entries again; an entry before the refusal is known by its cursor then.
#[test]
fn a_full_disk_takes_nothing_and_says_so() {
    let daemon = start();
    *daemon.fake.refusal.lock().unwrap() = Some(Refused::NoSpace);
    *daemon.fake.batches_left.lock().unwrap() = Some(0);
    let body: Vec<u8> = (1..=3).flat_map(entry).collect();
    let headers = [JOURNAL, "Accept: text/plain"];
    let answer = daemon.request("POST /upload", &headers, &body);
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(
        answer
            .text()
            .starts_with("the disk is as full as it may get")
    );
    assert!(daemon.fake.lines().is_empty());
    *daemon.fake.batches_left.lock().unwrap() = None;
    let answer = daemon.request("POST /upload", &headers, &body);
    assert_eq!((answer.status, answer.text().as_str()), (202, "OK.\n"));
    assert_eq!(daemon.fake.lines().len(), 3);
}

#[test]
fn the_body_is_asked_for_only_when_it_will_be_read() {
    let daemon = start();
    let ask = |headers: &str| {
        let mut stream = connect(daemon.address);
        let head = format!(
            "POST /upload HTTP/1.1\r\nHost: {}\r\n{headers}Transfer-Encoding: chunked\r\nAccept: text/plain\r\nExpect: 100-continue\r\n\r\n",
            daemon.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        let answer = read_answer(&mut stream);
        (stream, answer)
    };
    let good = format!("{JOURNAL}\r\n");
    let check = |headers: &str, expected: u16| {
        let (_, answer) = ask(headers);
        assert_eq!(answer.status, expected, "{headers}");
    };
    check("Content-Type: text/plain\r\n", 415);
    check(&format!("{good}Origin: http://evil.example\r\n"), 403);
    check(&format!("{good}Authorization: Bearer vakt_wrong\r\n"), 401);

    // Three uploads on one connection, as the client does when it follows the journal.
    let (mut stream, mut answer) = ask(&good);
    for number in 1..=3 {
        assert_eq!(answer.status, 100);
        stream.write_all(&chunked(&entry(number), 50)).unwrap();
        let taken = read_answer(&mut stream);
        assert_eq!((taken.status, taken.text().as_str()), (202, "OK.\n"));
        if number < 3 {
            let head = format!(
                "POST /upload HTTP/1.1\r\nHost: {}\r\n{good}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
                daemon.address
            );
            stream.write_all(head.as_bytes()).unwrap();
            answer = read_answer(&mut stream);
        }
    }
    assert_eq!(daemon.fake.lines().len(), 3);
}

/// The captures of the real client: entries that each holds in all its requests together.
const CAPTURES: [(&str, usize); 4] = [
    ("real-directory-backlog", 309),
    ("file-follow-no", 7),
    ("follow-3-batches-one-connection", 6),
    ("two-export-files-one-connection", 2),
];

#[test]
fn captured_uploads_are_taken() {
    let folder = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/journald/capture"
    ));
    if !folder.is_dir() {
        println!("skipped: captured_uploads_are_taken: ../shared is absent");
        return;
    }
    for (name, entries) in CAPTURES {
        let daemon = start();
        let wire = fs::read(folder.join(format!("{name}.c2s"))).unwrap();
        // The capture was made at another port.
        let mut rest = wire.as_slice();
        let mut sent = Vec::new();
        while let Some(at) = rest.windows(6).position(|bytes| bytes == b"Host: ") {
            let end = at + rest[at..].iter().position(|byte| *byte == b'\r').unwrap();
            sent.extend_from_slice(&rest[..at]);
            sent.extend(format!("Host: {}", daemon.address).into_bytes());
            rest = &rest[end..];
        }
        sent.extend_from_slice(rest);
        let requests = sent
            .windows(13)
            .filter(|bytes| bytes == b"POST /upload ")
            .count();
        let mut stream = connect(daemon.address);
        let mut writer = stream.try_clone().unwrap();
        let writing = std::thread::spawn(move || writer.write_all(&sent).unwrap());
        let mut taken = 0;
        while taken < requests {
            let answer = read_answer(&mut stream);
            assert!(matches!(answer.status, 100 | 202), "{name}: {answer:?}");
            taken += usize::from(answer.status == 202);
        }
        writing.join().unwrap();
        assert_eq!(daemon.fake.lines().len(), entries, "{name}");
    }
}
