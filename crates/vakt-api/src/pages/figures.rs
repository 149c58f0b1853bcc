//! Figures of a period, for the board, the CISO or IT: a page to read and to print.

use axum::body::Body;
use axum::http::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::figures_words::Language;
use super::results::encoded;
use super::words::instant;
use super::{items, layout};
use crate::app::Site;
use crate::backend::FiguresRequest;
use crate::endpoints::figures::request;
use crate::endpoints::incidents::failure;
use crate::error::ApiError;
use crate::guard::Call;
use crate::params::Params;

const ROLES: [&str; 3] = ["board", "ciso", "it"];

/// Incidents that a figure links to on the page; the API names more.
const LINKED_MAX: usize = 12;

/// Figures that are shown, with those of the period before.
struct Shown<'f> {
    language: Language,
    found: &'f Value,
    before: &'f Value,
}

pub(crate) async fn get(call: Call) -> Result<Response<Body>, ApiError> {
    let params = Params::parse(call.request.uri(), &["period", "role", "stream", "lang"])?;
    let language = Language::of(params.get("lang"));
    let asked = request(&params, &call)?;
    let who = call.principal()?.clone();
    let wanted = asked.clone();
    let figures = call
        .app
        .blocking(move |parts| parts.figures.figures(&wanted).map_err(failure))
        .await?;
    let site = call.app.parts.site.load();
    let main = page(&figures, &asked, language, &site);
    let title = format!(
        "{} {}",
        language.word("figures"),
        text(&figures["period"]["name"])
    );
    let now = call.app.parts.clock.now();
    Ok(layout::page(&title, &site, &who, now, &main))
}

fn page(figures: &Value, asked: &FiguresRequest, language: Language, site: &Site) -> Markup {
    let word = |name: &str| language.word(name);
    let real = Shown {
        language,
        found: &figures["real"],
        before: &figures["real_before"],
    };
    let role = asked.role.as_deref().filter(|role| ROLES.contains(role));
    html! {
        div.stacked lang=(language.code()) {
            p.crumb { a href="/" { "Start" } " › " (word("figures")) }
            h1 {
                (word("figures")) " " (text(&figures["period"]["name"]))
                @if let Some(role) = role { ", " (word(&format!("for_{role}"))) }
            }
            (period_line(figures, language, site))
            (choice(figures, asked, language))
            (incidents(&real))
            (times(&real))
            (reports(&real))
            (alerts(&real))
            (rules(&real))
            (coverage(&figures["coverage"], language))
            (drills(&figures["drills"], language))
        }
    }
}

fn period_line(figures: &Value, language: Language, site: &Site) -> Markup {
    // In the form of ISO 8601, which is right in both languages.
    let at = |value: &Value| {
        let local = instant(value).map(|at| site.zone.to_datetime(at.to_jiff()));
        local.map_or_else(String::new, |it| it.strftime("%Y-%m-%d %H:%M").to_string())
    };
    let period = &figures["period"];
    html! {
        p.quiet {
            (at(&period["from"])) " " (language.word("until")) " " (at(&period["until"]))
            @if figures["before"].is_object() {
                ", " (language.word("compared")) " " (text(&figures["before"]["name"]))
            }
            ". " (language.word("computed")) " " (at(&figures["computed_at"])) "."
        }
        @if period["is_over"] == false {
            p { strong { (language.word("not_over")) } }
        }
    }
}

fn choice(figures: &Value, asked: &FiguresRequest, language: Language) -> Markup {
    let word = |name: &str| language.word(name);
    let period = text(&figures["period"]["name"]);
    let other = match language {
        Language::En => "sv",
        Language::Sv => "en",
    };
    let role = asked.role.as_deref().unwrap_or_default();
    let mut query = format!("period={}&role={}", encoded(period), encoded(role));
    if let Some(stream) = &asked.stream {
        query.push_str(&format!("&stream={}", encoded(stream)));
    }
    html! {
        form.choice method="get" {
            label { (word("period")) " "
                input name="period" value=(period) size="24" title=(word("period_help"));
            }
            label { (word("role")) " "
                select name="role" {
                    option value="" selected[role.is_empty()] { (word("all")) }
                    @for one in ROLES {
                        option value=(one) selected[role == one] { (word(one)) }
                    }
                }
            }
            input type="hidden" name="lang" value=(language.code());
            @if let Some(stream) = &asked.stream {
                input type="hidden" name="stream" value=(stream);
            }
            button type="submit" { (word("show")) }
            a href={ "/api/v1/figures?format=csv&" (query) } { (word("csv")) }
            a href={ "/figures?lang=" (other) "&" (query) } hreflang=(other) lang=(other) {
                (word("other_language"))
            }
        }
        p.quiet.choice-help { (word("period_help")) }
    }
}

fn incidents(shown: &Shown<'_>) -> Markup {
    let (found, before) = (&shown.found["incidents"], &shown.before["incidents"]);
    let parts = ["by_class", "by_state", "by_origin", "by_level", "by_stream"];
    html! {
        section aria-labelledby="incidents" {
            h2 id="incidents" { (shown.language.word("incidents")) }
            (table(shown.language, &html! {
                (traced_row(shown.language, "detected", &found["detected"], &before["detected"]))
                (traced_row(shown.language, "still_open", &found["still_open"], &before["still_open"]))
            }))
            @for part in parts {
                @if !items(found, part).is_empty() {
                    h3 { (shown.language.word(part)) }
                    (table(shown.language, &html! {
                        @for one in items(found, part) {
                            (traced_row(shown.language, text(&one["name"]), one, &named(before, part, one)))
                        }
                    }))
                }
            }
        }
    }
}

/// The same part of the period before.
fn named(before: &Value, part: &str, one: &Value) -> Value {
    let found = items(before, part)
        .iter()
        .find(|it| it["name"] == one["name"]);
    match (found, before.is_object()) {
        (Some(found), _) => found.clone(),
        (None, true) => serde_json::json!({"count": 0}),
        (None, false) => Value::Null,
    }
}

fn times(shown: &Shown<'_>) -> Markup {
    let (found, before) = (&shown.found["times"], &shown.before["times"]);
    let language = shown.language;
    html! {
        section aria-labelledby="times" {
            h2 id="times" { (language.word("times")) }
            (table(language, &html! {
                @for name in ["to_detect", "to_awareness"] {
                    (spread_row(language, name, &found[name], &before[name]))
                }
            }))
            @if found["back_filled"].as_u64() > Some(0) {
                p.quiet { (found["back_filled"]) ": " (language.word("back_filled")) }
            }
        }
    }
}

fn reports(shown: &Shown<'_>) -> Markup {
    let language = shown.language;
    html! {
        section aria-labelledby="reports" {
            h2 id="reports" { (language.word("reports")) }
            (report(language, &language.word("all_reports"), &shown.found["reports"], &shown.before["reports"]))
            @for one in items(shown.found, "by_report") {
                @let earlier = items(shown.before, "by_report").iter()
                    .find(|it| it["regime"] == one["regime"] && it["stage"] == one["stage"]);
                @let name = format!("{} ({})", language.word(text(&one["stage"])), text(&one["regime"]));
                (report(language, &name, one, earlier.unwrap_or(&Value::Null)))
            }
        }
    }
}

fn report(language: Language, name: &str, found: &Value, before: &Value) -> Markup {
    html! {
        h3 { (name) }
        (table(language, &html! {
            @for part in ["due", "on_time", "late", "overdue", "running"] {
                (traced_row(language, part, &found[part], &before[part]))
            }
            (row(&language.word("on_time_share"), &percent(&found["on_time_share"]),
                &percent(&before["on_time_share"]), &html! {}))
            (spread_row(language, "to_submit", &found["to_submit"], &before["to_submit"]))
            (row(&language.word("time_used"), &used(language, found), &used(language, before), &html! {}))
        }))
    }
}

fn used(language: Language, of: &Value) -> String {
    match of["median_time_used"].is_number() {
        false => "–".to_owned(),
        true => format!(
            "{} {}, {} {}",
            language.word("median"),
            percent(&of["median_time_used"]),
            language.word("p90"),
            percent(&of["p90_time_used"])
        ),
    }
}

fn alerts(shown: &Shown<'_>) -> Markup {
    let (found, before) = (&shown.found["alerts"], &shown.before["alerts"]);
    let language = shown.language;
    html! {
        @if found.is_object() {
            section aria-labelledby="alerts" {
                h2 id="alerts" { (language.word("alerts")) }
                @if found["incomplete"] == true { p.problem { (language.word("incomplete")) } }
                (table(language, &html! {
                    @for name in ["alerts", "matches", "suppressed", "in_maintenance"] {
                        (row(&language.word(name), &number(&found[name]), &number(&before[name]), &html! {}))
                    }
                    @for level in items(found, "by_level") {
                        @let earlier = items(before, "by_level").iter().find(|it| it["level"] == level["level"]);
                        (row(&language.word(text(&level["level"])), &number(&level["alerts"]),
                            &number(&earlier.unwrap_or(&Value::Null)["alerts"]), &html! {}))
                    }
                }))
            }
        }
    }
}

fn rules(shown: &Shown<'_>) -> Markup {
    let language = shown.language;
    let rules = items(shown.found, "rules");
    let columns = [
        "rule",
        "alerts",
        "closed_alone",
        "suppressed",
        "drafts",
        "decided",
        "dismissed",
        "dismissed_share",
    ];
    html! {
        @if shown.found["rules"].is_array() {
            section aria-labelledby="rules" {
                h2 id="rules" { (language.word("rules")) }
                @if rules.is_empty() {
                    p { (language.word("nothing")) }
                } @else {
                    p.quiet { (language.word("rules_note")) }
                    div.scroll tabindex="0" {
                        table.sheet {
                            thead { tr { @for name in columns { th scope="col" { (language.word(name)) } } } }
                            tbody { @for rule in rules { (rule_row(rule)) } }
                        }
                    }
                }
                @if shown.found["rules_not_named"].as_u64() > Some(0) {
                    p.quiet { (shown.found["rules_not_named"]) " " (language.word("rules_not_named")) }
                }
            }
        }
    }
}

fn rule_row(rule: &Value) -> Markup {
    let name = rule["rule.name"].as_str().unwrap_or(text(&rule["rule.id"]));
    html! {
        tr {
            th scope="row" { (name) }
            td { (number(&rule["alerts"])) }
            td { (number(&rule["closed"])) }
            td { (number(&rule["suppressed"])) }
            td { (number(&rule["drafts"]["count"])) " " (links(&rule["drafts"])) }
            td { (number(&rule["decided"])) }
            td { (number(&rule["dismissed"]["count"])) " " (links(&rule["dismissed"])) }
            td { (percent(&rule["dismissed_share"])) }
        }
    }
}

fn coverage(found: &Value, language: Language) -> Markup {
    let names = [
        "assets",
        "assets_silent",
        "expected",
        "received",
        "silent",
        "gaps_with_reason",
        "gaps_without_reason",
        "unknown_hosts",
    ];
    html! {
        section aria-labelledby="coverage" {
            h2 id="coverage" { a href="/coverage" { (language.word("coverage")) } }
            div.scroll tabindex="0" {
                table.sheet {
                    tbody {
                        @for name in names {
                            tr { th scope="row" { (language.word(name)) } td { (number(&found[name])) } }
                        }
                    }
                }
            }
        }
    }
}

fn drills(found: &Value, language: Language) -> Markup {
    let nothing = Value::Null;
    html! {
        section aria-labelledby="drills" {
            h2 id="drills" { (language.word("drills")) }
            @let detected = &found["incidents"]["detected"];
            @if detected["count"] == 0 && found["reports"]["due"]["count"] == 0 {
                p { (language.word("nothing")) }
            } @else {
                (table(language, &html! {
                    (traced_row(language, "detected", detected, &nothing))
                    (spread_row(language, "to_detect", &found["times"]["to_detect"], &nothing))
                    (spread_row(language, "to_awareness", &found["times"]["to_awareness"], &nothing))
                    @for part in ["due", "on_time", "late", "overdue"] {
                        (traced_row(language, part, &found["reports"][part], &nothing))
                    }
                }))
            }
        }
    }
}

fn table(language: Language, rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table.sheet.four {
                thead {
                    tr {
                        @for name in ["figure", "value", "before", "incidents_link"] {
                            th scope="col" { (language.word(name)) }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}

fn row(name: &str, value: &str, before: &str, links: &Markup) -> Markup {
    html! { tr { th scope="row" { (name) } td { (value) } td { (before) } td { (links) } } }
}

fn traced_row(language: Language, name: &str, found: &Value, before: &Value) -> Markup {
    row(
        &language.word(name),
        &number(&found["count"]),
        &number(&before["count"]),
        &links(found),
    )
}

fn spread_row(language: Language, name: &str, found: &Value, before: &Value) -> Markup {
    row(
        &language.word(name),
        &spread(language, found),
        &spread(language, before),
        &links(&found["of"]),
    )
}

/// `median 2 h 5 min, 90th percentile 1 d 0 h, longest 2 d 3 h (of 7; 2 not known)`
fn spread(language: Language, of: &Value) -> String {
    if !of.is_object() {
        return "–".to_owned();
    }
    let unknown = of["unknown"].as_u64().unwrap_or_default();
    let unknown = match unknown {
        0 => String::new(),
        _ => format!("; {unknown} {}", language.word("unknown")),
    };
    let Some(median) = of["median_seconds"].as_i64() else {
        return format!("{}{unknown}", language.word("nothing_known"));
    };
    let long = |name: &str| duration(of[name].as_i64().unwrap_or_default());
    format!(
        "{} {}, {} {}, {} {} ({} {}{unknown})",
        language.word("median"),
        duration(median),
        language.word("p90"),
        long("p90_seconds"),
        language.word("max"),
        long("max_seconds"),
        language.word("of"),
        of["of"]["count"],
    )
}

/// `3 s`, `5 min 3 s`, `2 h 5 min`, `1 d 2 h`
fn duration(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min {} s", seconds % 60),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

fn number(value: &Value) -> String {
    match value.as_u64() {
        Some(number) => number.to_string(),
        None => "–".to_owned(),
    }
}

fn percent(value: &Value) -> String {
    match value.as_f64() {
        Some(share) => format!("{:.0} %", share * 100.0),
        None => "–".to_owned(),
    }
}

/// Links to incidents that a figure is of.
fn links(of: &Value) -> Markup {
    let ids = items(of, "incidents");
    let named = u64::try_from(ids.len().min(LINKED_MAX)).unwrap_or_default();
    let count = of["count"].as_u64().unwrap_or_default();
    html! {
        span.traces {
            @for (id, number) in ids.iter().zip(items(of, "numbers")).take(LINKED_MAX) {
                a href={ "/incidents/" (text(id)) } title=(text(id)) { (number) } " "
            }
            @if count > named { "+" (count - named) }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// They were 1, 2, 3: numbers of other incidents.
    #[test]
    fn incidents_are_linked_by_their_numbers() {
        let of = serde_json::json!({"count": 3, "incidents": ["a", "b"], "numbers": [12, 40]});
        assert_eq!(
            links(&of).into_string(),
            "<span class=\"traces\"><a href=\"/incidents/a\" title=\"a\">12</a> \
             <a href=\"/incidents/b\" title=\"b\">40</a> +1</span>"
        );
    }

    #[test]
    fn durations_are_told_in_two_units() {
        let check = |seconds, expected: &str| assert_eq!(duration(seconds), expected);
        check(0, "0 s");
        check(59, "59 s");
        check(60, "1 min 0 s");
        check(3_599, "59 min 59 s");
        check(3_600, "1 h 0 min");
        check(86_399, "23 h 59 min");
        check(90_000, "1 d 1 h");
    }
}
