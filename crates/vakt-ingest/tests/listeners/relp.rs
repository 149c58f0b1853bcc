//! RELP over real sockets, with a client made of bytes.

use std::time::Duration;

use super::relp_client::{Client, OPEN, acknowledged, message, opened};
use super::support::{Mode, Setup, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use vakt_event::{Format, Transport};
use vakt_ingest::intake::Refused;
use vakt_ingest::listener::{Kind, Limits};

const HOME: &str = "127.0.0.1";

fn relp(mode: Mode) -> Setup {
    Setup {
        mode,
        ..Setup::new(Kind::Relp(None))
    }
}

#[tokio::test]
async fn a_session_is_opened_acknowledged_and_closed() {
    let mut running = relp(Mode::Accept).start();
    let mut client = Client::open(&running).await;
    client.send(&message(2, "<34>one")).await;
    client.hears(&acknowledged(2..3)).await;
    client
        .send(&(message(3, "<34>two") + "4 syslog 8 <34>last\n"))
        .await;
    client.hears(&acknowledged(3..5)).await;
    client.send("5 close 0\n6 syslog 1 a\n").await;
    assert_eq!(client.rest().await, "5 rsp 0\n0 serverclose 0\n");
    eventually("the end", || running.of("connections", "relp") == 0).await;
    running.stopped().await;
    assert_eq!(
        running.intake.lines(HOME),
        ["<34>one", "<34>two", "<34>last"]
    );
    let batch = running.intake.batches().remove(0);
    assert_eq!(batch.source.transport, Transport::Relp);
    assert_eq!(batch.frames[0].format, Format::Syslog);
    assert_eq!(running.of("frames_received_total", "relp"), 3);
}

/// What is answered to a whole session, and what is stored of it.
#[tokio::test]
async fn what_is_said_to_each_kind_of_frame() {
    let check = async |sent: &str, answers: &str, stored: &[&str]| {
        let mut running = relp(Mode::Accept).start();
        let mut client = Client::connect(&running).await;
        client.send(sent).await;
        client.0.shutdown().await.unwrap();
        assert_eq!(client.rest().await, answers, "{sent:?}");
        running.stopped().await;
        assert_eq!(running.intake.lines(HOME), stored, "{sent:?}");
    };
    let server_close = "0 serverclose 0\n";
    // A session may be opened twice, and without an offer.
    check("1 open 0\n", &opened(1), &[]).await;
    check(
        &format!("{OPEN}2 open 0\n{}", message(3, "<34>a")),
        &(opened(1) + &opened(2) + &acknowledged(3..4)),
        &["<34>a"],
    )
    .await;
    // A message outside of a session; the session may be opened after it.
    check(
        &(message(1, "<34>a") + "2 open 0\n" + &message(3, "<34>b")),
        &("1 rsp 20 500 command disabled\n".to_owned() + &opened(2) + &acknowledged(3..4)),
        &["<34>b"],
    )
    .await;
    // A message of nothing is acknowledged and not stored.
    check(
        &format!("{OPEN}2 syslog 0\n3 syslog 1 \n\n"),
        &(opened(1) + &acknowledged(2..4)),
        &[],
    )
    .await;
    // Numbers begin anew after the last one, and nobody holds a client to their order.
    check(
        &(OPEN.to_owned() + &message(999_999_999, "<34>a") + &message(1, "<34>b")),
        &(opened(1) + "999999999 rsp 6 200 OK\n1 rsp 6 200 OK\n"),
        &["<34>a", "<34>b"],
    )
    .await;
    // What nobody knows ends the session; what came before is kept and answered.
    for wrong in ["3 starttls 0\n", "<34>plain syslog\n", "3 syslog 1 ab\n"] {
        check(
            &(OPEN.to_owned() + &message(2, "<34>a") + wrong),
            &(opened(1) + &acknowledged(2..3) + server_close),
            &["<34>a"],
        )
        .await;
    }
    check("GET / HTTP/1.1\r\n\r\n", server_close, &[]).await;
}

#[tokio::test]
async fn no_answer_before_the_disk_has_it_and_then_all_in_order() {
    let mut running = relp(Mode::Hold).start();
    let mut client = Client::open(&running).await;
    client.send(&message(2, "<34>a")).await;
    eventually("the first batch", || running.intake.held() == 1).await;
    client.send(&message(3, "<34>b")).await;
    eventually("a second batch beside it", || running.intake.held() == 2).await;
    client.hears_nothing().await;
    running.intake.release();
    client.hears(&acknowledged(2..4)).await;
    running.stopped().await;
    assert_eq!(running.intake.lines(HOME), ["<34>a", "<34>b"]);
}

#[tokio::test]
async fn what_is_not_answered_is_bounded_and_nothing_is_lost() {
    let mut running = relp(Mode::Hold).start();
    let client = Client::open(&running).await;
    // Far more than the kernel's buffers and ours.
    let count = 20_000;
    let text = |number| format!("<34>{number} {}", "x".repeat(1000));
    let sent: String = (0..count)
        .map(|number| message(number + 2, &text(number)))
        .collect();
    let (mut reader, mut writer) = client.0.into_split();
    let mut writing = tokio::spawn(async move {
        writer.write_all(sent.as_bytes()).await.unwrap();
        writer
    });
    eventually("a batch", || running.intake.held() > 0).await;
    let blocked = timeout(Duration::from_millis(300), &mut writing).await;
    assert!(blocked.is_err(), "the client was not slowed down");
    let read = running.of("bytes_received_total", "relp");
    assert!(
        read < 512 * 1024,
        "{read} bytes were read without an answer"
    );
    running.intake.release();
    let expected = acknowledged(2..count + 2);
    let mut heard = vec![0; expected.len()];
    reader.read_exact(&mut heard).await.unwrap();
    assert!(heard == expected.as_bytes());
    drop(writing.await.unwrap());
    running.stopped().await;
    let stored: Vec<String> = (0..count).map(text).collect();
    assert!(running.intake.lines(HOME) == stored);
}

#[tokio::test]
async fn a_refused_batch_is_not_answered_until_it_is_taken() {
    let mut running = relp(Mode::RefuseFirst(3)).start();
    let mut client = Client::open(&running).await;
    client
        .send(&(message(2, "<34>a") + &message(3, "<34>b")))
        .await;
    client.hears(&acknowledged(2..4)).await;
    running.stopped().await;
    assert_eq!(running.intake.lines(HOME), ["<34>a", "<34>b"]);
    assert_eq!(running.of("batches_retried_total", "relp"), 3);
}

#[tokio::test]
async fn refused_for_too_long_the_session_is_closed_without_an_answer() {
    let check = async |refused: Refused, reason: &str| {
        let setup = Setup {
            limits: Limits {
                retry_timeout: Duration::from_millis(30),
                ..Limits::default()
            },
            ..relp(Mode::Refuse(refused))
        };
        let mut running = setup.start();
        let mut client = Client::open(&running).await;
        client.send(&message(2, "<34>a")).await;
        assert_eq!(client.rest().await, "", "{reason}");
        running.stopped().await;
        assert_eq!(running.dropped("relp", reason), 1);
    };
    check(Refused::Busy, "busy").await;
    check(Refused::NoSpace, "no_space").await;
    check(Refused::Broken("the disk is gone".to_owned()), "broken").await;
}

#[tokio::test]
async fn while_it_is_refused_nothing_more_is_read() {
    let mut running = relp(Mode::Refuse(Refused::NoSpace)).start();
    let mut client = Client::open(&running).await;
    client.send(&message(2, "<34>a")).await;
    eventually("the first message", || {
        running.of("frames_received_total", "relp") == 1
    })
    .await;
    client.send(&message(3, "<34>b")).await;
    client.hears_nothing().await;
    assert_eq!(running.of("frames_received_total", "relp"), 1);
    running.intake.release();
    client.hears(&acknowledged(2..4)).await;
    running.stopped().await;
    assert_eq!(running.intake.lines(HOME), ["<34>a", "<34>b"]);
}

#[tokio::test]
async fn a_stop_answers_what_was_read_and_says_so() {
    let mut running = relp(Mode::Hold).start();
    let mut client = Client::open(&running).await;
    client.send(&message(2, "<34>a")).await;
    eventually("the batch", || running.intake.held() == 1).await;
    running.tell_to_stop();
    let waiting = timeout(Duration::from_millis(100), running.joined()).await;
    assert!(waiting.is_err(), "it must wait for the answer");
    running.intake.release();
    client
        .hears(&(acknowledged(2..3) + "0 serverclose 0\n"))
        .await;
    drop(client);
    running.joined().await;
    assert_eq!(running.intake.lines(HOME), ["<34>a"]);
    assert_eq!(running.dropped("relp", "stopping"), 0);
}

#[tokio::test]
async fn what_came_before_an_abrupt_end_is_kept() {
    let mut running = relp(Mode::Hold).start();
    let mut client = Client::open(&running).await;
    client
        .send(&(message(2, "<34>a") + "3 syslog 9 <34>ha"))
        .await;
    eventually("the batch", || running.intake.held() == 1).await;
    drop(client);
    running.intake.release();
    eventually("the end", || running.of("connections", "relp") == 0).await;
    running.stopped().await;
    // The half message is the client's still.
    assert_eq!(running.intake.lines(HOME), ["<34>a"]);
}

#[tokio::test]
async fn an_over_long_message_is_cut_counted_and_acknowledged() {
    let setup = Setup {
        limits: Limits {
            frame_bytes_max: 100,
            ..Limits::default()
        },
        ..relp(Mode::Accept)
    };
    let mut running = setup.start();
    let mut client = Client::open(&running).await;
    let long = format!("<34>{}", "x".repeat(1000));
    client
        .send(&(message(2, &long) + &message(3, "<34>next")))
        .await;
    client.hears(&acknowledged(2..4)).await;
    running.stopped().await;
    let frames: Vec<_> = running
        .intake
        .batches()
        .into_iter()
        .flat_map(|batch| batch.frames)
        .map(|frame| (frame.bytes.len(), frame.truncated))
        .collect();
    assert_eq!(frames, [(100, true), (8, false)]);
    assert_eq!(running.of("frames_truncated_total", "relp"), 1);
}

#[tokio::test]
async fn an_idle_session_is_closed_with_a_word() {
    let setup = Setup {
        limits: Limits {
            idle_timeout: Duration::from_millis(50),
            ..Limits::default()
        },
        ..relp(Mode::Accept)
    };
    let mut running = setup.start();
    let client = Client::open(&running).await;
    assert_eq!(client.rest().await, "0 serverclose 0\n");
    running.stopped().await;
}
