//! `heartbeat:` and `expected_sources:`: who is told when Vakt, or a source, falls silent.

use std::collections::BTreeSet;
use std::time::Duration;

use vakt_rules::Report;
use vakt_rules::yaml::Node;

use super::super::period::{PERIOD, Period};
use super::super::read::{CONFIG_MISSING, CONFIG_VALUE, Section};
use super::super::schema::Files;
use super::{ExpectedSource, Heartbeat, certificate, secret, url};

/// Expected sources: each is looked for in the table of sources again and again.
const EXPECTED_MAX: usize = 1_000;

/// The shortest silence: more than twice the time between two looks.
const WITHIN_MIN: Duration = Duration::from_secs(5);

pub(in crate::config) fn heartbeat(
    node: &Node<'_>,
    files: Files,
    report: &mut Report<'_>,
) -> Option<Heartbeat> {
    let mut section = Section::new("heartbeat", node, report)?;
    let url = url(&mut section, "a watchdog", report);
    let token = secret(("token", "token_file"), &mut section, files, report);
    let ca = certificate(&mut section, files, report);
    let interval = section.parsed("interval", PERIOD, report);
    let lag_max = section.parsed("lag_max", PERIOD, report);
    section.finish(report);
    Some(Heartbeat {
        url: url?,
        token,
        ca,
        interval: interval.map_or(Duration::from_secs(60), |Period(it)| it),
        lag_max: lag_max.map_or(Duration::from_secs(300), |Period(it)| it),
    })
}

pub(in crate::config) fn expected_sources(
    nodes: &[Node<'_>],
    streams: &[String],
    report: &mut Report<'_>,
) -> Vec<ExpectedSource> {
    if let Some(node) = nodes.get(EXPECTED_MAX) {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("at most {EXPECTED_MAX} sources are waited for"),
            "name those without which you would be blind",
        );
    }
    let mut expected: Vec<ExpectedSource> = Vec::new();
    let mut names = BTreeSet::new();
    for node in nodes.iter().take(EXPECTED_MAX) {
        let Some(source) = expected_source(node, streams, report) else {
            continue;
        };
        if !names.insert(source.name()) {
            report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("`{}` is expected twice", source.name()),
                "keep the one with the shorter `within`",
            );
        }
        expected.push(source);
    }
    expected
}

fn expected_source(
    node: &Node<'_>,
    streams: &[String],
    report: &mut Report<'_>,
) -> Option<ExpectedSource> {
    let mut section = Section::new("expected_sources", node, report)?;
    let host = section.text("host", report);
    let peer = section.parsed("peer", "an address such as 192.0.2.1", report);
    let stream_node = section.get("stream");
    let stream = section.text("stream", report);
    if let (Some(name), Some(node)) = (&stream, stream_node)
        && !streams.contains(name)
    {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("the stream `{name}` is not listed under `streams:`"),
            format!("add `{name}` to `streams:`"),
        );
    }
    section.require("within", report);
    let within = section.parsed("within", PERIOD, report);
    if host.is_none() && peer.is_none() && stream.is_none() {
        report.add(
            &CONFIG_MISSING,
            section.span(),
            "a source that is expected has a `host`, a `peer` or a `stream`",
            "`vakt sources` shows them",
        );
    }
    let node = section.get("within");
    if let (Some(Period(within)), Some(node)) = (within, node)
        && within < WITHIN_MIN
    {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("silence is told of {} s and more", WITHIN_MIN.as_secs()),
            "write how long the source may be silent when all is well",
        );
    }
    section.finish(report);
    let Period(within) = within?;
    Some(ExpectedSource {
        host,
        peer,
        stream,
        within,
    })
}
