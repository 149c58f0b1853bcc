//! Messages that a RELP client sends again because its connection broke.

use super::relp_client::{Client, acknowledged, message};
use super::support::{Mode, Running, Setup, eventually};
use vakt_ingest::intake::Refused;
use vakt_ingest::listener::{Kind, Limits};

const HOME: &str = "127.0.0.1";

fn relp(mode: Mode) -> Running {
    Setup {
        mode,
        ..Setup::new(Kind::Relp(None))
    }
    .start()
}

/// The messages of a session, numbered from 2 on, as a client numbers them.
fn session(texts: &[&str]) -> String {
    (2..)
        .zip(texts)
        .map(|(number, text)| message(number, text))
        .collect()
}

fn answers(texts: &[&str]) -> String {
    acknowledged(2..2 + u32::try_from(texts.len()).unwrap())
}

/// Waits until the listener has noticed that all clients are gone.
async fn alone(running: &Running) {
    eventually("all sessions ended", || {
        running.of("connections", "relp") == 0
    })
    .await;
}

/// A client is answered `answered` messages and goes; then another one sends `again` and `new`. All
/// of it is answered, and what is stored is `stored`.
async fn check(answered: &[&str], again: &[&str], stored: &[&str]) {
    let mut running = relp(Mode::Accept);
    let mut client = Client::open(&running).await;
    client.send(&session(answered)).await;
    client.hears(&answers(answered)).await;
    drop(client);
    alone(&running).await;
    let mut client = Client::open(&running).await;
    client.send(&session(again)).await;
    client.hears(&answers(again)).await;
    running.stopped().await;
    assert_eq!(running.intake.lines(HOME), stored);
    let repeated = answered.len() + again.len() - stored.len();
    let counted = running.of("frames_repeated_total", "relp");
    assert_eq!(counted, i64::try_from(repeated).unwrap());
}

#[tokio::test]
async fn what_was_answered_in_vain_is_stored_once() {
    check(&["a", "b", "c"], &["b", "c", "d"], &["a", "b", "c", "d"]).await;
    check(&["a", "b", "c"], &["c"], &["a", "b", "c"]).await;
    check(&["a", "b", "c"], &["a", "b", "c"], &["a", "b", "c"]).await;
}

#[tokio::test]
async fn what_is_not_the_end_of_the_session_before_is_stored_again() {
    check(
        &["a", "b", "c"],
        &["a", "b", "d"],
        &["a", "b", "c", "a", "b", "d"],
    )
    .await;
    check(&["a", "b", "c"], &["d", "c"], &["a", "b", "c", "d", "c"]).await;
    // Nothing comes after it: it is held back for a moment, and no end.
    check(&["a", "b", "c"], &["b"], &["a", "b", "c", "b"]).await;
    // Only what stands at the beginning can be a repetition.
    check(&["a", "b"], &["b", "b"], &["a", "b", "b"]).await;
}

#[tokio::test]
async fn what_was_durable_and_not_answered_is_stored_once() {
    let mut running = relp(Mode::Hold);
    let mut client = Client::open(&running).await;
    client.send(&session(&["a", "b", "c"])).await;
    eventually("the batch", || running.intake.held() == 1).await;
    drop(client);
    running.intake.release();
    alone(&running).await;
    let mut client = Client::open(&running).await;
    client.send(&session(&["a", "b", "c", "d"])).await;
    client.hears(&answers(&["a", "b", "c", "d"])).await;
    running.stopped().await;
    assert_eq!(running.intake.lines(HOME), ["a", "b", "c", "d"]);
    assert_eq!(running.of("frames_repeated_total", "relp"), 3);
}

#[tokio::test]
async fn a_session_that_was_closed_is_not_continued() {
    let mut running = relp(Mode::Accept);
    for _ in 0..2 {
        let mut client = Client::open(&running).await;
        client.send(&session(&["same"])).await;
        client.hears(&answers(&["same"])).await;
        client.send("3 close 0\n").await;
        assert_eq!(client.rest().await, "3 rsp 0\n0 serverclose 0\n");
    }
    running.stopped().await;
    assert_eq!(running.intake.lines(HOME), ["same", "same"]);
}

#[tokio::test]
async fn what_was_refused_is_stored_when_it_comes_again() {
    let mut running = Setup {
        mode: Mode::Refuse(Refused::NoSpace),
        limits: Limits {
            retry_timeout: std::time::Duration::from_millis(30),
            ..Limits::default()
        },
        ..Setup::new(Kind::Relp(None))
    }
    .start();
    let mut client = Client::open(&running).await;
    client.send(&session(&["a", "b"])).await;
    assert_eq!(client.rest().await, "");
    running.intake.release();
    let mut client = Client::open(&running).await;
    client.send(&session(&["a", "b"])).await;
    client.hears(&answers(&["a", "b"])).await;
    running.stopped().await;
    assert_eq!(running.intake.lines(HOME), ["a", "b"]);
    assert_eq!(running.of("frames_repeated_total", "relp"), 0);
}
