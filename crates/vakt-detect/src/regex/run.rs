//! Expressions that ask for nothing but a run of characters of one class: `.{1000,}`,
//! `^[a-z]{8}$`, `[^/]{100,}$`. An automaton counts in as many states as the run is long; here a
//! number does.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Look, Repetition};

/// The value holds a run of `min` characters of a class; between both anchors, it is one of
/// `min..=max`.
pub(super) struct Run {
    class: Members,
    min: usize,
    max: Option<usize>,
    /// The run begins where the value does.
    starts: bool,
    /// The run ends where the value does.
    ends: bool,
}

/// The characters of a class.
enum Members {
    All,
    AllButLineFeed,
    Of {
        /// One bit for each of the characters below 128.
        ascii: u128,
        class: ClassUnicode,
    },
}

impl Run {
    /// The run that an expression is; `None` where it asks for anything else.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let hir = bare(hir);
        let parts = match hir.kind() {
            HirKind::Concat(parts) => parts.as_slice(),
            _ => std::slice::from_ref(hir),
        };
        let (starts, parts) = match parts.split_first() {
            Some((first, rest)) if is_look(first, Look::Start) => (true, rest),
            _ => (false, parts),
        };
        let (ends, parts) = match parts.split_last() {
            Some((last, rest)) if is_look(last, Look::End) => (true, rest),
            _ => (false, parts),
        };
        let [part] = parts else { return None };
        let HirKind::Repetition(Repetition { min, max, sub, .. }) = bare(part).kind() else {
            return None;
        };
        let HirKind::Class(Class::Unicode(class)) = bare(sub).kind() else {
            return None;
        };
        let max = match max {
            Some(max) => Some(usize::try_from(*max).ok()?),
            None => None,
        };
        Some(Self {
            class: Members::new(class),
            min: usize::try_from(*min).ok()?,
            max,
            starts,
            ends,
        })
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        // A character takes a byte at least.
        if text.len() < self.min {
            return false;
        }
        match (self.starts, self.ends) {
            // A longer run begins and ends with shorter ones.
            (false, false) => self.is_within(text),
            (true, false) => self.all(text.chars().take(self.min)),
            (false, true) => self.all(text.chars().rev().take(self.min)),
            (true, true) => {
                let most = self.max.map_or(usize::MAX, |max| max.saturating_add(1));
                let chars = text.chars().take(most).count();
                chars >= self.min && chars < most && text.chars().all(|c| self.class.has(c))
            }
        }
    }

    /// Whether there are as many as the run needs, and all of the class.
    fn all(&self, mut chars: impl Iterator<Item = char>) -> bool {
        let mut count = 0;
        chars.all(|c| {
            count += 1;
            self.class.has(c)
        }) && count == self.min
    }

    fn is_within(&self, text: &str) -> bool {
        let Some(but_one) = self.min.checked_sub(1) else {
            return true;
        };
        match &self.class {
            Members::All => text.chars().nth(but_one).is_some(),
            Members::AllButLineFeed => text
                .split('\n')
                .any(|line| line.len() > but_one && line.chars().nth(but_one).is_some()),
            Members::Of { .. } => {
                let mut run = 0;
                text.chars().any(|c| {
                    run = if self.class.has(c) { run + 1 } else { 0 };
                    run == self.min
                })
            }
        }
    }
}

impl Members {
    fn new(class: &ClassUnicode) -> Self {
        let ranges: Vec<_> = class.iter().map(|r| (r.start(), r.end())).collect();
        match ranges.as_slice() {
            [('\0', char::MAX)] => Self::All,
            [('\0', '\t'), ('\x0b', char::MAX)] => Self::AllButLineFeed,
            _ => Self::Of {
                ascii: (0..128_u8)
                    .filter(|byte| holds(class, char::from(*byte)))
                    .fold(0, |bits, byte| bits | (1 << byte)),
                class: class.clone(),
            },
        }
    }

    fn has(&self, c: char) -> bool {
        match self {
            Self::All => true,
            Self::AllButLineFeed => c != '\n',
            Self::Of { ascii, class } => match u32::from(c) {
                code @ 0..128 => ascii & (1 << code) != 0,
                _ => holds(class, c),
            },
        }
    }
}

fn holds(class: &ClassUnicode, c: char) -> bool {
    let ranges = class.ranges();
    let after = ranges.partition_point(|range| range.start() <= c);
    after
        .checked_sub(1)
        .and_then(|at| ranges.get(at))
        .is_some_and(|range| c <= range.end())
}

fn is_look(hir: &Hir, wanted: Look) -> bool {
    matches!(bare(hir).kind(), HirKind::Look(look) if *look == wanted)
}

/// What stands in the groups.
fn bare(hir: &Hir) -> &Hir {
    match hir.kind() {
        HirKind::Capture(capture) => bare(&capture.sub),
        _ => hir,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_run() {
        let check = |pattern: &str, expected: bool| {
            let hir = regex_syntax::parse(pattern).unwrap();
            assert_eq!(Run::of(&hir).is_some(), expected, "{pattern}");
        };
        check(".{1000,}", true);
        check("(.){200,}", true);
        check("(^(?:[a-z]{4})$)", true);
        check("[^/]{100,}?$", true);
        check("(?i)^[k]{2,3}", true);
        check(r"\w{3}", true);
        check("(?m)^.{5}", false);
        check("a{5}", false);
        check("(ab){5}", false);
        check("x.{5}", false);
        check("[ab].{5}", false);
        check(r".{5}\b", false);
        check("", false);
    }
}
