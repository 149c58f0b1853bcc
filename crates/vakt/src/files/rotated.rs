//! Rotated logs: which files are the same log at different times, and which of them is older.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The ends of names that say how a file is packed.
const PACKED: [&str; 2] = [".gz", ".zst"];
/// A number with more digits is a date: nobody keeps 10,000 rotated files.
const NUMBER_DIGITS_MAX: usize = 4;
/// The digits of a day; logrotate's `dateext` writes them, with or without an hour or a second.
const DATE_DIGITS_MIN: usize = 8;

/// When a file of a log was set aside; the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    /// `auth.log-20261101`, `auth.log.2026-11-01`: the digits.
    Dated(String),
    /// `auth.log.1`: the higher, the older.
    Numbered(Reverse<u32>),
    /// `auth.log`, which is still written.
    Current,
}

/// Puts the files of each log in the places that they have in `files`, the oldest first: their
/// names alone put the newest there, and what correlates would find yesterday's events too late.
/// Files of other names stay where they are.
pub(super) fn oldest_first(files: &mut [PathBuf]) {
    let mut logs: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
    for (at, path) in files.iter().enumerate() {
        logs.entry(log_and_age(path).0).or_default().push(at);
    }
    for places in logs.into_values().filter(|places| places.len() > 1) {
        let mut paths: Vec<PathBuf> = places.iter().map(|at| files[*at].clone()).collect();
        paths.sort_by_cached_key(|path| (log_and_age(path).1, path.clone()));
        for (at, path) in places.into_iter().zip(paths) {
            files[at] = path;
        }
    }
}

/// The path of the log that a file belongs to, as it is while it is written, and its age.
fn log_and_age(path: &Path) -> (PathBuf, Age) {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return (path.to_owned(), Age::Current);
    };
    let name = (PACKED.iter())
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    let (log, age) = by_number(name)
        .or_else(|| by_date(name))
        .unwrap_or((name, Age::Current));
    (path.with_file_name(log), age)
}

fn by_number(name: &str) -> Option<(&str, Age)> {
    let (log, number) = name.rsplit_once('.')?;
    // `part.001` is a piece of something, and its number counts upwards.
    let written = number == "0" || !number.starts_with('0');
    // `10.0.0.1` is the log of a host.
    let of_an_address = is_digits(log.rsplit('.').next().unwrap_or(log));
    let known = is_digits(number) && number.len() <= NUMBER_DIGITS_MAX;
    if log.is_empty() || of_an_address || !written || !known {
        return None;
    }
    Some((log, Age::Numbered(Reverse(number.parse().ok()?))))
}

fn by_date(name: &str) -> Option<(&str, Age)> {
    let log = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    // The hyphen before the date is among what was cut off.
    let date = name.get(log.len()..)?;
    let log = match date.strip_prefix('-') {
        Some(_) => log,
        None => log.strip_suffix('.')?,
    };
    let digits: String = date.chars().filter(char::is_ascii_digit).collect();
    let is_date = digits.len() >= DATE_DIGITS_MIN && !log.is_empty();
    is_date.then_some((log, Age::Dated(digits)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::oldest_first;

    #[test]
    fn rotated_logs_of_one_name_are_oldest_first() {
        let check = |given: &str, expected: &str| {
            let mut files: Vec<PathBuf> = given.split(' ').map(PathBuf::from).collect();
            oldest_first(&mut files);
            let shown: Vec<String> = files.iter().map(|it| it.display().to_string()).collect();
            assert_eq!(shown.join(" "), expected, "{given}");
        };
        check(
            "auth.log auth.log.1 auth.log.10.gz auth.log.2.gz",
            "auth.log.10.gz auth.log.2.gz auth.log.1 auth.log",
        );
        check(
            "auth.log auth.log-20261101 auth.log-20261108.gz",
            "auth.log-20261101 auth.log-20261108.gz auth.log",
        );
        check(
            "a.log a.log.2026-11-02 a.log.2026-11-03.zst",
            "a.log.2026-11-02 a.log.2026-11-03.zst a.log",
        );
        check(
            "messages messages.0 messages.1",
            "messages.1 messages.0 messages",
        );
        // Each log keeps the places that its files had, in each folder.
        check(
            "x/a.log x/b.log x/a.log.1 y/a.log y/a.log.1 x/b.log.1",
            "x/a.log.1 x/b.log.1 x/a.log y/a.log.1 y/a.log x/b.log",
        );
        // Pieces count upwards; what has no number has the order in which it was named.
        check("part.001 part.002", "part.001 part.002");
        check("10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2");
        check("b.json a.json", "b.json a.json");
        check("2026-11-02 2026-11-01", "2026-11-02 2026-11-01");
    }
}
