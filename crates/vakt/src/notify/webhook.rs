//! JSON over HTTP, signed as the Standard Webhooks specification (v1.0.0) says, so that its libraries
//! verify it: `webhook-signature: v1,BASE64(HMAC-SHA256(secret, "ID.TIMESTAMP.BODY"))`.
//!
//! The time stamp is that of the attempt and is signed with the body: a receiver that refuses old ones
//! cannot be played a recording. The id is the same at every attempt.

use anyhow::{Context, Result, bail};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use vakt_event::Clock;
use vakt_event::clock::SystemClock;
use vakt_event::time::MICROS_PER_SECOND;

use super::fault::Fault;
use super::http::{agent_of, bearer, taken};
use super::message::Message;
use crate::config;

pub(super) struct Webhook<'c> {
    way: &'c config::Webhook,
    agent: Option<ureq::Agent>,
}

impl<'c> Webhook<'c> {
    pub(super) fn new(way: &'c config::Webhook) -> Self {
        Self { way, agent: None }
    }
}

impl super::Sender for Webhook<'_> {
    fn send(&mut self, message: &Message) -> Result<(), Fault> {
        let agent = match self.agent.take() {
            Some(agent) => agent,
            None => agent_of(self.way.ca.as_deref())?,
        };
        let sent = post(&agent, self.way, message);
        self.agent = Some(agent);
        sent
    }
}

fn post(agent: &ureq::Agent, way: &config::Webhook, message: &Message) -> Result<(), Fault> {
    let body = message.body.to_string();
    // The receiver compares it with its own wall clock.
    let seconds = (SystemClock.now().micros() / MICROS_PER_SECOND).to_string();
    let mut request = agent
        .post(&way.url)
        .header("content-type", "application/json")
        .header("idempotency-key", &message.uid)
        .header("webhook-id", &message.uid)
        .header("webhook-timestamp", &seconds);
    if let Some(token) = bearer(way.token.as_ref())? {
        request = request.header("authorization", token);
    }
    if let Some(secret) = &way.signing_secret {
        let key = key(&secret.read()?)?;
        let signature = signature(&key, &message.uid, &seconds, &body);
        request = request.header("webhook-signature", signature);
    }
    taken(&way.url, request.send(&body))
}

/// The bytes that are signed with: those behind `whsec_` in Base64, as the specification writes them, or
/// the text itself.
pub(crate) fn key(secret: &str) -> Result<Vec<u8>> {
    match secret.strip_prefix("whsec_") {
        Some("") => bail!("nothing stands behind whsec_ in the signing secret"),
        Some(encoded) => STANDARD
            .decode(encoded)
            .context("what stands behind whsec_ in the signing secret is no Base64"),
        None => Ok(secret.as_bytes().to_vec()),
    }
}

fn signature(key: &[u8], id: &str, seconds: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let signed = hmac::sign(&key, format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(signed.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn a_body_is_signed_as_the_specification_does() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
