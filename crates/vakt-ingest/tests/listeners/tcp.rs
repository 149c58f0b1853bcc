//! Plain TCP over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use super::support::{Mode, Running, Setup, eventually, lines, with_newlines};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use vakt_event::{Format, Transport};
use vakt_ingest::intake::{Intake, Refused};
use vakt_ingest::listener::{Kind, Limits};

const HOME: &str = "127.0.0.1";

fn tcp(mode: Mode) -> Setup {
    Setup {
        mode,
        ..Setup::new(Kind::Tcp)
    }
}

/// Connects from an address of our own choice: all of 127.0.0.0/8 is this machine.
async fn connect_from(peer: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket
        .bind(SocketAddr::new(peer.parse().unwrap(), 0))
        .unwrap();
    socket.connect(to).await.unwrap()
}

async fn connect(running: &Running) -> TcpStream {
    TcpStream::connect(running.address).await.unwrap()
}

/// Whether the other side has closed the connection, rather than sent something.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    !matches!(stream.read(&mut byte).await, Ok(count) if count > 0)
}

#[tokio::test]
async fn each_connection_is_framed_by_itself_and_the_tail_is_kept() {
    let mut running = tcp(Mode::Accept).start();
    let mut a = connect_from("127.0.0.2", running.address).await;
    let mut b = connect_from("127.0.0.3", running.address).await;
    a.write_all(b"<34>one\n<34>tw").await.unwrap();
    b.write_all(b"<34>eins\n<34>zw").await.unwrap();
    eventually("the first lines", || {
        running.of("frames_received_total", "tcp") == 2
    })
    .await;
    a.write_all(b"o\n<34>tail").await.unwrap();
    b.write_all(b"ei\n").await.unwrap();
    drop(a);
    drop(b);
    eventually("the connections end", || {
        running.of("frames_received_total", "tcp") == 5 && running.of("connections", "tcp") == 0
    })
    .await;
    running.stopped().await;
    let of = |peer| running.intake.lines(peer);
    assert_eq!(of("127.0.0.2"), ["<34>one", "<34>two", "<34>tail"]);
    assert_eq!(of("127.0.0.3"), ["<34>eins", "<34>zwei"]);
    let batch = running.intake.batches().remove(0);
    assert_eq!(batch.source.transport, Transport::Tcp);
    assert_eq!(batch.source.listener, "syslog");
    assert_eq!(batch.source.stream, "default");
    assert_eq!(batch.frames[0].format, Format::Syslog);
    assert_eq!(running.of("connections_accepted_total", "tcp"), 2);
    assert_eq!(running.of("bytes_received_total", "tcp"), 7 + 7 + 8 + 8 + 8);
}

#[tokio::test]
async fn all_kinds_of_framing_share_a_connection_and_nothing_is_held_for_long() {
    let mut running = tcp(Mode::Accept).start();
    let mut client = connect(&running).await;
    let sent = b"9 <34>count<34>lf\n<34>crlf\r\n<34>nul\0<34>last\n";
    client.write_all(sent).await.unwrap();
    // The last one may go on until a NUL, as long as the sender might be going to send one.
    eventually("all of them", || running.intake.lines(HOME).len() == 5).await;
    let expected = ["<34>count", "<34>lf", "<34>crlf", "<34>nul", "<34>last"];
    assert_eq!(running.intake.lines(HOME), expected);
    running.stopped().await;
}

#[tokio::test]
async fn a_burst_shares_batches() {
    let mut running = tcp(Mode::Accept).start();
    let sent = lines(0..5000);
    let mut client = connect(&running).await;
    client.write_all(&with_newlines(&sent)).await.unwrap();
    drop(client);
    eventually("all lines", || running.intake.lines(HOME).len() == 5000).await;
    running.stopped().await;
    assert_eq!(running.intake.lines(HOME), sent);
    assert!(running.intake.batches().len() < 500);
}

#[tokio::test]
async fn an_intake_that_does_not_answer_blocks_the_sender_and_nothing_is_lost() {
    let mut running = tcp(Mode::Hold).start();
    // Far more than the kernel's buffers and ours.
    let sent: Vec<String> = (0..40_000)
        .map(|number| format!("<34>{number} {}", "x".repeat(1000)))
        .collect();
    let bytes = with_newlines(&sent);
    let mut client = connect(&running).await;
    let mut writing = tokio::spawn(async move { client.write_all(&bytes).await });
    eventually("a batch", || running.intake.held() == 1).await;
    let blocked = timeout(Duration::from_millis(300), &mut writing).await;
    assert!(blocked.is_err(), "the sender was not slowed down");
    assert_eq!(running.intake.held(), 1, "one batch a connection");
    running.intake.release();
    writing.await.unwrap().unwrap();
    eventually("all lines", || {
        running.intake.lines(HOME).len() == sent.len()
    })
    .await;
    running.stopped().await;
    assert!(running.intake.lines(HOME) == sent);
    assert_eq!(running.dropped("tcp", "stopping"), 0);
}

#[tokio::test]
async fn nothing_is_read_while_too_much_waits_for_the_disk() {
    let mut running = tcp(Mode::Accept).start();
    running.intake.set_in_flight(usize::MAX);
    assert_eq!(running.intake.bytes_in_flight(), usize::MAX);
    let mut client = connect(&running).await;
    client.write_all(b"<34>one\n").await.unwrap();
    eventually("the connection", || running.of("connections", "tcp") == 1).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(running.of("frames_received_total", "tcp"), 0);
    running.intake.set_in_flight(0);
    eventually("the line", || running.intake.lines(HOME) == ["<34>one"]).await;
    running.stopped().await;
}

#[tokio::test]
async fn a_refused_batch_is_offered_again() {
    let mut running = tcp(Mode::RefuseFirst(3)).start();
    let sent = lines(0..100);
    let mut client = connect(&running).await;
    client.write_all(&with_newlines(&sent)).await.unwrap();
    eventually("all lines", || running.intake.lines(HOME).len() == 100).await;
    running.stopped().await;
    assert_eq!(running.intake.lines(HOME), sent);
    assert_eq!(running.of("batches_retried_total", "tcp"), 3);
}

#[tokio::test]
async fn refused_for_too_long_the_connection_is_closed_and_the_loss_counted() {
    let check = async |refused: Refused, reason: &str| {
        let setup = Setup {
            limits: Limits {
                retry_timeout: Duration::from_millis(30),
                ..Limits::default()
            },
            ..tcp(Mode::Refuse(refused))
        };
        let mut running = setup.start();
        let mut client = connect(&running).await;
        client.write_all(b"<34>a\n<34>b\n<34>c").await.unwrap();
        assert!(is_closed(&mut client).await);
        let read = running.of("frames_received_total", "tcp");
        assert!(read >= 2);
        assert_eq!(running.dropped("tcp", reason), read);
        running.stopped().await;
    };
    check(Refused::Busy, "busy").await;
    check(Refused::NoSpace, "no_space").await;
    check(Refused::Broken("the disk is gone".to_owned()), "broken").await;
    check(Refused::Stopping, "stopping").await;
}

#[tokio::test]
async fn nothing_is_read_while_there_is_no_space_and_it_goes_on_when_there_is() {
    let mut running = tcp(Mode::Refuse(Refused::NoSpace)).start();
    let mut client = connect(&running).await;
    client.write_all(b"<34>one\n").await.unwrap();
    eventually("the first refusal", || {
        running.of("batches_retried_total", "tcp") > 0
    })
    .await;
    client.write_all(b"<34>two\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(running.of("frames_received_total", "tcp"), 1);
    running.intake.release();
    eventually("both lines", || {
        running.intake.lines(HOME) == ["<34>one", "<34>two"]
    })
    .await;
    running.stopped().await;
    assert_eq!(running.dropped("tcp", "no_space"), 0);
}

#[tokio::test]
async fn no_more_connections_than_the_cap() {
    let setup = Setup {
        limits: Limits {
            connections_max: 1,
            ..Limits::default()
        },
        ..tcp(Mode::Accept)
    };
    let mut running = setup.start();
    let first = connect(&running).await;
    eventually("the first", || running.of("connections", "tcp") == 1).await;
    assert!(is_closed(&mut connect(&running).await).await);
    assert_eq!(running.refused("tcp", "too_many"), 1);
    drop(first);
    eventually("the first is gone", || {
        running.of("connections", "tcp") == 0
    })
    .await;
    // The slot is free a moment after the count.
    let mut sent = 0;
    while running.intake.lines(HOME).is_empty() && sent < 1000 {
        sent += 1;
        let mut again = connect(&running).await;
        // A connection that is refused may fail here.
        drop(again.write_all(b"<34>again\n").await);
        is_closed_soon(&mut again).await;
    }
    assert!(!running.intake.lines(HOME).is_empty());
    running.stopped().await;
}

async fn is_closed_soon(stream: &mut TcpStream) {
    drop(timeout(Duration::from_millis(20), is_closed(stream)).await);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_lines_were_taken() {
    let setup = Setup {
        limits: Limits {
            idle_timeout: Duration::from_millis(50),
            ..Limits::default()
        },
        ..tcp(Mode::Accept)
    };
    let mut running = setup.start();
    let mut client = connect(&running).await;
    client.write_all(b"<34>one\n<34>half").await.unwrap();
    assert!(is_closed(&mut client).await);
    assert_eq!(running.intake.lines(HOME), ["<34>one", "<34>half"]);
    running.stopped().await;
}

#[tokio::test]
async fn a_stop_hands_over_what_was_read_and_waits_for_the_answer() {
    let mut running = tcp(Mode::Hold).start();
    let mut client = connect(&running).await;
    client.write_all(b"<34>one\n").await.unwrap();
    eventually("the first batch", || running.intake.held() == 1).await;
    client.write_all(b"<34>two\n<34>tail").await.unwrap();
    eventually("the second line", || {
        running.of("frames_received_total", "tcp") == 2
    })
    .await;
    running.tell_to_stop();
    assert!(
        timeout(Duration::from_millis(100), running.joined())
            .await
            .is_err(),
        "it must wait for the answer"
    );
    running.intake.release();
    running.joined().await;
    assert_eq!(
        running.intake.lines(HOME),
        ["<34>one", "<34>two", "<34>tail"]
    );
    assert!(is_closed(&mut client).await);
    assert_eq!(running.dropped("tcp", "stopping"), 0);
}

#[tokio::test]
async fn a_drain_has_an_end_and_what_is_lost_is_counted() {
    let setup = Setup {
        limits: Limits {
            drain_timeout: Duration::from_millis(30),
            ..Limits::default()
        },
        ..tcp(Mode::Hold)
    };
    let mut running = setup.start();
    let mut client = connect(&running).await;
    client.write_all(b"<34>one\n<34>two\n").await.unwrap();
    eventually("the batch", || running.intake.held() == 1).await;
    running.stopped().await;
    assert_eq!(running.dropped("tcp", "stopping"), 2);
    assert_eq!(running.of("connections", "tcp"), 0);
}

#[tokio::test]
async fn strangers_are_not_served() {
    let mut setup = tcp(Mode::Accept);
    setup.admission.allow = Some(vec!["127.0.0.2/32".parse().unwrap()]);
    let mut running = setup.start();
    let mut stranger = connect(&running).await;
    assert!(is_closed(&mut stranger).await);
    assert_eq!(running.refused("tcp", "not_allowed"), 1);
    let mut known = connect_from("127.0.0.2", running.address).await;
    known.write_all(b"<34>hello\n").await.unwrap();
    eventually("the line", || {
        running.intake.lines("127.0.0.2") == ["<34>hello"]
    })
    .await;
    running.stopped().await;
}

#[tokio::test]
async fn an_over_long_frame_is_cut_and_counted() {
    let setup = Setup {
        limits: Limits {
            frame_bytes_max: 100,
            ..Limits::default()
        },
        ..tcp(Mode::Accept)
    };
    let mut running = setup.start();
    let mut client = connect(&running).await;
    let long = format!("<34>{}\n<34>next\n", "x".repeat(1000));
    client.write_all(long.as_bytes()).await.unwrap();
    eventually("both", || running.intake.lines(HOME).len() == 2).await;
    let frames: Vec<_> = running
        .intake
        .batches()
        .into_iter()
        .flat_map(|batch| batch.frames)
        .map(|frame| (frame.bytes.len(), frame.truncated))
        .collect();
    assert_eq!(frames, [(100, true), (8, false)]);
    assert_eq!(running.of("frames_truncated_total", "tcp"), 1);
    running.stopped().await;
}
