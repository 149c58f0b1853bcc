//! `vakt search --follow`: events as they arrive.

use std::time::Duration;

use anyhow::Result;
use serde_json::Value as Json;

use super::sink::Sink;
use super::{Outcome, text};
use crate::client::{Client, Lines, Refused};
use crate::output::{is_broken_pipe, tell};

/// The daemon says at least every five seconds how far it has read; one that says nothing for so
/// long is gone.
const PAUSE_MAX: Duration = Duration::from_secs(20);

/// Between two attempts to reach a daemon that is gone.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Goes on until `limit` events were shown, or for ever.
pub(super) fn run(
    client: &Client,
    asked: &[(&str, String)],
    sink: Sink,
    limit: Option<usize>,
) -> Result<Outcome> {
    let mut following = Following {
        sink,
        next: None,
        left: limit,
    };
    // A daemon that is not there from the beginning is an error like any other.
    let mut lines = following.connect(client, asked)?;
    loop {
        match following.read(&mut lines) {
            Ok(true) => return Ok(Outcome::Done),
            Ok(false) => {}
            Err(error) if is_broken_pipe(&error) => return Err(error),
            Err(_) => {}
        }
        lines = following.reconnect(client, asked)?;
    }
}

struct Following {
    sink: Sink,
    /// The position to go on at.
    next: Option<u64>,
    left: Option<usize>,
}

impl Following {
    fn connect(&self, client: &Client, asked: &[(&str, String)]) -> Result<Lines> {
        let mut asked = asked.to_vec();
        if let Some(next) = self.next {
            asked.push(("from", next.to_string()));
        }
        client.lines("/api/v1/follow", &asked, PAUSE_MAX)
    }

    /// Waits for the daemon; what arrives meanwhile is shown then.
    fn reconnect(&self, client: &Client, asked: &[(&str, String)]) -> Result<Lines> {
        let mut is_told = false;
        loop {
            match self.connect(client, asked) {
                Ok(lines) => {
                    if is_told {
                        tell("the daemon is back");
                    }
                    return Ok(lines);
                }
                Err(error) if !is_passing(&error) => return Err(error),
                Err(_) if is_told => {}
                Err(error) => {
                    is_told = true;
                    tell(&format!("waiting for the daemon: {error:#}"));
                }
            }
            std::thread::sleep(RETRY_PAUSE);
        }
    }

    /// Shows what comes; answers whether it was enough.
    fn read(&mut self, lines: &mut Lines) -> Result<bool> {
        while self.left != Some(0) {
            let Some(line) = lines.read()? else {
                return Ok(false);
            };
            if let Some(position) = line.get("vakt.at").and_then(Json::as_u64) {
                self.next = Some(position);
                continue;
            }
            self.sink.take(&line)?;
            self.sink.flush()?;
            let position: Option<u64> = text(&line, "event.id").parse().ok();
            self.next = position.map(|position| position + 1).or(self.next);
            self.left = self.left.map(|left| left - 1);
        }
        self.sink.finish()?;
        Ok(true)
    }
}

/// Whether the daemon may answer a little later: it starts, stops or has no room now.
fn is_passing(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<Refused>()
        .is_none_or(|refused| refused.status >= 500)
}
