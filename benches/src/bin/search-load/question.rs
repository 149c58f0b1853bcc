//! What is asked of each engine.

use std::net::Ipv4Addr;

use vakt_event::Timestamp;

use crate::generate::{NEEDLES, Preset, external, needle_name};

/// Events on the page of an answer.
pub(crate) const PAGE: usize = 100;

/// How far back a substring is looked for.
const LAST_HOUR_MICROS: i64 = 3_600_000_000;

/// One question. Terms, phrases, addresses and substrings ask for the exact total and the newest
/// [`PAGE`] events, as a page of results shows them.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// A word, in any case.
    Term(&'static str),
    /// The account of a needle.
    Rare(String),
    /// Words one after the other, in any case.
    Phrase(&'static str),
    /// The same, when it was asked before: an engine may remember what it learned.
    PhraseAgain(&'static str),
    Address(Ipv4Addr),
    /// Letters within a word, since a time.
    Substring(&'static str, Timestamp),
    /// The newest [`PAGE`] of all; no total.
    Newest,
    /// The newest [`PAGE`] with a word; no total.
    NewestOf(&'static str),
    /// The newest [`PAGE`] with words one after the other; no total.
    NewestOfPhrase(&'static str),
    /// How many events in each five minutes.
    Histogram,
    /// The ten users with most events.
    TopUsers,
}

/// What an engine found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Answer {
    /// `None` where the engine was not asked for it, or does not say.
    pub(crate) total: Option<u64>,
}

/// A question in several variants, so that no answer is the one just given.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) variants: Vec<Ask>,
}

/// Who can be asked. `None` is an answer that the engine has no way to give.
pub(crate) trait Engine {
    fn ask(&self, ask: &Ask) -> anyhow::Result<Option<Answer>>;
}

/// The questions over the events of a preset, of which the last came at `last`.
pub(crate) fn questions(preset: Preset, last: Timestamp) -> Vec<Question> {
    let since = last.saturating_add_micros(-LAST_HOUR_MICROS);
    let (terms, phrases, parts) = match preset {
        Preset::Mix | Preset::Syslog => (
            ["failed", "session", "root", "systemd"],
            ["failed password", "invalid user", "session opened"],
            ["passw", "ystem", "ccept"],
        ),
        Preset::Windows => (
            ["kerberos", "setvalue", "lsass", "renderer"],
            ["image loaded", "process accessed", "failed to log on"],
            ["passw", "etsvc", "enderer"],
        ),
    };
    let question = |name, variants| Question { name, variants };
    vec![
        question(
            "rare term",
            (1..=NEEDLES)
                .map(|number| Ask::Rare(needle_name(number)))
                .collect(),
        ),
        question("common term", terms.map(Ask::Term).to_vec()),
        question("phrase", phrases.map(Ask::Phrase).to_vec()),
        question(
            "phrase, asked again",
            phrases.map(Ask::PhraseAgain).to_vec(),
        ),
        // Neither the busiest addresses nor the rarest.
        question(
            "IPv4 address",
            (200..216)
                .map(|rank| Ask::Address(external(rank)))
                .collect(),
        ),
        question(
            "substring, last hour",
            parts.map(|part| Ask::Substring(part, since)).to_vec(),
        ),
        question("newest 100 of all", vec![Ask::Newest]),
        question(
            "newest 100 of a common term",
            terms.map(Ask::NewestOf).to_vec(),
        ),
        question(
            "newest 100 of a phrase",
            phrases.map(Ask::NewestOfPhrase).to_vec(),
        ),
        question("histogram over all, by 5 minutes", vec![Ask::Histogram]),
        question("top 10 users", vec![Ask::TopUsers]),
    ]
}
