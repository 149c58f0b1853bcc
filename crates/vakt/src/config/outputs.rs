//! `outputs:`: who is told of what, and how.

mod effect;
mod remote;
mod watch;
mod ways;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use vakt_event::Level;
use vakt_incident::{NoticeKind, Route};
use vakt_rules::yaml::{Kind, Node};
use vakt_rules::{Report, nearest};

use super::period::{PERIOD, Period};
use super::read::{CONFIG_FILE, CONFIG_TYPE, CONFIG_VALUE, Section, text};
use super::schema::{Files, is_web_address, stream_name, token_file};
use crate::client::Reach;

use effect::{certificate_over_tls, check_signing, kind_without_effect, without_effect};
use remote::{email, syslog};
pub(super) use watch::{expected_sources, heartbeat};
pub use ways::{
    Alertmanager, Email, Encryption, ExpectedSource, Heartbeat, Language, Output, Secret, Syslog,
    SyslogFormat, SyslogTransport, Way, Webhook,
};

/// Outputs: each has a thread of its own.
const OUTPUTS_MAX: usize = 16;

/// Mails within ten minutes: more nobody reads.
const MAIL_RATE: usize = 30;

/// How long alerts may wait for others: longer than that a telephone is not silent but dead.
const GROUP_MAX: Duration = Duration::from_secs(60 * 60);

/// What is known while an output is read.
struct Context<'c> {
    streams: &'c [String],
    files: Files,
}

/// The outputs by their names.
pub(super) fn outputs(
    node: &Node<'_>,
    streams: &[String],
    files: Files,
    report: &mut Report<'_>,
) -> Vec<Output> {
    let Kind::Map(entries) = &node.kind else {
        report.add(
            &CONFIG_TYPE,
            &node.span,
            "`outputs` is a mapping of names to outputs",
            "write `NAME: {type: webhook, url: …}` lines",
        );
        return Vec::new();
    };
    if entries.len() > OUTPUTS_MAX {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!(
                "there are {} outputs, and at most {OUTPUTS_MAX} are served",
                entries.len()
            ),
            "send to one receiver that tells the others",
        );
    }
    let context = Context { streams, files };
    entries
        .iter()
        .filter_map(|entry| {
            let fine = (1..=64).contains(&entry.key.len())
                && entry.key.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')
                });
            if !fine {
                report.add(
                    &CONFIG_VALUE,
                    &entry.key_span,
                    format!("`{}` cannot name an output", entry.key),
                    "use 1 to 64 lower-case letters, digits, `-` and `_`",
                );
            }
            output(&entry.key, &entry.value, &context, report)
        })
        .collect()
}

/// `notices:` of an earlier version.
pub(super) fn refuse_notices(node: &Node<'_>, report: &mut Report<'_>) {
    report.add(
        &CONFIG_VALUE,
        &node.span,
        "`notices` has become `outputs`, of which there can be several",
        "write `outputs:` and below it `webhook: {type: webhook, url: …, token_file: …}`",
    );
}

fn output(
    name: &str,
    node: &Node<'_>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Option<Output> {
    const WAYS: [&str; 4] = ["webhook", "email", "alertmanager", "syslog"];
    let mut section = Section::new("outputs", node, report)?;
    section.require("type", report);
    // Without it nobody knows which keys there are.
    let kind = one_of("type", &WAYS, &mut section, report)?;
    let mut route = route(name, kind, &mut section, context, report);
    let (allows_users, allows_raw) = allowed(&mut section, report);
    let way = match kind {
        "webhook" => webhook(&mut section, context, report).map(Way::Webhook),
        "email" => email(&mut section, context, report).map(Way::Email),
        "alertmanager" => {
            route.is_stateful = true;
            alertmanager(&mut section, context, report).map(Way::Alertmanager)
        }
        _ => syslog(&mut section, context, report).map(Way::Syslog),
    };
    section.finish(report);
    Some(Output {
        route,
        allows_users,
        allows_raw,
        way: way?,
    })
}

/// Notices within ten minutes.
fn rate_or(section: &mut Section<'_, '_>, default: usize, report: &mut Report<'_>) -> usize {
    let node = section.get("rate");
    let rate = section.parsed(
        "rate",
        "a number of notices within ten minutes, at least 1",
        report,
    );
    if let (Some(0), Some(node)) = (rate, node) {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            "a rate of 0 would hold every notice for ever",
            "write at least 1, or remove the output",
        );
    }
    rate.unwrap_or(default)
}

fn route(
    name: &str,
    kind: &str,
    section: &mut Section<'_, '_>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Route {
    let mut route = Route::all(name);
    for node in section.list("kinds") {
        let Some(word) = text("kinds", node, report) else {
            continue;
        };
        match word.parse::<NoticeKind>() {
            Ok(found) => {
                kind_without_effect(found, kind, node, report);
                route.kinds.push(found);
            }
            Err(error) => {
                let (name, help) = (error.name, error.help);
                let message = format!("there is no kind of notice `{name}`");
                report.add(&CONFIG_VALUE, &node.span, message, help);
            }
        }
    }
    let expected = "one of informational, low, medium, high, critical";
    if let Some(level) = section.parsed::<Level>("level", expected, report) {
        (route.alerts_from, route.drafts_from) = (level, level);
    }
    for node in section.list("streams") {
        let Some(name) = text("streams", node, report) else {
            continue;
        };
        if stream_name(&name, node, report) && !context.streams.contains(&name) {
            let known = context.streams.iter().map(String::as_str);
            let help = match nearest(&name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add `{name}` to `streams:`"),
            };
            let message = format!("the stream `{name}` is not listed under `streams:`");
            report.add(&CONFIG_VALUE, &node.span, message, help);
        }
        route.streams.push(name);
    }
    for node in section.list("parties") {
        route.parties.extend(text("parties", node, report));
    }
    if kind == "alertmanager" {
        for key in ["group", "rate"] {
            let help = "remove it; its `group_by`, `group_wait` and `group_interval` do that";
            without_effect(
                key,
                "at Alertmanager, which groups by itself",
                help,
                section,
                report,
            );
        }
        return route;
    }
    let node = section.get("group");
    if let (Some(Period(group)), Some(node)) = (section.parsed("group", PERIOD, report), node) {
        if group > GROUP_MAX {
            report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("alerts wait for others for {} h at most", GROUP_MAX.as_secs() / 3_600),
                "write minutes, such as 5m; what shall not wake anybody is left out with `level` or `kinds`",
            );
        }
        route.group_micros = i64::try_from(group.as_micros()).unwrap_or(i64::MAX);
    }
    let usual = match kind {
        "email" => MAIL_RATE,
        _ => route.rate,
    };
    route.rate = rate_or(section, usual, report).max(1);
    route
}

/// Whether names of users and raw lines may go out.
fn allowed(section: &mut Section<'_, '_>, report: &mut Report<'_>) -> (bool, bool) {
    let (mut users, mut raw) = (false, false);
    for node in section.list("allow") {
        match text("allow", node, report).as_deref() {
            Some("users") => users = true,
            Some("raw") => raw = true,
            Some(other) => report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("`{other}` is nothing that an output can be allowed"),
                "write `users`, `raw`, or both",
            ),
            None => {}
        }
    }
    (users, raw)
}

/// One of some words, with the nearest one for a slip.
fn one_of<'w>(
    key: &'static str,
    words: &[&'w str],
    section: &mut Section<'_, '_>,
    report: &mut Report<'_>,
) -> Option<&'w str> {
    let node = section.get(key)?;
    let found = text(key, node, report)?;
    let known = words.iter().find(|word| **word == found);
    if known.is_none() {
        let help = match nearest(&found, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", words.join(", ")),
        };
        let message = format!("`{key}: {found}` is not one of {}", words.join(", "));
        report.add(&CONFIG_VALUE, &node.span, message, help);
    }
    known.copied()
}

/// A secret in a file, or written in the configuration.
fn secret(
    (key, file_key): (&'static str, &'static str),
    section: &mut Section<'_, '_>,
    files: Files,
    report: &mut Report<'_>,
) -> Option<Secret> {
    let inline_node = section.get(key);
    let inline = section.text(key, report);
    let file = token_file(section, file_key, 1, files, report);
    if let (Some(node), Some(_)) = (inline_node, &file) {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("there is a `{key}` and a `{file_key}`"),
            format!("keep `{file_key}`: then the configuration holds no secret"),
        );
    }
    file.map(Secret::File).or(inline.map(Secret::Inline))
}

fn certificate(
    section: &mut Section<'_, '_>,
    files: Files,
    report: &mut Report<'_>,
) -> Option<PathBuf> {
    let node = section.get("ca")?;
    let path = PathBuf::from(text("ca", node, report)?);
    if files == Files::Read
        && let Err(error) = crate::client::certificates(&path)
    {
        report.add(
            &CONFIG_FILE,
            &node.span,
            format!("{error:#}"),
            "name a file of certificates in PEM form that the daemon may read",
        );
    }
    Some(path)
}

/// The address under `url`. What anybody on the way could read needs the operator's word.
fn url(section: &mut Section<'_, '_>, what: &str, report: &mut Report<'_>) -> Option<String> {
    let node = section.get("url");
    let url = section.required("url", report)?;
    let is_allowed = section.boolean("allow_plaintext", report);
    let node = node?;
    match Reach::of(&url) {
        Ok(Reach::Readable) if !is_allowed => report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("everybody on the way could read what is sent to {what} over http://"),
            "write https://, or `allow_plaintext: true` if something else encrypts the way",
        ),
        Ok(_) if is_web_address(&url) => {}
        _ => report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("`{url}` is no address of {what}"),
            "write an address that begins with https://",
        ),
    }
    Some(url)
}

fn webhook(
    section: &mut Section<'_, '_>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Option<Webhook> {
    let url = url(section, "a webhook", report);
    let token = secret(("token", "token_file"), section, context.files, report);
    let signing = ("signing_secret", "signing_secret_file");
    let signing_secret = secret(signing, section, context.files, report);
    let signing_nodes = [section.get(signing.0), section.get(signing.1)];
    if let (Some(secret), Some(node)) =
        (&signing_secret, signing_nodes.into_iter().flatten().last())
    {
        check_signing(secret, node, context.files, report);
    }
    let ca = certificate_over_tls(url.as_deref(), section, context.files, report);
    Some(Webhook {
        url: url?,
        token,
        signing_secret,
        ca,
    })
}

fn alertmanager(
    section: &mut Section<'_, '_>,
    context: &Context<'_>,
    report: &mut Report<'_>,
) -> Option<Alertmanager> {
    let node = section.get("url");
    let url = url(section, "an Alertmanager", report);
    if let (Some(url), Some(node)) = (&url, node)
        && let Some((base, rest)) = url.trim_end_matches('/').split_once("/api/v")
        && matches!(rest, "1" | "2" | "1/alerts" | "2/alerts")
    {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            "this is the address of Alertmanager's API, and `/api/v2/alerts` is added to it",
            format!("write `{base}`"),
        );
    }
    let token = secret(("token", "token_file"), section, context.files, report);
    let ca = certificate_over_tls(url.as_deref(), section, context.files, report);
    let resend = section.parsed("resend", PERIOD, report);
    let resend = resend.map_or(Duration::from_secs(60), |Period(resend)| resend);
    Some(Alertmanager {
        url: url?.trim_end_matches('/').to_owned(),
        token,
        ca,
        resend,
    })
}

/// Whether an address, with or without a port, is on this machine.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// `host:port`, `[address]:port`, or a host alone where there is a usual port.
fn host_and_port(text: &str, usual: Option<u16>) -> Option<(String, u16)> {
    let is_bare_ipv6 = text.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6());
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !is_bare_ipv6 => (host, port.parse().ok().filter(|it| *it != 0)?),
        _ => (text, usual?),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let fine = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c == '/');
    fine.then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use crate::config::schema::{Files, parse};

    fn check(text: &str, expected: &[&str]) {
        let (_, diagnostics) = parse("vakt.yaml", text, Files::Untouched);
        let found: Vec<String> = diagnostics
            .iter()
            .map(|one| format!("{}:{} {}", one.line, one.column, one.message))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_would_tell_nobody_or_change_nothing_is_an_error() {
        check(
            "outputs:\n  a: {type: email, server: mail.example, from: a@example.org, to: []}\n  \
             b: {type: webhook, url: 'https://a.example', kinds: [test]}\n  \
             c: {type: alertmanager, url: 'https://a.example', kinds: [draft, resolved, awareness]}\n  \
             d: {type: alertmanager, url: 'https://a.example/api/v2/alerts', group: 1m, rate: 5}\n  \
             e: {type: webhook, url: 'https://a.example', group: 61m, signing_secret: whsec_x}\n",
            &[
                "2:67 mail to nobody is read by nobody",
                "3:56 `test` would change nothing here: a test goes to every output, or to the one \
                 that is named",
                "4:68 `resolved` would change nothing here: Alertmanager is told of the end of each \
                 alert, and of incidents by those",
                "4:78 `awareness` would change nothing here: Alertmanager is told of what goes on, \
                 and awareness is an instant",
                "5:32 this is the address of Alertmanager's API, and `/api/v2/alerts` is added to it",
                "5:74 `group` would change nothing at Alertmanager, which groups by itself",
                "5:84 `rate` would change nothing at Alertmanager, which groups by itself",
                "6:55 alerts wait for others for 1 h at most",
                "6:76 what stands behind whsec_ in the signing secret is no Base64: \
                 Invalid input length: 1",
            ],
        );
        check(
            "outputs:\n  a: {type: syslog, address: '127.0.0.1:514', transport: udp, ca: a.pem}\n  \
             b: {type: email, server: localhost, encryption: none, from: a@example.org, \
             to: a@example.org, ca: a.pem}\n  \
             c: {type: webhook, url: 'http://127.0.0.1:1/x', ca: a.pem}\n  \
             d: {type: syslog, address: '127.0.0.1:514', ca: a.pem}\n",
            &[
                "2:67 `ca` would change nothing without TLS",
                "3:101 `ca` would change nothing without encryption",
                "4:55 `ca` would change nothing over http://, which has no certificates",
            ],
        );
        check(
            "expected_sources:\n  - {host: a, within: 1h}\n  - {host: b, within: 1h}\n  \
             - {host: a, within: 2h}\n",
            &["4:5 `a` is expected twice"],
        );
    }

    #[test]
    fn what_is_wrong_with_an_output_is_said_at_its_place() {
        check(
            "notices:\n  webhook: {url: 'https://a.example'}\n",
            &["2:3 `notices` has become `outputs`, of which there can be several"],
        );
        check(
            "outputs:\n  a: {type: webhok, url: 'https://a.example'}\n  B: {url: x}\n",
            &[
                "2:13 `type: webhok` is not one of webhook, email, alertmanager, syslog",
                "3:3 `B` cannot name an output",
                "3:6 outputs needs `type`",
            ],
        );
        check(
            "outputs:\n  a: {type: webhook, url: 'http://a.example/x'}\n  \
             b: {type: webhook, url: 'http://a.example/x', allow_plaintext: true}\n  \
             c: {type: webhook, url: 'http://127.0.0.1:1/x'}\n",
            &["2:27 everybody on the way could read what is sent to a webhook over http://"],
        );
        check(
            "outputs:\n  a:\n    type: webhook\n    url: https://a.example\n    kinds: [drafts]\n    \
             level: hihg\n    streams: [elsewhere]\n    allow: [lines]\n    rate: 0\n    group: 1\n    \
             tokn: x\n",
            &[
                "5:13 there is no kind of notice `drafts`",
                "6:12 `level: hihg` is not one of informational, low, medium, high, critical",
                "7:15 the stream `elsewhere` is not listed under `streams:`",
                "8:13 `lines` is nothing that an output can be allowed",
                "9:11 a rate of 0 would hold every notice for ever",
                "10:12 `group: 1` is not a length of time such as 90s, 15m, 4h or 3d",
                "11:5 unknown key `tokn`",
            ],
        );
        check(
            "outputs:\n  a: {type: email, server: 'mail.example:x', from: nobody, to: a@example.org}\n  \
             b: {type: email, server: mail.example, encryption: none, from: a@example.org, \
             to: a@example.org, username: u}\n",
            &[
                "2:28 `mail.example:x` is no mail server",
                "2:52 `nobody` is no address of mail",
                "3:6 to sign in to the mail server takes a `username` and a `password_file`",
                "3:28 everybody on the way could read mail that is sent without encryption",
            ],
        );
        check(
            "outputs:\n  a: {type: syslog, address: siem.example}\n  \
             b: {type: syslog, address: 'siem.example:514', transport: udp}\n",
            &[
                "2:30 `siem.example` is no host with a port",
                "3:30 everybody on the way could read syslog that is sent without TLS",
            ],
        );
        check(
            "expected_sources:\n  - {within: 1h}\n  - {host: a}\n  - {host: a, within: 1s}\nincidents:\n  reminders: [50]\n  \
             escalation: {times: 99}\n",
            &[
                "2:5 a source that is expected has a `host`, a `peer` or a `stream`",
                "3:5 expected_sources needs `within`",
                "4:23 silence is told of 5 s and more",
                "6:15 `50` is no share of a clock's time",
                "7:23 an escalation is repeated at most 24 times",
            ],
        );
    }
}
