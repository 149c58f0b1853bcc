//! The ids of MITRE ATT&CK for Enterprise, from `data/attack.txt`, which names its version.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What is known of an id that is in use.
pub(super) struct Technique {
    /// Indices into [`Attack::tactics`]; those of a sub-technique are its technique's.
    pub(super) tactics: Vec<usize>,
}

#[derive(Default)]
pub(super) struct Attack {
    pub(super) tactics: Vec<&'static str>,
    techniques: BTreeMap<String, Technique>,
    /// Revoked and deprecated ids, with what replaced them.
    retired: BTreeMap<&'static str, Option<&'static str>>,
}

static ATTACK: LazyLock<Attack> =
    LazyLock::new(|| Attack::parse(include_str!("../../data/attack.txt")));

/// The tactics that version 19 replaced.
const RETIRED_TACTICS: [(&str, &str); 1] =
    [("defense-evasion", "stealth or attack.defense-impairment")];

pub(super) fn attack() -> &'static Attack {
    &ATTACK
}

impl Attack {
    fn parse(text: &'static str) -> Self {
        let mut attack = Self::default();
        for line in text.lines() {
            let words: Vec<&'static str> = line.split_whitespace().collect();
            match words[..] {
                ["+", tactic] => attack.tactics.push(tactic),
                ["-", old, new] => {
                    attack.retired.insert(old, (new != "-").then_some(new));
                }
                [id, tactics, ref subs @ ..] if id.starts_with('T') => {
                    let tactics: Vec<usize> = tactics
                        .split(',')
                        .filter_map(|at| at.parse().ok())
                        .collect();
                    for sub in subs {
                        let tactics = tactics.clone();
                        let id = format!("{id}.{sub}");
                        attack.techniques.insert(id, Technique { tactics });
                    }
                    attack
                        .techniques
                        .insert(id.to_owned(), Technique { tactics });
                }
                _ => {}
            }
        }
        attack
    }

    pub(super) fn technique(&self, id: &str) -> Option<&Technique> {
        self.techniques.get(&id.to_ascii_uppercase())
    }

    /// What replaced a retired technique; the outer `None` where it is not retired.
    pub(super) fn successor(&self, id: &str) -> Option<Option<&'static str>> {
        self.retired.get(id.to_ascii_uppercase().as_str()).copied()
    }

    pub(super) fn tactic(&self, name: &str) -> Option<usize> {
        self.tactics.iter().position(|tactic| *tactic == name)
    }

    pub(super) fn retired_tactic(name: &str) -> Option<&'static str> {
        RETIRED_TACTICS
            .iter()
            .find(|(old, _)| *old == name)
            .map(|(_, new)| *new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let attack = attack();
        assert_eq!(attack.tactics.len(), 15);
        assert!(attack.techniques.len() > 690, "{}", attack.techniques.len());
        for technique in attack.techniques.values() {
            assert!(!technique.tactics.is_empty());
            assert!(technique.tactics.iter().all(|at| *at < 15));
        }
        for (old, new) in &attack.retired {
            assert!(attack.technique(old).is_none(), "{old}");
            if let Some(new) = new {
                assert!(attack.technique(new).is_some(), "{old} -> {new}");
            }
        }
        assert_eq!(attack.successor("t1086"), Some(Some("T1059.001")));
        assert_eq!(attack.successor("t1059.001"), None);
    }
}
