//! A query that the daemon cannot read, shown with the place.

use anyhow::anyhow;

use crate::client::Refused;
use crate::output::printable;

/// How much of a long query is shown on either side of the place, in characters.
const SHOWN_AROUND: usize = 60;

/// Adds the query and a caret under the place to an error that has one.
pub(super) fn with_caret(error: anyhow::Error, query: &str) -> anyhow::Error {
    let refused = error.downcast_ref::<Refused>();
    match refused.and_then(|refused| Some((refused, refused.position?))) {
        Some((refused, position)) => anyhow!(shown(refused, position, query)),
        None => error,
    }
}

fn shown(refused: &Refused, position: usize, query: &str) -> String {
    let from = position.saturating_sub(SHOWN_AROUND);
    let part = query.chars().skip(from).take(2 * SHOWN_AROUND);
    let line = printable(&part.collect::<String>());
    let caret: usize = line.chars().take(position - from).map(columns).sum();
    let mut text = format!("{}\n  {line}\n  {:caret$}^", refused.message, "");
    if !refused.help.is_empty() {
        text.push_str(&format!("\nhelp: {}", refused.help));
    }
    text
}

/// How many columns of a terminal the character takes: none of what joins the one before it, two of what East
/// Asian typography sets wide, and of emoji. By ranges of Unicode's `EastAsianWidth.txt` and of its combining
/// marks: of rarer ones a terminal may think otherwise, and then the caret stands beside the place.
fn columns(c: char) -> usize {
    match c {
        '\u{0}'..='\u{2ff}' => 1,
        // Combining marks, joiners, variation selectors, skin tones.
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}'
        | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}'
        | '\u{93c}'
        | '\u{941}'..='\u{948}'
        | '\u{94d}'
        | '\u{e31}'
        | '\u{e34}'..='\u{e3a}'
        | '\u{e47}'..='\u{e4e}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{200c}'..='\u{200d}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{1f3fb}'..='\u{1f3ff}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{231a}'..='\u{231b}'
        | '\u{23e9}'..='\u{23ec}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97c}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f7e0}'..='\u{1f7eb}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{1fa70}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        let check = |query: &str, position: usize, expected: &str| {
            let refused = Refused {
                status: 400,
                message: "wrong".to_owned(),
                help: "mend it".to_owned(),
                position: Some(position),
                diagnostics: Vec::new(),
            };
            let error = with_caret(anyhow::Error::new(refused), query);
            assert_eq!(error.to_string(), expected);
        };
        check("a (b", 4, "wrong\n  a (b\n      ^\nhelp: mend it");
        check("(", 0, "wrong\n  (\n  ^\nhelp: mend it");
        check("å\tö (", 4, "wrong\n  å ö (\n      ^\nhelp: mend it");
        // Under the column, whatever the characters before it take.
        check(
            "日本語 (a",
            6,
            "wrong\n  日本語 (a\n  {}^\nhelp: mend it"
                .replace("{}", &" ".repeat(9))
                .as_str(),
        );
        check(
            "🙂e\u{301} (",
            4,
            "wrong\n  🙂e\u{301} (\n      ^\nhelp: mend it",
        );
        check(
            "a\u{202e}b (",
            4,
            "wrong\n  a\u{fffd}b (\n      ^\nhelp: mend it",
        );
        let long = format!("{}(b", "x".repeat(500));
        let shown = format!("wrong\n  {}(b\n  {:60}^\nhelp: mend it", "x".repeat(60), "");
        check(&long, 500, &shown);
        let other = with_caret(anyhow!("no daemon"), "a");
        assert_eq!(other.to_string(), "no daemon");
    }
}
