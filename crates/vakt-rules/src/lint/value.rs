//! The values of a field, each by itself and against the others of its list.

use std::collections::HashMap;

use super::checks::*;
use super::cover;
use super::subject::{ItemLook, Subject, ValueLook};
use crate::ast::{Detection, Pattern, Relation, Test, Token};
use crate::diagnostic::Report;
use crate::modifier::{Target, TextStep};

/// Values of one list that are held against each other; a longer one comes from a program.
const VALUES_MAX: usize = 400;
/// Patterns of one list (a value can become many by `expand` and `base64offset`), and their tokens'
/// bytes: what two of each other cost at the most.
const PATTERNS_MAX: usize = 1_600;
const PATTERN_BYTES_MAX: usize = 64 * 1024;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    for item in subject.searches.iter().flat_map(|search| &search.items) {
        for value in &item.values {
            invisible(value, report);
            line_end(item, value, report);
            if matches!(item.chain.target, Target::Text(_)) {
                one(item, value, report);
            }
        }
        duplicates(item, report);
        redundant(item, report);
        by_hand(item, report);
        windash(item, report);
        encodings(item, report);
    }
}

fn relation(item: &ItemLook) -> Option<Relation> {
    match &item.chain.target {
        Target::Text(steps) => steps.iter().find_map(|step| match step {
            TextStep::Around(relation) => Some(*relation),
            _ => None,
        }),
        _ => None,
    }
}

/// Whether the values are compared as they are written, not encoded.
fn is_verbatim(item: &ItemLook) -> bool {
    match &item.chain.target {
        Target::Text(steps) => steps
            .iter()
            .all(|step| matches!(step, TextStep::Around(_) | TextStep::Windash)),
        _ => false,
    }
}

/// The patterns that a value came to.
fn patterns(detection: &Detection) -> Vec<&Pattern> {
    match detection {
        Detection::Is(predicate) => match &predicate.test {
            Test::Text(pattern) => vec![pattern],
            _ => Vec::new(),
        },
        Detection::Any(parts) => parts.iter().flat_map(patterns).collect(),
        _ => Vec::new(),
    }
}

fn one(item: &ItemLook, value: &ValueLook, report: &mut Report<'_>) {
    let text = value.text.as_str();
    let alone = !text.is_empty() && text.bytes().all(|b| b == b'*');
    if is_everywhere(item, text, alone) {
        report.add(
            &VALUE_MATCHES_ALL,
            &value.span,
            "this stands in every value",
            "write what is looked for; `field: ''` asks for an empty value",
        );
        return;
    }
    if alone && item.field.is_some() {
        let field = item.field.as_deref().unwrap_or_default();
        report.add(
            &VALUE_WILDCARD_ALONE,
            &value.span,
            "`*` matches every value",
            format!("write `{field}|exists: true`, or the text that was meant"),
        );
        return;
    }
    if !is_verbatim(item) {
        return;
    }
    doubled(item, value, report);
    backslashes(item, value, report);
    shapes(item, value, report);
    if relation(item) == Some(Relation::Contains) && !item.chain.all && !item.chain.expand {
        let chars = text.chars().count();
        // Two characters of which one begins an option are an option.
        if (1..=2).contains(&chars) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            report.add(
                &VALUE_SHORT,
                &value.span,
                format!("`{text}` stands in many texts"),
                "write more of what stands around it, or use `startswith` or `endswith`",
            );
        }
    }
    if looks_like_regex(text) {
        report.add(
            &VALUE_LOOKS_LIKE_REGEX,
            &value.span,
            "this is taken literally, but for `*` and `?`",
            "add `re` to the field if it is a regular expression",
        );
    }
}

/// Whether every event, or every value of the field, has the text.
fn is_everywhere(item: &ItemLook, text: &str, alone: bool) -> bool {
    let placed = relation(item).is_some_and(|relation| relation != Relation::Equals);
    match &item.field {
        None => text.is_empty() || alone,
        Some(_) => text.is_empty() && placed && is_verbatim(item),
    }
}

/// Names that Windows sets in every environment: `%TEMP%` is a text of events.
const ENVIRONMENT: [&str; 29] = [
    "allusersprofile",
    "appdata",
    "commonprogramfiles",
    "computername",
    "comspec",
    "homedrive",
    "homepath",
    "localappdata",
    "logonserver",
    "number_of_processors",
    "os",
    "path",
    "pathext",
    "processor_architecture",
    "programdata",
    "programfiles",
    "programw6432",
    "psmodulepath",
    "public",
    "sessionname",
    "system",
    "systemdrive",
    "systemroot",
    "temp",
    "tmp",
    "userdomain",
    "username",
    "userprofile",
    "windir",
];

/// Notations of other tools, which mean nothing here.
fn shapes(item: &ItemLook, value: &ValueLook, report: &mut Report<'_>) {
    let text = value.text.as_str();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split(',').map(str::trim);
    if text.contains(',') && item.field.is_some() && parts.all(is_number) {
        report.add(
            &VALUE_JOINED,
            &value.span,
            "this is one text",
            "write the numbers as a list: `[4688, 4689]`",
        );
    }
    let (sign, modifier) = match text {
        _ if text.starts_with(">=") => (">=", "gte"),
        _ if text.starts_with("<=") => ("<=", "lte"),
        _ if text.starts_with('>') => (">", "gt"),
        _ if text.starts_with('<') => ("<", "lt"),
        _ => ("", ""),
    };
    let number = text.strip_prefix(sign).unwrap_or_default().trim();
    if let (Some(field), false) = (&item.field, sign.is_empty())
        && is_number(number)
    {
        report.add(
            &VALUE_COMPARISON,
            &value.span,
            format!("`{sign}` is part of the text"),
            format!("write `{field}|{modifier}: {number}`"),
        );
    }
    let quotes = ['“', '”', '„', '‘', '’', '«', '»'];
    if text.chars().count() > 2 && text.starts_with(quotes) && text.ends_with(quotes) {
        report.add(
            &VALUE_QUOTES,
            &value.span,
            "the quotes are part of the text",
            "write `'` or `\"` in their place",
        );
    }
    let name = text
        .strip_prefix('%')
        .and_then(|rest| rest.strip_suffix('%'));
    let is_name = |name: &str| {
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        !name.is_empty() && name.chars().all(word) && !is_number(name)
    };
    if let Some(name) = name.filter(|name| is_name(name))
        && !item.chain.expand
        // In a command line it is most often a pattern of SQL.
        && holds_paths(item)
        && !ENVIRONMENT.contains(&name.to_ascii_lowercase().as_str())
    {
        report.add(
            &VALUE_PLACEHOLDER,
            &value.span,
            format!("`%{name}%` is taken as it is written"),
            "add `expand` to the field, so that the values of the placeholder stand in its place",
        );
    }
}

/// Encodings that find nothing by themselves.
fn encodings(item: &ItemLook, report: &mut Report<'_>) {
    let Target::Text(steps) = &item.chain.target else {
        return;
    };
    let contained = relation(item) == Some(Relation::Contains);
    if steps.contains(&TextStep::Base64Offset) && !contained {
        let span = item.modifier("base64offset").unwrap_or(&item.key_span);
        report.add(
            &ENCODED_WHOLE,
            span,
            "what is left of a text that is encoded at an offset is never a whole value",
            "write `base64offset|contains`, or `base64` where the text begins what is encoded",
        );
    }
    let is_utf16 = |step: &TextStep| matches!(step, TextStep::Utf16(_));
    let base64 = [TextStep::Base64, TextStep::Base64Offset];
    if steps.iter().any(is_utf16) && !steps.iter().any(|step| base64.contains(step)) {
        let words = ["wide", "utf16", "utf16le", "utf16be"];
        let span = words.into_iter().find_map(|word| item.modifier(word));
        report.add(
            &UTF16_ALONE,
            span.unwrap_or(&item.key_span),
            "texts of events are decoded: none has the zero bytes of UTF-16",
            "add `base64offset|contains` after it, or leave it out",
        );
    }
}

fn doubled(item: &ItemLook, value: &ValueLook, report: &mut Report<'_>) {
    let Some(relation) = relation(item) else {
        return;
    };
    let tokens = crate::pattern::parse(&value.text);
    let starts = tokens.first() == Some(&Token::Many);
    let ends = tokens.last() == Some(&Token::Many);
    let (at_start, at_end) = match relation {
        Relation::Contains => (starts, ends),
        Relation::StartsWith => (false, ends),
        Relation::EndsWith => (starts, false),
        Relation::Equals => (false, false),
    };
    if at_start || at_end {
        let place = if at_start { "begins" } else { "ends" };
        report.add(
            &VALUE_WILDCARD_DOUBLED,
            &value.span,
            format!("the value {place} with the wildcard that the modifier adds"),
            "remove that `*`",
        );
    }
}

/// Parts of the names of fields whose texts are typed by people or scripts: a star may be meant.
const FREE_TEXTS: [&str; 6] = ["command", "script", "payload", "message", "text", "query"];

/// Whether the field holds paths, or keys of a registry, in which no star can stand.
fn holds_paths(item: &ItemLook) -> bool {
    item.field.as_deref().is_some_and(|field| {
        let field = field.to_ascii_lowercase();
        !FREE_TEXTS.iter().any(|word| field.contains(word))
    })
}

fn backslashes(item: &ItemLook, value: &ValueLook, report: &mut Report<'_>) {
    let relation = relation(item);
    let text = value.text.as_str();
    if let Some(at) = text.find("\\*") {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 2..).unwrap_or_default();
        let escaped_backslash = before.ends_with('\\');
        let is_path = before.contains(":\\") || before.contains('\\');
        let in_path = after.starts_with('\\')
            || (before.contains(":\\") && after.is_empty())
            || (is_path && holds_paths(item));
        if !escaped_backslash && in_path {
            report.add(
                &VALUE_ESCAPED_WILDCARD,
                &value.span,
                "`\\*` is a star, not a backslash and a wildcard",
                "write `\\\\*` for a backslash and anything after it",
            );
        }
    }
    if let Some(rest) = text.strip_prefix("\\\\")
        && rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '?' | '.'))
        && !rest.contains("\\\\")
        && rest.contains('\\')
        && relation != Some(Relation::Contains)
    {
        report.add(
            &VALUE_UNC,
            &value.span,
            "the two backslashes at the beginning mean one",
            "write four for the two that the name of a share begins with; one where one is meant",
        );
    }
}

fn looks_like_regex(text: &str) -> bool {
    let marks = [
        ".*", "\\d+", "\\d{", "\\w+", "\\s+", "\\s*", "[a-z]", "[0-9]", "[A-Za-z", "(?i)", "[^",
    ];
    let has_mark = marks.iter().filter(|mark| text.contains(**mark)).count();
    let (starts, ends) = (text.starts_with('^'), text.ends_with('$'));
    // `*.*` is a wildcard that people write for files.
    let files = text.contains("*.*") || text.contains("\\.*");
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // `abc.*def`; a file `abc.*` of any extension ends with it.
    let between = text
        .split_once(".*")
        .is_some_and(|(before, after)| before.ends_with(word) && after.starts_with(word));
    // `\.exe$`
    let extension = ends && text.contains("\\.");
    let repeated = ["]+", "]*", "]{", "\\d+", "\\w+", "\\s+", "\\d{"];
    let class = text.contains('[') && repeated.iter().any(|mark| text.contains(mark));
    // `foo|bar`, of words alone: commands have a pipe between blanks.
    let choice = text.contains('|')
        && text
            .split('|')
            .all(|part| part.chars().count() > 1 && part.chars().all(word))
        && text.contains(|c: char| c.is_ascii_lowercase());
    let marked = has_mark >= 2 || (has_mark == 1 && (starts || ends));
    let shaped = between || extension || class || choice || (starts && ends && text.len() > 2);
    (marked || shaped) && !files
}

fn invisible(value: &ValueLook, report: &mut Report<'_>) {
    let hidden = |c: &char| {
        matches!(*c, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}' | '\u{feff}' | '\u{7f}')
            || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    };
    // A value that is nothing but such characters looks for them; emoji are joined by some.
    let visible = |c: char| !c.is_whitespace() && !hidden(&c);
    if !value.text.contains(visible) || value.text.chars().any(is_emoji) {
        return;
    }
    if let Some(c) = value.text.chars().find(hidden) {
        report.add(
            &VALUE_INVISIBLE,
            &value.span,
            format!(
                "the value has the character U+{:04X}, which is not seen",
                u32::from(c)
            ),
            "remove it, or write it as an escape in double quotes so that it is seen to be meant",
        );
    }
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..)
}

fn line_end(item: &ItemLook, value: &ValueLook, report: &mut Report<'_>) {
    if value.text.len() > 1 && value.text.ends_with('\n') && is_verbatim(item) {
        report.add(
            &VALUE_LINE_END,
            &value.span,
            "the value ends with a line feed",
            "write the value in quotes, or begin the block with `|-` in place of `|`",
        );
    }
}

fn duplicates(item: &ItemLook, report: &mut Report<'_>) {
    let cased = item.chain.cased || !matches!(item.chain.target, Target::Text(_));
    let mut seen: HashMap<&str, ()> = HashMap::with_capacity(item.values.len());
    let mut folded: HashMap<String, &str> = HashMap::with_capacity(item.values.len());
    for value in &item.values {
        if seen.insert(&value.text, ()).is_some() {
            report.add(
                &VALUE_DUPLICATE,
                &value.span,
                format!("`{}` stands in the list already", shown(&value.text)),
                "remove one of the two",
            );
            continue;
        }
        if cased || !is_verbatim(item) {
            continue;
        }
        if let Some(first) = folded.insert(value.text.to_lowercase(), &value.text) {
            report.add(
                &VALUE_CASE_DUPLICATE,
                &value.span,
                format!("`{}` matches whatever this does", shown(first)),
                "remove one of the two: values are compared without regard to case unless `cased` is given",
            );
        }
    }
}

fn redundant(item: &ItemLook, report: &mut Report<'_>) {
    let values = &item.values;
    if values.len() < 2 || values.len() > VALUES_MAX {
        return;
    }
    let lowered: Vec<Vec<&Pattern>> = values
        .iter()
        .map(|value| patterns(&value.detection))
        .collect();
    let all = || lowered.iter().flatten();
    let bytes: usize = values.iter().map(|value| value.text.len()).sum();
    if all().count() > PATTERNS_MAX || bytes > PATTERN_BYTES_MAX {
        return;
    }
    let covers = |wide: usize, narrow: usize| {
        !lowered[wide].is_empty()
            && !lowered[narrow].is_empty()
            && lowered[narrow]
                .iter()
                .all(|narrow| lowered[wide].iter().any(|wide| cover::covers(wide, narrow)))
    };
    for at in 0..values.len() {
        // Of an OR the narrower value is idle; of an AND the wider one.
        let by = (0..values.len()).find(|other| {
            let (wide, narrow) = if item.chain.all {
                (at, *other)
            } else {
                (*other, at)
            };
            *other != at && covers(wide, narrow) && !covers(narrow, wide)
        });
        if let Some(by) = by {
            report.add(
                &VALUE_REDUNDANT,
                &values[at].span,
                format!("`{}` makes this value idle", shown(&values[by].text)),
                if item.chain.all {
                    "remove this one: where the other is found, this one is too"
                } else {
                    "remove this one, or make the other narrower"
                },
            );
        }
    }
}

/// `*foo*` in all values where `contains: foo` says it.
fn by_hand(item: &ItemLook, report: &mut Report<'_>) {
    let plain = matches!(&item.chain.target, Target::Text(steps) if steps.is_empty());
    if !plain || item.field.is_none() || item.values.is_empty() {
        return;
    }
    let ends = |value: &ValueLook| {
        let tokens = crate::pattern::parse(&value.text);
        let wild = tokens.iter().filter(|token| **token != Token::Many).count();
        let starts = tokens.len() > 1 && tokens.first() == Some(&Token::Many);
        let ends = tokens.len() > 1 && tokens.last() == Some(&Token::Many);
        (wild > 0).then_some((starts, ends))
    };
    let mut of_all = None;
    for value in &item.values {
        match (ends(value), of_all) {
            (Some(now), None) => of_all = Some(now),
            (Some(now), Some(before)) if now == before => {}
            _ => return,
        }
    }
    let modifier = match of_all {
        Some((true, true)) => "contains",
        Some((true, false)) => "endswith",
        Some((false, true)) => "startswith",
        _ => return,
    };
    report.add(
        &VALUE_WILDCARD_BY_HAND,
        &item.key_span,
        format!("the wildcards say what `{modifier}` says"),
        format!(
            "write `{}|{modifier}` and leave them out",
            item.field.as_deref().unwrap_or_default()
        ),
    );
}

fn windash(item: &ItemLook, report: &mut Report<'_>) {
    let Some(span) = item.modifier("windash") else {
        return;
    };
    let has_dash = item
        .values
        .iter()
        .flat_map(|value| patterns(&value.detection))
        .any(|pattern| pattern.tokens.contains(&Token::Dash));
    if !has_dash && !item.values.is_empty() {
        report.add(
            &WINDASH_IDLE,
            span,
            "no value has a dash or slash that begins an option",
            "leave `windash` out, or write the dash with the option: ` -enc`",
        );
    }
}

fn shown(text: &str) -> String {
    const CHARS: usize = 40;
    let mut short: String = text.chars().take(CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
