//! The quarterly look for recurring incidents (Regulation (EU) 2024/2690, Annex 3.4.2(b)), signed.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};
use vakt_event::Timestamp;

use super::rows::{instant, json as json_column, next_id, page, page_start};
use super::{Records, audit, notices, outbox};
use crate::alert::{Page, PageRequest};
use crate::answer::{AnswerError, line};
use crate::calendar::{DAY_MICROS, local_date};
use crate::error::Result;
use crate::recurring::{NewReview, QuarterReview, REVIEW_GRACE_DAYS};
use crate::route::NoticeKind;

/// A quarter of a year: from 1 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Quarter {
    year: i16,
    number: i8,
}

impl Quarter {
    fn of(day: Date) -> Self {
        Self {
            year: day.year(),
            number: (day.month() - 1) / 3 + 1,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (year, number) = text.trim().split_once("-Q")?;
        if !text.trim().is_ascii() || [year, number].iter().any(|it| it.starts_with(['+', '-'])) {
            return None;
        }
        let found = Self {
            year: year.parse().ok().filter(|_| year.len() == 4)?,
            number: number.parse().ok()?,
        };
        (1..=4).contains(&found.number).then_some(found)
    }

    fn before(self) -> Self {
        match self.number {
            1 => Self {
                year: self.year - 1,
                number: 4,
            },
            number => Self {
                number: number - 1,
                ..self
            },
        }
    }

    fn name(self) -> String {
        format!("{}-Q{}", self.year, self.number)
    }

    /// The first day of the next one.
    fn ends(self) -> Option<Date> {
        let (year, month) = match self.number {
            4 => (self.year + 1, 1),
            number => (self.year, number * 3 + 1),
        };
        Date::new(year, month, 1).ok()
    }
}

impl Records {
    /// Records that somebody looked for recurring incidents, with what there was to see.
    ///
    /// # Errors
    /// A quarter that is none or has not ended; nobody who signs.
    pub fn review_quarter(&self, new: &NewReview, principal: &str) -> Result<QuarterReview> {
        let now = self.clock.now();
        let text = line("quarter", &new.quarter)?;
        let quarter = Quarter::parse(&text).ok_or(AnswerError::NoQuarter { text })?;
        if self.end_of(quarter).is_none_or(|end| end > now) {
            let quarter = quarter.name();
            return Err(AnswerError::NotEnded { quarter }.into());
        }
        let by = line("by", &new.by)?;
        if by.is_empty() {
            return Err(AnswerError::NotSigned.into());
        }
        let note = line("note", new.note.as_deref().unwrap_or_default())?;
        let name = quarter.name();
        self.write(|records| {
            let seen = self.recurring_in(records, None, now)?;
            let looked_at = json!({
                "causes": seen.causes,
                "without_cause": seen.without_cause,
                "alone": seen.alone,
            });
            let text = looked_at.to_string();
            let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
            let about = json!([name, by]);
            let id = next_id(records, "quarter_reviews", "vakt review", &about, now)?;
            records.execute(
                "INSERT INTO quarter_reviews (id, quarter, signed_by, recorded_by, recorded_at, note,
                     looked_at, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    id,
                    name,
                    by,
                    principal,
                    now.micros(),
                    (!note.is_empty()).then_some(&note),
                    text,
                    hash
                ],
            )?;
            records.execute("DELETE FROM told WHERE subject = ?1", [subject(&name)])?;
            let added = core(records, &id)?;
            let (action, nothing) = ("quarter.reviewed", Value::Null);
            audit::add(records, now, principal, action, &id, &nothing, &added)?;
            let sql = "SELECT * FROM quarter_reviews WHERE id = ?1";
            Ok(records.query_row(sql, [&id], from_row)?)
        })
    }

    /// The reviews, the newest first.
    pub fn quarter_reviews(&self, request: &PageRequest) -> Result<Page<QuarterReview>> {
        let (before, limit) = page_start(request)?;
        self.read(|records| {
            let mut query = records.prepare_cached(
                "SELECT * FROM quarter_reviews WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
            )?;
            let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
            let rows =
                query.query_map([before, more], |row| Ok((row.get("seq")?, from_row(row)?)))?;
            Ok(page(rows.collect::<rusqlite::Result<_>>()?, limit))
        })
    }

    /// Tells once that the last quarter was not reviewed in time. Answers when that is next to be asked.
    pub(super) fn attend_quarter(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let (name, by, is_reviewed) = self.read(|records| self.quarter_to_review(records, now))?;
        let Some(by) = by.filter(|_| !is_reviewed) else {
            return Ok(None);
        };
        if by > now {
            return Ok(Some(by));
        }
        self.write(|records| {
            let mark = subject(&name);
            let added = records.execute(
                "INSERT OR IGNORE INTO told (subject, step, due, at) VALUES (?1, 1, ?2, ?3)",
                params![mark, by.micros(), now.micros()],
            )?;
            if added == 0 {
                return Ok(());
            }
            let title = format!("{name}: nobody has signed the look for recurring incidents");
            let mut payload = outbox::of_installation(&title);
            payload.insert("quarter".into(), name.clone().into());
            payload.insert("mark".into(), mark.clone().into());
            payload.insert("detected_at".into(), json!(now));
            payload.insert("deadline".into(), Value::Null);
            let subject = format!("{} {mark}", NoticeKind::Review);
            notices::file(records, &subject, NoticeKind::Review, payload, now)
        })?;
        Ok(None)
    }

    /// The quarter that ended last, until when it is to be reviewed, and whether it was. There is no
    /// such time for one that ended before anything was recorded here.
    pub(super) fn quarter_to_review(
        &self,
        records: &Connection,
        now: Timestamp,
    ) -> Result<(String, Option<Timestamp>, bool)> {
        let quarter = Quarter::of(local_date(now, &self.zone())).before();
        let name = quarter.name();
        let first: Option<i64> = records
            .prepare_cached("SELECT at FROM audit WHERE seq = 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let end = self.end_of(quarter);
        let end = end.filter(|end| first.is_some_and(|first| first < end.micros()));
        let by = end.map(|end| end.saturating_add_micros(REVIEW_GRACE_DAYS * DAY_MICROS));
        let sql = "SELECT count(*) FROM quarter_reviews WHERE quarter = ?1";
        let reviews: i64 = records.query_row(sql, [&name], |row| row.get(0))?;
        Ok((name, by, reviews > 0))
    }

    fn end_of(&self, quarter: Quarter) -> Option<Timestamp> {
        let midnight = quarter.ends()?.to_datetime(jiff::civil::Time::midnight());
        let at = self.zone().to_ambiguous_timestamp(midnight).compatible();
        at.ok().map(Timestamp::from)
    }
}

/// What is told of a quarter.
fn subject(quarter: &str) -> String {
    format!("quarter {quarter}")
}

/// A review as the audit log keeps it.
pub(super) fn core(records: &Connection, id: &str) -> Result<Value> {
    let row = records
        .prepare_cached("SELECT * FROM quarter_reviews WHERE id = ?1")?
        .query_row([id], |row| {
            let looked_at: String = row.get("looked_at")?;
            let mut core = json!(from_row(row)?);
            // The list is as long as it is; its hash is enough.
            core["looked_at"] = blake3::hash(looked_at.as_bytes()).to_hex().as_str().into();
            Ok(core)
        });
    Ok(row.optional()?.unwrap_or_default())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<QuarterReview> {
    Ok(QuarterReview {
        id: row.get("id")?,
        quarter: row.get("quarter")?,
        signed_by: row.get("signed_by")?,
        recorded_by: row.get("recorded_by")?,
        recorded_at: instant(row, "recorded_at")?,
        note: row.get("note")?,
        looked_at: json_column(row, "looked_at")?,
        hash: row.get("hash")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_read_and_follow_each_other() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = Quarter::parse(text);
            let found = found.map(|it| (it.before().name(), it.ends().unwrap().to_string()));
            let found = found.as_ref().map(|(a, b)| (a.as_str(), b.as_str()));
            assert_eq!(found, expected, "{text}");
        };
        check("2026-Q1", Some(("2025-Q4", "2026-04-01")));
        check("2026-Q4", Some(("2026-Q3", "2027-01-01")));
        check("2026-Q5", None);
        check("26-Q1", None);
        check("2026", None);
    }
}
