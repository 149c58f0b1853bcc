//! What is written and would change nothing, or could never work.

use std::path::PathBuf;

use vakt_incident::NoticeKind;
use vakt_rules::Report;
use vakt_rules::yaml::Node;

use super::super::read::{CONFIG_NO_EFFECT, CONFIG_VALUE, Section};
use super::super::schema::Files;
use super::{Secret, certificate};
use crate::notify::signing_key;

/// Reports a key that would change nothing.
pub(super) fn without_effect(
    key: &'static str,
    place: &str,
    help: &str,
    section: &mut Section<'_, '_>,
    report: &mut Report<'_>,
) {
    if let Some(node) = section.get(key) {
        let message = format!("`{key}` would change nothing {place}");
        report.add(&CONFIG_NO_EFFECT, &node.span, message, help);
    }
}

/// Kinds that an output never hears of by its filter.
pub(super) fn kind_without_effect(
    kind: NoticeKind,
    way: &str,
    node: &Node<'_>,
    report: &mut Report<'_>,
) {
    let why = match (kind, way) {
        (NoticeKind::Test, _) => "a test goes to every output, or to the one that is named",
        (NoticeKind::Resolved, "alertmanager") => {
            "Alertmanager is told of the end of each alert, and of incidents by those"
        }
        (NoticeKind::Awareness, "alertmanager") => {
            "Alertmanager is told of what goes on, and awareness is an instant"
        }
        _ => return,
    };
    let message = format!("`{kind}` would change nothing here: {why}");
    let help = "remove it; without `kinds` everything is told";
    report.add(&CONFIG_NO_EFFECT, &node.span, message, help);
}

/// A secret that cannot be signed with would hold every notice.
pub(super) fn check_signing(
    secret: &Secret,
    node: &Node<'_>,
    files: Files,
    report: &mut Report<'_>,
) {
    let is_known = files == Files::Read || matches!(secret, Secret::Inline(_));
    // A file that cannot be read was reported as such.
    let text = is_known.then(|| secret.read().ok()).flatten();
    if let Some(Err(error)) = text.map(|text| signing_key(&text)) {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("{error:#}"),
            "copy the secret once more, all of it with its `=`, or write a text without `whsec_`",
        );
    }
}

/// The certificate of a receiver over HTTP.
pub(super) fn certificate_over_tls(
    url: Option<&str>,
    section: &mut Section<'_, '_>,
    files: Files,
    report: &mut Report<'_>,
) -> Option<PathBuf> {
    if url.is_some_and(|url| url.starts_with("http://")) {
        let help = "remove it, or write https://";
        without_effect(
            "ca",
            "over http://, which has no certificates",
            help,
            section,
            report,
        );
    }
    certificate(section, files, report)
}
