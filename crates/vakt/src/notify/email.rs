//! Mail over SMTP: plain text, one thread an incident, marked as sent by a program (RFC 3834).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::{Address, Message as Mail};
use tokio::time::timeout;

use super::deadline::{CONNECT_PATIENCE, within};
use super::fault::{Fault, of_connection, of_tls, words_of};
use super::message::Message;
use super::words;
use crate::config::outputs::{self, Encryption};

/// How long a server may take to answer QUIT, when it has the mail.
const LEAVE_PATIENCE: Duration = Duration::from_secs(1);

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
        let place = format!("the mail server {}:{}", self.way.server, self.way.port);
        within(&place, deliver(self.way, &mail, &message.taken))
    }
}

/// Sends to those that have it not yet. A recipient that the server refuses holds none of the others.
async fn deliver(way: &outputs::Email, mail: &Mail, had: &[String]) -> Result<(), Fault> {
    let envelope = mail.envelope();
    let wanted: Vec<&Address> = envelope
        .to()
        .iter()
        .filter(|to| !had.contains(&to.to_string()))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let fault = |error: &Error| fault(way, error);
    let mut server = connect(way).await?;
    let text = mail.formatted();
    let begin = MailFrom::new(envelope.from().cloned(), options(&server, envelope, &text)?);
    server.command(begin).await.map_err(|it| fault(&it))?;
    let (mut taken, mut refused) = (had.to_vec(), Vec::new());
    for to in wanted {
        match server.command(Rcpt::new(to.clone(), Vec::new())).await {
            Ok(_) => taken.push(to.to_string()),
            Err(error) if error.status().is_some() => {
                refused.push(format!("{to}: {}", fault(&error).text));
            }
            Err(error) => return Err(fault(&error)),
        }
    }
    if taken.len() > had.len() {
        server.command(Data).await.map_err(|it| fault(&it))?;
        server.message(&text).await.map_err(|it| fault(&it))?;
    }
    // It has the mail; how it takes leave changes nothing.
    if timeout(LEAVE_PATIENCE, server.quit()).await.is_err() {
        tracing::debug!(server = way.server, "a mail server takes no leave");
    }
    match refused.is_empty() {
        true => Ok(()),
        false => Err(Fault {
            taken,
            ..Fault::refusal(refused.join("; "))
        }),
    }
}

/// What the server is to know of the mail before it comes. Plain text is encoded as ASCII; addresses may be
/// more (RFC 6531).
fn options(
    server: &AsyncSmtpConnection,
    envelope: &Envelope,
    text: &[u8],
) -> Result<Vec<MailParameter>> {
    let offers = |what: Extension| server.server_info().supports_feature(what);
    let mut options = Vec::new();
    let mut addresses = envelope.from().into_iter().chain(envelope.to());
    if addresses.any(|address| !address.to_string().is_ascii()) {
        anyhow::ensure!(
            offers(Extension::SmtpUtfEight),
            "an address has letters that are not ASCII, and the mail server takes none (SMTPUTF8)"
        );
        options.push(MailParameter::SmtpUtfEight);
    }
    if !text.is_ascii() {
        anyhow::ensure!(
            offers(Extension::EightBitMime),
            "the mail has letters that are not ASCII, and the mail server takes none (8BITMIME)"
        );
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(options)
}

/// A connection for each mail: there are few, and none hangs on an old one. Encrypted and signed in, as it is
/// configured.
async fn connect(way: &outputs::Email) -> Result<AsyncSmtpConnection, Fault> {
    let fault = |error: Error| fault(way, &error);
    let us = ClientId::default();
    let wrapper = match way.encryption {
        Encryption::Tls => Some(tls_parameters(way)?),
        _ => None,
    };
    let place = (way.server.as_str(), way.port);
    let connecting =
        AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT_PATIENCE), &us, wrapper, None);
    let mut server = connecting.await.map_err(fault)?;
    if way.encryption == Encryption::StartTls {
        if !server.can_starttls() {
            return Err(Fault::new(format!(
                "the mail server {}:{} offers no STARTTLS, and nothing is sent without encryption: \
                 write `encryption: tls` with its port (465), or ask whoever runs it",
                way.server, way.port
            )));
        }
        let starting = server.starttls(tls_parameters(way)?, &us);
        starting.await.map_err(fault)?;
    }
    if let Some((user, password)) = &way.login {
        let login = Credentials::new(user.clone(), password.read()?);
        let signing_in = server.auth(DEFAULT_MECHANISMS, &login);
        signing_in.await.map_err(fault)?;
    }
    Ok(server)
}

fn tls_parameters(way: &outputs::Email) -> Result<TlsParameters> {
    let mut builder =
        TlsParameters::builder(way.server.clone()).certificate_store(CertificateStore::Default);
    if let Some(path) = &way.ca {
        let shown = path.display();
        let pem = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
        let found = Certificate::from_pem(&pem)
            .with_context(|| format!("{shown} holds no certificates in PEM form"))?;
        builder = builder.add_root_certificate(found);
    }
    Ok(builder.build()?)
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

fn fault(way: &outputs::Email, error: &Error) -> Fault {
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
    let is_about_us = matches!(
        error.status().map(u16::from),
        Some(421 | 530 | 534 | 535 | 538)
    );
    Fault {
        is_refusal: error.status().is_some() && !is_about_us,
        ..Fault::new(format!(
            "the mail server {place} did not take it{help}: {said}"
        ))
    }
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
