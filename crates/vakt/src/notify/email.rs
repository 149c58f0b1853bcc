//! Mail over SMTP: plain text, one thread an incident, marked as sent by a program (RFC 3834).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Message as Mail, SmtpTransport, Transport};

use super::fault::{Fault, of_connection, of_tls, words_of};
use super::message::Message;
use super::words;
use crate::config::outputs::{self, Encryption};

/// A server that does not answer within it is tried again later.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) struct Email<'c> {
    output: &'c str,
    way: &'c outputs::Email,
}

impl<'c> Email<'c> {
    pub(super) fn new(output: &'c str, way: &'c outputs::Email) -> Self {
        Self { output, way }
    }
}

impl super::Sender for Email<'_> {
    fn send(&mut self, message: &Message) -> Result<(), Fault> {
        let mail = mail(self.output, self.way, message)?;
        let transport = transport(self.way)?;
        match transport.send(&mail) {
            Ok(_) => Ok(()),
            Err(error) => Err(fault(self.way, &error)),
        }
    }
}

/// A connection for each mail: there are few, and none hangs on an old one.
fn transport(way: &outputs::Email) -> Result<SmtpTransport> {
    let parameters = || -> Result<TlsParameters> {
        let mut builder =
            TlsParameters::builder(way.server.clone()).certificate_store(CertificateStore::Default);
        if let Some(path) = &way.ca {
            let pem =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let shown = path.display();
            let found = Certificate::from_pem(&pem)
                .with_context(|| format!("{shown} holds no certificates in PEM form"))?;
            builder = builder.add_root_certificate(found);
        }
        Ok(builder.build()?)
    };
    let tls = match way.encryption {
        Encryption::StartTls => Tls::Required(parameters()?),
        Encryption::Tls => Tls::Wrapper(parameters()?),
        Encryption::None => Tls::None,
    };
    let mut builder = SmtpTransport::builder_dangerous(way.server.clone())
        .port(way.port)
        .tls(tls)
        .timeout(Some(TIMEOUT));
    if let Some((user, password)) = &way.login {
        builder = builder.credentials(Credentials::new(user.clone(), password.read()?));
    }
    Ok(builder.build())
}

/// The mail of a notice: the same at every attempt.
fn mail(output: &str, way: &outputs::Email, message: &Message) -> Result<Mail> {
    let domain = way.from.email.domain();
    let own_id = |name: &str| format!("<{name}.{output}@{domain}>");
    let incident = message.body["incident"].as_str();
    let thread = incident.map(|id| own_id(&format!("incident-{id}")));
    let begins_thread = message.body["kind"] == "draft";
    let id = match (&thread, begins_thread) {
        (Some(thread), true) => thread.clone(),
        _ => own_id(&message.uid),
    };
    let mut builder = Mail::builder()
        .from(way.from.clone())
        .subject(words::subject(message, way.language))
        .date(filed_at(message))
        .message_id(Some(id));
    for to in &way.to {
        builder = builder.to(to.clone());
    }
    for cc in &way.cc {
        builder = builder.cc(cc.clone());
    }
    if let Some(thread) = thread.filter(|_| !begins_thread) {
        builder = builder.in_reply_to(thread.clone()).references(thread);
    }
    for (name, value) in [
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-Vakt-Notice", message.uid.as_str()),
    ] {
        let name = HeaderName::new_from_ascii(name.to_owned())?;
        builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
    }
    let text = words::text(message, way.language);
    Ok(builder.header(ContentType::TEXT_PLAIN).body(text)?)
}

/// When the notice was filed; one of before 1970 is of then.
fn filed_at(message: &Message) -> SystemTime {
    let micros = u64::try_from(message.at.micros()).unwrap_or(0);
    UNIX_EPOCH + Duration::from_micros(micros)
}

fn fault(way: &outputs::Email, error: &lettre::transport::smtp::Error) -> Fault {
    let place = format!("{}:{}", way.server, way.port);
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return of_tls(&place, tls);
        }
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return of_connection(&place, io);
        }
        source = inner.source();
    }
    let said = words_of(&with_sources(error));
    let help = match error.status().map(u16::from) {
        Some(530 | 535 | 538) => " (look at `username` and `password_file`)",
        Some(550 | 551 | 553 | 554) => {
            " (it takes no mail from this sender, or for these receivers)"
        }
        _ => "",
    };
    Fault::new(format!(
        "the mail server {place} did not take it{help}: {said}"
    ))
}

/// What an error says, and what is behind it.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let said = inner.to_string();
        if !text.contains(&said) {
            text.push_str(&format!(": {said}"));
        }
        source = inner.source();
    }
    text
}
