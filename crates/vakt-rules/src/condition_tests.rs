use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    let got = match parse(text) {
        Ok(expression) => expression.to_string(),
        Err(problems) => {
            let said = |problem: &Problem| format!("{:?} at {:?}", problem.kind, problem.span);
            problems.iter().map(said).collect::<Vec<_>>().join(", ")
        }
    };
    assert_eq!(got, expected, "{text}");
}

#[test]
fn precedence_and_quantifiers() {
    check("a", "a");
    check("a or b and not c", "a or (b and not c)");
    check("not a and b", "not a and b");
    check("not (a and b)", "not (a and b)");
    check("not not a", "not not a");
    check("(a)", "a");
    check("1 of them", "1 of them");
    check("any of sel*", "1 of sel*");
    check(
        "all of *_x and not 1 of f_*_opt",
        "all of *_x and not 1 of f_*_opt",
    );
    check("a and (b or c) and d", "a and (b or c) and d");
    check("  a\tand\n b ", "a and b");
    check("selection-1 and all", "selection-1 and all");
}

#[test]
fn what_cannot_be_read() {
    check("", "Empty at 0..0");
    check("a AND b", "Case(\"and\") at 2..5");
    check("a OR Not b", "Case(\"or\") at 2..4, Case(\"not\") at 5..8");
    check("NOT a", "Case(\"not\") at 0..3");
    check("ALL of them", "Case(\"all\") at 0..3");
    check("1 of Them", "Case(\"them\") at 5..9");
    check(
        "a b",
        "Expected(\"`and`, `or` or the end\", \"`b`\") at 2..3",
    );
    check(
        "(a or b",
        "Expected(\"`)`, `and` or `or`\", \"the end\") at 6..7",
    );
    check(
        "a and",
        "Expected(\"a search, `not`, `1 of`, `all of` or `(`\", \"the end\") at 4..5",
    );
    check("2 of them", "Count(\"2\") at 0..1");
    check(
        "1 of",
        "Expected(\"`them` or a pattern of names\", \"the end\") at 3..4",
    );
    check(
        "sel*",
        "Expected(\"`1 of` or `all of` before a pattern\", \"`sel*`\") at 0..4",
    );
    check("a | count() > 5", "Aggregation at 2..15");
    let deep = parse(&"(".repeat(10_000)).unwrap_err();
    assert_eq!(deep[0].kind, ProblemKind::TooLarge);
}

#[test]
fn patterns_of_names() {
    for (pattern, name, expected) in [
        ("sel*", "sel", true),
        ("sel*", "selection", true),
        ("sel*", "asel", false),
        ("*sel", "asel", true),
        ("a*b*c", "a1b2c", true),
        ("a*b*c", "abc", true),
        ("a*b", "a", false),
        ("ab*ba", "aba", false),
        ("sel", "sel", true),
        ("sel", "selx", false),
        ("*", "", true),
    ] {
        assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
    }
}

fn expression() -> impl Strategy<Value = Expression> {
    let name = |text: String| Name { text, span: 0..0 };
    let leaf = prop_oneof![
        "s[a-z_0-9]{0,5}".prop_map(move |text| Expression::Search(name(text))),
        ("(them|[a-z_]{1,4}\\*)", any::<bool>()).prop_map(move |(text, one)| {
            let quantifier = if one {
                Quantifier::One
            } else {
                Quantifier::All
            };
            Expression::Of(quantifier, name(text))
        }),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|e| Expression::Not(Box::new(e))),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expression::All),
            proptest::collection::vec(inner, 2..4).prop_map(Expression::Any),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(expression in expression()) {
        prop_assert_eq!(parse(&expression.to_string()), Ok(expression));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(and|or|not|of|1|all|them|\\(|\\)|a|é\\*| ){0,20}|.{0,40}") {
        if let Ok(expression) = parse(&text) {
            prop_assert_eq!(parse(&expression.to_string()), Ok(expression));
        }
    }
}
