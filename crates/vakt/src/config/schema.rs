//! What the configuration's keys mean.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use jiff::tz::TimeZone;
use vakt_api::access::CONFIGURED_TOKEN_CHARS_MIN;
use vakt_incident::Entity;
use vakt_rules::yaml::{self, Kind, Node};
use vakt_rules::{Diagnostic, Placeholders, Report, RuleSource, SourceText, add_fault, nearest};

use super::read::{
    CONFIG_FILE, CONFIG_MISSING, CONFIG_NO_EFFECT, CONFIG_TYPE, CONFIG_VALUE, Section, text,
};

use super::{
    Config, DEFAULT_STREAM, IntakeToken, Listener, ListenerKind, Organisation, SourceRule,
    TlsFiles, read_token,
};
use super::{assets, incidents, intake, outputs, redact, services, storage};
use crate::ruleset::{built_in_help, built_in_pipelines, is_built_in_name, unopenable};

const ADDRESS: &str = "an address with a port, such as 127.0.0.1:5514 or [::1]:5514";
const NETWORK: &str = "a network such as 10.0.0.0/8 or 2001:db8::/32";

/// What becomes of the files that the configuration names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    /// They are not opened: a command that only needs an address may not be allowed to read them.
    Untouched,
    /// They are read, and what is wrong with them is a fault like any other.
    Read,
}

/// Reads the text of the file at `path`.
pub(super) fn parse(path: &str, text: &str, files: Files) -> (Config, Vec<Diagnostic>) {
    let source = RuleSource {
        path: path.to_owned(),
        text: text.to_owned(),
        embedded: false,
    };
    let source = SourceText::new(&source);
    let mut report = Report::new(&source);
    let mut config = Config::default();
    let (documents, broken) = yaml::parse(source.text);
    for fault in broken
        .iter()
        .chain(documents.iter().flat_map(|document| &document.faults))
    {
        add_fault(fault, &mut report);
    }
    if let Some(second) = documents.get(1) {
        report.add(
            &CONFIG_TYPE,
            &second.root.span,
            "the configuration is one document",
            "remove the line `---` and what follows, or merge it into the first document",
        );
    }
    if let Some(document) = documents.first() {
        file(&document.root, files, &mut config, &mut report);
    }
    (config, report.finish())
}

fn file(root: &Node<'_>, files: Files, config: &mut Config, report: &mut Report<'_>) {
    let Some(mut section) = Section::new("", root, report) else {
        return;
    };
    config.data_dir = data_dir(&mut section, report);
    config.include_deprecated = section.boolean("include_deprecated", report);
    for node in section.list("rules") {
        if let Some(path) = text("rules", node, report) {
            if files == Files::Read {
                rule_path(Path::new(&path), node, report);
            }
            config.rules.push(path.into());
        }
    }
    if let Some(node) = section.get("lint") {
        config.lint_allow = lint(node, report);
    }
    config.pipelines = section
        .list("pipelines")
        .iter()
        .filter_map(|node| pipeline(node, report))
        .collect();
    if let Some(node) = section.get("placeholders") {
        config.placeholders = placeholders(node, report);
    }
    let url_node = section.get("public_url");
    config.public_url = section
        .text("public_url", report)
        .map(|url| url.trim_end_matches('/').to_owned());
    if let (Some(url), Some(node)) = (&config.public_url, url_node)
        && !is_web_address(url)
    {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("`{url}` is no address of a page"),
            "write the address that people open, beginning with https://",
        );
    }
    for node in section.list("streams") {
        if let Some(name) = text("streams", node, report)
            && stream_name(&name, node, report)
            && !config.streams.contains(&name)
        {
            config.streams.push(name);
        }
    }
    if let Some(node) = section.get("organisation") {
        (config.organisation, config.entity) = organisation(node, report);
    }
    if let Some(node) = section.get("services") {
        config.services = services::services(node, report);
    }
    if let Some(node) = section.get("tls") {
        config.tls = tls(node, files, report);
    }
    if let Some(node) = section.get("listeners") {
        if section.list("listeners").is_empty() {
            report.add(
                &CONFIG_VALUE,
                &node.span,
                "without a listener nothing can be sent to Vakt, nor asked of it",
                "list at least one, or remove the key to have those on loopback",
            );
        }
        config.listeners = section
            .list("listeners")
            .iter()
            .filter_map(|node| {
                let listener = listener(node, &config.streams, report)?;
                let line = report.line(&node.span);
                Some(Listener {
                    line: Some(line),
                    ..listener
                })
            })
            .collect();
        refuse_one_address_twice(&config.listeners, section.list("listeners"), report);
    }
    config.intake_tokens = section
        .list("intake_tokens")
        .iter()
        .filter_map(|node| intake_token(node, &config.streams, files, report))
        .collect();
    if let Some(node) = section.get("notices") {
        outputs::refuse_notices(node, report);
    }
    if let Some(node) = section.get("outputs") {
        config.outputs = outputs::outputs(node, &config.streams, files, report);
    }
    if let Some(node) = section.get("heartbeat") {
        config.heartbeat = outputs::heartbeat(node, files, report);
    }
    let expected = section.list("expected_sources");
    config.expected_sources = outputs::expected_sources(expected, &config.streams, report);
    if let Some(node) = section.get("storage") {
        let disk = (files == Files::Read)
            .then_some(config.data_dir.as_deref())
            .flatten();
        (config.reserve, config.segment) = storage::storage(node, disk, report);
    }
    if let Some(node) = section.get("retention") {
        config.retention = storage::retention(node, &config.streams, report);
    }
    if let Some(node) = section.get("incidents") {
        let incidents = incidents::incidents(node, files, report);
        (config.regimes, config.regimes_file) = (incidents.regimes, incidents.regimes_file);
        (config.thresholds, config.half_life) = (incidents.thresholds, incidents.half_life);
        config.reminders = incidents.reminders;
    }
    if let Some(node) = section.get("assets") {
        config.assets = assets::assets(node, files, report);
    }
    if let Some(node) = section.get("intake") {
        config.intake = intake::intake(node, &config.streams, report);
    }
    if let Some(node) = section.get("search_log") {
        config.search_log = storage::search_log(node, report);
    }
    config.redact = redact::rules(section.list("redact"), &config.streams, report);
    section.finish(report);
}

/// A folder; nobody but a shell knows what `~` is.
fn data_dir(section: &mut Section<'_, '_>, report: &mut Report<'_>) -> Option<PathBuf> {
    let node = section.get("data_dir");
    let path = section.text("data_dir", report)?;
    if let Some(node) = node.filter(|_| path.starts_with('~')) {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("`{path}` would be a folder whose name begins with `~`"),
            "write the whole path, such as /var/lib/vakt: only a shell puts a home directory in place of `~`",
        );
        return None;
    }
    Some(path.into())
}

/// Two listeners cannot have one port of one address, unless one of them is for datagrams.
fn refuse_one_address_twice(listeners: &[Listener], nodes: &[Node<'_>], report: &mut Report<'_>) {
    let is_udp = |one: &Listener| one.kind == ListenerKind::SyslogUdp;
    for (number, listener) in listeners.iter().enumerate() {
        let mut before = listeners.iter().take(number);
        let meets = |other: &&Listener| {
            let (one, other_address) = (listener.address, other.address);
            let is_one_host = one.ip() == other_address.ip()
                || (one.is_ipv4() == other_address.is_ipv4()
                    && (one.ip().is_unspecified() || other_address.ip().is_unspecified()));
            is_udp(listener) == is_udp(other)
                && one.port() != 0
                && one.port() == other_address.port()
                && is_one_host
        };
        let Some(other) = before.find(meets) else {
            continue;
        };
        let of_line = |node: &&Node<'_>| Some(report.line(&node.span)) == listener.line;
        let Some(node) = nodes.iter().find(of_line) else {
            continue;
        };
        let span = node.span.clone();
        report.add(
            &CONFIG_VALUE,
            &span,
            format!(
                "the listener {} has the address {} of the listener {}",
                listener.name, listener.address, other.name
            ),
            "give each a port of its own",
        );
    }
}

/// The names of checks that `vakt rules lint` is to be silent about.
fn lint(node: &Node<'_>, report: &mut Report<'_>) -> Vec<String> {
    let Some(mut section) = Section::new("lint", node, report) else {
        return Vec::new();
    };
    let known = || vakt_rules::lint::CHECKS.iter().map(|check| check.name);
    let mut names = Vec::new();
    for node in section.list("allow") {
        let Some(name) = text("allow", node, report) else {
            continue;
        };
        if known().any(|check| check == name) {
            names.push(name);
            continue;
        }
        let help = match nearest(&name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`vakt rules lint --list` shows the names".to_owned(),
        };
        let message = format!("the linter has no check `{name}`");
        report.add(&CONFIG_VALUE, &node.span, message, help);
    }
    section.finish(report);
    names
}

/// A path, or the name of a built-in pipeline.
fn pipeline(node: &Node<'_>, report: &mut Report<'_>) -> Option<String> {
    let name = text("pipelines", node, report)?;
    if is_built_in_name(&name) && !built_in_pipelines().contains(&name) {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("there is no built-in pipeline `{name}`"),
            built_in_help(&name),
        );
        return None;
    }
    Some(name)
}

/// Values by the name of their placeholder, each one or a list.
fn placeholders(node: &Node<'_>, report: &mut Report<'_>) -> Placeholders {
    let mut placeholders = Placeholders::new();
    let Kind::Map(entries) = &node.kind else {
        report.add(
            &CONFIG_TYPE,
            &node.span,
            "`placeholders` is a mapping of names to values",
            "write `NAME: [VALUE, VALUE]` lines",
        );
        return placeholders;
    };
    for entry in entries {
        let items = match &entry.value.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(&entry.value),
        };
        let values = items
            .iter()
            .filter_map(|item| text(&entry.key, item, report))
            .filter(|value| !value.is_empty())
            .collect::<Vec<_>>();
        if values.is_empty() {
            report.add(
                &CONFIG_VALUE,
                &entry.key_span,
                format!("the placeholder `{}` has no values", entry.key),
                "give at least one: rules that use it are refused without",
            );
            continue;
        }
        // Rules write `%name%`; who copies it with its signs means the same.
        let name = entry.key.trim_matches('%').to_owned();
        placeholders.insert(name, values);
    }
    placeholders
}

/// A stream's name becomes a label, a file name and a query word.
pub(super) fn stream_name(name: &str, node: &Node<'_>, report: &mut Report<'_>) -> bool {
    let fine = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if !fine {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("`{name}` cannot name a stream"),
            "use 1 to 64 lower-case letters, digits, `-` and `_`",
        );
    }
    fine
}

fn organisation(node: &Node<'_>, report: &mut Report<'_>) -> (Option<Organisation>, Entity) {
    let Some(mut section) = Section::new("organisation", node, report) else {
        return (None, Entity::default());
    };
    let name = section.required("name", report);
    let number = section.text("number", report);
    let contact = section.text("contact", report);
    let entity = services::entity(&mut section, report);
    section.finish(report);
    let organisation = name.map(|name| Organisation {
        name,
        number,
        contact,
    });
    (organisation, entity)
}

/// A rule path that cannot be read is said here, at its line.
fn rule_path(path: &Path, node: &Node<'_>, report: &mut Report<'_>) {
    if let Some(error) = unopenable(path) {
        report.add(
            &CONFIG_FILE,
            &node.span,
            format!("the rules at {} cannot be read: {error}", path.display()),
            "name a rule file, or a folder of them",
        );
    }
}

fn tls(node: &Node<'_>, files: Files, report: &mut Report<'_>) -> Option<TlsFiles> {
    let mut section = Section::new("tls", node, report)?;
    let certificate = section.required("certificate", report);
    let key = section.required("key", report);
    let span = section.span().clone();
    section.finish(report);
    let named = TlsFiles {
        certificate: certificate?.into(),
        key: key?.into(),
    };
    if files == Files::Read
        && let Err(error) = vakt_ingest::tls::load(&named.to_ingest(), &[])
    {
        report.add(
            &CONFIG_FILE,
            &span,
            error.to_string(),
            "the daemon reads both at its start, as the user that it runs as",
        );
    }
    Some(named)
}

/// A token's file, read where files are.
pub(super) fn token_file(
    section: &mut Section<'_, '_>,
    key: &'static str,
    chars_min: usize,
    files: Files,
    report: &mut Report<'_>,
) -> Option<PathBuf> {
    let node = section.get(key)?;
    let path = PathBuf::from(text(key, node, report)?);
    if files == Files::Read {
        let wrong = match read_token(&path) {
            Ok(token) if token.chars().count() < chars_min => Some(format!(
                "the token in {} is shorter than {chars_min} characters, and could be guessed",
                path.display()
            )),
            Ok(_) => None,
            Err(error) => Some(format!("{error:#}")),
        };
        if let Some(wrong) = wrong {
            report.add(
                &CONFIG_FILE,
                &node.span,
                wrong,
                "write the token, and nothing else, into a file that the daemon may read",
            );
        }
    }
    Some(path)
}

fn listener(node: &Node<'_>, streams: &[String], report: &mut Report<'_>) -> Option<Listener> {
    let mut section = Section::new("listeners", node, report)?;
    let word = section.required("kind", report);
    let kind = word.as_ref().and_then(|word| {
        ListenerKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
    });
    if let (Some(word), None) = (&word, kind) {
        let known = ListenerKind::ALL.map(ListenerKind::as_str);
        let help = match nearest(word, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a kind is one of {}", known.join(", ")),
        };
        report.add(
            &CONFIG_VALUE,
            section.span(),
            format!("unknown kind of listener `{word}`"),
            help,
        );
    }
    let address: Option<SocketAddr> = section.parsed("address", ADDRESS, report);
    let name = section.text("name", report);
    let tls = section.boolean("tls", report);
    let allow_plaintext = section.boolean("allow_plaintext", report);
    let networks: Vec<IpNet> = section.parsed_list("networks", NETWORK, report);
    let stream = stream(&mut section, streams, report);
    let time_zone = time_zone(&mut section, report);
    let hosts = section
        .list("hosts")
        .iter()
        .filter_map(|node| text("hosts", node, report))
        .collect();
    let sources = section
        .list("sources")
        .iter()
        .filter_map(|node| source_rule(node, streams, report))
        .collect();
    if let Some(kind) = kind {
        without_effect(&mut section, kind, report);
    }
    section.finish(report);
    let plain = Listener::on_loopback(kind?);
    if tls && plain.kind != ListenerKind::Http && !plain.kind.is_tls() {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!(
                "a listener of kind `{}` cannot speak TLS",
                plain.kind.as_str()
            ),
            match plain.kind {
                ListenerKind::Relp => "write `kind: relp-tls`",
                _ => "write `kind: syslog-tls`",
            },
        );
    }
    Some(Listener {
        name: name.unwrap_or(plain.name),
        address: address.unwrap_or(plain.address),
        tls: (tls && plain.kind == ListenerKind::Http) || plain.tls,
        networks,
        stream,
        time_zone,
        sources,
        hosts,
        allow_plaintext,
        ..plain
    })
}

/// Reports the keys that listeners of this kind do not look at.
fn without_effect(section: &mut Section<'_, '_>, kind: ListenerKind, report: &mut Report<'_>) {
    let ignored: &[(&'static str, &str)] = match kind {
        ListenerKind::Http => &[
            (
                "networks",
                "who may send over HTTP is a matter of `intake_tokens`; remove it",
            ),
            (
                "sources",
                "senders over HTTP are kept apart by the stream of their `intake_tokens`; remove it",
            ),
        ],
        ListenerKind::SyslogUdp
        | ListenerKind::SyslogTcp
        | ListenerKind::SyslogTls
        | ListenerKind::Relp
        | ListenerKind::RelpTls => &[(
            "hosts",
            "names are for HTTP; who may send syslog is named by `networks`",
        )],
    };
    for (key, help) in ignored {
        if let Some(node) = section.get(key) {
            report.add(
                &CONFIG_NO_EFFECT,
                &node.span,
                format!(
                    "`{key}` has no effect on a listener of kind `{}`",
                    kind.as_str()
                ),
                *help,
            );
        }
    }
}

fn source_rule(node: &Node<'_>, streams: &[String], report: &mut Report<'_>) -> Option<SourceRule> {
    let mut section = Section::new("sources", node, report)?;
    if section.list("networks").is_empty() {
        report.add(
            &CONFIG_MISSING,
            &node.span,
            "this is for no sender: `sources` needs `networks`",
            "add `networks: [192.0.2.0/24]`; what all senders get stands at the listener",
        );
    }
    let networks: Vec<IpNet> = section.parsed_list("networks", NETWORK, report);
    let stream = stream(&mut section, streams, report);
    let time_zone = time_zone(&mut section, report);
    section.finish(report);
    Some(SourceRule {
        networks,
        stream,
        time_zone,
    })
}

/// The stream that the section names, which must be one of `streams:`.
fn stream(section: &mut Section<'_, '_>, streams: &[String], report: &mut Report<'_>) -> String {
    let Some(node) = section.get("stream") else {
        return DEFAULT_STREAM.to_owned();
    };
    let Some(name) = text("stream", node, report) else {
        return DEFAULT_STREAM.to_owned();
    };
    if !streams.contains(&name) {
        let help = match nearest(&name, streams.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add `{name}` to `streams:`"),
        };
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("the stream `{name}` is not listed under `streams:`"),
            help,
        );
    }
    name
}

fn time_zone(section: &mut Section<'_, '_>, report: &mut Report<'_>) -> Option<String> {
    let node = section.get("time_zone")?;
    let name = text("time_zone", node, report)?;
    if TimeZone::get(&name).is_err() {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("there is no time zone `{name}`"),
            "write an IANA name such as Europe/Stockholm, or UTC",
        );
        return None;
    }
    Some(name)
}

fn intake_token(
    node: &Node<'_>,
    streams: &[String],
    files: Files,
    report: &mut Report<'_>,
) -> Option<IntakeToken> {
    let mut section = Section::new("intake_tokens", node, report)?;
    let name = section.required("name", report);
    section.require("token_file", report);
    let chars_min = CONFIGURED_TOKEN_CHARS_MIN;
    let token_file = token_file(&mut section, "token_file", chars_min, files, report);
    let stream = stream(&mut section, streams, report);
    section.finish(report);
    Some(IntakeToken {
        name: name?,
        stream,
        token_file: token_file?,
    })
}

pub(super) fn is_web_address(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_have_no_effect_is_said_at_its_place() {
        let check = |text: &str, expected: &[&str]| {
            let (_, diagnostics) = parse("vakt.yaml", text, Files::Untouched);
            let found: Vec<String> = diagnostics
                .iter()
                .map(|one| {
                    let (line, column) = (one.line, one.column);
                    format!("{line}:{column} {}: {}", one.name, one.message)
                })
                .collect();
            assert_eq!(found, expected, "{text}");
        };
        check("listeners:\n  - kind: http\n    hosts: [a.example]\n", &[]);
        check(
            "listeners:\n  - kind: http\n    networks: [10.0.0.0/8]\n    sources:\n      \
             - {networks: [10.1.0.0/16]}\n",
            &[
                "3:15 config-no-effect: `networks` has no effect on a listener of kind `http`",
                "5:7 config-no-effect: `sources` has no effect on a listener of kind `http`",
            ],
        );
        for kind in ["syslog-udp", "syslog-tcp", "syslog-tls", "relp", "relp-tls"] {
            check(
                &format!("listeners:\n  - kind: {kind}\n    hosts: [a.example]\n"),
                &[&format!(
                    "3:12 config-no-effect: `hosts` has no effect on a listener of kind `{kind}`"
                )],
            );
        }
        check(
            "listeners:\n  - kind: syslog-tcp\n    sources:\n      - time_zone: UTC\n      \
             - {networks: [], time_zone: UTC}\n      - {networks: [10.0.0.0/8], time_zone: UTC}\n",
            &[
                "4:9 config-missing: this is for no sender: `sources` needs `networks`",
                "5:9 config-missing: this is for no sender: `sources` needs `networks`",
            ],
        );
        check(
            "listeners: []\n",
            &["1:12 config-value: without a listener nothing can be sent to Vakt, nor asked of it"],
        );
        check("listeners:\n", &[]);
        check(
            "data_dir: ~/zz\n",
            &["1:11 config-value: `~/zz` would be a folder whose name begins with `~`"],
        );
        check(
            "retention: {clock_jump: 1h}\n",
            &[
                "1:25 config-value: a clock that is ahead is told from quiet days by two days or more",
            ],
        );
        // One port for datagrams and one for connections are two; 0 is any.
        let all = |addresses: [&str; 4]| {
            let [a, b, c, d] = addresses;
            format!(
                "listeners:\n  - {{kind: syslog-udp, address: '{a}'}}\n  - {{kind: syslog-tcp, address: '{b}'}}\n  \
                 - {{kind: http, address: '{c}'}}\n  - {{kind: relp, address: '{d}'}}\n"
            )
        };
        let one = "127.0.0.1:514";
        check(&all([one, one, "127.0.0.2:514", "[::1]:514"]), &[]);
        check(
            &all([one, "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"]),
            &[],
        );
        check(
            &all([one, one, "127.0.0.1:8514", "0.0.0.0:8514"]),
            &[
                "5:5 config-value: the listener relp has the address 0.0.0.0:8514 of the listener http",
            ],
        );
        check(
            &all([one, one, one, "127.0.0.1:0"]),
            &[
                "4:5 config-value: the listener http has the address 127.0.0.1:514 of the listener syslog-tcp",
            ],
        );
    }

    #[test]
    fn a_reserve_that_the_disk_does_not_have_is_refused() {
        let check = |reserve: &str, expected: usize| {
            let text = format!("data_dir: /tmp/not/there\nstorage: {{reserve: {reserve}}}\n");
            let (_, diagnostics) = parse("vakt.yaml", &text, Files::Read);
            assert_eq!(diagnostics.len(), expected, "{reserve}: {diagnostics:?}");
        };
        check("1MB", 0);
        check("9000000TB", 1);
    }
}
