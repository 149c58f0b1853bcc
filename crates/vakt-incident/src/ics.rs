//! Deadlines as a calendar file (RFC 5545): pure.
//!
//! Calendars are shown on telephones and kept by others, so that an event says which deadline of which
//! incident it is, and nothing of what happened or to whom.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use vakt_event::Timestamp;

use crate::clock::{Clock, ClockState, words};
use crate::group::Parts;
use crate::reminder::at_share;

/// Octets of a line, without its end (RFC 5545, section 3.1).
const LINE_OCTETS_MAX: usize = 75;

const MINUTE_MICROS: i64 = 60 * 1_000_000;

/// How long the event of a calendar period lasts: the last hour of its last day.
const LAST_HOUR_MICROS: i64 = 60 * MINUTE_MICROS;

/// A deadline that becomes an event.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The id and number of the incident.
    pub incident: String,
    pub number: i64,
    pub drill: bool,
    pub clock: Clock,
    /// The statute's own word for the report, where it has one.
    pub term: Option<String>,
    /// How often the deadline was changed.
    pub sequence: u64,
    /// When it was changed last.
    pub modified: Timestamp,
    /// The page of the incident.
    pub link: String,
}

/// The calendar of `entries`, with an alarm at each of `shares` (percent) of the time of what is not met.
/// Those without a deadline are left out. `left_out` is how many open incidents found no room.
pub fn calendar(entries: &[Entry], shares: &[u32], left_out: i64) -> String {
    let mut file = File::default();
    file.line("BEGIN:VCALENDAR");
    file.line("VERSION:2.0");
    file.line("PRODID:-//Vakt//Deadlines//EN");
    file.line("CALSCALE:GREGORIAN");
    file.line("X-WR-CALNAME:Vakt");
    if left_out > 0 {
        let text = format!("{left_out} open incidents are not in this calendar: see Vakt itself");
        file.property("X-WR-CALDESC", &text);
    }
    file.line("REFRESH-INTERVAL;VALUE=DURATION:PT15M");
    file.line("X-PUBLISHED-TTL:PT15M");
    for entry in entries {
        if let Some(due) = entry.clock.due {
            event(&mut file, entry, due, shares);
        }
    }
    file.line("END:VCALENDAR");
    file.text
}

fn event(file: &mut File, entry: &Entry, due: Timestamp, shares: &[u32]) {
    let clock = &entry.clock;
    file.line("BEGIN:VEVENT");
    file.line(&format!("UID:{}", uid(entry)));
    // Without a method it is when the event was changed last (section 3.8.7.2).
    file.line(&format!("DTSTAMP:{}", utc(entry.modified)));
    file.line(&format!("LAST-MODIFIED:{}", utc(entry.modified)));
    file.line(&format!("SEQUENCE:{}", entry.sequence));
    match clock.nominal_date {
        // The deadline is the midnight after it, which a calendar would show on the wrong day.
        Some(_) => {
            let end = due.saturating_add_micros(-MINUTE_MICROS);
            let start = end.saturating_add_micros(-LAST_HOUR_MICROS);
            file.line(&format!("DTSTART:{}", utc(start)));
            file.line(&format!("DTEND:{}", utc(end)));
        }
        None => file.line(&format!("DTSTART:{}", utc(due))),
    }
    file.property("SUMMARY", &summary(entry));
    file.property("DESCRIPTION", &description(entry, due));
    file.line(&format!("URL:{}", entry.link.replace(char::is_control, "")));
    file.line(&format!("STATUS:{}", status(clock.state)));
    // Whoever looks for a free hour finds one: nobody is to be anywhere.
    file.line("TRANSP:TRANSPARENT");
    if let (Some(start), true, false) = (clock.start, clock.is_open(), entry.drill) {
        for share in shares {
            file.line("BEGIN:VALARM");
            file.line("ACTION:DISPLAY");
            file.property("DESCRIPTION", &summary(entry));
            let at = utc(at_share(start, due, *share));
            file.line(&format!("TRIGGER;VALUE=DATE-TIME:{at}"));
            file.line("END:VALARM");
        }
    }
    file.line("END:VEVENT");
}

/// The same as long as there is this clock.
fn uid(entry: &Entry) -> String {
    let clock = &entry.clock;
    let mut parts = Parts::new("vakt calendar");
    for part in [&entry.incident, &clock.party, &clock.regime, &clock.stage] {
        parts.add(part.as_bytes());
    }
    format!("{}@vakt", parts.id())
}

fn summary(entry: &Entry) -> String {
    let clock = &entry.clock;
    let stage = clock.stage.replace('_', " ");
    let report = entry.term.as_ref().unwrap_or(&stage);
    let mut summary = String::new();
    if entry.drill {
        summary.push_str("DRILL ");
    }
    summary.push_str(&format!(
        "Incident {}: {report} ({})",
        entry.number, clock.regime
    ));
    if clock.party != crate::fact::OWN_PARTY {
        summary.push_str(&format!(" for {}", clock.party));
    }
    summary.push_str(match clock.state {
        ClockState::Met | ClockState::MetLate => " (submitted)",
        ClockState::Provisional | ClockState::ElapsedUnassessed => " (provisional)",
        ClockState::Overdue => " (overdue)",
        ClockState::Superseded | ClockState::Cancelled | ClockState::NotApplicable => " (not due)",
        ClockState::Running | ClockState::Projected => "",
    });
    summary
}

fn description(entry: &Entry, due: Timestamp) -> String {
    let clock = &entry.clock;
    let mut text = format!("{} ({}), due {due}", clock.stage, clock.regime);
    if let Some(day) = clock.nominal_date {
        text.push_str(&format!(", {}", words::by_the_end_of(day)));
    }
    if let Some(day) = clock.statutory_latest_date {
        let later = |nominal: Date| day > nominal;
        if clock.nominal_date.is_some_and(later) {
            text.push_str(&format!(
                "\nThe law lets it move to {day}: do not plan with it."
            ));
        }
    }
    text
}

/// RFC 5545, section 3.8.1.11.
fn status(state: ClockState) -> &'static str {
    match state {
        ClockState::Provisional | ClockState::ElapsedUnassessed | ClockState::Projected => {
            "TENTATIVE"
        }
        ClockState::Running | ClockState::Overdue | ClockState::Met | ClockState::MetLate => {
            "CONFIRMED"
        }
        ClockState::Superseded | ClockState::Cancelled | ClockState::NotApplicable => "CANCELLED",
    }
}

/// `20261124T200800Z`.
fn utc(at: Timestamp) -> String {
    let at = TimeZone::UTC.to_datetime(at.to_jiff());
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[derive(Default)]
struct File {
    text: String,
}

impl File {
    /// A property whose value is a text (section 3.3.11).
    fn property(&mut self, name: &str, value: &str) {
        let mut text = String::new();
        for character in value.chars() {
            match character {
                '\\' | ';' | ',' => text.extend(['\\', character]),
                '\n' => text.push_str("\\n"),
                other if other.is_control() => {}
                other => text.push(other),
            }
        }
        self.line(&format!("{name}:{text}"));
    }

    /// A line, folded where it is too long, between characters.
    fn line(&mut self, line: &str) {
        let mut octets = 0;
        for character in line.chars() {
            if octets + character.len_utf8() > LINE_OCTETS_MAX {
                self.text.push_str("\r\n ");
                octets = 1;
            }
            self.text.push(character);
            octets += character.len_utf8();
        }
        self.text.push_str("\r\n");
    }
}
