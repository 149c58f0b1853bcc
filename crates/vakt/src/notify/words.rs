//! Notices in words, for people who read them on a telephone at night.

use jiff::tz::TimeZone;
use serde_json::Value as Json;
use vakt_event::Timestamp;
use vakt_event::visible::is_misleading;
use vakt_incident::calendar::zone;

use super::message::Message;
use crate::config::outputs::Language;

/// Characters of a subject: more is cut by whoever shows it.
const SUBJECT_CHARS_MAX: usize = 180;

/// A text without line ends, other control characters, and what makes it look like another.
pub(super) fn one_line(text: &str) -> String {
    let is_space = |c: char| c.is_control() || is_misleading(c);
    let spaced: String = text
        .chars()
        .map(|c| if is_space(c) { ' ' } else { c })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of one language.
struct Words {
    kinds: &'static [(&'static str, &'static str)],
    /// What one and several of a kind are called, in a digest.
    counted: &'static [(&'static str, &'static str, &'static str)],
    levels: &'static [(&'static str, &'static str)],
    /// The party that is we ourselves.
    own: &'static str,
    labels: Labels,
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
}

struct Labels {
    incident: &'static str,
    due: &'static str,
    rule: &'static str,
    level: &'static str,
    host: &'static str,
    entity: &'static str,
    count: &'static str,
    stream: &'static str,
    party: &'static str,
    deadline: &'static str,
    link: &'static str,
    by: &'static str,
    historic: &'static str,
    provisional: &'static str,
    more: &'static str,
    lines: &'static str,
    end_of: &'static str,
    until: &'static str,
    service: &'static str,
    criterion: &'static str,
    /// Of a criterion: when it is met, in place of a deadline.
    met: &'static str,
    at: &'static str,
}

const ENGLISH: Words = Words {
    kinds: &[
        ("draft", "New draft"),
        ("alert", "Alert"),
        ("awareness", "Awareness was declared, clocks run"),
        ("reminder", "Reminder"),
        ("overdue", "A deadline has passed"),
        (PASSED_PROVISIONAL, "A provisional deadline has passed"),
        ("escalation", "Nobody has assessed the draft"),
        ("unanswered", "The authority has not answered"),
        ("criterion_met", "A criterion of significance is met"),
        (
            "criterion_near",
            "A criterion of significance is about to be met",
        ),
        ("review", "A quarterly review is not signed"),
        ("task", "The time of a task has passed"),
        ("report", "A report came in"),
        ("resolved", "The incident is no longer open"),
        ("source.ill", "A source is silent"),
        ("source.well", "A source is heard again"),
        ("disk.ill", "The disk is full, nothing is taken in"),
        ("disk.well", "There is room on the disk again"),
        (
            "journal.ill",
            "The journal cannot be written, nothing is taken in",
        ),
        ("journal.well", "The journal can be written again"),
        ("digest", "Several notices"),
        ("test", "Test"),
    ],
    counted: &[
        (
            "overdue",
            "deadline that has passed",
            "deadlines that have passed",
        ),
        ("reminder", "reminder", "reminders"),
        ("awareness", "notice of awareness", "notices of awareness"),
        ("draft", "draft", "drafts"),
        ("escalation", "draft not assessed", "drafts not assessed"),
        (
            "unanswered",
            "answer that is missing",
            "answers that are missing",
        ),
        ("journal", "notice of the journal", "notices of the journal"),
        ("disk", "notice of the disk", "notices of the disk"),
        ("source", "notice of a source", "notices of sources"),
        ("resolved", "incident that ended", "incidents that ended"),
        ("alert", "alert", "alerts"),
    ],
    levels: &[],
    own: "own",
    labels: Labels {
        incident: "incident",
        due: "due",
        rule: "Rule",
        level: "Level",
        host: "Host",
        entity: "Concerns",
        count: "Matches",
        stream: "Stream",
        party: "Party",
        deadline: "Deadline",
        link: "Link",
        by: "Recorded by",
        historic: "It happened long before it was seen: the events were back-filled.",
        provisional: "The deadline is provisional: it counts from detection, and is a duty only when awareness is declared.",
        more: "more, not sent one by one",
        lines: "Lines",
        end_of: "by the end of",
        until: "by",
        service: "Service",
        criterion: "Criterion",
        met: "met",
        at: "at",
    },
    weekdays: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

const SWEDISH: Words = Words {
    kinds: &[
        ("draft", "Nytt utkast"),
        ("alert", "Larm"),
        (
            "awareness",
            "Organisationen har fått kännedom, fristerna löper",
        ),
        ("reminder", "Påminnelse"),
        ("overdue", "En frist har löpt ut"),
        (PASSED_PROVISIONAL, "En preliminär frist har löpt ut"),
        ("escalation", "Ingen har bedömt utkastet"),
        ("unanswered", "Myndigheten har inte svarat"),
        (
            "criterion_met",
            "Ett kriterium för betydande incident är uppfyllt",
        ),
        (
            "criterion_near",
            "Ett kriterium för betydande incident uppfylls snart",
        ),
        ("review", "En kvartalsgenomgång är inte undertecknad"),
        ("task", "Tiden för en uppgift har gått ut"),
        ("report", "En rapport har kommit in"),
        ("resolved", "Incidenten är inte längre öppen"),
        ("source.ill", "En källa är tyst"),
        ("source.well", "En källa hörs igen"),
        ("disk.ill", "Disken är full, ingenting tas emot"),
        ("disk.well", "Det finns plats på disken igen"),
        (
            "journal.ill",
            "Journalen kan inte skrivas, ingenting tas emot",
        ),
        ("journal.well", "Journalen kan skrivas igen"),
        ("digest", "Flera meddelanden"),
        ("test", "Prov"),
    ],
    counted: &[
        ("overdue", "utlöpt frist", "utlöpta frister"),
        ("reminder", "påminnelse", "påminnelser"),
        (
            "awareness",
            "meddelande om kännedom",
            "meddelanden om kännedom",
        ),
        ("draft", "utkast", "utkast"),
        ("escalation", "obedömt utkast", "obedömda utkast"),
        ("unanswered", "svar som saknas", "svar som saknas"),
        (
            "journal",
            "meddelande om journalen",
            "meddelanden om journalen",
        ),
        ("disk", "meddelande om disken", "meddelanden om disken"),
        ("source", "meddelande om en källa", "meddelanden om källor"),
        ("resolved", "avslutad incident", "avslutade incidenter"),
        ("alert", "larm", "larm"),
    ],
    levels: &[
        ("informational", "information"),
        ("low", "låg"),
        ("medium", "medel"),
        ("high", "hög"),
        ("critical", "kritisk"),
    ],
    own: "egen",
    labels: Labels {
        incident: "incident",
        due: "senast",
        rule: "Regel",
        level: "Nivå",
        host: "Värd",
        entity: "Gäller",
        count: "Träffar",
        stream: "Ström",
        party: "Part",
        deadline: "Frist",
        link: "Länk",
        by: "Antecknat av",
        historic: "Det hände långt innan det syntes: händelserna har lästs in i efterhand.",
        provisional: "Fristen är preliminär: den räknas från upptäckten och blir en skyldighet först när kännedom har fastställts.",
        more: "till, som inte skickas var för sig",
        lines: "Rader",
        end_of: "senast vid slutet av",
        until: "senast",
        service: "Tjänst",
        criterion: "Kriterium",
        met: "uppfyllt",
        at: "kl.",
    },
    weekdays: [
        "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag",
    ],
    months: [
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ],
};

fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Swedish => &SWEDISH,
    }
}

/// "[Vakt] CRITICAL New draft, incident 7: SSH login after failures, web1 (due Tuesday 24 November 21:00)".
pub(super) fn subject(message: &Message, language: Language) -> String {
    let (body, words) = (&message.body, words(language));
    let mut subject = String::from("[Vakt] ");
    if let Some(level) = body["level"].as_str() {
        subject.push_str(&format!("{} ", words.level(level).to_uppercase()));
    }
    subject.push_str(&headline(body, words));
    let mut until = String::new();
    if let Some(due) = due(body) {
        let local = due.zone.to_datetime(due.at.to_jiff());
        let (day, time) = match due.last_day {
            Some(day) => (day, String::new()),
            None => {
                let time = format!(" {:02}:{:02}", local.hour(), local.minute());
                (local.date(), time)
            }
        };
        let shown = words.day(day, false);
        let label = match body["criterion"].is_object() {
            true => words.labels.met,
            false => words.labels.due,
        };
        let report = match body["kind"].as_str() {
            Some("reminder" | "overdue") => report(body, language),
            _ => String::new(),
        };
        until = one_line(&format!("{report} {label} {shown}{time}"));
        until = format!(" ({until})");
    }
    // However long a host or an entity is: until when is never cut.
    let room = SUBJECT_CHARS_MAX.saturating_sub(until.chars().count());
    let subject: String = one_line(&subject).chars().take(room).collect();
    subject + &until
}

/// Which report a clock is of: in Swedish the statute's own term.
fn report(body: &Json, language: Language) -> String {
    let clock = &body["clock"];
    let term = match language {
        Language::Swedish => clock["term"].as_str(),
        Language::English => None,
    };
    let stage = || {
        clock["stage"]
            .as_str()
            .unwrap_or_default()
            .replace('_', " ")
    };
    term.map_or_else(stage, str::to_owned)
}

/// In one line of English that takes at most `room` bytes where that is possible: the subject, and of a digest
/// the first of what it stands for, with how many more there are.
pub(super) fn sentence(message: &Message, room: usize) -> String {
    let mut sentence = subject(message, Language::English);
    let names = named(message, usize::MAX);
    if names.is_empty() {
        return sentence;
    }
    let mut left = message.body["count"].as_u64().unwrap_or(0);
    let of_rest = "; and 18446744073709551615 more".len();
    for name in names {
        if sentence.len() + name.len() + of_rest > room {
            break;
        }
        sentence.push_str(&format!("; {name}"));
        left = left.saturating_sub(1);
    }
    if left > 0 {
        sentence.push_str(&format!("; and {left} more"));
    }
    sentence
}

/// The first `most` notices that a digest stands for, each in a few words.
pub(super) fn named(message: &Message, most: usize) -> Vec<String> {
    let parts = message.body["notices"].as_array();
    let short = |part: &Json| {
        let level = part["level"].as_str().map(str::to_uppercase);
        let headline = one_line(&headline(part, words(Language::English)));
        let text = [level, Some(headline)].into_iter().flatten();
        text.collect::<Vec<_>>().join(" ")
    };
    parts.into_iter().flatten().take(most).map(short).collect()
}

/// The whole notice as plain text.
pub(super) fn text(message: &Message, language: Language) -> String {
    let (body, words) = (&message.body, words(language));
    let labels = &words.labels;
    let mut text = format!("{}\n\n", one_line(&headline(body, words)));
    let mut line = |label: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("{label}: {}\n", one_line(&value)));
        }
    };
    let plain = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    if let Some(title) = body["rule"]["title"].as_str() {
        let id = body["rule"]["id"].as_str().unwrap_or_default();
        line(labels.rule, format!("{title} ({id})"));
    }
    line(labels.level, words.level(&plain("level")).to_owned());
    line(labels.host, plain("host"));
    line(labels.entity, plain("entity"));
    line(
        labels.count,
        body["count"]
            .as_u64()
            .filter(|count| *count > 0)
            .map_or(String::new(), |it| it.to_string()),
    );
    line(labels.stream, plain("stream"));
    let party = plain("party");
    line(
        labels.party,
        if party == "own" {
            words.own.to_owned()
        } else {
            party
        },
    );
    line(labels.by, plain("recorded_by"));
    line(labels.service, plain("service"));
    line(labels.criterion, criterion(body, language));
    if !body["criterion"].is_object() {
        line(labels.deadline, deadline(body, words));
    }
    line(labels.link, plain("link"));
    // Passed, it was no duty missed either.
    if matches!(
        body["clock"]["state"].as_str(),
        Some("provisional" | "elapsed_unassessed")
    ) {
        text.push_str(&format!("\n{}\n", labels.provisional));
    }
    if body["historic"] == true {
        text.push_str(&format!("\n{}\n", labels.historic));
    }
    for part in body["notices"].as_array().into_iter().flatten() {
        text.push_str(&format!("\n- {}", one_line(&headline(part, words))));
        let due = deadline(part, words);
        if !due.is_empty() {
            text.push_str(&format!(", {due}"));
        }
    }
    if let Some(more) = body["more"].as_u64().filter(|more| *more > 0) {
        text.push_str(&format!("\n- {more} {}", labels.more));
    }
    if let Some(lines) = body["lines"].as_array().filter(|it| !it.is_empty()) {
        text.push_str(&format!("\n{}:\n", labels.lines));
        for raw in lines.iter().filter_map(Json::as_str) {
            text.push_str(&format!("  {}\n", one_line(raw)));
        }
    }
    text.push('\n');
    text
}

/// "MSP-a, Art. 10(a), Complete unavailability: met at 21:00 Tuesday …".
fn criterion(body: &Json, language: Language) -> String {
    let criterion = &body["criterion"];
    let words = words(language);
    let name = match language {
        Language::English => &criterion["en"],
        Language::Swedish => &criterion["sv"],
    };
    let known = [&criterion["id"], &criterion["citation"], name];
    let known: Vec<&str> = known.iter().filter_map(|it| it.as_str()).collect();
    match known.is_empty() {
        true => String::new(),
        false => format!(
            "{}: {} {}",
            known.join(", "),
            words.labels.met,
            deadline(body, words)
        ),
    }
}

/// The headline of a deadline that was none of a duty: nobody had assessed yet.
const PASSED_PROVISIONAL: &str = "overdue.provisional";

/// What happened, to what.
fn headline(body: &Json, words: &Words) -> String {
    let kind = body["kind"].as_str().unwrap_or_default();
    let key = match body["is_well"].as_bool() {
        Some(true) => format!("{kind}.well"),
        Some(false) => format!("{kind}.ill"),
        None if kind == "overdue" && body["clock"]["state"] == "elapsed_unassessed" => {
            PASSED_PROVISIONAL.to_owned()
        }
        None => kind.to_owned(),
    };
    let known = words.kinds.iter().find(|(name, _)| *name == key);
    let mut headline = known.map_or(kind, |(_, words)| words).to_owned();
    if let Some(share) = body["share"].as_u64().filter(|share| *share < 100) {
        headline.push_str(&format!(" ({share} %)"));
    }
    if let Some(number) = body["number"].as_u64() {
        headline.push_str(&format!(", {} {number}", words.labels.incident));
    }
    let digest = words.digest(&body["counts"]);
    let title = digest
        .as_deref()
        .or(body["title"].as_str())
        .unwrap_or_default();
    if !title.is_empty() {
        headline.push_str(&format!(": {title}"));
    }
    if let Some(task) = body["task"]["title"].as_str() {
        headline.push_str(&format!(": {task}"));
    }
    for name in ["host", "entity"] {
        let value = body[name].as_str().unwrap_or_default();
        if !value.is_empty() && !title.contains(value) {
            headline.push_str(&format!(", {value}"));
        }
    }
    headline
}

/// A deadline with the clock that it is of.
struct Due {
    at: Timestamp,
    zone: TimeZone,
    last_day: Option<jiff::civil::Date>,
}

fn due(body: &Json) -> Option<Due> {
    let zone_name = body["clock"]["zone"].as_str().unwrap_or("UTC");
    Some(Due {
        at: body["deadline"].as_str()?.parse().ok()?,
        zone: zone(zone_name).unwrap_or(TimeZone::UTC),
        last_day: body["clock"]["last_day"]
            .as_str()
            .and_then(|day| day.parse().ok()),
    })
}

/// "by 21:08 on Tuesday 24 November 2026 (+01:00): upplysning, nis2-se; 2026-11-24T20:08:00Z".
fn deadline(body: &Json, words: &Words) -> String {
    let Some(due) = due(body) else {
        return String::new();
    };
    let labels = &words.labels;
    let local = due.zone.to_datetime(due.at.to_jiff());
    let mut text = match due.last_day {
        Some(day) => format!("{} {}", labels.end_of, words.day(day, true)),
        None => {
            let minutes = due.zone.to_offset(due.at.to_jiff()).seconds() / 60;
            let sign = if minutes < 0 { '-' } else { '+' };
            let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
            let time = match local.second() {
                0 => format!("{:02}:{:02}", local.hour(), local.minute()),
                second => format!("{:02}:{:02}:{second:02}", local.hour(), local.minute()),
            };
            let day = words.day(local.date(), true);
            let label = match body["criterion"].is_object() {
                true => labels.at,
                false => labels.until,
            };
            format!("{label} {time} {day} ({sign}{hours:02}:{minutes:02})")
        }
    };
    let clock = &body["clock"];
    let stage = clock["term"].as_str().or_else(|| clock["stage"].as_str());
    if let (Some(stage), Some(regime)) = (stage, clock["regime"].as_str()) {
        text.push_str(&format!(": {stage}, {regime}"));
    }
    text.push_str(&format!("; {}", due.at));
    text
}

impl Words {
    fn level<'l>(&self, level: &'l str) -> &'l str {
        let found = self.levels.iter().find(|(name, _)| *name == level);
        found.map_or(level, |(_, word)| word)
    }

    /// "4 alerts, 1 draft", from the counts of a digest; the most urgent kind first, as they are there.
    fn digest(&self, counts: &Json) -> Option<String> {
        let parts = counts.as_object()?.iter().map(|(kind, count)| {
            let count = count.as_u64().unwrap_or(0);
            let found = self.counted.iter().find(|(name, ..)| name == kind);
            let word = found.map_or(
                kind.as_str(),
                |(_, one, more)| if count == 1 { one } else { more },
            );
            format!("{count} {word}")
        });
        Some(parts.collect::<Vec<_>>().join(", "))
    }

    fn day(&self, day: jiff::civil::Date, with_year: bool) -> String {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        let month = usize::try_from(day.month() - 1).unwrap_or(0);
        let name = |names: &[&'static str], index: usize| names.get(index).copied().unwrap_or("");
        let weekday = name(&self.weekdays, weekday);
        let shown = format!("{weekday} {} {}", day.day(), name(&self.months, month));
        if with_year {
            format!("{shown} {}", day.year())
        } else {
            shown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(body: Json) -> Message {
        Message {
            uid: "u".to_owned(),
            at: "2026-11-23T20:00:00Z".parse().unwrap(),
            body,
            taken: Vec::new(),
        }
    }

    fn draft() -> Json {
        json!({
            "kind": "draft", "title": "SSH login after failures", "level": "critical",
            "rule": {"id": "r-1", "title": "SSH login after failures"},
            "host": "web1", "entity": "203.0.113.7", "count": 1, "stream": "default",
            "party": "own", "incident": "abc", "number": 7, "historic": false,
            "deadline": "2026-11-24T20:08:00Z",
            "clock": {"regime": "nis2-se", "stage": "early_warning", "term": "upplysning",
                "state": "provisional", "zone": "Europe/Stockholm", "last_day": null},
            "link": "https://vakt.example.org/incidents/abc",
        })
    }

    #[test]
    fn a_criterion_is_met_at_an_instant_and_is_no_deadline() {
        let body = json!({
            "kind": "criterion_met", "title": "Outage of portal", "entity": "portal", "level": null,
            "incident": "abc", "number": 7, "service": "portal", "stream": "default",
            "deadline": "2026-11-24T20:00:00.000001Z", "clock": {"zone": "Europe/Stockholm"},
            "criterion": {"id": "MSP-a", "citation": "Art. 10(a)", "en": "Complete unavailability",
                "sv": "Helt otillgänglig"},
        });
        assert_eq!(
            subject(&message(body.clone()), Language::English),
            "[Vakt] A criterion of significance is met, incident 7: Outage of portal (met Tuesday 24 \
             November 21:00)"
        );
        let swedish = text(&message(body), Language::Swedish);
        assert_eq!(
            swedish,
            "Ett kriterium för betydande incident är uppfyllt, incident 7: Outage of portal\n\n\
             Gäller: portal\nStröm: default\nTjänst: portal\n\
             Kriterium: MSP-a, Art. 10(a), Helt otillgänglig: uppfyllt kl. 21:00 tisdag 24 november \
             2026 (+01:00); 2026-11-24T20:00:00.000001Z\n\n"
        );
    }

    #[test]
    fn subjects_say_what_where_and_until_when() {
        let check = |body: Json, language, expected: &str| {
            assert_eq!(subject(&message(body), language), expected);
        };
        check(
            draft(),
            Language::English,
            "[Vakt] CRITICAL New draft, incident 7: SSH login after failures, web1, \
             203.0.113.7 (due Tuesday 24 November 21:08)",
        );
        check(
            draft(),
            Language::Swedish,
            "[Vakt] KRITISK Nytt utkast, incident 7: SSH login after failures, \
             web1, 203.0.113.7 (senast tisdag 24 november 21:08)",
        );
        let mut month = draft();
        month["kind"] = "reminder".into();
        month["share"] = 80.into();
        month["clock"]["last_day"] = "2026-12-26".into();
        check(
            month,
            Language::Swedish,
            "[Vakt] KRITISK Påminnelse (80 %), incident 7: SSH login after failures, web1, \
             203.0.113.7 (upplysning senast lördag 26 december)",
        );
        let mut long = draft();
        long["kind"] = "overdue".into();
        long["host"] = "h".repeat(200).into();
        let shown = subject(&message(long), Language::English);
        assert!(
            shown.ends_with("hhh (early warning due Tuesday 24 November 21:08)"),
            "{shown}"
        );
        assert_eq!(shown.chars().count(), SUBJECT_CHARS_MAX);
        check(
            json!({"kind": "digest", "title": "1 draft, 31 × alert", "level": "high",
                "counts": {"draft": 1, "alert": 31}}),
            Language::Swedish,
            "[Vakt] HÖG Flera meddelanden: 1 utkast, 31 larm",
        );
        check(
            json!({"kind": "source", "is_well": false, "title": "web1", "host": "web1"}),
            Language::English,
            "[Vakt] A source is silent: web1",
        );
    }

    /// It read as a duty that was missed.
    #[test]
    fn what_passed_before_anybody_assessed_is_no_missed_duty() {
        let check = |state: &str, language, headline: &str, is_provisional: bool| {
            let mut body = draft();
            body["kind"] = "overdue".into();
            body["clock"]["state"] = state.into();
            let text = text(&message(body), language);
            assert!(text.starts_with(headline), "{text}");
            let labels = &words(language).labels;
            assert_eq!(text.contains(labels.provisional), is_provisional, "{text}");
        };
        check(
            "overdue",
            Language::English,
            "A deadline has passed, incident 7",
            false,
        );
        check(
            "elapsed_unassessed",
            Language::English,
            "A provisional deadline has passed, incident 7",
            true,
        );
        check(
            "elapsed_unassessed",
            Language::Swedish,
            "En preliminär frist har löpt ut, incident 7",
            true,
        );
    }

    #[test]
    fn a_title_adds_no_line_and_no_header() {
        let mut body = draft();
        body["title"] = "Login\r\nBcc: all@example.org\r\n\r\nbody\u{2028}\u{85}x".into();
        let message = message(body);
        let subject = subject(&message, Language::English);
        assert!(
            !subject.contains(['\r', '\n', '\u{2028}', '\u{85}']),
            "{subject:?}"
        );
        assert!(
            subject.contains("Login Bcc: all@example.org body x"),
            "{subject}"
        );
    }

    #[test]
    fn the_whole_text() {
        insta::assert_snapshot!("english", text(&message(draft()), Language::English));
        insta::assert_snapshot!("swedish", text(&message(draft()), Language::Swedish));
        let digest = json!({
            "kind": "digest", "title": "1 draft, 31 × alert", "count": 32, "level": "critical",
            "deadline": "2026-11-24T20:08:00Z",
            "clock": draft()["clock"],
            "notices": [draft(), {"kind": "alert", "title": "Port scan", "host": "fw1"}],
            "more": 30, "link": "https://vakt.example.org/",
        });
        insta::assert_snapshot!("digest", text(&message(digest), Language::English));
    }
}
