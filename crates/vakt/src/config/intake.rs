//! `intake:`: reports of staff, suppliers and customers.

use vakt_rules::Report;
use vakt_rules::yaml::Node;

use super::DEFAULT_STREAM;
use super::read::{CONFIG_VALUE, Section};

/// The key `intake`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// People who say nothing of who they are may report, too.
    pub anonymous: bool,
    /// The stream of the incidents that reports open: who sees it sees them.
    pub stream: String,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            anonymous: false,
            stream: DEFAULT_STREAM.to_owned(),
        }
    }
}

pub(super) fn intake(node: &Node<'_>, streams: &[String], report: &mut Report<'_>) -> Intake {
    let mut intake = Intake::default();
    let Some(mut section) = Section::new("intake", node, report) else {
        return intake;
    };
    intake.anonymous = section.boolean("anonymous", report);
    let at = section.get("stream");
    if let (Some(stream), Some(node)) = (section.text("stream", report), at) {
        if stream == DEFAULT_STREAM || streams.contains(&stream) {
            intake.stream = stream;
        } else {
            report.add(
                &CONFIG_VALUE,
                &node.span,
                format!("there is no stream `{stream}`"),
                format!("add `{stream}` to `streams:` of the configuration"),
            );
        }
    }
    section.finish(report);
    intake
}
