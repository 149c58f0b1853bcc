//! Conditions of LogQL as a query of Vakt's language.
//!
//! The query asks for exactly the events for which the conditions hold, so that the totals of the
//! search are right and no hit has to be looked at again:
//!
//! - a line filter is a substring, case and all: `event.original:/(?-i)…/`;
//! - a label is compared with the whole value (`field:["v" TO "v"]`), case folded, as fields are
//!   everywhere in Vakt; the phrase beside it keeps numbers in other notations out and lets an
//!   index help;
//! - a label of several fields is the first of them that the event has ([`Fields`]).

use super::ast::{Condition, Lines, Operator, Relation};
use super::fields::{Fields, written};
use super::regex::{self, Whole};

const EVERYTHING: &str = "*";
const NOTHING: &str = "not *";

/// The query for all of the conditions.
pub(crate) fn to_query(lines: &Lines, fields: &Fields) -> String {
    all(&lines.conditions, fields)
}

fn all(conditions: &[Condition], known: &Fields) -> String {
    let parts: Vec<String> = conditions
        .iter()
        .map(|condition| one(condition, known))
        .filter(|part| part != EVERYTHING)
        .collect();
    match parts.as_slice() {
        [] => EVERYTHING.to_owned(),
        _ => parts.join(" and "),
    }
}

fn one(condition: &Condition, known: &Fields) -> String {
    match condition {
        Condition::All(conditions) => match all(conditions, known) {
            everything if everything == EVERYTHING => everything,
            query => format!("({query})"),
        },
        Condition::Any(conditions) if conditions.is_empty() => NOTHING.to_owned(),
        Condition::Any(conditions) => any(conditions.iter().map(|part| one(part, known))),
        Condition::Label {
            name,
            operator,
            value,
        } => of_label(&asked_of(known, name), *operator, value),
        Condition::Number {
            name,
            relation,
            number,
        } => of_number(&asked_of(known, name), *relation, number),
        Condition::Line { operator, texts } => of_line(*operator, texts),
    }
}

fn of_line(operator: Operator, texts: &[String]) -> String {
    let has = if operator.takes_regex() {
        let source = regex::any_regex(texts);
        format!(
            "event.original:{}",
            regex::between_slashes(&format!("(?-is){source}"))
        )
    } else if texts.iter().any(String::is_empty) {
        EVERYTHING.to_owned()
    } else {
        let source = regex::any_text(texts);
        format!(
            "event.original:{}",
            regex::between_slashes(&format!("(?-i){source}"))
        )
    };
    negated_if(operator.is_negated(), has)
}

/// The fields of a label as the query language names them.
fn asked_of(known: &Fields, label: &str) -> Vec<String> {
    let fields = known.of(label);
    fields
        .iter()
        .map(|field| written(field).into_owned())
        .collect()
}

fn of_label(fields: &[String], operator: Operator, value: &str) -> String {
    let whole = if operator.takes_regex() {
        regex::of_whole(value)
    } else if value.is_empty() {
        Whole::OneOf(Vec::new())
    } else {
        Whole::OneOf(vec![value.to_owned()])
    };
    let holds = match whole {
        Whole::Anything => EVERYTHING.to_owned(),
        Whole::Something => any_is_there(fields),
        // `label=""` asks for events without it.
        Whole::OneOf(texts) if texts.is_empty() => format!("not {}", any_is_there(fields)),
        Whole::OneOf(texts) => of_first(fields, |field| {
            any(texts.iter().map(|text| is(field, text)))
        }),
        Whole::Other { takes_empty } => {
            let slashed = regex::between_slashes(&regex::anchored(value));
            let matches = of_first(fields, |field| format!("{field}:{slashed}"));
            if takes_empty {
                format!("({matches} or not {})", any_is_there(fields))
            } else {
                matches
            }
        }
    };
    negated_if(operator.is_negated(), holds)
}

fn of_number(fields: &[String], relation: Relation, number: &str) -> String {
    let compared = |sign: &'static str| of_first(fields, |field| format!("{field}:{sign}{number}"));
    let equal = || of_first(fields, |field| format!("{field}:[{number} TO {number}]"));
    match relation {
        Relation::Equal => equal(),
        Relation::NotEqual => format!("(not {} and {})", equal(), any_is_there(fields)),
        Relation::Above => compared(">"),
        Relation::AtLeast => compared(">="),
        Relation::Below => compared("<"),
        Relation::AtMost => compared("<="),
    }
}

/// `test` of the first field that an event has.
fn of_first(fields: &[String], test: impl Fn(&str) -> String) -> String {
    let parts = fields.iter().enumerate().map(|(index, field)| {
        let earlier = fields.iter().take(index);
        let absent: String = earlier.map(|field| format!("not {field}:* and ")).collect();
        match absent.as_str() {
            "" => test(field),
            _ => format!("({absent}{})", test(field)),
        }
    });
    any(parts)
}

fn any_is_there(fields: &[String]) -> String {
    any(fields.iter().map(|field| format!("{field}:*")))
}

/// The value of the field is the text.
fn is(field: &str, text: &str) -> String {
    let quoted = quoted(text);
    format!("({field}:{quoted} and {field}:[{quoted} TO {quoted}])")
}

/// In the quotes of the query language.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

fn any(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.iter().any(|part| part == EVERYTHING) {
        return EVERYTHING.to_owned();
    }
    match parts.as_slice() {
        [only] => only.clone(),
        _ => format!("({})", parts.join(" or ")),
    }
}

fn negated_if(is_negated: bool, query: String) -> String {
    match (is_negated, query.as_str()) {
        (false, _) => query,
        (true, EVERYTHING) => NOTHING.to_owned(),
        (true, _) => format!("not {query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, to_query};
    use crate::loki::read_selector;

    #[test]
    fn conditions_become_a_query() {
        let fields = Fields::new(["userIdentity.userName", "a b", "a.b"].map(str::to_owned));
        let check = |logql: &str, expected: &str| {
            let lines = read_selector(logql).unwrap_or_else(|error| panic!("{logql}: {error:?}"));
            assert_eq!(to_query(&lines, &fields), expected, "{logql}");
        };
        let web1 = r#"(host.name:"web1" and host.name:["web1" TO "web1"])"#;
        check("{}", "*");
        check(r#"{host_name="web1"}"#, web1);
        check("{ host_name = `web1`, } # where", web1);
        check(r#"{host_name!="web1"}"#, &format!("not {web1}"));
        check(
            r#"{host_name="a\"b\\c"}"#,
            r#"(host.name:"a\"b\\c" and host.name:["a\"b\\c" TO "a\"b\\c"])"#,
        );
        check(r#"{host_name=""}"#, "not host.name:*");
        check(r#"{host_name!=""}"#, "not not host.name:*");
        check(r#"{host_name=~".+"}"#, "host.name:*");
        check(r#"{host_name=~".*"}"#, "*");
        check(r#"{host_name!~".*"}"#, "not *");
        check(r#"{host_name=~"web/.+"}"#, r"host.name:/^(?:web\/.+)$/");
        check(r#"{host_name!~"web.+"}"#, "not host.name:/^(?:web.+)$/");
        check(
            r#"{host_name=~"|web.+"}"#,
            "(host.name:/^(?:|web.+)$/ or not host.name:*)",
        );
        check(
            r#"{host_name=~"web1|web2\\.example"}"#,
            &format!(
                r#"({web1} or (host.name:"web2.example" and host.name:["web2.example" TO "web2.example"]))"#
            ),
        );
        // The first of a label's fields that is there.
        check(
            r#"{level="error"}"#,
            r#"((log.level:"error" and log.level:["error" TO "error"]) or (not log.level:* and (level:"error" and level:["error" TO "error"])) or (not log.level:* and not level:* and (log.syslog.severity.name:"error" and log.syslog.severity.name:["error" TO "error"])))"#,
        );
        check(
            r#"{level=""}"#,
            "not (log.level:* or level:* or log.syslog.severity.name:*)",
        );
        // A name that is not in the table is a field.
        check(r#"{colour=~"r.d"}"#, "colour:/^(?:r.d)$/");
        // Or one that Loki would name so.
        check(
            r#"{userIdentity_userName="bert-jan"}"#,
            r#"(userIdentity.userName:"bert-jan" and userIdentity.userName:["bert-jan" TO "bert-jan"])"#,
        );
        check(
            "{} | json | a_b > 1",
            r"(a\ b:>1 or (not a\ b:* and a.b:>1))",
        );
        // In quotes it is no time.
        check(
            r#"{host_name="now"}"#,
            r#"(host.name:"now" and host.name:["now" TO "now"])"#,
        );
        check(
            r#"{host_name="nowhere"}"#,
            r#"(host.name:"nowhere" and host.name:["nowhere" TO "nowhere"])"#,
        );
        check(
            r#"{host_name!="Now-1d"}"#,
            r#"not (host.name:"Now-1d" and host.name:["Now-1d" TO "Now-1d"])"#,
        );

        // Lines: substrings and expressions, case and all.
        check(
            "{} |= `Failed password`",
            "event.original:/(?-i)Failed password/",
        );
        check(r#"{} |= "a/b.c""#, r"event.original:/(?-i)a\/b\.c/");
        check(
            r#"{} != "x" !~ "y|z""#,
            "not event.original:/(?-i)x/ and not event.original:/(?-is)y|z/",
        );
        check(
            r#"{} |~ "(?i)FAILED .+ /etc/x""#,
            r"event.original:/(?-is)(?i)FAILED .+ \/etc\/x/",
        );
        check(r#"{} |= "a" or "b|""#, r"event.original:/(?-i)a|b\|/");
        check(r#"{} != "a" or "b""#, "not event.original:/(?-i)a|b/");
        check(
            r#"{} |~ "a" or "b|c""#,
            "event.original:/(?-is)(?:a)|(?:b|c)/",
        );
        check("{} |= ``", "*");
        check("{} != ``", "not *");
        check(
            r#"{host_name=~".+"} |= "a" | json | logfmt --strict --keep-empty | drop __error__, __error_details__ |= "b""#,
            "host.name:* and event.original:/(?-i)a/ and event.original:/(?-i)b/",
        );

        // Labels after a pipe.
        check(
            "{} | json | colour=`red`",
            r#"(colour:"red" and colour:["red" TO "red"])"#,
        );
        check("{} | __error__=``", "*");
        check("{} | __error__!=``", "not *");
        check(
            "{} | json | __error__=~`.+` or colour=``",
            "(not * or not colour:*)",
        );
        check("{} | __error_details__!~`JSON.*`", "*");
        check("{} | __error__=`JSONParserErr`", "not *");
        check("{} | process_pid > 7", "process.pid:>7");
        check(
            "{} | process_pid>=7,process_pid<9",
            "(process.pid:>=7 and process.pid:<9)",
        );
        check(
            "{} | process_pid == 7 or process_pid = -8.5",
            "(process.pid:[7 TO 7] or process.pid:[-8.5 TO -8.5])",
        );
        check(
            "{} | process_pid != 7 | process_pid <= 9",
            "(not process.pid:[7 TO 7] and process.pid:*) and process.pid:<=9",
        );
        check(
            r#"{} | (user_name=~"r.+" or process_pid>1) and source_ip!~"10.+""#,
            "((user.name:/^(?:r.+)$/ or process.pid:>1) and not source.ip:/^(?:10.+)$/)",
        );
        check(r#"{} | __error__="" or process_pid>1"#, "*");
    }
}
