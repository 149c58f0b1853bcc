//! Figures as a table: one figure a line, for a spreadsheet.

use serde_json::Value;

use crate::csv::{record, text};

const COLUMNS: [&str; 9] = [
    "period",
    "realm",
    "section",
    "name",
    "figure",
    "value",
    "before",
    "incidents",
    "incidents_not_named",
];

/// Figures as JSON (which a reader's role may have cut) as CSV: a line for each figure, with its value
/// of the period before and the incidents that it is of. What is not known is an empty cell.
pub fn sheet(figures: &Value) -> String {
    let mut lines = record(COLUMNS.iter().map(|name| (*name).to_owned()));
    for (realm, before) in [("real", "real_before"), ("drills", "")] {
        let mut sheet = Sheet {
            period: figures["period"]["name"].as_str().unwrap_or_default(),
            realm,
            lines: &mut lines,
        };
        let known = figures.get(before).unwrap_or(&Value::Null);
        for section in [
            "incidents",
            "times",
            "reports",
            "by_report",
            "alerts",
            "rules",
        ] {
            if let Some(found) = figures[realm].get(section) {
                sheet.section(section, found, &known[section]);
            }
        }
    }
    if let Some(coverage) = figures.get("coverage").filter(|it| it.is_object()) {
        let mut sheet = Sheet {
            period: "now",
            realm: "real",
            lines: &mut lines,
        };
        sheet.section("coverage", coverage, &Value::Null);
    }
    lines
}

struct Sheet<'a> {
    period: &'a str,
    realm: &'a str,
    lines: &'a mut String,
}

impl Sheet<'_> {
    /// A section is an object of figures, or a list of such, each with names that tell it.
    fn section(&mut self, section: &str, found: &Value, before: &Value) {
        match found.as_array() {
            None => self.figures(section, "", found, before),
            Some(items) => {
                for item in items {
                    let name = name(item);
                    let earlier = before.as_array().into_iter().flatten();
                    let mut earlier = earlier.filter(|it| self::name(it) == name);
                    let earlier = earlier.next().unwrap_or(&Value::Null);
                    self.figures(section, &name, item, earlier);
                }
            }
        }
    }

    fn figures(&mut self, section: &str, name: &str, found: &Value, before: &Value) {
        for (figure, value) in found.as_object().into_iter().flatten() {
            if NAMES.contains(&figure.as_str()) {
                continue;
            }
            let earlier = &before[figure.as_str()];
            match value {
                Value::Array(_) if figure == "incidents" => {}
                Value::Array(_) => self.section(&joined(section, figure), value, earlier),
                Value::Object(of) if of.contains_key("count") => {
                    self.line(
                        section,
                        name,
                        figure,
                        &value["count"],
                        &earlier["count"],
                        value,
                    );
                }
                Value::Object(_) => self.figures(section, &joined(name, figure), value, earlier),
                // The count of a part stands in the part itself.
                _ if figure == "count" => self.line(section, name, figure, value, earlier, found),
                _ if figure == "not_named" => {}
                _ => self.line(section, name, figure, value, earlier, &Value::Null),
            }
        }
    }

    fn line(
        &mut self,
        section: &str,
        name: &str,
        figure: &str,
        value: &Value,
        before: &Value,
        of: &Value,
    ) {
        let ids: Vec<&str> = of["incidents"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let cells = [
            text(self.period),
            text(self.realm),
            text(section),
            text(name),
            text(figure),
            cell(value),
            cell(before),
            text(&ids.join(" ")),
            cell(&of["not_named"]),
        ];
        self.lines.push_str(&record(cells.into_iter()));
    }
}

/// Members that tell which part of a whole an object is.
const NAMES: [&str; 6] = ["name", "regime", "stage", "level", "rule.id", "rule.name"];

fn name(item: &Value) -> String {
    let parts = NAMES.iter().filter_map(|member| item[*member].as_str());
    parts.collect::<Vec<_>>().join(" ")
}

fn joined(first: &str, second: &str) -> String {
    match first.is_empty() {
        true => second.to_owned(),
        false => format!("{first}.{second}"),
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(words) => text(words),
        other => other.to_string(),
    }
}
