//! ArcSight's Common Event Format, version 0 (Implementing ArcSight CEF, revision 26).

use serde_json::Value as Json;

use super::message::Message;
use super::words::one_line;

/// Notices of a digest that `msg` names: it has 1,023 characters in most receivers.
const NAMED_MAX: usize = 3;

/// Characters of one of them.
const NAME_CHARS_MAX: usize = 300;

/// `CEF:0|vendor|product|version|class|name|severity|extension`.
pub(super) fn line(message: &Message) -> String {
    let body = &message.body;
    let kind = message.text("kind");
    let class = body["rule"]["id"].as_str().unwrap_or(kind);
    let mut line = format!(
        "CEF:0|Vakt|Vakt|{}|{}|{}|{}|",
        header(env!("CARGO_PKG_VERSION")),
        header(class),
        header(message.text("title")),
        severity(body["level"].as_str())
    );
    let millis = message.at.micros() / 1_000;
    let number = |name: &str| body[name].as_u64().map(|it| it.to_string());
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let pairs = [
        ("externalId", Some(message.uid.clone())),
        ("cat", Some(kind.to_owned())),
        ("rt", Some(millis.to_string())),
        ("dhost", text("host")),
        ("cnt", number("count")),
        ("msg", text("entity").or_else(|| digest(message))),
        ("request", text("link")),
        ("cs1Label", text("incident").map(|_| "incident".to_owned())),
        ("cs1", text("incident")),
        ("cs2Label", text("deadline").map(|_| "deadline".to_owned())),
        ("cs2", text("deadline")),
        ("cs3Label", text("stream").map(|_| "stream".to_owned())),
        ("cs3", text("stream")),
    ];
    let shown = pairs.into_iter().filter_map(|(key, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(format!("{key}={}", extension(&value)))
    });
    line.push_str(&shown.collect::<Vec<_>>().join(" "));
    line
}

/// The first of the notices that a digest stands for, and how many more there are.
fn digest(message: &Message) -> Option<String> {
    let names = super::words::named(message, NAMED_MAX);
    let named = u64::try_from(names.len()).unwrap_or(u64::MAX);
    let more = message.body["count"].as_u64().unwrap_or(0);
    let more = more.saturating_sub(named);
    let cut = |name: String| name.chars().take(NAME_CHARS_MAX).collect();
    let mut parts: Vec<String> = names.into_iter().map(cut).collect();
    if parts.is_empty() {
        return None;
    }
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    Some(parts.join("; "))
}

/// In the header `\` and `|` are escaped, and there are no line ends.
fn header(text: &str) -> String {
    one_line(text).replace('\\', r"\\").replace('|', r"\|")
}

/// In the extension `\` and `=` are escaped, and line ends are written `\n`.
fn extension(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('=', r"\=")
        .replace("\r\n", r"\n")
        .replace(['\r', '\n'], r"\n")
}

/// From 0 to 10; what has no level is of the installation, and urgent.
fn severity(level: Option<&str>) -> u8 {
    match level {
        Some("informational") => 1,
        Some("low") => 3,
        Some("medium") => 5,
        Some("critical") => 10,
        _ => 8,
    }
}

/// Severity of syslog (RFC 5424, section 6.2.1) of a notice.
pub(super) fn syslog_severity(body: &Json) -> u8 {
    match body["level"].as_str() {
        Some("critical") => 2,
        Some("high") | None => 3,
        Some("medium") => 4,
        Some("low") => 5,
        Some(_) => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn header_and_extension_are_escaped_each_in_its_way() {
        let message = Message {
            uid: "u-1".to_owned(),
            at: "2026-11-23T20:00:00Z".parse().unwrap(),
            body: json!({
                "kind": "draft", "title": "a|b\\c=d\ne", "level": "critical",
                "rule": {"id": "r|1"}, "host": "web=1|x\\y", "count": 3,
                "entity": "line\r\ntwo", "stream": "default", "deadline": null,
            }),
            taken: Vec::new(),
        };
        assert_eq!(
            line(&message),
            format!(
                r"CEF:0|Vakt|Vakt|{}|r\|1|a\|b\\c=d e|10|externalId=u-1 cat=draft rt=1795464000000 dhost=web\=1|x\\y cnt=3 msg=line\ntwo cs3Label=stream cs3=default",
                env!("CARGO_PKG_VERSION")
            )
        );
    }
}
