//! `storage:`, `retention:` and `search_log:`: how much room is left alone, and how long and how much
//! is kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use vakt_api::searches::KEPT;
use vakt_rules::yaml::{Kind, Node};
use vakt_rules::{Report, nearest};
use vakt_storage::retention::{Keep, Retention as Kept};
use vakt_storage::{Disk, RealDisk};

use super::DEFAULT_STREAM;
use super::period::{PERIOD, Period};
use super::read::{CONFIG_TYPE, CONFIG_VALUE, Section};

/// 180 days: a law that asks for more names what it is for, and the operator names that stream.
const DAYS: u64 = 180;

/// Of the file system, for all that Vakt keeps: the rest is for what others write, and for merges.
const PERCENT: u64 = 80;

/// A smaller one is sealed all the time, a larger one keeps old logs for long.
const SEGMENT_BYTES: std::ops::RangeInclusive<u64> = 1 << 20..=1 << 30;

/// A day and a half without an event is a quiet weekend at most, and a clock is seldom wrong by less than months.
const CLOCK_JUMP: Duration = Duration::from_secs(2 * 24 * 60 * 60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const DAYS_EXPECTED: &str = "a whole number of days, such as 180";
const AMOUNT: &str = "an amount such as 500GB, 64GiB or 1TB";
const AMOUNT_OR_SHARE: &str = "an amount such as 500GB or 64GiB, or a part of the disk such as 80%";

/// An amount of bytes: a number with B, kB, MB, GB, TB or KiB, MiB, GiB, TiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount(pub(super) u64);

/// How much may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Bytes(u64),
    /// Of the whole file system, 1 to 100.
    Percent(u64),
}

/// What `retention:` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Of streams that are not named.
    pub age: Duration,
    /// Of everything together.
    pub bytes: Limit,
    pub streams: BTreeMap<String, Keep>,
    /// Where the clock is further ahead of the newest receipt, nothing goes for its age.
    pub clock_jump: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            age: days(DAYS),
            bytes: Limit::Percent(PERCENT),
            streams: BTreeMap::new(),
            clock_jump: CLOCK_JUMP,
        }
    }
}

impl Retention {
    /// As the journal takes it, on a file system of so many bytes.
    pub fn on(&self, total_bytes: u64) -> Kept {
        let bytes_max = match self.bytes {
            Limit::Bytes(bytes) => bytes,
            Limit::Percent(percent) => total_bytes / 100 * percent,
        };
        Kept {
            default: Keep {
                age: Some(self.age),
                bytes: None,
            },
            streams: self.streams.clone(),
            bytes_max: Some(bytes_max),
            age_waits: false,
        }
    }
}

fn days(days: u64) -> Duration {
    DAY.saturating_mul(u32::try_from(days).unwrap_or(u32::MAX))
}

impl FromStr for Amount {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(digits).ok_or(())?;
        let unit: u64 = match unit.trim() {
            "B" => 1,
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "TB" => 1_000_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "TiB" => 1 << 40,
            _ => return Err(()),
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let whole: u64 = whole.parse().map_err(|_| ())?;
        // Three digits of a fraction: nobody means a byte with them.
        let part: u64 = format!("{part:0<3}")
            .get(..3)
            .ok_or(())?
            .parse()
            .map_err(|_| ())?;
        let bytes = whole.checked_mul(unit).ok_or(())?;
        bytes.checked_add(unit / 1000 * part).map(Self).ok_or(())
    }
}

impl FromStr for Limit {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if let Some(percent) = text.trim().strip_suffix('%') {
            let percent: u64 = percent.trim().parse().map_err(|_| ())?;
            return if (1..=100).contains(&percent) {
                Ok(Self::Percent(percent))
            } else {
                Err(())
            };
        }
        text.parse::<Amount>().map(|amount| Self::Bytes(amount.0))
    }
}

/// Reads `storage:`; gives the reserve and the size of a segment, in bytes. Where the folder of the data is named,
/// its disk must be larger than the reserve.
pub(super) fn storage(
    node: &Node<'_>,
    data_dir: Option<&Path>,
    report: &mut Report<'_>,
) -> (Option<u64>, Option<u64>) {
    let Some(mut section) = Section::new("storage", node, report) else {
        return (None, None);
    };
    let reserve: Option<Amount> = section.parsed("reserve", AMOUNT, report);
    let disk_bytes = data_dir.and_then(disk_bytes);
    if let (Some(Amount(bytes)), Some(node), Some(disk_bytes)) =
        (reserve, section.get("reserve"), disk_bytes)
        && bytes >= disk_bytes
    {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            format!("the disk of the data directory has {disk_bytes} bytes, less than is to stay free: nothing would be taken in"),
            "write less, such as 5GB, or remove the key: a twentieth of the disk is left free then",
        );
    }
    let node = section.get("segment");
    let segment: Option<Amount> = section.parsed("segment", AMOUNT, report);
    section.finish(report);
    let segment = segment.map(|amount| amount.0);
    if let (Some(bytes), Some(node)) = (segment, node)
        && !SEGMENT_BYTES.contains(&bytes)
    {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            "a segment has 1 MiB to 1 GiB",
            "64MiB is what there is without this key; less suits a small disk",
        );
    }
    (reserve.map(|amount| amount.0), segment)
}

/// Bytes of the disk that a folder is on, or will be on when it is made.
fn disk_bytes(dir: &Path) -> Option<u64> {
    let there = dir.ancestors().find(|dir| dir.is_dir())?;
    Some(RealDisk.space(there).ok()?.total)
}

/// Reads `retention:`.
pub(super) fn retention(node: &Node<'_>, streams: &[String], report: &mut Report<'_>) -> Retention {
    let mut retention = Retention::default();
    let Some(mut section) = Section::new("retention", node, report) else {
        return retention;
    };
    if let Some(age) = age(&mut section, report) {
        retention.age = age;
    }
    if let Some(bytes) = section.parsed("bytes", AMOUNT_OR_SHARE, report) {
        retention.bytes = bytes;
    }
    if let Some(node) = section.get("streams") {
        retention.streams = of_streams(node, streams, retention.age, report);
    }
    let node = section.get("clock_jump");
    let jump: Option<Period> = section.parsed("clock_jump", PERIOD, report);
    if let Some(Period(jump)) = jump {
        retention.clock_jump = jump;
        if let Some(node) = node.filter(|_| jump < CLOCK_JUMP) {
            report.add(
                &CONFIG_VALUE,
                &node.span,
                "a clock that is ahead is told from quiet days by two days or more",
                "write 2d, or more where nothing is received for longer",
            );
        }
    }
    section.finish(report);
    retention
}

/// Reads `search_log:`; gives how long it is kept.
pub(super) fn search_log(node: &Node<'_>, report: &mut Report<'_>) -> Duration {
    let Some(mut section) = Section::new("search_log", node, report) else {
        return KEPT;
    };
    let kept = age(&mut section, report).unwrap_or(KEPT);
    section.finish(report);
    kept
}

fn of_streams(
    node: &Node<'_>,
    streams: &[String],
    default_age: Duration,
    report: &mut Report<'_>,
) -> BTreeMap<String, Keep> {
    let mut kept = BTreeMap::new();
    let Kind::Map(entries) = &node.kind else {
        report.add(
            &CONFIG_TYPE,
            &node.span,
            "`streams` is a mapping of streams to what is kept of them",
            "write `NAME: {days: 365}` lines",
        );
        return kept;
    };
    for entry in entries {
        let known = || streams.iter().map(String::as_str).chain([DEFAULT_STREAM]);
        if !known().any(|stream| stream == entry.key) {
            let help = match nearest(&entry.key, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add `{}` to `streams:` of the configuration", entry.key),
            };
            report.add(
                &CONFIG_VALUE,
                &entry.key_span,
                format!("the stream `{}` is not listed under `streams:`", entry.key),
                help,
            );
            continue;
        }
        let Some(mut section) = Section::new("streams", &entry.value, report) else {
            continue;
        };
        let age = age(&mut section, report).unwrap_or(default_age);
        let bytes: Option<Amount> = section.parsed("bytes", AMOUNT, report);
        section.finish(report);
        let keep = Keep {
            age: Some(age),
            bytes: bytes.map(|amount| amount.0),
        };
        kept.insert(entry.key.to_string(), keep);
    }
    kept
}

fn age(section: &mut Section<'_, '_>, report: &mut Report<'_>) -> Option<Duration> {
    let node = section.get("days");
    let number: u64 = section.parsed("days", DAYS_EXPECTED, report)?;
    if number == 0
        && let Some(node) = node
    {
        report.add(
            &CONFIG_VALUE,
            &node.span,
            "0 days would keep nothing",
            "write at least 1; what is not to be kept is not to be sent",
        );
        return None;
    }
    Some(days(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_what_people_write() {
        let check = |text: &str, expected: Option<Limit>| {
            assert_eq!(text.parse::<Limit>().ok(), expected, "{text}");
        };
        check("1B", Some(Limit::Bytes(1)));
        check("500GB", Some(Limit::Bytes(500_000_000_000)));
        check(
            "1.5 GiB",
            Some(Limit::Bytes((1 << 30) + (1 << 30) / 1000 * 500)),
        );
        check("64 KiB", Some(Limit::Bytes(65_536)));
        check("80%", Some(Limit::Percent(80)));
        check(" 100 % ", Some(Limit::Percent(100)));
        for wrong in [
            "",
            "80",
            "0%",
            "101%",
            "GB",
            "-1GB",
            "1.GBs",
            "99999999999TB",
            "1..5GB",
            "é",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_share_is_of_the_whole_file_system() {
        let kept = Retention::default().on(1_000_000);
        assert_eq!(kept.bytes_max, Some(800_000));
        assert_eq!(kept.default.age, Some(Duration::from_secs(180 * 24 * 3600)));
    }
}
