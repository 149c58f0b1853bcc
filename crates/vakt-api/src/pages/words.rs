//! Times and deadlines in words, in the jurisdiction's zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde_json::Value;
use vakt_event::Timestamp;
use vakt_event::time::MICROS_PER_SECOND;

/// `24 Nov 10:30:05`, with the whole instant in the element.
pub(crate) fn time(at: Timestamp, zone: &TimeZone) -> Markup {
    let local = zone.to_datetime(at.to_jiff());
    html! {
        time datetime=(at) title={ (local.strftime("%Y-%m-%d %H:%M:%S")) " " (offset(at, zone)) } {
            (local.strftime("%-d %b %H:%M:%S"))
        }
    }
}

/// `+01:00`
pub(crate) fn offset(at: Timestamp, zone: &TimeZone) -> String {
    let minutes = zone.to_offset(at.to_jiff()).seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// A time that a JSON member holds; nothing where it is none.
pub(crate) fn time_of(value: &Value, zone: &TimeZone) -> Option<Markup> {
    instant(value).map(|at| time(at, zone))
}

pub(crate) fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// `Wed 25 Nov 2026 10:30 (+01:00)`; seconds where there are any, because a deadline that is
/// rounded is wrong.
pub(crate) fn local(at: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(at.to_jiff());
    let format = if local.second() == 0 {
        "%a %-d %b %Y %H:%M"
    } else {
        "%a %-d %b %Y %H:%M:%S"
    };
    format!("{} ({})", local.strftime(format), offset(at, zone))
}

/// When a clock ends: `by Wed 25 Nov 2026 10:30 (+01:00)`, or `by the end of 24 December 2026`
/// for a calendar period, or its note.
pub(crate) fn deadline(clock: &Value, zone: &TimeZone) -> String {
    let day = clock["nominal_date"]
        .as_str()
        .and_then(|day| day.parse::<Date>().ok());
    match (day, instant(&clock["due"])) {
        (Some(day), _) => format!("by the end of {}", day.strftime("%-d %B %Y (%a)")),
        (None, Some(due)) => format!("by {}", local(due, zone)),
        (None, None) => clock["note"]
            .as_str()
            .or_else(|| projected(clock))
            .unwrap_or("no time is set")
            .to_owned(),
    }
}

fn projected(clock: &Value) -> Option<&'static str> {
    (clock["state"] == "projected").then_some("one month after the notification is submitted")
}

/// `23 h 5 min left`; then `overdue by 12 min` for a duty, `passed 12 min ago` for a provisional
/// clock, which is no duty missed. Rounded so that what is left is never shown longer than it is.
pub(crate) fn time_left(due: Timestamp, now: Timestamp, is_duty: bool) -> String {
    let minutes = due.micros_since(now).div_euclid(60 * MICROS_PER_SECOND);
    let (amount, passed) = (minutes.unsigned_abs(), minutes < 0);
    let (days, hours, rest) = (amount / 1_440, amount / 60 % 24, amount % 60);
    let text = match (days, hours) {
        (0, 0) => format!("{rest} min"),
        (0, _) => format!("{hours} h {rest} min"),
        _ => format!("{days} d {hours} h"),
    };
    match (passed, is_duty) {
        (false, _) => format!("{text} left"),
        (true, true) => format!("overdue by {text}"),
        (true, false) => format!("passed {text} ago"),
    }
}

/// Names that say too little when they are only spelled out.
const NAMED: [(&str, &str); 5] = [
    ("aware_pdb", "Aware of a personal data breach"),
    ("aware_vuln", "Aware of an exploited vulnerability"),
    ("aware_sev", "Aware of a severe incident of our product"),
    (
        "recipients_incident",
        "Notice of the incident to recipients",
    ),
    ("recipients_threat", "Notice of a threat to recipients"),
];

/// `early_warning` as people write it.
pub(crate) fn plain(name: &str) -> String {
    if let Some((_, words)) = NAMED.iter().find(|(known, _)| *known == name) {
        return (*words).to_owned();
    }
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn deadlines() {
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        let check = |clock: Value, expected: &str| assert_eq!(deadline(&clock, &zone), expected);
        check(
            json!({"due": "2026-11-25T09:30:00Z"}),
            "by Wed 25 Nov 2026 10:30 (+01:00)",
        );
        check(
            json!({"due": "2026-11-25T09:30:07Z"}),
            "by Wed 25 Nov 2026 10:30:07 (+01:00)",
        );
        check(
            json!({"due": "2026-12-24T23:00:00Z", "nominal_date": "2026-12-24"}),
            "by the end of 24 December 2026 (Thu)",
        );
        check(
            json!({"state": "projected", "due": null}),
            "one month after the notification is submitted",
        );
        check(json!({"due": null, "note": "when asked"}), "when asked");
    }

    #[test]
    fn names_are_told_in_words() {
        let check = |name: &str, expected: &str| assert_eq!(plain(name), expected);
        check("early_warning", "Early warning");
        check("aware_pdb", "Aware of a personal data breach");
        check(
            "recipients_incident",
            "Notice of the incident to recipients",
        );
        check("", "");
    }

    #[test]
    fn what_is_left_is_never_shown_longer_than_it_is() {
        let now = Timestamp::from_seconds(1_800_000_000).unwrap();
        let check = |seconds: i64, expected: &str| {
            let due = now.saturating_add_micros(seconds * MICROS_PER_SECOND);
            assert_eq!(time_left(due, now, false), expected);
        };
        check(86_399, "23 h 59 min left");
        check(3_600, "1 h 0 min left");
        check(59, "0 min left");
        check(-1, "passed 1 min ago");
        check(200_000, "2 d 7 h left");
        let due = now.saturating_add_micros(-61 * MICROS_PER_SECOND);
        assert_eq!(time_left(due, now, true), "overdue by 2 min");
    }
}
