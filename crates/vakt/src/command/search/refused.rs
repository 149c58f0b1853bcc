//! A query that the daemon cannot read, shown with the place.

use anyhow::anyhow;

use crate::client::Refused;

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
    let line: String = part.map(|c| if c.is_control() { ' ' } else { c }).collect();
    let caret = position - from;
    let mut text = format!("{}\n  {line}\n  {:caret$}^", refused.message, "");
    if !refused.help.is_empty() {
        text.push_str(&format!("\nhelp: {}", refused.help));
    }
    text
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
        let long = format!("{}(b", "x".repeat(500));
        let shown = format!("wrong\n  {}(b\n  {:60}^\nhelp: mend it", "x".repeat(60), "");
        check(&long, 500, &shown);
        let other = with_caret(anyhow!("no daemon"), "a");
        assert_eq!(other.to_string(), "no daemon");
    }
}
