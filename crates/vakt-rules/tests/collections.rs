//! Whole files: correlations, filters, global documents, merge keys, ids, tests in rules.

use vakt_rules::{LoadOptions, Loaded, RuleSource, load};

fn source(path: &str, text: &str) -> RuleSource {
    RuleSource {
        path: path.to_owned(),
        text: text.to_owned(),
        embedded: false,
    }
}

fn load_all(sources: &[RuleSource]) -> Loaded {
    let loaded = load(sources, &LoadOptions::default());
    assert_eq!(loaded.diagnostics, [], "{:#?}", loaded.diagnostics);
    loaded
}

fn load_text(text: &str) -> Loaded {
    load_all(&[source("t.yml", text)])
}

const LOGINS: &str = "
title: Failed login
name: failed
logsource: {product: linux}
detection: {sel: {a: b}, condition: sel}
---
title: Successful login
id: 4d0a2c83-c62c-4ed4-b475-c7e23a9269b8
logsource: {product: linux}
detection: {sel: {a: c}, condition: sel}
---
";

const THIRD: &str = "title: Third
name: third
logsource: {product: linux}
detection: {sel: {a: d}, condition: sel}
---
";

#[track_caller]
fn check_correlation(correlation: &str, expected: &str) {
    let loaded = load_text(&format!(
        "{LOGINS}{THIRD}title: C\ncorrelation: {correlation}\n"
    ));
    let got = &loaded.rules.correlations[0];
    let text = format!(
        "{:?} inputs {:?} group {:?} in {} s",
        got.kind, got.inputs, got.group_by, got.timespan_seconds
    );
    assert_eq!(text, expected);
}

#[test]
fn correlation_types() {
    check_correlation(
        "{type: event_count, rules: failed, group-by: [u], timespan: 5m, condition: {gte: 5, lt: 10}}",
        "EventCount(Threshold { bounds: [(GreaterOrEqual, 5.0), (Less, 10.0)] }) inputs [Rule(0)] group [GroupField { name: \"u\", per_input: [] }] in 300 s",
    );
    check_correlation(
        "{type: value_count, rules: [failed, 4D0A2C83-c62c-4ed4-b475-c7e23a9269b8], group-by: [u], timespan: 1h, condition: {field: [Source Ip, b], neq: 5}}",
        "ValueCount([\"SourceIp\", \"b\"], Threshold { bounds: [(NotEqual, 5.0)] }) inputs [Rule(0), Rule(1)] group [GroupField { name: \"u\", per_input: [] }] in 3600 s",
    );
    check_correlation(
        "{type: temporal, rules: [failed], group-by: [w], timespan: 30s, aliases: {w: {failed: user}}}",
        "Temporal([Combination { present: [0], absent: [] }]) inputs [Rule(0)] group [GroupField { name: \"w\", per_input: [\"user\"] }] in 30 s",
    );
    check_correlation(
        "{type: temporal_ordered, rules: [failed, 4d0a2c83-c62c-4ed4-b475-c7e23a9269b8], group-by: [w], timespan: 2d, condition: {gte: 2}}",
        "TemporalOrdered([Combination { present: [0, 1], absent: [] }]) inputs [Rule(0), Rule(1)] group [GroupField { name: \"w\", per_input: [] }] in 172800 s",
    );
    let combinations = |condition: &str, expected: &str| {
        check_correlation(
            &format!(
                "{{type: temporal, rules: [failed, 4d0a2c83-c62c-4ed4-b475-c7e23a9269b8, third], group-by: [u], timespan: 5m, condition: {condition}}}"
            ),
            &format!(
                "Temporal([{expected}]) inputs [Rule(0), Rule(1), Rule(2)] group [GroupField {{ name: \"u\", per_input: [] }}] in 300 s"
            ),
        );
    };
    let one = |present: &str, absent: &str| {
        format!("Combination {{ present: [{present}], absent: [{absent}] }}")
    };
    const SECOND: &str = "4d0a2c83-c62c-4ed4-b475-c7e23a9269b8";
    combinations(
        &format!("third and ({SECOND} or failed)"),
        &[one("0, 2", ""), one("1, 2", "")].join(", "),
    );
    combinations(
        &format!("failed and not ({SECOND} or third)"),
        &one("0", "1, 2"),
    );
    // De Morgan; what asks for more than another is left out.
    combinations(
        &format!("failed and not (not third and {SECOND}) or failed and third"),
        &[one("0", "1"), one("0, 2", "")].join(", "),
    );
    combinations("{gte: 3}", &one("0, 1, 2", ""));
    combinations(
        "{gte: 2}",
        &[one("0, 1", ""), one("0, 2", ""), one("1, 2", "")].join(", "),
    );
    // Without `rules`, those of the condition, in its order.
    check_correlation(
        "{type: temporal_ordered, group-by: [u], timespan: 5m, condition: third and not failed}",
        "TemporalOrdered([Combination { present: [0], absent: [1] }]) inputs [Rule(2), Rule(0)] group [GroupField { name: \"u\", per_input: [] }] in 300 s",
    );
    check_correlation(
        "{type: value_sum, rules: [failed], group-by: [u], timespan: 1s, condition: {field: n, gt: 1.5}}",
        "ValueSum(\"n\", Threshold { bounds: [(Greater, 1.5)] }) inputs [Rule(0)] group [GroupField { name: \"u\", per_input: [] }] in 1 s",
    );
    check_correlation(
        "{type: value_avg, rules: [failed], group-by: [u], timespan: 1s, condition: {field: n, eq: 1}}",
        "ValueAvg(\"n\", Threshold { bounds: [(Equal, 1.0)] }) inputs [Rule(0)] group [GroupField { name: \"u\", per_input: [] }] in 1 s",
    );
    check_correlation(
        "{type: value_percentile, rules: [failed], group-by: [u], timespan: 1s, condition: {field: n, lte: 1, percentile: 95}}",
        "ValuePercentile(\"n\", 95.0, Threshold { bounds: [(LessOrEqual, 1.0)] }) inputs [Rule(0)] group [GroupField { name: \"u\", per_input: [] }] in 1 s",
    );
    check_correlation(
        "{type: value_median, rules: [failed], group-by: [u], timespan: 1s, condition: {field: n, gte: 1}}",
        "ValueMedian(\"n\", Threshold { bounds: [(GreaterOrEqual, 1.0)] }) inputs [Rule(0)] group [GroupField { name: \"u\", per_input: [] }] in 1 s",
    );
}

#[test]
fn what_feeds_a_correlation_is_silent_unless_it_says_generate() {
    let inner = "title: Many\nname: many\ncorrelation: {type: event_count, rules: [failed], group-by: [u], timespan: 5m, condition: {gte: 5}}\n---\n";
    let outer = "title: Then success\ncorrelation: {type: temporal_ordered, rules: [many, 4d0a2c83-c62c-4ed4-b475-c7e23a9269b8], group-by: [u], timespan: 5m}\n";
    let flags = |text: &str| {
        let rules = load_text(text).rules;
        let of_rules = rules.rules.iter().map(|rule| rule.generate);
        let of_correlations = rules.correlations.iter().map(|one| one.generate);
        of_rules.chain(of_correlations).collect::<Vec<bool>>()
    };
    let text = format!("{LOGINS}{inner}{outer}");
    assert_eq!(flags(&text), [false, false, false, true]);
    // The one that is fed may stand first, and in another file.
    let text = format!("{outer}---{LOGINS}{inner}generate: true\n");
    let text = text.replace("---\ngenerate: true", "generate: true");
    assert_eq!(flags(&text), [true, false, true, false]);
    assert_eq!(
        flags(&format!("{LOGINS}{outer}generate: true\n---\n{inner}")),
        [false, true, true, true]
    );
}

#[test]
fn a_correlation_finds_its_rules_in_other_files() {
    let correlation =
        "title: C\ncorrelation: {type: temporal, rules: [failed], group-by: [u], timespan: 5m}\n";
    let loaded = load_all(&[source("a.yml", correlation), source("b.yml", LOGINS)]);
    assert_eq!(loaded.counts.loaded, 3);
    assert!(!loaded.rules.rules[0].generate);
}

/// The searches of a rule by name, and its condition.
fn parts(loaded: &Loaded, index: usize) -> String {
    let rule = &loaded.rules.rules[index];
    let names: Vec<&str> = rule.searches.iter().map(|s| s.name.as_str()).collect();
    format!("{} {:?}", names.join(" "), rule.condition)
}

#[test]
fn a_filter_is_joined_as_it_is_written_to_the_rules_that_it_names() {
    let filter = |rules: &str, service: &str| {
        format!(
            "{LOGINS}title: F\nid: 0e95725d-7320-415d-80f7-004da920fc11\nlogsource: {{product: linux{service}}}\nfilter:\n  rules: {rules}\n  selection: {{user: admin}}\n  condition: not selection\n"
        )
    };
    let filtered = "sel _filter_0e95725d-7320-415d-80f7-004da920fc11_selection All([Search(0), Not(Search(1))])";
    let untouched = "sel Search(0)";
    let loaded = load_text(&filter("[failed]", ""));
    assert_eq!(loaded.counts.loaded, 3);
    assert_eq!(
        (parts(&loaded, 0), parts(&loaded, 1)),
        (filtered.to_owned(), untouched.to_owned())
    );
    let loaded = load_text(&filter("any", ""));
    assert_eq!(
        (parts(&loaded, 0), parts(&loaded, 1)),
        (filtered.to_owned(), filtered.to_owned())
    );
    // The rules ask for less than the filter's log source: they are not within it.
    let loaded = load_text(&filter("any", ", service: sshd"));
    assert_eq!(
        (parts(&loaded, 0), parts(&loaded, 1)),
        (untouched.to_owned(), untouched.to_owned())
    );
}

#[test]
fn global_documents_lend_their_keys() {
    let loaded = load_text(
        "action: global
title: Shared
level: high
logsource: {product: linux}
detection:
  condition: sel
---
detection: {sel: {a: b}}
---
title: Own
logsource: {service: sshd}
detection: {sel: {a: c}}
---
action: repeat
title: Again
detection: {sel: {a: d}}
---
action: reset
---
title: Alone
logsource: {product: windows}
detection: {sel: {a: e}, condition: sel}
",
    );
    let shown: Vec<String> = loaded
        .rules
        .rules
        .iter()
        .map(|rule| {
            let source = &rule.log_source;
            format!(
                "{} {} {:?} {:?} line {}",
                rule.meta.title, rule.meta.level, source.product, source.service, rule.meta.line
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "Shared high Some(\"linux\") None line 8",
            "Own high Some(\"linux\") Some(\"sshd\") line 10",
            "Again high Some(\"linux\") Some(\"sshd\") line 15",
            "Alone informational Some(\"windows\") None line 20",
        ]
    );
}

#[test]
fn merge_keys_are_written_out_and_own_keys_win() {
    let loaded = load_text(
        "title: T
logsource: {product: linux}
detection:
  base: &base {a: b, c: d}
  sel:
    <<: *base
    a: x
  both:
    <<: [*base, {e: f, a: y}]
  condition: 1 of them
",
    );
    insta::assert_debug_snapshot!(loaded.rules.rules[0].searches);
}

#[test]
fn a_rule_without_an_id_gets_one_that_its_metadata_does_not_change() {
    let id = |text: &str| load_text(text).rules.rules[0].meta.id.clone();
    let rule = "title: T\nlogsource: {product: linux}\ndetection: {sel: {a: b}, condition: sel}\n";
    let first = id(rule);
    assert_eq!(first, "30f6204e-afc1-8eee-baa9-de2685c80305");
    assert_eq!(
        id(&format!("# a comment\n{rule}level: high\nauthor: me\n")),
        first
    );
    assert_ne!(id(&rule.replace("a: b", "a: c")), first);
}

#[test]
fn tests_and_drafts_are_read() {
    let loaded = load_text(
        "title: T
id: 0e95725d-7320-415d-80f7-004da920fc11
logsource: {product: linux}
detection: {sel: {a: b}, condition: sel}
vakt:
  draft: true
  tests:
    fires:
      - name: two lines
        lines: |
          one

          two
      - lines: ['{\"a\": 1}']
    silent:
      - name: not this
        lines: three
",
    );
    assert_eq!(loaded.rules.rules[0].meta.draft, Some(true));
    insta::assert_debug_snapshot!(loaded.tests);
}

#[test]
fn retired_rules_are_skipped_unless_asked_for() {
    let text = "title: T\nstatus: deprecated\ndate: bad\nlogsource: {product: linux}\ndetection: {sel: {a: b}, condition: sel}\n";
    let sources = [source("t.yml", text)];
    let loaded = load(&sources, &LoadOptions::default());
    assert_eq!((loaded.counts.loaded, loaded.counts.skipped), (0, 1));
    assert_eq!(loaded.diagnostics, []);
    let options = LoadOptions {
        include_deprecated: true,
        ..LoadOptions::default()
    };
    let loaded = load(&sources, &options);
    assert_eq!((loaded.counts.loaded, loaded.counts.skipped), (1, 0));
    assert_eq!(loaded.diagnostics.len(), 1);
}

#[test]
fn a_filter_that_would_fill_the_memory_is_refused_and_its_rules_run() {
    let mut text = String::new();
    for rule in 0..1_001 {
        text.push_str(&format!(
            "title: Rule {rule}\nlogsource: {{product: linux}}\ndetection: {{sel: {{a: b{rule}}}, condition: sel}}\n---\n"
        ));
    }
    let values = "x, ".repeat(2_000);
    text.push_str(&format!(
        "title: F\nlogsource: {{product: linux}}\nfilter: {{rules: any, selection: {{a: [{values}y]}}, condition: selection}}\n"
    ));
    let loaded = load(&[source("t.yml", &text)], &LoadOptions::default());
    assert_eq!((loaded.counts.loaded, loaded.counts.refused), (1_001, 1));
    assert_eq!(loaded.refused[0].reasons, ["filter-key"]);
    assert_eq!(parts(&loaded, 0), "sel Search(0)");
}
