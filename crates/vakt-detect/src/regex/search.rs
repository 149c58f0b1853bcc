//! What the engine asks of an expression: whether it matches somewhere in a value.
//!
//! Values are sent by anybody, and some are made so that a lazily built automaton needs a new
//! state at every byte, fills its cache over and over and gives up. What is lost then is only that
//! one value's time: the cache starts anew with the next value.

use std::panic::{RefUnwindSafe, UnwindSafe};

use regex_automata::hybrid::dfa::{self, DFA};
use regex_automata::nfa::thompson::{
    NFA, WhichCaptures,
    backtrack::{self, BoundedBacktracker},
    pikevm::{self, PikeVM},
};
use regex_automata::util::pool::Pool;
use regex_automata::util::prefilter::Prefilter;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchErrorKind, MatchKind};
use regex_syntax::hir::Hir;
use vakt_rules::ast::Regex as Source;

use super::bytes::{BytesOf, required_bytes};
use super::run::Run;
use super::windows::Windows;
use super::{LAZY_DFA_BYTES_MAX, NFA_BYTES_MAX, RegexError, syntax_of};

/// The lazy automaton gives a value up when its cache was filled so often ...
const FILLS_MAX: usize = 3;
/// ... and a state then serves fewer bytes than this: without it the cost of building states is
/// not earned back.
const BYTES_PER_STATE_MIN: usize = 10;
/// Memory of the backtracker's marks, a thread: a bit for each state at each byte.
const VISITED_BYTES_MAX: usize = 256 << 10;

/// A compiled expression that says whether it matches. The time is linear in the value.
pub struct Searcher {
    way: Way,
    /// Of a match.
    bytes_min: usize,
    /// They stand in every match.
    bytes: Box<[u8]>,
}

enum Way {
    Run(Run),
    Automaton(Box<Automaton>),
}

/// Three ways to walk one automaton.
struct Automaton {
    /// `None` where a few of its states are larger than its cache may be.
    lazy: Option<DFA>,
    /// Where values are walked; everywhere if `None`: nothing is known, or a prefilter skips to
    /// where a match may begin.
    windows: Option<Windows>,
    backtracker: BoundedBacktracker,
    pike: PikeVM,
    caches: Pool<Caches, NewCaches>,
}

type NewCaches = Box<dyn Fn() -> Caches + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// What searching writes to; of each thread that searches at the same time.
struct Caches {
    lazy: Option<dfa::Cache>,
    backtracker: Option<backtrack::Cache>,
    pike: Option<pikevm::Cache>,
}

impl Searcher {
    pub fn new(source: &Source) -> Result<Self, RegexError> {
        let error = |reason: String| RegexError {
            pattern: source.pattern.clone(),
            reason,
        };
        let hir = syntax::parse_with(&source.pattern, &syntax_of(source))
            .map_err(|problem| error(problem.to_string()))?;
        let way = match Run::of(&hir) {
            Some(run) => Way::Run(run),
            None => {
                let automaton =
                    Automaton::new(&hir).map_err(|problem| error(problem.to_string()))?;
                Way::Automaton(Box::new(automaton))
            }
        };
        Ok(Self {
            way,
            bytes_min: hir.properties().minimum_len().unwrap_or(0),
            bytes: required_bytes(&hir).into(),
        })
    }

    /// Whether a text of so many bytes, which has these, could match.
    pub fn may_match(&self, len: usize, bytes: &BytesOf) -> bool {
        len >= self.bytes_min && bytes.have_all(&self.bytes)
    }

    /// Whether the expression matches anywhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.way {
            Way::Run(run) => run.is_match(text),
            Way::Automaton(automaton) => automaton.is_match(text),
        }
    }
}

impl Automaton {
    fn new(hir: &Hir) -> Result<Self, Box<dyn std::error::Error>> {
        let nfa = NFA::compiler()
            .configure(
                NFA::config()
                    .nfa_size_limit(Some(NFA_BYTES_MAX))
                    .which_captures(WhichCaptures::None),
            )
            .build_from_hir(hir)?;
        let prefilter = Prefilter::from_hirs_prefix(MatchKind::LeftmostFirst, &[hir]);
        let lazy = DFA::builder()
            .configure(
                DFA::config()
                    .specialize_start_states(prefilter.is_some())
                    .prefilter(prefilter.clone())
                    .unicode_word_boundary(true)
                    .cache_capacity(LAZY_DFA_BYTES_MAX)
                    .minimum_cache_clear_count(Some(FILLS_MAX))
                    .minimum_bytes_per_state(Some(BYTES_PER_STATE_MIN)),
            )
            .build_from_nfa(nfa.clone())
            .ok();
        let windows = match prefilter {
            Some(_) => None,
            None => Windows::of(hir),
        };
        let backtracker = BoundedBacktracker::builder()
            .configure(
                BoundedBacktracker::config()
                    .prefilter(prefilter.clone())
                    .visited_capacity(VISITED_BYTES_MAX),
            )
            .build_from_nfa(nfa.clone())?;
        let pike = PikeVM::builder()
            .configure(PikeVM::config().prefilter(prefilter))
            .build_from_nfa(nfa)?;
        let for_caches = lazy.clone();
        Ok(Self {
            caches: Pool::new(Box::new(move || Caches {
                lazy: for_caches.as_ref().map(DFA::create_cache),
                backtracker: None,
                pike: None,
            })),
            lazy,
            windows,
            backtracker,
            pike,
        })
    }

    fn is_match(&self, text: &str) -> bool {
        match &self.windows {
            None => self.search(&Input::new(text).earliest(true)),
            Some(windows) => windows.any(text, |window| {
                self.search(&Input::new(text).span(window).earliest(true))
            }),
        }
    }

    fn search(&self, input: &Input<'_>) -> bool {
        let mut caches = self.caches.get();
        match self.lazily(&mut caches, input) {
            Some(matches) => matches,
            None => self.walk(&mut caches, input),
        }
    }

    /// `None` where the lazy automaton gave up, or met a character beside a `\b` that it has no
    /// table for.
    fn lazily(&self, caches: &mut Caches, input: &Input<'_>) -> Option<bool> {
        let (lazy, cache) = self.lazy.as_ref().zip(caches.lazy.as_mut())?;
        match lazy.try_search_fwd(cache, input) {
            Ok(end) => Some(end.is_some()),
            Err(error) => {
                if matches!(error.kind(), MatchErrorKind::GaveUp { .. }) {
                    // Left as it is, it would give up at every value from now on.
                    cache.reset(lazy);
                }
                None
            }
        }
    }

    /// The search that takes every state along at every byte.
    #[cold]
    fn walk(&self, caches: &mut Caches, input: &Input<'_>) -> bool {
        if input.get_span().len() <= self.backtracker.max_haystack_len() {
            let cache = caches
                .backtracker
                .get_or_insert_with(|| self.backtracker.create_cache());
            if let Ok(matches) = self.backtracker.try_is_match(cache, input.clone()) {
                return matches;
            }
        }
        let cache = caches.pike.get_or_insert_with(|| self.pike.create_cache());
        self.pike.is_match(cache, input.clone())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::compile;
    use super::*;

    fn source(pattern: &str, flags: [bool; 3]) -> Source {
        let [case_insensitive, multi_line, dot_matches_new_line] = flags;
        Source {
            pattern: pattern.to_owned(),
            case_insensitive,
            multi_line,
            dot_matches_new_line,
        }
    }

    /// A class, a count, and what may stand around them.
    fn pattern() -> impl Strategy<Value = String> {
        let class = prop::sample::select(vec![
            ".", "a-", "[^k]", "[a-z]", "[^a-z]", r"\w", "[ak]", "(?s:.)", r"[é\n]", "k",
            r"[\d\D]", "(.)", "ak",
        ]);
        let count = prop::sample::select(vec![
            "{3,}", "{2}", "{1,2}", "{0,2}", "*", "+", "{3}?", "{2,4}?", "{130,}", "?", "",
        ]);
        let before = prop::sample::select(vec![
            "", "^", "(?i)", "(?i)^", "(^", "(?:", r"\b", "(?m)^", "a", "[ak]-",
        ]);
        let after = prop::sample::select(vec!["", "$", "$", r"\b", "k", "|a$", "(?m:$)"]);
        (before, class, count, after).prop_map(|(before, class, count, after)| {
            let close = if before.contains("(^") || before.ends_with("(?:") {
                ")"
            } else {
                ""
            };
            format!("{before}{class}{count}{after}{close}")
        })
    }

    proptest! {
        #[test]
        fn a_search_finds_what_the_expression_means(
            pattern in pattern(),
            flags: [bool; 3],
            texts in prop::collection::vec("[akK\u{212A}é\n -]{0,6}|x{0,260}[ak-]{0,4}x{0,260}[ ak-]{0,4}é?|[aé\n]{100,160}|a{0,3}k{0,3}\n?", 1..4),
        ) {
            let source = source(&pattern, flags);
            let (meaning, searcher) = (compile(&source).unwrap(), Searcher::new(&source).unwrap());
            for text in &texts {
                let may = searcher.may_match(text.len(), &BytesOf::new(text));
                prop_assert!(may || !searcher.is_match(text), "{}", pattern);
                prop_assert_eq!(searcher.is_match(text), meaning.is_match(text), "{}", pattern);
            }
        }
    }

    /// States without end: the automaton has to know which of so many places held an `a`.
    const HARD: &str = "a.{300}b";

    #[test]
    fn a_value_that_fills_the_cache_costs_later_ones_nothing() {
        let source = source(HARD, [false; 3]);
        let hir = syntax::parse_with(HARD, &syntax_of(&source)).unwrap();
        let automaton = Automaton::new(&hir).unwrap();
        let mut caches = automaton.caches.get();
        let mut hostile = String::new();
        let mut random = 1_u64;
        for _ in 0..100_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            hostile.push(if random >> 63 == 0 { 'a' } else { 'é' });
        }
        assert_eq!(automaton.lazily(&mut caches, &Input::new(&hostile)), None);
        assert!(!automaton.walk(&mut caches, &Input::new(&hostile)));
        for ordinary in ["one", "and another aaa"] {
            assert_eq!(
                automaton.lazily(&mut caches, &Input::new(ordinary)),
                Some(false)
            );
        }
        let far = format!("a{}b", "x".repeat(300));
        assert_eq!(automaton.lazily(&mut caches, &Input::new(&far)), Some(true));
    }
}
