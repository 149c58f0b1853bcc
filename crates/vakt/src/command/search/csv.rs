//! What a search finds, as the cells of CSV. Such text as a program would calculate with gets an apostrophe
//! in front: what stands in a log was written by whoever wanted to. The names of columns are the person's
//! own words, and stay as they are.

use serde_json::Value as Json;
pub(super) use vakt_incident::csv::record;
use vakt_incident::csv::text as defused;

/// The columns of events where nobody names others.
pub(super) const FIELDS: [&str; 6] = [
    "@timestamp",
    "vakt.stream",
    "host.name",
    "process.name",
    "message",
    "event.id",
];

/// A value as a cell: several values with `; ` between them.
pub(super) fn cell(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => defused(text),
        Some(Json::Array(items)) => {
            let items: Vec<String> = items.iter().map(plain).collect();
            defused(&items.join("; "))
        }
        Some(other) => other.to_string(),
    }
}

fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells() {
        let check = |value: Json, expected: &str| {
            assert_eq!(
                record([cell(Some(&value))].into_iter()),
                format!("{expected}\r\n")
            );
        };
        check(json!("plain"), "plain");
        check(json!("a, b"), "\"a, b\"");
        check(json!("say \"a\""), "\"say \"\"a\"\"\"");
        check(json!("two\nlines"), "\"two\nlines\"");
        check(json!(null), "");
        check(json!(7), "7");
        check(json!(true), "true");
        check(json!(["a", 1, "c,d"]), "\"a; 1; c,d\"");
        check(json!("=1+1"), "'=1+1");
        check(json!("@SUM(A1)"), "'@SUM(A1)");
        check(json!("+46 8 123"), "'+46 8 123");
        check(json!("-rf /"), "'-rf /");
        check(json!("-5.5"), "-5.5");
        check(json!(-5), "-5");
        check(json!("\t=1"), "'\t=1");
        check(json!(["=1", "x"]), "'=1; x");
        check(json!("=a,\"b\""), "\"'=a,\"\"b\"\"\"");
        assert_eq!(cell(None), "");
    }
}
