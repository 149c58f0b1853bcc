//! The notice that wakes someone: the outbox of the records, delivered to a webhook.
//!
//! Delivery is at least once: a notice is taken off the outbox after the receiver said 2xx, so a
//! crash in between sends it again under the same `id`.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use vakt_event::Clock;
use vakt_incident::Records;

use crate::client::agent;
use crate::config::{Webhook, WebhookToken};
use crate::metrics::NoticeMetrics;
use crate::pipeline::Stop;
use crate::redact::Redactor;

const POLL: Duration = Duration::from_millis(500);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Notices that are sent in one round.
const ROUND: usize = 20;

/// Sends what the outbox holds until `stop`.
pub struct Delivery {
    pub records: Arc<Records>,
    /// Notices leave the house: they say no more than searches do.
    pub redactor: Option<Arc<Redactor>>,
    pub clock: Arc<dyn Clock>,
    pub webhook: Webhook,
    /// The address under which people reach the pages, for links.
    pub public_url: String,
    pub metrics: NoticeMetrics,
    pub stop: Stop,
}

impl Delivery {
    pub fn run(self) {
        let agent = agent(Vec::new(), TIMEOUT);
        if let Some(Err(error)) = self.webhook.token.as_ref().map(WebhookToken::read) {
            tracing::error!(
                error = format!("{error:#}"),
                "notices cannot be delivered until this is mended"
            );
        }
        while !self.stop.is_set() {
            if let Err(error) = self.round(&agent) {
                tracing::error!(error = format!("{error:#}"), "the outbox cannot be read");
            }
            thread::sleep(POLL);
        }
    }

    fn round(&self, agent: &ureq::Agent) -> Result<()> {
        let due = self.records.outbox_due(self.clock.now(), ROUND)?;
        if due.is_empty() {
            return Ok(());
        }
        // For each round, so that a token can be exchanged while the daemon runs.
        let token = self.webhook.token.as_ref().map(WebhookToken::read);
        for notice in due {
            let mut body = notice.payload.clone();
            self.redact(&mut body)?;
            body["id"] = notice.id.to_string().into();
            if let Some(path) = link_path(&body) {
                body["link"] = format!("{}{path}", self.public_url).into();
            }
            let sent = match &token {
                None => self.send(agent, &body, None),
                Some(Ok(token)) => self.send(agent, &body, Some(token)),
                Some(Err(error)) => Err(anyhow!("{error:#}")),
            };
            match sent {
                Ok(()) => {
                    self.metrics.delivered.inc();
                    self.records.outbox_delivered(notice.id)?;
                }
                Err(error) => {
                    self.metrics.failed.inc();
                    let reason = format!("{error:#}");
                    tracing::warn!(
                        notice = notice.id,
                        error = reason,
                        "a notice was not delivered"
                    );
                    self.records.outbox_failed(notice.id, &reason, None)?;
                }
            }
            if self.stop.is_set() {
                break;
            }
        }
        Ok(())
    }

    fn redact(&self, body: &mut serde_json::Value) -> Result<()> {
        let Some(redactor) = &self.redactor else {
            return Ok(());
        };
        let entity = match body["alert"].as_str() {
            None => serde_json::Map::new(),
            Some(id) => self.records.alert(id)?.entity_fields,
        };
        redactor.redact_notice(body, entity);
        Ok(())
    }

    fn send(
        &self,
        agent: &ureq::Agent,
        body: &serde_json::Value,
        token: Option<&str>,
    ) -> Result<()> {
        let mut request = agent.post(&self.webhook.url);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let status = request.send_json(body)?.status();
        if !status.is_success() {
            bail!("the webhook answered {status}");
        }
        Ok(())
    }
}

fn link_path(body: &serde_json::Value) -> Option<String> {
    let incident = body.get("incident")?.as_str()?;
    Some(format!("/incidents/{incident}"))
}
