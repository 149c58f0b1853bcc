//! TLS over real sockets, with certificates made here.

use std::sync::Arc;
use std::time::Duration;

use super::support::{Running, Setup, eventually, lines, with_newlines};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use vakt_event::Transport;
use vakt_ingest::listener::{Kind, Limits};
use vakt_ingest::tls::{ReloadableTls, TlsFiles};

/// A certificate for `localhost` in a directory, and what a client that trusts it needs.
struct Identity {
    dir: tempfile::TempDir,
}

impl Identity {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// Makes a new certificate in the place of the old one.
    fn renew(&self) -> CertificateDer<'static> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let files = self.files();
        std::fs::write(files.certificate, made.cert.pem()).unwrap();
        std::fs::write(files.key, made.signing_key.serialize_pem()).unwrap();
        made.cert.der().clone()
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.dir.path().join("cert.pem"),
            key: self.dir.path().join("key.pem"),
        }
    }
}

async fn connect(
    running: &Running,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(running.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

#[tokio::test]
async fn lines_come_through_and_an_abrupt_end_loses_none() {
    let identity = Identity::new();
    let trusted = identity.renew();
    let tls = ReloadableTls::load(identity.files(), &[]).unwrap();
    let mut running = Setup::new(Kind::Tls(tls.config())).start();
    let sent = lines(0..2000);
    let mut client = connect(&running, &trusted).await.unwrap();
    client.write_all(&with_newlines(&sent)).await.unwrap();
    client.write_all(b"<34>tail").await.unwrap();
    client.flush().await.unwrap();
    // Without the alert that ends a TLS connection properly.
    let (mut tcp, _) = client.into_inner();
    tcp.shutdown().await.unwrap();
    eventually("all lines", || {
        running.intake.lines("127.0.0.1").len() == 2001
    })
    .await;
    running.stopped().await;
    let expected = [sent, vec!["<34>tail".to_owned()]].concat();
    assert_eq!(running.intake.lines("127.0.0.1"), expected);
    let source = &running.intake.batches()[0].source;
    assert_eq!(source.transport, Transport::Tls);
    assert_eq!(running.of("connections_accepted_total", "tls"), 1);
}

#[tokio::test]
async fn a_reload_serves_new_connections_and_keeps_old_ones() {
    let identity = Identity::new();
    let old = identity.renew();
    let tls = ReloadableTls::load(identity.files(), &[]).unwrap();
    let mut running = Setup::new(Kind::Tls(tls.config())).start();
    let mut before = connect(&running, &old).await.unwrap();

    let new = identity.renew();
    assert!(connect(&running, &new).await.is_err(), "not loaded yet");
    tls.reload().unwrap();
    let mut after = connect(&running, &new).await.unwrap();
    assert!(connect(&running, &old).await.is_err());

    std::fs::write(identity.files().certificate, "spoilt").unwrap();
    assert!(tls.reload().is_err());
    let mut still = connect(&running, &new).await.unwrap();
    for client in [&mut before, &mut after, &mut still] {
        client.write_all(b"<34>hello\n").await.unwrap();
        client.flush().await.unwrap();
    }
    eventually("three lines", || {
        running.intake.lines("127.0.0.1").len() == 3
    })
    .await;
    running.stopped().await;
}

#[tokio::test]
async fn who_does_not_agree_on_tls_is_closed() {
    let identity = Identity::new();
    identity.renew();
    let tls = ReloadableTls::load(identity.files(), &[]).unwrap();
    let setup = Setup {
        limits: Limits {
            handshake_timeout: Duration::from_millis(50),
            ..Limits::default()
        },
        ..Setup::new(Kind::Tls(tls.config()))
    };
    let mut running = setup.start();
    for bytes in [b"<34>plain text\n".as_slice(), b""] {
        let mut client = TcpStream::connect(running.address).await.unwrap();
        client.write_all(bytes).await.unwrap();
        let mut rest = Vec::new();
        // The end may be a reset.
        drop(client.read_to_end(&mut rest).await);
    }
    eventually("both are refused", || {
        running.refused("tls", "handshake") == 2
    })
    .await;
    running.stopped().await;
    assert_eq!(running.of("frames_received_total", "tls"), 0);
}
