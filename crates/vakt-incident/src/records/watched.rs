//! Things of the installation that are well or not: told when that changes, also over a restart.

use rusqlite::{OptionalExtension, params};
use serde_json::{Map, Value, json};
use vakt_event::Timestamp;

use super::{Records, notices, outbox};
use crate::error::Result;
use crate::route::NoticeKind;

/// Something that is watched, as it is now.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The same over restarts.
    pub subject: String,
    pub is_well: bool,
    pub title: String,
    /// Members of the notice, such as `host`, `stream` and `state`.
    pub more: Map<String, Value>,
}

impl Records {
    /// Files a notice if `watched` is otherwise than when this was called for it before. Answers whether
    /// it is. What is well the first time is no news.
    pub fn watch(&self, kind: NoticeKind, watched: &Watched) -> Result<bool> {
        let now = self.clock.now();
        let was_ill = self.read(|records| {
            let sql = "SELECT 1 FROM told WHERE subject = ?1";
            let found = records
                .prepare_cached(sql)?
                .query_row([&watched.subject], |_| Ok(()))
                .optional()?;
            Ok(found.is_some())
        })?;
        if was_ill != watched.is_well {
            return Ok(false);
        }
        self.write(|records| {
            if watched.is_well {
                records.execute("DELETE FROM told WHERE subject = ?1", [&watched.subject])?;
            } else {
                records.execute(
                    "INSERT OR IGNORE INTO told (subject, step, due, at) VALUES (?1, 1, ?2, ?2)",
                    params![watched.subject, now.micros()],
                )?;
            }
            let mut payload = outbox::of_installation(&watched.title);
            payload.extend(watched.more.clone());
            payload.insert("is_well".into(), watched.is_well.into());
            payload.insert("mark".into(), watched.subject.clone().into());
            payload.insert("detected_at".into(), json!(now));
            payload.insert("deadline".into(), Value::Null);
            let subject = format!("{kind} {} {} {now}", watched.subject, watched.is_well);
            notices::file(records, &subject, kind, payload, now)
        })?;
        Ok(true)
    }

    /// Forgets that something was not well of which nobody asks any more: it goes on nowhere. `prefix` is what
    /// the subjects begin with that `watched` lists all of.
    pub fn retire_watched(&self, prefix: &str, watched: &[String]) -> Result<()> {
        let watched = serde_json::to_string(watched)?;
        self.write(|records| {
            records.execute(
                "DELETE FROM told WHERE incident IS NULL AND substr(subject, 1, length(?1)) = ?1
                     AND subject NOT IN (SELECT value FROM json_each(?2))",
                params![prefix, watched],
            )?;
            Ok(())
        })
    }

    /// Since when something that is watched is not well; `None` while it is.
    pub fn ill_since(&self, subject: &str) -> Result<Option<Timestamp>> {
        self.read(|records| {
            let sql = "SELECT at FROM told WHERE subject = ?1";
            let at = records
                .prepare_cached(sql)?
                .query_row([subject], |row| super::rows::instant(row, 0))
                .optional()?;
            Ok(at)
        })
    }
}
