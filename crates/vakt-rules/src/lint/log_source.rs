//! Log sources, and the fields that their events have.

use std::collections::BTreeSet;

use vakt_event::LogSource;

use super::checks::*;
use super::subject::{ItemLook, Subject};
use super::taxonomy::{FieldVerdict, Known, taxonomy};
use crate::ast::{Detection, Test};
use crate::diagnostic::Report;
use crate::source::Span;
use crate::suggest;

/// What each category of Windows events means: a service, and the ids of its events (the Sigma
/// specification's taxonomy; `registry_event` and others that join several are left out).
const CATEGORIES: [(&str, &str, &[&str]); 30] = [
    ("process_creation", "sysmon", &["1"]),
    ("process_creation", "security", &["4688"]),
    ("file_change", "sysmon", &["2"]),
    ("network_connection", "sysmon", &["3"]),
    ("process_termination", "sysmon", &["5"]),
    ("driver_load", "sysmon", &["6"]),
    ("image_load", "sysmon", &["7"]),
    ("create_remote_thread", "sysmon", &["8"]),
    ("raw_access_thread", "sysmon", &["9"]),
    ("process_access", "sysmon", &["10"]),
    ("file_event", "sysmon", &["11"]),
    ("registry_event", "sysmon", &["12", "13", "14"]),
    ("registry_set", "sysmon", &["13"]),
    ("registry_rename", "sysmon", &["14"]),
    ("create_stream_hash", "sysmon", &["15"]),
    ("pipe_created", "sysmon", &["17", "18"]),
    ("wmi_event", "sysmon", &["19", "20", "21"]),
    ("dns_query", "sysmon", &["22"]),
    ("file_delete", "sysmon", &["23", "26"]),
    ("clipboard_capture", "sysmon", &["24"]),
    ("process_tampering", "sysmon", &["25"]),
    ("file_delete_detected", "sysmon", &["26"]),
    ("file_block_executable", "sysmon", &["27"]),
    ("file_block_shredding", "sysmon", &["28"]),
    ("file_executable_detected", "sysmon", &["29"]),
    ("sysmon_error", "sysmon", &["255"]),
    ("ps_script", "powershell", &["4104"]),
    ("ps_module", "powershell", &["4103"]),
    ("ps_classic_start", "powershell-classic", &["400"]),
    ("ps_classic_provider_start", "powershell-classic", &["600"]),
];

pub(super) fn check(subject: &Subject<'_>, installed: &[LogSource<'_>], report: &mut Report<'_>) {
    let Some(log_source) = &subject.log_source else {
        return;
    };
    let span = subject.key_span("logsource").clone();
    if case(log_source, &span, report) {
        return;
    }
    match taxonomy().of(log_source) {
        Some(known) => fields(known, subject, report),
        None => unusual(log_source, installed, &span, report),
    }
    let product_alone = log_source.category.is_none() && log_source.service.is_none();
    if product_alone && subject.filter.is_none() && !asks_for_channel(subject) {
        report.add(
            &LOGSOURCE_WIDE,
            &span,
            format!("the rule looks at every event with {log_source}"),
            "name the category or the service whose events have what it asks for",
        );
    }
    event_ids(log_source, subject, report);
}

/// An item that narrows the events down as a service would.
fn asks_for_channel(subject: &Subject<'_>) -> bool {
    let narrowing = ["Channel", "Provider_Name", "EventID", "type"];
    let mut items = subject.searches.iter().flat_map(|search| &search.items);
    items.any(|item| {
        item.field
            .as_deref()
            .is_some_and(|field| narrowing.contains(&field))
    })
}

fn parts<'l>(log_source: &'l LogSource<'_>) -> [(&'static str, Option<&'l str>); 3] {
    [
        ("product", log_source.product.as_deref()),
        ("category", log_source.category.as_deref()),
        ("service", log_source.service.as_deref()),
    ]
}

fn case(log_source: &LogSource<'_>, span: &Span, report: &mut Report<'_>) -> bool {
    let mut found = false;
    for (part, word) in parts(log_source) {
        if let Some(word) = word
            && word != word.to_lowercase()
        {
            found = true;
            report.add(
                &LOGSOURCE_CASE,
                span,
                format!("the {part} `{word}` is not in lower case"),
                format!("write `{part}: {}`", word.to_lowercase()),
            );
        }
    }
    found
}

fn unusual(
    log_source: &LogSource<'_>,
    installed: &[LogSource<'_>],
    span: &Span,
    report: &mut Report<'_>,
) {
    if installed.iter().any(|shown| shown.satisfies(log_source)) {
        return;
    }
    let known = &taxonomy().known;
    let column = |part: &str| -> BTreeSet<&str> {
        let of_known = known.iter().map(|known| match part {
            "product" => known.product,
            "category" => known.category,
            _ => known.service,
        });
        of_known.filter(|word| !word.is_empty()).collect()
    };
    let mut helps = Vec::new();
    for (part, word) in parts(log_source) {
        let words = column(part);
        let Some(word) = word.filter(|word| !words.contains(word)) else {
            continue;
        };
        let other = ["product", "category", "service"]
            .into_iter()
            .find(|other| column(other).contains(word));
        if let Some(other) = other {
            helps.push(format!("`{word}` is a {other}: write `{other}: {word}`"));
        } else if let Some(near) = suggest::nearest(word, words) {
            helps.push(format!("did you mean `{part}: {near}`?"));
        }
    }
    if helps.is_empty() {
        let fits = |known: &&super::taxonomy::Known| {
            log_source.product.as_deref() == Some(known.product) && !known.product.is_empty()
        };
        let names: BTreeSet<String> = known
            .iter()
            .filter(fits)
            .map(|known| match (known.category, known.service) {
                (category, "") => category.to_owned(),
                ("", service) => service.to_owned(),
                (category, service) => format!("{category}/{service}"),
            })
            // The log source that is the product alone.
            .filter(|name| !name.is_empty())
            .collect();
        helps.push(if names.is_empty() {
            "check product, category and service; a sender of your own declares it with `vakt.logsource`"
                .to_owned()
        } else {
            let names: Vec<String> = names.into_iter().take(12).collect();
            format!("rules for this product are written for {}", names.join(", "))
        });
    }
    report.add(
        &LOGSOURCE_UNUSUAL,
        span,
        format!("no public rule has the log source {log_source}"),
        helps.join(" "),
    );
}

fn fields(known: &Known, subject: &Subject<'_>, report: &mut Report<'_>) {
    for item in subject.searches.iter().flat_map(|search| &search.items) {
        if let Some(field) = &item.field
            && !glued(field, &item.key_span, report)
        {
            field_of(known, field, &item.key_span, report);
        }
        for value in &item.values {
            if let Detection::Is(predicate) = &value.detection
                && let Test::FieldRef { field, .. } = &predicate.test
            {
                field_of(known, field, &value.span, report);
            }
        }
    }
}

/// `Image.endswith` and `Image:endswith`: a modifier that stands in the name.
fn glued(field: &str, span: &Span, report: &mut Report<'_>) -> bool {
    const MODIFIERS: [&str; 7] = [
        "contains",
        "startswith",
        "endswith",
        "windash",
        "base64",
        "base64offset",
        "cidr",
    ];
    let Some((name, modifier)) = field.rsplit_once(['.', ':']) else {
        return false;
    };
    let found = !name.is_empty() && MODIFIERS.contains(&modifier);
    if found {
        report.add(
            &FIELD_UNKNOWN,
            span,
            format!("`{field}` is the name of a field, and `{modifier}` that of a modifier"),
            format!("did you mean `{name}|{modifier}`?"),
        );
    }
    found
}

fn field_of(known: &Known, field: &str, span: &Span, report: &mut Report<'_>) {
    let of = format!("{}/{}{}", known.product, known.category, known.service);
    match taxonomy().field(known, field) {
        FieldVerdict::Fine => {}
        FieldVerdict::Case(right) => report.add(
            &FIELD_CASE,
            span,
            format!("the field is called `{right}`"),
            format!("write `{right}`: names of fields keep upper and lower case apart"),
        ),
        FieldVerdict::Near(near) => report.add(
            &FIELD_UNKNOWN,
            span,
            format!("no rule for {of} asks for `{field}`"),
            format!("did you mean `{near}`?"),
        ),
        FieldVerdict::Foreign => report.add(
            &FIELD_FOREIGN,
            span,
            format!("events of {of} have no `{field}`"),
            "ask for a field that they have, or write the rule for the log source that has this one",
        ),
    }
}

fn event_ids(log_source: &LogSource<'_>, subject: &Subject<'_>, report: &mut Report<'_>) {
    if log_source.product.as_deref() != Some("windows") || subject.filter.is_some() {
        return;
    }
    let items = subject.searches.iter().flat_map(|search| &search.items);
    for item in items.filter(|item| asks_for_id(item)) {
        let ids: BTreeSet<&str> = item
            .values
            .iter()
            .map(|value| value.text.as_str())
            .collect();
        let category = log_source.category.as_deref();
        // A category that several services have is meant by the ids of one of them.
        let meant = CATEGORIES
            .iter()
            .filter(|(name, ..)| Some(*name) == category)
            .any(|(_, _, meant)| meant.iter().all(|id| ids.contains(id)));
        if meant {
            report.add(
                &EVENTID_IMPLIED,
                &item.key_span,
                format!(
                    "the category {} means these event ids",
                    category.unwrap_or_default()
                ),
                "leave the event id out: sources that number their events otherwise fit then too",
            );
        }
        if category.is_none()
            && let Some((name, ..)) = CATEGORIES.iter().find(|(_, service, meant)| {
                log_source.service.as_deref() == Some(*service)
                    && ids == meant.iter().copied().collect()
            })
        {
            report.add(
                &EVENTID_FOR_CATEGORY,
                &item.key_span,
                format!("these events are the category {name}"),
                format!(
                    "write `category: {name}` in place of the service, and leave the event id out"
                ),
            );
        }
    }
}

fn asks_for_id(item: &ItemLook) -> bool {
    item.words.is_empty() && matches!(item.field.as_deref(), Some("EventID" | "EventId"))
}
