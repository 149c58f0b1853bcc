//! The engine against the reference, over random rules and events.

mod support;

use proptest::prelude::*;
use vakt_detect::evidence::View;
use vakt_detect::naive::Prepared;
use vakt_detect::{Engine, RuleCosts};
use vakt_rules::ast::RuleSet;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_finds_what_the_reference_finds(
        rules in prop::collection::vec(support::rule(), 1..12),
        events in prop::collection::vec(support::event(), 1..8),
    ) {
        let prepared: Vec<_> = rules.iter().cloned().map(Prepared::new).collect();
        let rules = RuleSet { rules, correlations: Vec::new() };
        let engine = Engine::compile(&rules);
        let mut costs = RuleCosts::new(&rules);
        let mut scratch = engine.scratch();
        // Twice: the second time values come from the cache.
        for event in events.iter().chain(&events) {
            let mut hits = vec![usize::MAX];
            engine.matches(event, &mut scratch, &mut hits);
            let mut expected = vec![usize::MAX];
            expected.extend(support::by_reference(&prepared, event));
            prop_assert_eq!(&hits, &expected, "{:#?}", event);
            hits.truncate(1);
            engine.matches_sampled(event, &mut scratch, &mut hits, &mut costs);
            prop_assert_eq!(hits, expected, "measured: {:#?}", event);
            let view = View::of(event);
            for rule in &prepared {
                let fields = rule.matched_fields(event);
                prop_assert_eq!(rule.evidence(&view), fields, "{:#?} {:#?}", rule.rule(), event);
            }
        }
        prop_assert_eq!(costs.events(), 2 * events.len() as u64);
    }
}

/// A scratch made by one engine and given to another must not mix them up.
#[test]
fn a_scratch_of_another_engine_starts_anew() {
    let small = Engine::compile(&RuleSet::default());
    let scratch = std::cell::RefCell::new(small.scratch());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&(support::rule(), support::event()), |(rule, event)| {
            let expected = support::by_reference(&[Prepared::new(rule.clone())], &event);
            let engine = Engine::compile(&RuleSet {
                rules: vec![rule],
                correlations: Vec::new(),
            });
            let mut hits = Vec::new();
            engine.matches(&event, &mut scratch.borrow_mut(), &mut hits);
            prop_assert_eq!(hits, expected);
            Ok(())
        })
        .unwrap();
}
