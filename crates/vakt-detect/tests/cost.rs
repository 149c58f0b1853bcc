//! What is measured is charged to the rule that it is done for. Figures are compared only where one
//! is thousands of times the other.

use std::time::Instant;

use vakt_detect::correlate::Seen;
use vakt_detect::{Correlator, Engine, RuleCosts};
use vakt_event::{Event, LogSource};
use vakt_rules::ast::RuleSet;
use vakt_rules::{LoadOptions, RuleSource, load};

/// A regular expression without literals, with more states than any cache holds.
const COSTLY: &str = "[ac][ab]{60}[cd]";

fn rule(name: &str, search: &str) -> String {
    format!(
        "---\ntitle: {name}\nname: {name}\nlogsource:\n  product: windows\ndetection:\n  selection:\n    \
         {search}\n  condition: selection\n"
    )
}

fn rules(text: &str) -> RuleSet {
    let source = RuleSource {
        path: "rules.yml".to_owned(),
        text: text.to_owned(),
        embedded: false,
    };
    let loaded = load(&[source], &LoadOptions::default());
    assert_eq!(loaded.counts.refused, 0, "{:?}", loaded.diagnostics);
    loaded.rules
}

/// Values that are different each time, of `a` and `b` in no order.
fn event(number: u64) -> Event<'static> {
    let mut state = number + 1;
    let value: String = (0..1_500)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            if state >> 63 == 0 { 'a' } else { 'b' }
        })
        .collect();
    let mut event = Event {
        log_sources: vec![LogSource::of("windows", "", "")],
        ..Event::default()
    };
    event.added("CommandLine", value);
    event.added("EventID", "1");
    event
}

#[test]
fn a_rule_pays_for_its_regex_and_half_of_it_where_two_ask_for_it() {
    let regex = format!("CommandLine|re: '{COSTLY}'");
    let set = rules(
        &[
            rule("cheap", "EventID: 1"),
            rule("alone", &format!("CommandLine|re: '{COSTLY}[yz]'")),
            rule("one", &regex),
            rule("other", &format!("{regex}\n    EventID: 1")),
        ]
        .concat(),
    );
    let engine = Engine::compile(&set);
    let mut costs = RuleCosts::new(&set);
    let mut scratch = engine.scratch();
    let mut hits = Vec::new();
    let started = Instant::now();
    for number in 0..20 {
        engine.matches_sampled(&event(number), &mut scratch, &mut hits, &mut costs);
    }
    let elapsed = u64::try_from(started.elapsed().as_nanos()).unwrap();
    assert_eq!(hits, [0; 20]);
    assert_eq!(costs.events(), 20);
    let [cheap, alone, one, other] = costs.rules() else {
        panic!("four rules: {costs:?}");
    };
    assert!(*alone > 10 * cheap, "{costs:?}");
    assert!(*one > 10 * cheap, "{costs:?}");
    // Both are shares of one measured time; what else they pay for is little.
    assert!(one.abs_diff(*other) < one / 2, "{costs:?}");
    assert!(costs.total() <= elapsed, "{costs:?} in {elapsed} ns");

    let mut twice = costs.clone();
    twice.add(&costs);
    assert_eq!(twice.total(), 2 * costs.total());
    assert_eq!(twice.events(), 40);
}

#[test]
fn a_correlation_that_is_fed_pays_for_itself_and_fires_as_ever() {
    let correlation = |input: &str| {
        format!(
            "---\ntitle: many {input}\ncorrelation:\n  type: event_count\n  rules: [{input}]\n  \
             group-by: [EventID]\n  timespan: 1m\n  condition:\n    gte: 2\n"
        )
    };
    let set = rules(
        &[
            rule("fed", "EventID: 1"),
            rule("starved", "EventID: 2"),
            correlation("fed"),
            correlation("starved"),
        ]
        .concat(),
    );
    let mut costs = RuleCosts::new(&set);
    let mut correlator = Correlator::new(&set);
    let mut plain = correlator.fresh();
    let (mut firings, mut expected) = (Vec::new(), Vec::new());
    for position in 0..100 {
        let seen = Seen {
            position,
            ..Seen::default()
        };
        let event = event(position);
        correlator.observe_sampled(&seen, &event, &[0], &mut firings, &mut costs);
        plain.observe_seen(&seen, &event, &[0], &mut expected);
    }
    assert_eq!(firings, expected);
    assert_eq!(firings.len(), 99);
    assert!(costs.correlations()[0] > 0, "{costs:?}");
    assert_eq!(costs.correlations()[1], 0, "{costs:?}");
}
