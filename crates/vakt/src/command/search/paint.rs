//! Colours on a terminal, and what of a line was searched for.

use std::io::IsTerminal;

use vakt_search::Query;

/// SGR sequences (ECMA-48): the 16 colours that every terminal has, as its owner chose them.
const TIME: &str = "\x1b[2m";
const HOST: &str = "\x1b[36m";
const PROGRAM: &str = "\x1b[32m";
const FOUND: &str = "\x1b[1;31m";
const RESET: &str = "\x1b[0m";

/// How text is painted, if at all.
pub(super) struct Paint {
    /// What is searched for; `None` paints nothing.
    query: Option<Query>,
}

impl Paint {
    pub(super) fn plain() -> Self {
        Self { query: None }
    }

    /// Paints where standard output is a terminal that takes colours, unless `NO_COLOR` is set. A query
    /// that cannot be read here marks nothing: the daemon is the one to judge it.
    pub(super) fn on_stdout(query: &str) -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let is_dumb = set("TERM").is_none_or(|term| term == "dumb");
        if !std::io::stdout().is_terminal() || is_dumb || set("NO_COLOR").is_some() {
            return Self::plain();
        }
        Self::of(query)
    }

    fn of(query: &str) -> Self {
        Self {
            query: Some(Query::parse(query).unwrap_or_default()),
        }
    }

    pub(super) fn time(&self, text: &str) -> String {
        self.all(TIME, text)
    }

    pub(super) fn host(&self, text: &str) -> String {
        self.found(HOST, text)
    }

    pub(super) fn program(&self, text: &str) -> String {
        self.found(PROGRAM, text)
    }

    pub(super) fn message(&self, text: &str) -> String {
        self.found("", text)
    }

    fn all(&self, colour: &str, text: &str) -> String {
        match self.query {
            Some(_) if !text.is_empty() => format!("{colour}{text}{RESET}"),
            _ => text.to_owned(),
        }
    }

    /// The text in its colour, and in it what was searched for in another.
    fn found(&self, colour: &str, text: &str) -> String {
        let Some(query) = &self.query else {
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
        for span in query.found_in(text) {
            add(colour, done, span.start);
            add(FOUND, span.start, span.end);
            done = span.end;
        }
        add(colour, done, text.len());
        painted
    }
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
        let plain = Paint::plain();
        assert_eq!(plain.host("web1") + &plain.time("t"), "web1t");
    }
}
