//! Input in the shape of real logs, written for this benchmark, the same in every run.

mod cloud;
mod json;
mod lines;
mod pools;
mod windows;

use crate::random::Random;

pub(crate) use json::{Object, push_string};
pub(crate) use windows::{SCRIPT_BLOCK, Windows};

/// Events of one kind.
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

type Generate = fn(Random, &mut dyn FnMut(String) -> bool);

/// The kinds by name.
const KINDS: [(&str, Generate); 6] = [
    ("windows-flat", windows::flat),
    ("windows-nested", windows::nested),
    ("process-creation", windows::process_creations),
    ("cloudtrail", cloud::cloudtrail),
    ("sshd", lines::sshd),
    ("access-log", lines::access),
];

/// The kinds whose names hold one of `wanted` (all, where nothing is wanted), each of so many
/// events.
pub(crate) fn kinds(wanted: &[String], events: usize, seed: u64) -> Vec<Kind> {
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part));
    KINDS
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, generate)| {
            let mut bytes = Vec::new();
            let mut left = events;
            generate(Random::new(seed), &mut |line| {
                bytes.extend_from_slice(line.as_bytes());
                bytes.push(b'\n');
                left = left.saturating_sub(1);
                left > 0
            });
            Kind {
                name: (*name).to_owned(),
                bytes,
            }
        })
        .collect()
}
