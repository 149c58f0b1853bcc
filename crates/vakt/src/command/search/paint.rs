//! Colours on a terminal, and what of a line was searched for.

use std::io::IsTerminal;
use std::ops::Range;

use vakt_event::Clock;
use vakt_search::Query;

/// SGR sequences (ECMA-48): the 16 colours that every terminal has, as its owner chose them.
const TIME: &str = "\x1b[2m";
const HOST: &str = "\x1b[36m";
const PROGRAM: &str = "\x1b[32m";
const FOUND: &str = "\x1b[1;31m";
const RESET: &str = "\x1b[0m";

/// How text is painted, if at all.
pub(in crate::command) struct Paint {
    /// What stands out; `None` paints nothing.
    marked: Option<Marked>,
}

enum Marked {
    /// What this searches for.
    Query(Box<Query>),
    /// These texts.
    Texts(Vec<String>),
}

impl Paint {
    pub(in crate::command) fn plain() -> Self {
        Self { marked: None }
    }

    /// Paints where standard output is a terminal that takes colours, unless `NO_COLOR` is set. A query
    /// that cannot be read here marks nothing: the daemon is the one to judge it.
    pub(super) fn on_stdout(query: &str) -> Self {
        match takes_colours() {
            true => Self::of(query),
            false => Self::plain(),
        }
    }

    /// As [`Self::on_stdout`], with texts that stand out wherever they are.
    pub(in crate::command) fn of_texts(texts: Vec<String>) -> Self {
        match takes_colours() {
            true => Self {
                marked: Some(Marked::Texts(texts)),
            },
            false => Self::plain(),
        }
    }

    /// A time relative to now is one that the daemon reads a little later: what is marked is words.
    fn of(query: &str) -> Self {
        let now = vakt_event::clock::SystemClock.now();
        let query = Query::parse_at(query, now).unwrap_or_default();
        Self {
            marked: Some(Marked::Query(Box::new(query))),
        }
    }

    pub(in crate::command) fn time(&self, text: &str) -> String {
        self.all(TIME, text)
    }

    /// The name of a rule, in which nothing stands out.
    pub(in crate::command) fn title(&self, text: &str) -> String {
        self.all(PROGRAM, text)
    }

    pub(in crate::command) fn host(&self, text: &str) -> String {
        self.found(HOST, text)
    }

    pub(in crate::command) fn program(&self, text: &str) -> String {
        self.found(PROGRAM, text)
    }

    pub(in crate::command) fn message(&self, text: &str) -> String {
        self.found("", text)
    }

    fn all(&self, colour: &str, text: &str) -> String {
        match self.marked {
            Some(_) if !text.is_empty() => format!("{colour}{text}{RESET}"),
            _ => text.to_owned(),
        }
    }

    /// The text in its colour, and in it what was searched for in another.
    fn found(&self, colour: &str, text: &str) -> String {
        let Some(marked) = &self.marked else {
            return text.to_owned();
        };
        let mut painted = String::with_capacity(text.len() + 32);
        let mut done = 0;
        let mut add = |colour: &str, from: usize, to: usize| {
            let piece = text.get(from..to).unwrap_or_default();
            if piece.is_empty() || colour.is_empty() {
                painted.push_str(piece);
            } else {
                painted.push_str(&format!("{colour}{piece}{RESET}"));
            }
        };
        for span in marked.spans(text) {
            add(colour, done, span.start);
            add(FOUND, span.start, span.end);
            done = span.end;
        }
        add(colour, done, text.len());
        painted
    }
}

impl Marked {
    /// In order, and none in another.
    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let texts = match self {
            Self::Query(query) => return query.found_in(text),
            Self::Texts(texts) => texts.iter().filter(|one| !one.is_empty()),
        };
        let found = texts.flat_map(|one| text.match_indices(one.as_str()));
        let mut spans: Vec<Range<usize>> = found.map(|(at, one)| at..at + one.len()).collect();
        spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        let mut end = 0;
        spans.retain(|span| {
            let is_apart = span.start >= end;
            if is_apart {
                end = span.end;
            }
            is_apart
        });
        spans
    }
}

/// Whether standard output is a terminal that takes colours, and nobody asked for none.
fn takes_colours() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let is_dumb = set("TERM").is_none_or(|term| term == "dumb");
    std::io::stdout().is_terminal() && !is_dumb && set("NO_COLOR").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_searched_for_stands_out() {
        let check = |query: &str, text: &str, expected: &str| {
            let paint = Paint::of(query);
            let shown = paint.host(text).replace(FOUND, "<").replace(HOST, "[");
            assert_eq!(shown.replace(RESET, ">"), expected, "{query}");
        };
        check("", "web1", "[web1>");
        check("failed", "a Failed b", "[a ><Failed>[ b>");
        check("web1", "web1", "<web1>");
        check("(", "web1", "[web1>");
        check("web1", "", "");
        check("web1 @timestamp>=-1h", "web1", "<web1>");
        let texts = Paint {
            marked: Some(Marked::Texts(
                ["b", "ab", "", "ö"].map(str::to_owned).into(),
            )),
        };
        let shown = texts.message("b abb ö").replace(FOUND, "<");
        assert_eq!(shown.replace(RESET, ">"), "<b> <ab><b> <ö>");
        let plain = Paint::plain();
        assert_eq!(plain.host("web1") + &plain.time("t"), "web1t");
    }
}
