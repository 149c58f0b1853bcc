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

#[cfg(test)]
mod tests {
    use super::super::schema::{Files, parse};
    use super::Intake;

    #[test]
    fn a_stream_must_be_one() {
        let check = |text: &str, expected: &[&str]| {
            let (_, diagnostics) = parse("vakt.yaml", text, Files::Untouched);
            let said: Vec<&str> = diagnostics.iter().map(|it| it.message.as_str()).collect();
            assert_eq!(said, expected, "{text}");
        };
        check("streams: [desk]\nintake: {stream: desk}\n", &[]);
        check("intake: {stream: default, anonymous: true}\n", &[]);
        check("intake: {stream: desk}\n", &["there is no stream `desk`"]);
    }

    #[test]
    fn the_examples_of_the_guides_are_some() {
        let anonymous = Intake {
            anonymous: true,
            ..Intake::default()
        };
        for (guide, expected) in [
            (include_str!("../../../../docs/intake.md"), anonymous),
            (
                include_str!("../../../../docs/configuration.md"),
                Intake::default(),
            ),
        ] {
            let examples = guide.split("```yaml\n").skip(1);
            let examples = examples.filter_map(|rest| rest.split_once("```"));
            let mut examples = examples.filter(|(example, _)| {
                example.contains("intake:\n") || example.contains("intake:   ")
            });
            let (example, _) = examples.next().unwrap();
            let (config, diagnostics) = parse("guide", example, Files::Untouched);
            assert!(diagnostics.is_empty(), "{}", diagnostics[0]);
            assert_eq!(config.intake, expected);
        }
    }
}
