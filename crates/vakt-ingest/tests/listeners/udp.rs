//! Datagrams over real sockets.

use std::time::Duration;

use super::support::{Mode, Running, Setup, eventually};
use tokio::net::UdpSocket;
use vakt_event::Transport;
use vakt_ingest::intake::Refused;
use vakt_ingest::listener::{Kind, Limits};

fn udp(mode: Mode) -> Setup {
    Setup {
        mode,
        ..Setup::new(Kind::Udp)
    }
}

async fn send_from(peer: &str, running: &Running, datagrams: &[&[u8]]) {
    let socket = UdpSocket::bind((peer, 0)).await.unwrap();
    for datagram in datagrams {
        socket.send_to(datagram, running.address).await.unwrap();
    }
}

async fn received(running: &Running, frames: i64) {
    eventually("the datagrams", || {
        running.of("frames_received_total", "udp") == frames
    })
    .await;
}

#[tokio::test]
async fn a_datagram_is_a_frame() {
    let mut running = udp(Mode::Accept).start();
    let datagrams: [&[u8]; 6] = [
        b"<34>one",
        b"",
        b"<34>two\n",
        b"\n",
        b"<34>three\nlines\0",
        b"<34>four",
    ];
    send_from("127.0.0.2", &running, &datagrams).await;
    send_from("127.0.0.3", &running, &[b"<34>eins"]).await;
    received(&running, 7).await;
    running.stopped().await;
    let expected = ["<34>one", "<34>two", "<34>three\nlines", "<34>four"];
    assert_eq!(running.intake.lines("127.0.0.2"), expected);
    assert_eq!(running.intake.lines("127.0.0.3"), ["<34>eins"]);
    assert_eq!(running.dropped("udp", "empty"), 2);
    let source = &running.intake.batches()[0].source;
    assert_eq!(source.transport, Transport::Udp);
}

#[tokio::test]
async fn the_longest_datagram_is_whole() {
    let mut running = udp(Mode::Accept).start();
    // 65,535 less the headers of IPv4 and UDP.
    let longest = vec![b'x'; 65_507];
    send_from("127.0.0.2", &running, &[&longest]).await;
    received(&running, 1).await;
    running.stopped().await;
    assert_eq!(running.intake.batches()[0].frames[0].bytes, longest);
}

#[tokio::test]
async fn what_is_not_taken_is_counted_by_its_reason() {
    let check = async |mode: Mode, in_flight: usize, reason: &str| {
        let mut running = udp(mode).start();
        running.intake.set_in_flight(in_flight);
        send_from("127.0.0.2", &running, &[b"<34>one", b"<34>two"]).await;
        received(&running, 2).await;
        running.stopped().await;
        assert_eq!(running.dropped("udp", reason), 2, "{reason}");
        assert!(running.intake.batches().is_empty());
    };
    check(Mode::Accept, usize::MAX, "busy").await;
    check(Mode::Refuse(Refused::Busy), 0, "busy").await;
    check(Mode::Refuse(Refused::NoSpace), 0, "no_space").await;
    check(Mode::Refuse(Refused::Broken("x".to_owned())), 0, "broken").await;
    check(Mode::Refuse(Refused::Stopping), 0, "stopping").await;
}

#[tokio::test]
async fn datagrams_are_taken_again_when_there_is_room() {
    let mut running = udp(Mode::Refuse(Refused::NoSpace)).start();
    send_from("127.0.0.2", &running, &[b"<34>lost"]).await;
    received(&running, 1).await;
    running.intake.release();
    send_from("127.0.0.2", &running, &[b"<34>kept"]).await;
    received(&running, 2).await;
    running.stopped().await;
    assert_eq!(running.intake.lines("127.0.0.2"), ["<34>kept"]);
    assert_eq!(running.dropped("udp", "no_space"), 1);
}

#[tokio::test]
async fn strangers_are_not_heard() {
    let mut setup = udp(Mode::Accept);
    setup.admission.allow = Some(vec!["127.0.0.2/32".parse().unwrap()]);
    let mut running = setup.start();
    send_from("127.0.0.3", &running, &[b"<34>no"]).await;
    send_from("127.0.0.2", &running, &[b"<34>yes"]).await;
    received(&running, 2).await;
    running.stopped().await;
    assert_eq!(running.intake.lines("127.0.0.2"), ["<34>yes"]);
    assert_eq!(running.intake.lines("127.0.0.3"), [""; 0]);
    assert_eq!(running.dropped("udp", "not_allowed"), 1);
}

#[tokio::test]
async fn a_slow_intake_does_not_stop_the_reading_and_a_stop_waits_for_it() {
    let mut running = udp(Mode::Hold).start();
    for number in 0..5 {
        send_from("127.0.0.2", &running, &[b"<34>x"]).await;
        received(&running, number + 1).await;
    }
    running.tell_to_stop();
    let waiting = tokio::time::timeout(Duration::from_millis(100), running.joined()).await;
    assert!(waiting.is_err(), "it must wait for the answers");
    running.intake.release();
    running.joined().await;
    assert_eq!(running.intake.lines("127.0.0.2").len(), 5);
}

#[tokio::test]
async fn a_stop_does_not_wait_forever() {
    let setup = Setup {
        limits: Limits {
            drain_timeout: Duration::from_millis(20),
            ..Limits::default()
        },
        ..udp(Mode::Hold)
    };
    let mut running = setup.start();
    send_from("127.0.0.2", &running, &[b"<34>x"]).await;
    received(&running, 1).await;
    running.stopped().await;
    assert_eq!(running.intake.held(), 1);
}
