//! Against what looks into values: literals, globs, regular expressions, folding; and long values.

use super::aim::{Aim, cut, mixed, near_miss, whole};
use super::{Attack, Workshop};
use crate::input::{SCRIPT_BLOCK, Windows};
use crate::random::Random;

/// Below what is kept of values, so that all parts have their share.
const SHORT: usize = 1_000;
const LONG: usize = 100_000;
const VERY_LONG: usize = 1_000_000;

type Text = fn(&mut Windows, &Aim, usize) -> Option<String>;

/// Where the text goes.
#[derive(Clone, Copy)]
enum Place {
    CommandLine,
    Script,
}

pub(super) fn attacks(workshop: &mut Workshop) -> Vec<Option<Attack>> {
    let everywhere: [(&str, &str, Text); 13] = [
        ("ordinary text", "nothing", |windows, _, bytes| {
            Some(windows.script(bytes))
        }),
        ("literals", "substrings", |windows, aim, bytes| {
            mixed(&mut windows.random, &aim.within, bytes, whole)
        }),
        (
            "near misses of literals",
            "substrings",
            |windows, aim, bytes| mixed(&mut windows.random, &aim.within, bytes, near_miss),
        ),
        (
            "one literal over and over",
            "substrings",
            |windows, aim, bytes| {
                let literal = aim
                    .within
                    .get(windows.random.index(aim.within.len().max(1)))?;
                Some(literal.repeat(bytes / literal.len()))
            },
        ),
        ("parts of patterns", "globs", |windows, aim, bytes| {
            let but_last: Vec<_> = aim
                .globs
                .iter()
                .flat_map(|parts| parts.split_last().map_or(&[] as &[_], |(_, rest)| rest))
                .cloned()
                .collect();
            mixed(&mut windows.random, &but_last, bytes, whole)
        }),
        ("regex words and a", "regexes", |_, aim, bytes| {
            run(aim, bytes, "a")
        }),
        ("regex words and backslashes", "regexes", |_, aim, bytes| {
            run(aim, bytes, "\\")
        }),
        ("regex words and quotes", "regexes", |_, aim, bytes| {
            run(aim, bytes, "\"'`")
        }),
        ("regex words and blanks", "regexes", |_, aim, bytes| {
            run(aim, bytes, " ")
        }),
        ("regex words and é", "regexes", |_, aim, bytes| {
            run(aim, bytes, "é")
        }),
        (
            "regex words and base64",
            "regexes",
            |windows, aim, bytes| {
                let text = base64_like(&mut windows.random, bytes);
                run(aim, bytes, &text)
            },
        ),
        (
            "regex words over and over",
            "regexes",
            |windows, aim, bytes| {
                mixed(&mut windows.random, &aim.regex_words, bytes, |word| {
                    format!("{word} ")
                })
            },
        ),
        (
            "characters that fold to others",
            "folding",
            |_, _, bytes| Some("ẞİK".repeat(bytes / 7)),
        ),
    ];
    let mut attacks = Vec::new();
    for (name, against, text) in everywhere {
        for (place, bytes) in [
            (Place::CommandLine, SHORT),
            (Place::Script, SHORT),
            (Place::CommandLine, LONG),
            (Place::Script, LONG),
            (Place::CommandLine, VERY_LONG),
        ] {
            attacks.push(in_value(workshop, (name, against), text, place, bytes));
        }
    }
    attacks.push(one_outcome_too_many(workshop));
    attacks.push(ends(workshop, "ends of paths", whole));
    attacks.push(ends(workshop, "near misses of ends", |end| {
        let mut chars = end.chars();
        chars.next();
        format!("\u{7f}{}", chars.as_str())
    }));
    attacks
}

fn in_value(
    workshop: &mut Workshop,
    (name, against): (&str, &'static str),
    text: Text,
    place: Place,
    bytes: usize,
) -> Option<Attack> {
    let Workshop {
        windows,
        command_line,
        script,
        ..
    } = workshop;
    let (label, id, field, aim) = match place {
        Place::CommandLine => ("CommandLine", 1, "CommandLine", &*command_line),
        Place::Script => ("script", SCRIPT_BLOCK, "ScriptBlockText", &*script),
    };
    let name = format!("{name}, {} kB, {label}", bytes / 1_000);
    Attack::new(name, against, || {
        let mut event = windows.of_id(id);
        event.message.clear();
        // New in every event, so that nothing of it is known.
        let mut value = format!("{:016x} ", windows.random.next());
        value.push_str(&text(windows, aim, bytes - value.len())?);
        event.set(field, value);
        Some(event.flat().into_bytes())
    })
}

/// The words that let the expressions be tried, and then a long run.
fn run(aim: &Aim, bytes: usize, run: &str) -> Option<String> {
    if aim.regex_words.is_empty() {
        return None;
    }
    let mut text = aim.regex_words.join(" ");
    cut(&mut text, bytes / 2);
    while text.len() < bytes {
        text.push_str(run);
    }
    cut(&mut text, bytes);
    Some(text)
}

fn base64_like(random: &mut Random, bytes: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..bytes)
        .map(|_| char::from(DIGITS[random.index(64)]))
        .collect()
}

/// The same value again and again, of which more holds than is kept.
fn one_outcome_too_many(workshop: &mut Workshop) -> Option<Attack> {
    let Workshop {
        windows,
        command_line,
        ..
    } = workshop;
    let text = mixed(
        &mut windows.random,
        &command_line.within,
        SHORT,
        |literal| {
            let mut literal = literal.to_owned();
            cut(&mut literal, 5);
            literal
        },
    )?;
    Attack::new("a value of many outcomes, repeated", "value cache", || {
        let mut event = windows.of_id(1);
        event.message.clear();
        event.set("CommandLine", text.clone());
        event.set("ParentCommandLine", text.clone());
        Some(event.flat().into_bytes())
    })
}

fn ends(workshop: &mut Workshop, name: &str, change: fn(&str) -> String) -> Option<Attack> {
    let Workshop { windows, image, .. } = workshop;
    Attack::new(name, "ends", || {
        let mut event = windows.of_id(1);
        event.message.clear();
        for name in [
            "Image",
            "ParentImage",
            "OriginalFileName",
            "NewProcessName",
            "ParentProcessName",
            "CommandLine",
        ] {
            let end = change(
                image
                    .ends
                    .get(windows.random.index(image.ends.len().max(1)))?,
            );
            event.set(name, format!("C:\\{:016x}{end}", windows.random.next()));
        }
        Some(event.flat().into_bytes())
    })
}
