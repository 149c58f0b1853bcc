//! What a detection comes to, by the tables of the Sigma specification: modifiers, wildcards,
//! values, conditions.

use vakt_rules::ast::{Condition, Detection, Predicate, Rule, Test, Token};
use vakt_rules::{LoadOptions, Loaded, RuleSource, load};

/// Loads one rule with the given `detection`, without its condition (`sel`).
fn load_searches(searches: &str, condition: &str) -> Loaded {
    let text = format!(
        "title: T\nlogsource: {{product: linux}}\ndetection:\n{searches}\n  condition: {condition}\n"
    );
    let source = RuleSource {
        path: "t.yml".to_owned(),
        text,
        embedded: false,
    };
    let placeholders = [
        ("one".to_owned(), vec!["a*b".to_owned()]),
        ("two".to_owned(), vec!["x".to_owned(), r"y\*".to_owned()]),
        (
            "nets".to_owned(),
            vec!["10.0.0.0/8".to_owned(), "fe80::/10".to_owned()],
        ),
    ];
    let options = LoadOptions {
        placeholders: placeholders.into(),
        ..LoadOptions::default()
    };
    load(&[source], &options)
}

fn shown(loaded: &Loaded, show: impl FnOnce(&Rule) -> String) -> String {
    match loaded.rules.rules.first() {
        Some(rule) => show(rule),
        None => {
            let names: Vec<&str> = loaded.diagnostics.iter().map(|d| d.name).collect();
            format!("refused: {}", names.join(", "))
        }
    }
}

fn detection(detection: &Detection) -> String {
    let joined = |parts: &[Detection], word: &str| {
        let parts: Vec<String> = parts.iter().map(self::detection).collect();
        format!("({})", parts.join(word))
    };
    match detection {
        Detection::All(parts) => joined(parts, " and "),
        Detection::Any(parts) => joined(parts, " or "),
        Detection::Not(inner) => format!("not {}", self::detection(inner)),
        Detection::Is(Predicate { field, test }) => {
            let field = field.as_deref().unwrap_or("ANY");
            match test {
                Test::Text(pattern) => {
                    let tokens: String = pattern.tokens.iter().map(token).collect();
                    let cased = if pattern.cased { "=cased=" } else { "=" };
                    format!("{field} {cased} [{tokens}]")
                }
                Test::Null => format!("{field} is null"),
                Test::Exists(exists) => format!("{field} exists {exists}"),
                Test::Regex(regex) => {
                    let flags = [
                        (regex.case_insensitive, "i"),
                        (regex.multi_line, "m"),
                        (regex.dot_matches_new_line, "s"),
                    ];
                    let flags: String = flags.iter().filter(|f| f.0).map(|f| f.1).collect();
                    format!("{field} /{}/{flags}", regex.pattern)
                }
                Test::Cidr(network) => format!("{field} in {network}"),
                Test::Compare(comparison, number) => format!("{field} {comparison:?} {number}"),
                Test::FieldRef {
                    field: other,
                    relation,
                    cased,
                } => format!("{field} {relation:?} field {other} cased {cased}"),
                Test::TimePart(part, number) => format!("{field} {part:?} {number}"),
            }
        }
    }
}

/// Wildcards stand in braces, so that they are not taken for literals.
fn token(token: &Token) -> String {
    match token {
        Token::Literal(text) => text.clone(),
        Token::Many => "{*}".to_owned(),
        Token::One => "{?}".to_owned(),
        Token::Dash => "{-}".to_owned(),
    }
}

#[track_caller]
fn check(item: &str, expected: &str) {
    let loaded = load_searches(&format!("  sel:\n    {item}"), "sel");
    let got = shown(&loaded, |rule| detection(&rule.searches[0].detection));
    assert_eq!(got, expected, "{item}");
}

/// A search as it stands after its name.
#[track_caller]
fn check_search(search: &str, expected: &str) {
    let loaded = load_searches(&format!("  sel: {search}"), "sel");
    let got = shown(&loaded, |rule| detection(&rule.searches[0].detection));
    assert_eq!(got, expected, "{search}");
}

#[test]
fn values() {
    check("a: b", "a = [b]");
    check("Source Name: b", "SourceName = [b]");
    check("a: 4688", "a = [4688]");
    check("a: '4688'", "a = [4688]");
    check("a: 0042", "a = [0042]");
    check("a: 1_000", "a = [1_000]");
    check("a: 0x10", "(a = [0x10] or a = [16])");
    check("a: true", "a = [true]");
    check("a: ''", "a = []");
    check("a: null", "a is null");
    check("a:", "a is null");
    check("a: 'null'", "a = [null]");
    check("a: [b, 5]", "(a = [b] or a = [5])");
    check("a: [b, [c, d]]", "(a = [b] or a = [c] or a = [d])");
    check("{a: b, c: [d, e]}", "(a = [b] and (c = [d] or c = [e]))");
}

#[test]
fn searches() {
    check_search(
        "[{a: b, c: d}, {e: f}]",
        "((a = [b] and c = [d]) or e = [f])",
    );
    check_search("[b, 5]", "(ANY = [{*}b{*}] or ANY = [{*}5{*}])");
    check_search("['a*', {b: c}]", "(ANY = [{*}a{*}] or b = [c])");
    check_search("word", "ANY = [{*}word{*}]");
    check_search("{'|all': [a, b]}", "(ANY = [{*}a{*}] and ANY = [{*}b{*}])");
    check_search("{'|re': 'a+'}", "ANY /a+/");
    check_search("{'|startswith': a}", "ANY = [a{*}]");
    check_search(
        "{'|contains|all': [a, b]}",
        "(ANY = [{*}a{*}] and ANY = [{*}b{*}])",
    );
    check_search(
        "[[{a: b}, {c: d}], {e: f}]",
        "((a = [b] or c = [d]) or e = [f])",
    );
}

#[test]
fn wildcards_are_added_to_the_parsed_tokens() {
    check(r"a|contains: b", "a = [{*}b{*}]");
    check(r"a|contains: '*b*'", "a = [{*}b{*}]");
    check(r"a|contains: 'b\'", r"a = [{*}b\{*}]");
    check(r"a|contains: 'b\\'", r"a = [{*}b\{*}]");
    check(r"a|contains: 'b\*'", r"a = [{*}b*{*}]");
    check(r"a|contains: 'b\\*c'", r"a = [{*}b\{*}c{*}]");
    check(r"a|startswith: 'b?'", "a = [b{?}{*}]");
    check(r"a|endswith: '\cmd.exe'", r"a = [{*}\cmd.exe]");
    check(r"a|contains: ''", "a = [{*}]");
    check(r"a|contains: 46", "a = [{*}46{*}]");
    check(r"a|cased|contains: B", "a =cased= [{*}B{*}]");
}

#[test]
fn lists_and_negation() {
    check(
        "a|contains|all: [b, c]",
        "(a = [{*}b{*}] and a = [{*}c{*}])",
    );
    check(
        "a|all|contains: [b, c]",
        "(a = [{*}b{*}] and a = [{*}c{*}])",
    );
    check("a|neq: b", "not a = [b]");
    check("a|neq: [b, c]", "not (a = [b] or a = [c])");
    check("a|neq: null", "not a is null");
    check("a|exists: true", "a exists true");
    check("a|exists: false", "a exists false");
    check("a|fieldref|neq: b", "not a Equals field b cased false");
}

#[test]
fn regular_expressions() {
    check("a|re: 'x.*'", "a /x.*/");
    check("a|re|i: x", "a /x/i");
    check("a|re|m|s|i: x", "a /x/ims");
    check("a|re|contains: x", "a /x/");
    check("a|re|startswith: 'x|y'", r"a /\A(?:x|y)/");
    check("a|re|endswith: x", r"a /(?:x)\z/");
    check("a|re: ['x', 'y']", "(a /x/ or a /y/)");
    check("a|re|endswith: '(?x)a #b'", "refused: regex-syntax");
    check("a|re: 5", "a /5/");
}

#[test]
fn networks_numbers_fields_and_dates() {
    check("a|cidr: 10.0.0.0/8", "a in 10.0.0.0/8");
    check(
        "a|cidr: [2001:db8::/32, ::1]",
        "(a in 2001:db8::/32 or a in ::1/128)",
    );
    check("a|gt: 5", "a Greater 5");
    check("a|lte: '1.5'", "a LessOrEqual 1.5");
    check(
        "a|fieldref: Source Name",
        "a Equals field SourceName cased false",
    );
    check("a|fieldref|endswith: b", "a EndsWith field b cased false");
    check(
        "a|fieldref|cased|contains: b",
        "a Contains field b cased true",
    );
    check("a|hour: 3", "a Hour 3");
    check("a|hour|gte: 22", "(a Hour 22 or a Hour 23)");
    check("a|week: [1, 53]", "(a Week 1 or a Week 53)");
    check("a|month|lt|neq: 2", "not a Month 1");
}

#[test]
fn encodings() {
    check("a|base64: foobar", "a = [Zm9vYmFy]");
    check(r"a|base64: 'a\*b'", "a = [YSpi]");
    check("a|wide|base64: cmd", "a = [YwBtAGQA]");
    check("a|utf16le|base64: cmd", "a = [YwBtAGQA]");
    check("a|utf16be|base64: cmd", "a = [AGMAbQBk]");
    check("a|utf16|base64: cmd", "a = [//5jAG0AZAA=]");
    check("a|wide|contains: ab", "a = [{*}a\0b\0{*}]");
    check(
        "a|base64offset|contains: 'http://'",
        "(a = [{*}aHR0cDovL{*}] or a = [{*}h0dHA6Ly{*}] or a = [{*}odHRwOi8v{*}])",
    );
    // Three characters, five bytes: the offsets go by bytes.
    check(
        "a|base64offset|contains: åäb",
        "(a = [{*}w6XDpG{*}] or a = [{*}Olw6Ri{*}] or a = [{*}DpcOkY{*}])",
    );
    check("a|windash|contains: ' -f'", "a = [{*} {-}f{*}]");
    check("a|contains|windash: '/x -y'", "a = [{*}{-}x {-}y{*}]");
    check("a|windash: '--a–b*'", "a = [{-}{-}a{-}b{*}]");
    check(
        "a|windash|base64: '-a'",
        "(a = [LWE=] or a = [L2E=] or a = [4oCTYQ==] or a = [4oCUYQ==] or a = [4oCVYQ==])",
    );
}

#[test]
fn placeholders() {
    check("a|expand: '%one%'", "a = [a{*}b]");
    check(
        "a|expand|contains: 'p%two%s'",
        "(a = [{*}pxs{*}] or a = [{*}py*s{*}])",
    );
    check("a|contains|expand: '%one%'", "a = [{*}a{*}b{*}]");
    check(r"a|expand: '\%one\%'", "a = [%one%]");
    check("a: '%one%'", "a = [%one%]");
    check(
        "a|cidr|expand: '%nets%'",
        "(a in 10.0.0.0/8 or a in fe80::/10)",
    );
    check("a|expand: '%three%'", "refused: placeholder-unresolved");
}

fn condition(condition: &Condition) -> String {
    let joined = |parts: &[Condition], word: &str| {
        let parts: Vec<String> = parts.iter().map(self::condition).collect();
        format!("({})", parts.join(word))
    };
    match condition {
        Condition::Search(index) => index.to_string(),
        Condition::Not(inner) => format!("not {}", self::condition(inner)),
        Condition::All(parts) => joined(parts, " and "),
        Condition::Any(parts) => joined(parts, " or "),
    }
}

#[track_caller]
fn check_condition(text: &str, expected: &str) {
    let searches = "  sel_a: {a: b}\n  sel_b: {a: c}\n  _hidden: {a: d}\n  filter: {a: e}";
    let got = shown(&load_searches(searches, text), |rule| {
        condition(&rule.condition)
    });
    assert_eq!(got, expected, "{text}");
}

#[test]
fn conditions() {
    check_condition("sel_a", "0");
    check_condition("1 of them", "(0 or 1 or 3)");
    check_condition("all of them", "(0 and 1 and 3)");
    check_condition("any of *_*", "(0 or 1)");
    check_condition("all of sel_*", "(0 and 1)");
    check_condition("1 of filter*", "3");
    check_condition("sel_a and not 1 of fil*", "(0 and not 3)");
    check_condition("sel_a or sel_b and not filter", "(0 or (1 and not 3))");
    check_condition("[sel_a, sel_b and filter]", "(0 or (1 and 3))");
    check_condition("all of nothing*", "refused: condition-pattern-empty");
}
