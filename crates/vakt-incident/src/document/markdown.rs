//! A document as Markdown (CommonMark with the tables of GFM), for people and for what they paste into.

use super::clean::clean;
use super::words::{Words, outcome};
use super::{Document, DocumentKind, Indicators, is_suggestion};
use crate::form::words::observable;

pub(super) fn render(document: &Document) -> String {
    let words = Words::of(document);
    let mut out = String::new();
    let mut block = |text: &str| {
        out.push_str(text);
        out.push_str("\n\n");
    };
    block(&format!("**{}**", escaped(document.tlp.label.label())));
    block(&format!("# {}", escaped(&document.title)));
    if let Some(drill) = words.drill() {
        block(&format!("**{}**", escaped(drill)));
    }
    block(&escaped(&words.version()));
    if let Some(change) = words.change() {
        block(&text(&change));
    }
    if let Some(missing) = missing(document, &words) {
        block(&missing);
    }
    let head = words.head();
    if !head.is_empty() {
        block(&table(
            &["", ""],
            head.iter().map(|(name, text)| [*name, text]),
        ));
    }
    if let Some(opening) = words.opening() {
        block(&text(&opening));
    }
    for field in &document.fields {
        if field.text.trim().is_empty() && document.kind != DocumentKind::Report {
            continue;
        }
        block(&format!("## {}", escaped(&field.label)));
        block(&match field.text.trim().is_empty() {
            true => format!("*{}*", words.say("Ingen uppgift.", "Not stated.")),
            false => text(&field.text),
        });
    }
    if !document.criteria.is_empty() {
        block(&format!(
            "## {}",
            words.say(
                "Kriterier för en betydande incident",
                "Criteria of a significant incident"
            )
        ));
        let lines = document.criteria.iter().map(|it| {
            let mut line = format!(
                "{} ({}): {}",
                it.text,
                it.citation,
                outcome(it.outcome, document.language)
            );
            for compared in &it.compared {
                line.push_str(&format!("; {compared}"));
            }
            format!("- {}", escaped(&clean(&line).replace('\n', " ")))
        });
        block(&lines.collect::<Vec<_>>().join("\n"));
    }
    indicators(document, &words, &mut block);
    if document.kind == DocumentKind::Report {
        origins(document, &words, &mut block);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn missing(document: &Document, words: &Words<'_>) -> Option<String> {
    let labels: Vec<String> = document
        .missing
        .iter()
        .map(|it| format!("> - {}", escaped(&it.label)))
        .collect();
    let heading = words.say(
        "Obligatoriska uppgifter som saknas",
        "Required and still empty",
    );
    (!labels.is_empty() && words.tells_missing())
        .then(|| format!("> **{heading}:**\n>\n{}", labels.join("\n")))
}

fn indicators(document: &Document, words: &Words<'_>, block: &mut impl FnMut(&str)) {
    let Indicators { listed, more, .. } = &document.indicators;
    let withheld = words.withheld();
    if listed.is_empty() && withheld.is_none() {
        return;
    }
    block(&format!(
        "## {}",
        words.say("Angreppsindikatorer", "Indicators of compromise")
    ));
    if !listed.is_empty() {
        let names = [
            words.say("Typ", "Kind"),
            words.say("Värde", "Value"),
            words.say("Händelser", "Events"),
            words.say("Först", "First"),
            words.say("Sist", "Last"),
        ];
        let rows = listed.iter().map(|it| {
            [
                observable(&it.field, document.language).to_owned(),
                it.value.clone(),
                it.events.to_string(),
                words.time(it.first),
                words.time(it.last),
            ]
        });
        block(&table(&names, rows));
    }
    if *more > 0 {
        block(&format!(
            "{}: {more}",
            words.say("Utelämnade värden", "Values left out")
        ));
    }
    if let Some(withheld) = withheld {
        block(&escaped(&withheld));
    }
}

fn origins(document: &Document, words: &Words<'_>, block: &mut impl FnMut(&str)) {
    block(&format!(
        "## {}",
        words.say("Underlag", "Where it comes from")
    ));
    let mut lines = Vec::new();
    for field in document.fields.iter().filter(|it| !it.from.is_empty()) {
        let mark = match is_suggestion(field) {
            true => words.say(" (förslag)", " (suggestion)"),
            false => "",
        };
        lines.push(format!("- {}{mark}", escaped(&field.label)));
        for source in &field.from {
            lines.push(format!("  - {}", one_line(&words.source(source))));
        }
    }
    let others = super::named_origins(document, words);
    for (name, sources) in others {
        lines.push(format!("- {}", escaped(name)));
        for source in sources {
            lines.push(format!("  - {}", one_line(&words.source(source))));
        }
    }
    block(&lines.join("\n"));
}

fn table<C: AsRef<str>, const N: usize>(
    names: &[&str; N],
    rows: impl Iterator<Item = [C; N]>,
) -> String {
    let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
    let mut lines = vec![
        line(names.iter().map(|name| escaped(name)).collect()),
        line(vec!["---".to_owned(); N]),
    ];
    lines.extend(rows.map(|row| line(row.iter().map(|cell| one_line(cell.as_ref())).collect())));
    lines.join("\n")
}

/// A text that may have several lines: blank lines part paragraphs, the other line ends stay.
fn text(text: &str) -> String {
    let cleaned = clean(text);
    let mut out = String::new();
    let mut lines = cleaned.trim().lines().peekable();
    while let Some(line) = lines.next() {
        out.push_str(&escaped(line));
        let next_is_text = lines.peek().is_some_and(|next| !next.trim().is_empty());
        if next_is_text && !line.trim().is_empty() {
            out.push('\\');
        }
        if lines.peek().is_some() {
            out.push('\n');
        }
    }
    out
}

fn one_line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A line that says what it says and nothing else: what Markdown or HTML would read as more than a
/// character stands behind a backslash, and blanks at its beginning, which could make it code, as
/// references. A scheme and a host are no links, nor are addresses.
fn escaped(line: &str) -> String {
    let line = clean(line);
    let rest = line.trim_start_matches(' ');
    let blanks = line.len() - rest.len();
    let mut out = "&#32;".repeat(blanks);
    // `1.` and `1)` begin a list.
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    let (mut before, mut at_begin) = (' ', true);
    for (index, character) in rest.chars().enumerate() {
        let is_markup = match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '!' | '$'
            | '@' => true,
            '+' | '-' | '=' => at_begin,
            ':' => before.is_ascii_alphabetic() && is_before_link(rest, index),
            '.' if before.eq_ignore_ascii_case(&'w') => true,
            '.' | ')' => digits > 0 && index == digits && ends_word(rest, index),
            _ => false,
        };
        if is_markup {
            out.push('\\');
        }
        out.push(character);
        at_begin = false;
        before = character;
    }
    out
}

/// Whether a blank or nothing follows the character at this place.
fn ends_word(text: &str, index: usize) -> bool {
    let next = text.chars().nth(index + 1);
    next.is_none_or(char::is_whitespace)
}

/// Whether `//` follows the character at this place.
fn is_before_link(text: &str, index: usize) -> bool {
    text.chars().skip(index + 1).take(2).eq("//".chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let check = |line: &str, expected: &str| assert_eq!(escaped(line), expected, "{line}");
        check("web1, kl. 20.58", "web1, kl. 20.58");
        check("a|b", r"a\|b");
        check("`x` **y** _z_", r"\`x\` \*\*y\*\* \_z\_");
        check("[a](http://x.example)", r"\[a\](http\://x.example)");
        check("<script>&amp;", r"\<script\>\&amp;");
        check("# no heading", r"\# no heading");
        check("- no item", r"\- no item");
        check("1. no item", r"1\. no item");
        check("1) no item", r"1\) no item");
        check("203.0.113.7", "203.0.113.7");
        check("    no code", "&#32;&#32;&#32;&#32;no code");
        check("www.evil.example", r"www\.evil.example");
        check("a@b.example", r"a\@b.example");
        check("C:\\temp", r"C:\\temp");
        check("a\u{202E}b\u{7}", "a\u{FFFD}b\u{FFFD}");
    }

    #[test]
    fn lines_and_paragraphs_stay() {
        assert_eq!(text("a\nb\n\n=\n- c\n"), "a\\\nb\n\n\\=\\\n\\- c");
        assert_eq!(one_line("a\r\n b\n|"), r"a b \|");
    }
}
