//! What of a text was searched for.

use std::ops::Range;

use super::{Node, Query, Test};
use crate::fold::fold_into;

/// Longest text that is looked at, in bytes: nobody reads further on one line.
const TEXT_BYTES_MAX: usize = 64 * 1024;

impl Query {
    /// The places in `text`, in bytes, that a word, phrase or expression of the query finds, whichever field it
    /// asks: in order, and none in another. What is denied is not among them.
    pub fn found_in(&self, text: &str) -> Vec<Range<usize>> {
        let text = crate::fold::beginning(text, TEXT_BYTES_MAX);
        let folded = Folded::of(text);
        let mut spans = Vec::new();
        collect(&self.root, text, &folded, &mut spans);
        merged(spans)
    }
}

/// Adds the places that the node finds.
fn collect(node: &Node, text: &str, folded: &Folded, spans: &mut Vec<Range<usize>>) {
    match node {
        Node::Sent(pattern) | Node::Field(_, Test::Text(pattern)) => {
            pattern.places(&folded.text, &mut |place| spans.push(folded.span(&place)));
        }
        Node::Field(_, Test::Glob(glob)) => {
            glob.places(&folded.text, &mut |place| spans.push(folded.span(&place)));
        }
        Node::SentRegex(regex) | Node::Field(_, Test::Regex(regex)) => {
            spans.extend(regex.places(text));
        }
        Node::And(nodes) | Node::Or(nodes) => {
            for node in nodes {
                collect(node, text, folded, spans);
            }
        }
        Node::All
        | Node::Not(_)
        | Node::Field(_, Test::Exists | Test::Range(_) | Test::Network(_)) => {}
    }
}

/// A folded text, and where its characters come from.
struct Folded {
    text: String,
    /// Where each character of the original begins: folded, and originally. Ends with both lengths.
    starts: Vec<(usize, usize)>,
}

impl Folded {
    fn of(original: &str) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut starts = Vec::with_capacity(original.len() + 1);
        let mut folded = String::new();
        for (at, c) in original.char_indices() {
            starts.push((text.len(), at));
            fold_into(c.encode_utf8(&mut [0; 4]), &mut folded);
            text.push_str(&folded);
        }
        starts.push((text.len(), original.len()));
        Self { text, starts }
    }

    /// The characters of the original that a part of the folded text is made of.
    fn span(&self, place: &Range<usize>) -> Range<usize> {
        let first = self
            .starts
            .partition_point(|(folded, _)| *folded <= place.start);
        let last = self
            .starts
            .partition_point(|(folded, _)| *folded < place.end);
        let original = |at: usize| self.starts.get(at).map_or(0, |(_, original)| *original);
        original(first.saturating_sub(1))..original(last)
    }
}

fn merged(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_query_are_found() {
        let check = |query: &str, text: &str, expected: &str| {
            let mut shown = String::new();
            let mut done = 0;
            for span in Query::parse(query).unwrap().found_in(text) {
                shown += text.get(done..span.start).unwrap();
                shown += &format!("<{}>", text.get(span.clone()).unwrap());
                done = span.end;
            }
            shown += text.get(done..).unwrap();
            assert_eq!(shown, expected, "{query}");
        };
        check("", "all of it", "all of it");
        check("*", "all of it", "all of it");
        check(
            "failed",
            "Failed, failed and fail",
            "<Failed>, <failed> and fail",
        );
        check(
            "\"failed password\"",
            "failed  Failed password",
            "failed  <Failed password>",
        );
        check("a b", "b a c", "<b> <a> c");
        check("fail*", "failed fail", "<fail>ed <fail>");
        check("*ail*", "failed", "f<ail>ed");
        check("f*d", "fooled", "<f>oole<d>");
        check("user.name:root", "for root from", "for <root> from");
        check("not root", "for root", "for root");
        check("a or (b and not c)", "a b c", "<a> <b> c");
        check(
            "203.0.113.7",
            "from 203.0.113.7:22",
            "from <203.0.113.7>:22",
        );
        check("straße", "die STRASSE 7", "die <STRASSE> 7");
        check("strasse", "die Straße 7", "die <Straße> 7");
        check("ÅÄÖ", "x åäö y", "x <åäö> y");
        check("event.severity>=7", "7", "7");
        check("\"a b\" b", "a b", "<a b>");
        check("field:\"\"", "x", "x");
        check(
            "/day 2./",
            "Day 24, day 31, day 25",
            "<Day 24>, day 31, <day 25>",
        );
        check("message:/b*/", "abba", "a<bb>a");
        check("not /a/ b", "a b", "a <b>");
        check("message:da?", "day dax Das dash", "<day> <dax> <Das> dash");
        check("message:?ay", "day, may.", "<day>, <may>.");
        check("message:\"(d?y)\"", "a (day)", "a (day)");
    }

    #[test]
    fn a_long_text_is_looked_at_as_far_as_somebody_reads() {
        let text = "a ".repeat(TEXT_BYTES_MAX);
        let found = Query::parse("a").unwrap().found_in(&text);
        assert_eq!(found.len(), TEXT_BYTES_MAX / 2);
    }
}
