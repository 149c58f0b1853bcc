//! A client that speaks RELP, made of bytes.

use std::time::Duration;

use super::support::Running;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const OPEN: &str = "1 open 86 relp_version=0\nrelp_software=librelp,1.11.0,http://librelp.adiscon.com\ncommands=syslog\n";

/// The answer to [`OPEN`], or to another frame that opens.
pub(crate) fn opened(transaction: u32) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let data = format!("200 OK\nrelp_version=0\nrelp_software=vakt,{version}\ncommands=syslog");
    format!("{transaction} rsp {} {data}\n", data.len())
}

pub(crate) fn message(transaction: u32, text: &str) -> String {
    format!("{transaction} syslog {} {text}\n", text.len())
}

pub(crate) fn acknowledged(range: std::ops::Range<u32>) -> String {
    range
        .map(|number| format!("{number} rsp 6 200 OK\n"))
        .collect()
}

pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn connect(running: &Running) -> Self {
        Self(TcpStream::connect(running.address).await.unwrap())
    }

    /// With its session opened.
    pub(crate) async fn open(running: &Running) -> Self {
        let mut client = Self::connect(running).await;
        client.send(OPEN).await;
        client.hears(&opened(1)).await;
        client
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next answers are these.
    pub(crate) async fn hears(&mut self, expected: &str) {
        let mut heard = vec![0; expected.len()];
        let read = timeout(Duration::from_secs(20), self.0.read_exact(&mut heard)).await;
        assert!(read.is_ok(), "in vain waited for {expected:?}");
        read.unwrap().unwrap();
        assert_eq!(String::from_utf8(heard).unwrap(), expected);
    }

    /// Nothing is said in a while.
    pub(crate) async fn hears_nothing(&mut self) {
        let mut byte = [0];
        let read = timeout(Duration::from_millis(100), self.0.read(&mut byte)).await;
        assert!(read.is_err(), "{read:?} {byte:?}");
    }

    /// Everything that is said until the connection is closed.
    pub(crate) async fn rest(mut self) -> String {
        let mut rest = Vec::new();
        let read = timeout(Duration::from_secs(20), self.0.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "it was not closed");
        String::from_utf8(rest).unwrap()
    }
}
