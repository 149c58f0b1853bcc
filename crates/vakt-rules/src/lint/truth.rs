//! What a condition comes to over all that its searches can say.

use super::cover::Judge;
use crate::ast::{Condition, Detection, Search, Test};

/// Searches of one condition that are looked at; beyond, nothing is said. 2^12 rows.
const SEARCHES_MAX: usize = 12;

/// What holds of the condition for every event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) never: bool,
    pub(super) always: bool,
    /// It holds for an event without any field.
    pub(super) blind: bool,
    /// Searches (by index) without which the condition comes to the same.
    pub(super) idle: Vec<usize>,
}

/// `None` where there are too many searches to decide.
pub(super) fn decide(condition: &Condition, searches: &[Search], judge: &Judge) -> Option<Truth> {
    let mut used = Vec::new();
    mentioned(condition, &mut used);
    used.sort_unstable();
    used.dedup();
    if used.is_empty() || used.len() > SEARCHES_MAX {
        return None;
    }
    let table = Table::new(condition, searches, &used, judge);
    let blind_row = used
        .iter()
        .enumerate()
        .filter(|(_, search)| holds_for_nothing(&searches[**search].detection))
        .fold(0u32, |row, (bit, _)| row | 1 << bit);
    let never = !table.rows().any(|row| table.holds(row));
    let always = table.rows().all(|row| table.holds(row));
    let idle = if never || always {
        Vec::new()
    } else {
        (0..used.len())
            .filter(|bit| table.is_idle(*bit))
            .map(|bit| used[bit])
            .collect()
    };
    Some(Truth {
        never,
        always,
        blind: table.holds(blind_row),
        idle,
    })
}

fn mentioned(condition: &Condition, used: &mut Vec<usize>) {
    match condition {
        Condition::Search(index) => used.push(*index),
        Condition::Not(inner) => mentioned(inner, used),
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| mentioned(part, used));
        }
    }
}

/// Whether the search holds for an event that has no field.
pub(super) fn holds_for_nothing(detection: &Detection) -> bool {
    match detection {
        Detection::All(parts) => parts.iter().all(holds_for_nothing),
        Detection::Any(parts) => parts.iter().any(holds_for_nothing),
        Detection::Not(inner) => !holds_for_nothing(inner),
        Detection::Is(predicate) => {
            matches!(predicate.test, Test::Null | Test::Exists(false))
        }
    }
}

/// The truth table: a row has a bit for each search.
struct Table {
    bits: usize,
    truth: Vec<bool>,
    /// Rows that an event can bring about.
    possible: Vec<bool>,
}

impl Table {
    fn new(condition: &Condition, searches: &[Search], used: &[usize], judge: &Judge) -> Self {
        let bits = used.len();
        let detection = |bit: usize| &searches[used[bit]].detection;
        let mut never = 0u32;
        let mut implied = Vec::new();
        let mut excluded = Vec::new();
        for a in 0..bits {
            if judge.never(detection(a)) {
                never |= 1 << a;
            }
            for b in 0..bits {
                if a != b && judge.implies(detection(a), detection(b)) {
                    implied.push((1u32 << a, 1u32 << b));
                }
                if a < b && judge.excludes(detection(a), detection(b)) {
                    excluded.push((1u32 << a) | (1 << b));
                }
            }
        }
        let rows = 0..1u32 << bits;
        let possible = rows
            .clone()
            .map(|row| {
                row & never == 0
                    && implied.iter().all(|(a, b)| row & a == 0 || row & b != 0)
                    && excluded.iter().all(|both| row & both != *both)
            })
            .collect();
        let truth = rows.map(|row| evaluate(condition, used, row)).collect();
        Self {
            bits,
            truth,
            possible,
        }
    }

    fn rows(&self) -> impl Iterator<Item = u32> {
        (0..1u32 << self.bits).filter(|row| self.possible[*row as usize])
    }

    fn holds(&self, row: u32) -> bool {
        self.truth[row as usize]
    }

    /// Whether the search could be taken for always true, or always false, and nothing changed.
    fn is_idle(&self, bit: usize) -> bool {
        let mask = 1u32 << bit;
        self.rows()
            .all(|row| self.holds(row) == self.holds(row | mask))
            || self
                .rows()
                .all(|row| self.holds(row) == self.holds(row & !mask))
    }
}

fn evaluate(condition: &Condition, used: &[usize], row: u32) -> bool {
    match condition {
        Condition::Search(index) => used
            .binary_search(index)
            .is_ok_and(|bit| row & (1 << bit) != 0),
        Condition::Not(inner) => !evaluate(inner, used, row),
        Condition::All(parts) => parts.iter().all(|part| evaluate(part, used, row)),
        Condition::Any(parts) => parts.iter().any(|part| evaluate(part, used, row)),
    }
}
