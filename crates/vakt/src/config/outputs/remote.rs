//! Outputs that are no HTTP: mail and syslog.

use lettre::message::Mailbox;
use vakt_rules::Report;
use vakt_rules::yaml::{Kind, Node};

use super::super::read::{CONFIG_MISSING, CONFIG_VALUE, Section, text};
use super::{
    Context, Email, Encryption, Language, Syslog, SyslogFormat, SyslogTransport, certificate,
    host_and_port, is_loopback, one_of, secret, without_effect,
};

pub(super) fn email(
    section: &mut Section<'_, '_>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Option<Email> {
    let encryption = match one_of("encryption", &["starttls", "tls", "none"], section, report) {
        Some("tls") => Encryption::Tls,
        Some("none") => Encryption::None,
        _ => Encryption::StartTls,
    };
    // RFC 6409, RFC 8314 and RFC 5321: submission, submission over TLS, and a relay.
    let usual = match encryption {
        Encryption::StartTls => 587,
        Encryption::Tls => 465,
        Encryption::None => 25,
    };
    let node = section.get("server");
    let given = section.required("server", report);
    let server = given.as_ref().and_then(|it| host_and_port(it, Some(usual)));
    let is_allowed = section.boolean("allow_plaintext", report);
    if let (Some(given), Some(node)) = (&given, node) {
        match &server {
            None => report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("`{given}` is no mail server"),
                "write its name, with `:PORT` where it is not the usual one",
            ),
            Some((host, _))
                if encryption == Encryption::None && !is_allowed && !is_loopback(host) =>
            {
                report.add(
                    &CONFIG_VALUE,
                    &node.span,
                    "everybody on the way could read mail that is sent without encryption",
                    "write `encryption: starttls`, or `allow_plaintext: true` if something else \
                     encrypts the way",
                );
            }
            Some(_) => {}
        }
    }
    let user = section.text("username", report);
    let password = secret(
        ("password", "password_file"),
        section,
        context.files,
        report,
    );
    if user.is_some() != password.is_some() {
        report.add(
            &CONFIG_MISSING,
            section.span(),
            "to sign in to the mail server takes a `username` and a `password_file`",
            "write both, or neither",
        );
    }
    section.require("from", report);
    section.require("to", report);
    if let Some(Node {
        kind: Kind::List(items),
        span,
        ..
    }) = section.get("to")
        && items.is_empty()
    {
        report.add(
            &CONFIG_MISSING,
            span,
            "mail to nobody is read by nobody",
            "write at least one address, such as `to: [duty@example.org]`",
        );
    }
    let from = mailboxes("from", section, report);
    let to = mailboxes("to", section, report);
    let cc = mailboxes("cc", section, report);
    let language = match one_of("language", &["en", "sv"], section, report) {
        Some("sv") => Language::Swedish,
        _ => Language::English,
    };
    if encryption == Encryption::None {
        let help = "remove it, or write `encryption: starttls`";
        without_effect("ca", "without encryption", help, section, report);
    }
    let ca = certificate(section, context.files, report);
    let (server, port) = server?;
    Some(Email {
        server,
        port,
        encryption,
        login: user.zip(password),
        from: from.into_iter().next()?,
        to,
        cc,
        language,
        ca,
    })
}

fn mailboxes(
    key: &'static str,
    section: &mut Section<'_, '_>,
    report: &mut Report<'_>,
) -> Vec<Mailbox> {
    let mut found = Vec::new();
    for node in section.list(key) {
        let Some(text) = text(key, node, report) else {
            continue;
        };
        match text.parse() {
            Ok(mailbox) => found.push(mailbox),
            Err(_) => report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("`{text}` is no address of mail"),
                "write one such as duty@example.org, or `Duty <duty@example.org>` in quotes",
            ),
        }
    }
    found
}

pub(super) fn syslog(
    section: &mut Section<'_, '_>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Option<Syslog> {
    let transport = match one_of("transport", &["tls", "tcp", "udp"], section, report) {
        Some("tcp") => SyslogTransport::Tcp,
        Some("udp") => SyslogTransport::Udp,
        _ => SyslogTransport::Tls,
    };
    let format = match one_of("format", &["rfc5424", "cef", "json"], section, report) {
        Some("cef") => SyslogFormat::Cef,
        Some("json") => SyslogFormat::Json,
        _ => SyslogFormat::Rfc5424,
    };
    let is_allowed = section.boolean("allow_plaintext", report);
    let node = section.get("address");
    let given = section.required("address", report)?;
    let found = host_and_port(&given, None);
    match (&found, node) {
        (None, Some(node)) => report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("`{given}` is no host with a port"),
            "write one such as siem.example.org:6514",
        ),
        (Some((host, _)), Some(node))
            if transport != SyslogTransport::Tls && !is_allowed && !is_loopback(host) =>
        {
            report.add(
                &CONFIG_VALUE,
                &node.span,
                "everybody on the way could read syslog that is sent without TLS",
                "write `transport: tls`, or `allow_plaintext: true` if something else encrypts \
                 the way",
            );
        }
        _ => {}
    }
    if transport != SyslogTransport::Tls {
        let help = "remove it, or write `transport: tls`";
        without_effect("ca", "without TLS", help, section, report);
    }
    let ca = certificate(section, context.files, report);
    found?;
    Some(Syslog {
        address: given,
        transport,
        format,
        ca,
    })
}
