//! What single tests mean: one table, through the reference and the engine.

mod support;

use vakt_detect::naive::{self, Prepared};
use vakt_detect::{Engine, naive::Explanation};
use vakt_event::{Event, LogSource, Value};
use vakt_rules::ast::*;

/// A pattern as a rule would write it: `*` and `?` are wildcards, `~` stands for a `windash` dash.
fn text(written: &str) -> Test {
    Test::Text(pattern(written, false))
}

fn cased(written: &str) -> Test {
    Test::Text(pattern(written, true))
}

fn pattern(written: &str, cased: bool) -> Pattern {
    let mut tokens = Vec::new();
    for c in written.chars() {
        match (c, tokens.last_mut()) {
            ('*', _) => tokens.push(Token::Many),
            ('?', _) => tokens.push(Token::One),
            ('~', _) => tokens.push(Token::Dash),
            (c, Some(Token::Literal(literal))) => literal.push(c),
            (c, _) => tokens.push(Token::Literal(c.into())),
        }
    }
    Pattern { tokens, cased }
}

fn regex(pattern: &str, case_insensitive: bool) -> Test {
    Test::Regex(Regex {
        pattern: pattern.into(),
        case_insensitive,
        multi_line: false,
        dot_matches_new_line: false,
    })
}

fn is(field: &str, test: Test) -> Detection {
    Detection::Is(Predicate {
        field: Some(field.into()),
        test,
    })
}

fn keyword(test: Test) -> Detection {
    Detection::Is(Predicate { field: None, test })
}

fn not(detection: Detection) -> Detection {
    Detection::Not(Box::new(detection))
}

fn same_as(field: &str, relation: Relation, cased: bool) -> Test {
    Test::FieldRef {
        field: field.into(),
        relation,
        cased,
    }
}

/// An event with these values, sent.
fn event(fields: &[(&'static str, Value<'static>)]) -> Event<'static> {
    let mut event = Event::default();
    for (name, value) in fields {
        event.sent(*name, value.clone());
    }
    event
}

fn str(text: &'static str) -> Value<'static> {
    Value::from(text)
}

fn check(detection: Detection, event: &Event<'_>, expected: bool) {
    let rule = support::rule_of(LogSource::default(), vec![detection], Condition::Search(0));
    check_rule(rule, event, expected);
}

fn check_rule(rule: std::sync::Arc<Rule>, event: &Event<'_>, expected: bool) {
    assert_eq!(
        naive::matches(&rule, event),
        expected,
        "{:#?} on {event:#?}",
        rule.searches
    );
    let engine = Engine::compile(&RuleSet {
        rules: vec![rule],
        correlations: Vec::new(),
    });
    let mut hits = Vec::new();
    engine.matches(event, &mut engine.scratch(), &mut hits);
    assert_eq!(!hits.is_empty(), expected, "the engine differs");
}

#[test]
fn text_patterns() {
    let check = |test: Test, value: Value<'static>, expected| {
        check(is("x", test), &event(&[("x", value)]), expected);
    };
    check(text("PowerShell"), str("powershell"), true);
    check(text("\u{212A}ey"), str("key"), true);
    check(text("key"), str("\u{212A}EY"), true);
    check(text("straße"), str("STRASSE"), false);
    check(text("STRAẞE"), str("straße"), true);
    check(text("σας*"), str("ΣΑΣ!"), true);
    check(cased("PowerShell"), str("powershell"), false);
    check(cased("*Shell"), str("PowerShell"), true);
    check(
        text(r"*\cmd.exe"),
        str(r"C:\Windows\System32\CMD.EXE"),
        true,
    );
    check(text(r"*\cmd.exe"), str(r"C:\cmd.exe.bak"), false);
    check(text("a*c"), str("a\r\nc"), true);
    check(text("a?c"), str("aüc"), true);
    check(text("a?c"), str("ac"), false);
    check(text("??"), str("ü\n"), true);
    check(text("*a*b*a*"), str("xaxbx"), false);
    check(text("*ab"), str("aab"), true);
    check(text("ab*ba"), str("aba"), false);
    check(text("*~enc*"), str("x –ENC y"), true);
    check(text("*~enc*"), str("x +enc y"), false);
    check(text("*~a ~b ~c*"), str("/a -b ―c"), true);
    check(text(""), str(""), true);
    check(text(""), str("a"), false);
    check(text(""), Value::Null, false);
    check(text("*"), str(""), true);
    check(text("*"), Value::Null, false);
    check(text("4688"), Value::number(4688), true);
    check(text("4688"), str("4688"), true);
    check(text("4688"), Value::number("4688.0"), true);
    check(text("4688"), str("4688.0"), false);
    check(text("*4688"), Value::number("1e3"), false);
    check(cased("4688"), Value::number("4688.0"), false);
    check(text("~1"), Value::number("-1.0"), true);
    check(text("468?"), Value::number("4688.0"), false);
    check(text("TRUE"), Value::Bool(true), true);
}

#[test]
fn absent_null_and_empty() {
    let absent = event(&[("y", str("a"))]);
    let null = event(&[("x", Value::Null)]);
    let empty = event(&[("x", str(""))]);
    let both = event(&[("x", str("a")), ("x", Value::Null)]);
    let check = |test: Test, expected: [bool; 4]| {
        for (event, expected) in [&absent, &null, &empty, &both].into_iter().zip(expected) {
            check(is("x", test.clone()), event, expected);
            check(not(is("x", test.clone())), event, !expected);
        }
    };
    check(Test::Null, [true, true, false, true]);
    check(Test::Exists(true), [false, true, true, true]);
    check(Test::Exists(false), [true, false, false, false]);
    check(text(""), [false, false, true, false]);
    check(text("a"), [false, false, false, true]);
    check(regex("", false), [false, false, true, true]);
}

#[test]
fn names_that_mean_the_same_are_one_field() {
    let sent = event(&[("process.executable", str("a")), ("Image", str("b"))]);
    check(is("Image", text("a")), &sent, true);
    check(is("NewProcessName", text("b")), &sent, true);
    check(is("process.executable", text("b")), &sent, true);
    check(is("image", text("b")), &sent, false);
}

#[test]
fn regular_expressions() {
    let check = |test: Test, value: &'static str, expected| {
        check(is("x", test), &event(&[("x", str(value))]), expected);
    };
    check(regex("Mimi.*tz", false), "invoke-Mimikatz", true);
    check(regex("Mimi.*tz", false), "invoke-mimikatz", false);
    check(regex("Mimi.*tz", true), "invoke-mimiKATZ", true);
    check(regex("(?i)mimi", false), "MIMI", true);
    check(regex("a.b", false), "a\nb", false);
    check(regex("^key$", true), "\u{212A}EY", true);
    check(regex("(unclosed", false), "(unclosed", false);
}

#[test]
fn numbers_addresses_dates_and_other_fields() {
    let check = |test: Test, value: Value<'static>, expected| {
        let event = event(&[("x", value), ("y", str("AbC")), ("z", Value::Null)]);
        check(is("x", test), &event, expected);
    };
    let above = |limit| Test::Compare(Comparison::Greater, limit);
    check(above(9.0), str("10"), true);
    check(above(9.0), Value::number("9.5"), true);
    check(above(9.0), str("9"), false);
    check(above(9.0), str("ten"), false);
    check(Test::Compare(Comparison::LessOrEqual, 9.0), str("9"), true);
    let net = |net: &str| Test::Cidr(net.parse().unwrap());
    check(net("10.0.0.0/8"), str("::ffff:10.1.1.1"), true);
    check(net("10.0.0.0/8"), str("10.1.1.1:80"), false);
    check(net("2001:db8::/32"), str("2001:DB8::1"), true);
    check(
        Test::TimePart(TimePart::Hour, 23),
        str("2026-11-24T23:59:00-08:00"),
        true,
    );
    check(Test::TimePart(TimePart::Hour, 23), str("23:59"), false);
    check(same_as("y", Relation::Equals, false), str("aBc"), true);
    check(same_as("y", Relation::Equals, true), str("aBc"), false);
    check(same_as("y", Relation::EndsWith, false), str("x abc"), true);
    check(
        same_as("y", Relation::StartsWith, false),
        str("x abc"),
        false,
    );
    check(same_as("y", Relation::Contains, true), str("xAbCx"), true);
    check(same_as("z", Relation::Equals, false), str(""), false);
    check(same_as("absent", Relation::Equals, false), str(""), false);
}

#[test]
fn a_negated_reference_to_an_absent_field_holds() {
    let equals = is("x", same_as("y", Relation::Equals, false));
    check(not(equals.clone()), &event(&[("x", str("a"))]), true);
    let both = event(&[("x", str("a")), ("y", str("A"))]);
    check(not(equals), &both, false);
}

#[test]
fn keywords_look_at_what_the_sender_sent() {
    let mut event = event(&[("x", str("needle")), ("y", Value::number(42))]);
    event.added("z", "haystack");
    event.original = "the whole line".into();
    check(keyword(text("*NEED*")), &event, true);
    check(keyword(text("*hay*")), &event, false);
    check(keyword(text("*whole*")), &event, true);
    check(keyword(text("42")), &event, true);
    check(keyword(text("whole")), &event, false);
    check(keyword(text("*y*")), &event, false);
    check(keyword(regex("n.{3}le", false)), &event, true);
    check(keyword(Test::Null), &event, false);
    check(keyword(Test::Exists(true)), &event, false);
    let quoted = |name: &str| keyword(same_as(name, Relation::Contains, false));
    check(quoted("z"), &event, false);
    event.original = "the HAYSTACK".into();
    check(quoted("z"), &event, true);
    check(quoted("absent"), &event, false);
    event.structured = true;
    event.original = r#"{"x":"needle","y":42}"#.into();
    check(keyword(text("*need*")), &event, true);
    check(keyword(text("*x*")), &event, false);
    check(keyword(text("*\":*")), &event, false);
}

#[test]
fn a_rule_applies_where_a_log_source_satisfies_it() {
    let check = |asked: LogSource<'static>, shown: &[LogSource<'static>], expected| {
        let event = Event {
            log_sources: shown.to_vec(),
            ..event(&[("x", str("a"))])
        };
        let search = is("x", text("a"));
        let rule = support::rule_of(asked.clone(), vec![search], Condition::Search(0));
        check_rule(rule, &event, expected);
        let absent = is("absent", text("a"));
        let negation = Condition::Not(Box::new(Condition::Search(0)));
        let rule = support::rule_of(asked, vec![absent], negation);
        check_rule(rule, &event, expected);
    };
    let sysmon = LogSource::of("windows", "", "sysmon");
    let creation = LogSource::of("windows", "process_creation", "");
    let both = [sysmon.clone(), creation.clone()];
    check(LogSource::of("", "", ""), &[], true);
    check(LogSource::of("windows", "", ""), &[], false);
    check(LogSource::of("Windows", "", ""), &both, true);
    check(LogSource::of("", "process_creation", ""), &both, true);
    check(LogSource::of("linux", "process_creation", ""), &both, false);
    // No one log source of the event has both parts.
    check(
        LogSource::of("windows", "process_creation", "sysmon"),
        &both,
        false,
    );
}

#[test]
fn empty_conjunctions_hold_and_empty_disjunctions_do_not() {
    let event = Event::default();
    check(Detection::All(vec![]), &event, true);
    check(Detection::Any(vec![]), &event, false);
    let rule = support::rule_of(LogSource::default(), vec![], Condition::Search(0));
    check_rule(rule, &event, false);
}

/// `image and not filter`, with a list.
fn image_and_not_filter() -> Prepared {
    Prepared::new(support::rule_of(
        LogSource::of("windows", "", ""),
        vec![
            Detection::Any(vec![
                is("Image", text(r"*\a.exe")),
                is("Image", text(r"*\b.exe")),
                keyword(text("*secret*")),
            ]),
            is("User", text("SYSTEM")),
        ],
        Condition::All(vec![
            Condition::Search(0),
            Condition::Not(Box::new(Condition::Search(1))),
        ]),
    ))
}

#[test]
fn matched_fields_are_those_of_positive_predicates() {
    let rule = image_and_not_filter();
    let mut event = event(&[
        ("process.executable", str(r"C:\B.exe")),
        ("note", str("a secret")),
    ]);
    event.original = "no".into();
    assert_eq!(rule.matched_fields(&event), []);
    event.log_sources.push(LogSource::of("windows", "", ""));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        rule.matched_fields(&event),
        [pair("Image", r"C:\B.exe"), pair("note", "a secret")]
    );
    event.original = "the secret".into();
    assert_eq!(
        rule.matched_fields(&event).last(),
        Some(&pair("event.original", "the secret"))
    );
}

#[test]
fn an_explanation_shows_what_held_and_what_was_there() {
    let explanation: Explanation = image_and_not_filter().explain(&event(&[
        ("Image", str(r"C:\b.exe")),
        ("user.name", str("system")),
    ]));
    let expected = r"the rule does not match
  the rule is for product=windows, and the event shows no log source
  false and
    true  search search_0
      true  or
        false Image is `*\a.exe`  <- C:\b.exe
        true  Image is `*\b.exe`  <- C:\b.exe
        false keyword is `*secret*`
    false not
      true  search search_1
        true  User is `SYSTEM`  <- system
";
    assert_eq!(explanation.to_string(), expected);
}

#[test]
fn a_rule_whose_expression_cannot_be_compiled_is_named() {
    let search = is("x", regex("(unclosed", false));
    let rule = support::rule_of(
        LogSource::default(),
        vec![search],
        Condition::Not(Box::new(Condition::Search(0))),
    );
    check_rule(rule.clone(), &Event::default(), false);
    let engine = Engine::compile(&RuleSet {
        rules: vec![rule.clone(), rule.clone()],
        correlations: Vec::new(),
    });
    let named: Vec<_> = engine.problems().iter().map(|p| p.rule).collect();
    assert_eq!(named, [0, 1]);
    let problem = naive::explain(&rule, &Event::default()).problem;
    assert!(problem.is_some_and(|problem| problem.contains("(unclosed")));
}
