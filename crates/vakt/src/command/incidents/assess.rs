//! `vakt incidents assess`: whether an incident would be significant, as a pure computation.

use anyhow::{Result, bail};
use serde_json::Value as Json;
use vakt_incident::significance::{
    Answer, Answered, Answers, Assessment, Compared, Criteria, InputKind, Outcome as Found, Value,
};

use crate::command::{Global, Outcome};
use crate::output::{Output, Printer};

pub(super) fn assess(global: &Global, types: &[String], known: &[String]) -> Result<Outcome> {
    let criteria = Criteria::embedded();
    for entity_type in types {
        if criteria.entity_type(entity_type).is_none() {
            let ids = criteria.entity_types.iter().map(|it| it.id.as_str());
            let ids: Vec<&str> = ids.collect();
            bail!(
                "there is no type of entity `{entity_type}`; there are {}",
                ids.join(", ")
            );
        }
    }
    let answers = answers(criteria, known)?;
    let assessment = criteria.assess(types, &answers);
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Json => out.json_pretty(&serde_json::to_value(&assessment)?)?,
        Output::Ndjson => {
            for criterion in &assessment.criteria {
                out.json_line(&serde_json::to_value(criterion)?)?;
            }
        }
        Output::Text => {
            for line in lines(criteria, &assessment) {
                out.line(&line)?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn answers(criteria: &Criteria, known: &[String]) -> Result<Answers> {
    let mut answers = Answers::default();
    for argument in known {
        let Some((name, text)) = argument.split_once('=') else {
            bail!("--known {argument}: write INPUT=VALUE, such as users_limited=21");
        };
        let Some(input) = criteria.input(name) else {
            let names: Vec<&str> = criteria.inputs.iter().map(|it| it.name.as_str()).collect();
            bail!("nothing is called `{name}`; there are {}", names.join(", "));
        };
        let value = match (input.kind, text) {
            (InputKind::YesNo, "yes") => Value::YesNo(true),
            (InputKind::YesNo, "no") => Value::YesNo(false),
            (InputKind::YesNo, _) => bail!("--known {argument}: it is yes or no"),
            (InputKind::Number | InputKind::Duration, text) => Value::Quantity(text.parse()?),
        };
        let answer = Answer {
            value,
            by: String::new(),
            source: "the command".to_owned(),
            at: None,
        };
        answers.set(name, answer);
    }
    Ok(answers)
}

fn lines(criteria: &Criteria, assessment: &Assessment) -> Vec<String> {
    let mut lines: Vec<String> = assessment
        .criteria
        .iter()
        .flat_map(|it| criterion_lines(criteria, it))
        .collect();
    lines.push(String::new());
    lines.push(
        match assessment.outcome {
            Found::Met => "significant: a criterion is met",
            Found::NotMet => "not significant: no criterion is met",
            Found::Open => "open: no criterion is met, and some wait for an answer",
        }
        .to_owned(),
    );
    lines.push(format!(
        "data of {}; not legal advice, and no declaration of awareness",
        assessment.version
    ));
    lines
}

fn criterion_lines(criteria: &Criteria, it: &Answered) -> Vec<String> {
    let outcome = match it.outcome {
        Found::Met => "met",
        Found::NotMet => "not met",
        Found::Open => "open",
    };
    let mut line = format!("{:8} {:8} {}", outcome, it.criterion, it.citation);
    let words = it.compared.iter().filter_map(|it| compared(criteria, it));
    for words in words {
        line.push_str(&format!("; {words}"));
    }
    let mut lines = vec![line];
    if !it.missing.is_empty() {
        lines.push(format!("           needs {}", it.missing.join(", ")));
    }
    lines
}

/// `users_limited 21, more than 20 (5 % of service_users (400))?`
fn compared(criteria: &Criteria, it: &Compared) -> Option<String> {
    let (value, limit) = (it.value?, it.limit.as_ref()?);
    let is_duration = criteria
        .input(&it.input)
        .is_some_and(|input| input.kind == InputKind::Duration);
    let than = match it.than {
        "more" => "more than",
        "less" => "less than",
        _ => "at most",
    };
    let of = match it.of.as_str() {
        "fixed" => String::new(),
        of => format!(", {of}"),
    };
    Some(
        match (
            is_duration,
            limit.parse::<vakt_incident::significance::Quantity>(),
        ) {
            (true, Ok(limit)) => format!(
                "{} {} ({than} {}{of})",
                it.input,
                value.as_duration(),
                limit.as_duration()
            ),
            _ => format!("{} {value} ({than} {limit}{of})", it.input),
        },
    )
}

/// The questions, for whoever asks what can be known.
pub(super) fn inputs(global: &Global) -> Result<Outcome> {
    let mut out = Printer::new();
    let output = Output::or_by_terminal(global.output)?;
    let mut all = Vec::new();
    for input in &Criteria::embedded().inputs {
        let kind = match input.kind {
            InputKind::YesNo => "yes or no",
            InputKind::Number => "number",
            InputKind::Duration => "duration",
        };
        let shown = serde_json::json!({
            "input": input.name, "type": input.kind, "en": input.en, "sv": input.sv,
        });
        match output {
            Output::Text => out.line(&format!("{:28} {kind:10} {}", input.name, input.en))?,
            Output::Ndjson => out.json_line(&shown)?,
            Output::Json => all.push(shown),
        }
    }
    if output == Output::Json {
        out.json_pretty(&Json::Array(all))?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}
