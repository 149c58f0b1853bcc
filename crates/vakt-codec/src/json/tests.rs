use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

fn fields(text: &str) -> Result<String, String> {
    let mut fields = Vec::new();
    let Flat { notes, .. } =
        scanner::flatten(text, Arrays::Repeated, &mut fields, &mut Texts::default())
            .map_err(|fault| format!("{} at {}", fault.why, fault.at))?;
    amend(&mut fields, 0, notes, &mut Texts::default());
    let shown: Vec<_> = fields
        .iter()
        .map(|field| format!("{}={:?}", field.name, field.value.text()))
        .collect();
    Ok(shown.join(" "))
}

#[test]
fn objects_become_fields() {
    let check = |text: &str, expected: &str| {
        assert_eq!(fields(text).as_deref(), Ok(expected), "{text}");
    };
    check(
        r#"{"a":"x","b":{"c":1,"d":{"e":true}},"f":null}"#,
        r#"a="x" b.c="1" b.d.e="true" f="""#,
    );
    check(
        r#"{"a":[1,[2,{"b":3}],{"b":4}]}"#,
        r#"a="1" a="2" a.b="3" a.b="4""#,
    );
    check(r#"{"a":1,"a":2}"#, r#"a="1" a="2""#);
    check(
        r#"{"n":1.10,"m":12345678901234567890123,"e":1E-7}"#,
        r#"n="1.10" m="12345678901234567890123" e="1E-7""#,
    );
    check(
        r#"{"a":{},"b":[],"c":[[],{}],"d":{"e":{}},"f":[{},1],"":{"":1}}"#,
        r#"a="" b="" c="" d.e="" f="1" ="1""#,
    );
    check(
        r##"{"Event":{"EventData":{},"#attributes":{}}}"##,
        r#"Event="""#,
    );
    check(
        r#"{"s":"\u00e5\ud83d\ude00\n\/\"","\u0061":1}"#,
        r#"s="å😀\n/\"" a="1""#,
    );
    check(r#"{"s":"\ud800x\ud800\u0041"}"#, "s=\"\u{fffd}x\u{fffd}A\"");
    check(" {\t\"a\" :\r\n1 } ", r#"a="1""#);
}

#[test]
fn windows_envelopes_do_not_show() {
    let check = |text: &str, expected: &str| {
        assert_eq!(fields(text).as_deref(), Ok(expected), "{text}");
    };
    check(
        r##"{"Event":{"#attributes":{"xmlns":"u"},"System":{"Provider":{"#attributes":{"Name":"P"}},"EventID":{"#attributes":{"Qualifiers":7},"#text":400},"Channel":"C"},"EventData":{"Image":"x","Nested":{"deep":1}}}}"##,
        r#"Event_xmlns="u" Provider_Name="P" EventID_Qualifiers="7" EventID="400" Channel="C" Image="x" Nested.deep="1""#,
    );
    check(
        r##"{"record":1,"event":{"Event":{"EventData":{"Data":[{"#attributes":{"Name":"Image"},"#text":"x"},{"#attributes":{"Name":"Empty"}}]}}}}"##,
        r#"record="1" Image="x" Data_Name="Empty""#,
    );
    check(
        r##"{"Event":{"EventData":{"Data":{"#text":["a","b"]}},"UserData":{"EventXML":{"#attributes":{"x":1},"Param1":"p"}}}}"##,
        r#"Data="a" Data="b" x="1" Param1="p""#,
    );
    check(
        r#"{"winlog":{"channel":"Security","event_data":{"Image":"x"},"api":"y"},"event":{"code":"1"}}"#,
        r#"winlog.channel="Security" Image="x" winlog.api="y" event.code="1""#,
    );
}

#[test]
fn faults_say_where() {
    let check = |text: &str, expected: &str| {
        assert_eq!(fields(text), Err(expected.to_owned()), "{text}");
    };
    check("", "an object begins with { at 0");
    check("[1]", "an object begins with { at 0");
    check(r#"{"a":1"#, "a comma or } is missing at 6");
    check(r#"{"a":1,}"#, "a name in quotes is missing at 7");
    check(r#"{"a":01}"#, "a comma or } is missing at 6");
    check(r#"{"a":"x}"#, "a string has no end at 6");
    check(
        "{\"a\":\"x\ty\"}",
        "a control character stands in a string at 7",
    );
    check(r#"{"a":"\x"}"#, "an unknown escape stands in a string at 8");
    check(r#"{"a":1} x"#, "something follows the object at 8");
}

#[test]
fn deep_and_many_are_bounded() {
    let deep = format!("{}1{}", r#"{"a":["#.repeat(3000), "]}".repeat(3000));
    let mut found = Vec::new();
    let flat =
        scanner::flatten(&deep, Arrays::Repeated, &mut found, &mut Texts::default()).unwrap();
    assert!(flat.notes.too_deep && found.is_empty());
}

/// `count` members with names of their own.
fn members(count: usize) -> String {
    let members: Vec<_> = (0..count).map(|n| format!(r#""m{n}":1"#)).collect();
    members.join(",")
}

/// What follows something long was invisible to rules, its log source too: strangers decide how
/// long an array is.
#[test]
fn what_is_long_leaves_room_for_what_follows() {
    let too_many = "fields after the first 4096 (3072 for those in objects, 2048 for those in arrays) are kept in event.original only";
    let too_long = "members of an array after the first 1024 are kept in event.original only";
    // `expected` are how many fields there are, and those but for `p` and what stands in it.
    let check = |text: &str, count: usize, expected: &[&str], problems: &[&str]| {
        let zone = jiff::tz::TimeZone::UTC;
        let cx = DecodeContext::new(&zone);
        let event = crate::decode(text.as_bytes(), vakt_event::Format::Json, &cx);
        let begin = text.get(..60).unwrap_or(text);
        let sent = event.fields.iter().filter(|f| f.origin == Origin::Sent);
        let (long, others): (Vec<_>, Vec<_>) = sent.partition(|f| f.name.starts_with('p'));
        let others: Vec<_> = others.iter().map(|field| &*field.name).collect();
        assert_eq!((long.len(), &*others), (count, expected), "{begin}");
        assert_eq!(event.problems, problems, "{begin}");
        assert_eq!(event.structured, problems.is_empty());
    };
    let ones = |count: usize| format!("[1{}]", ",1".repeat(count - 1));
    let channel = r#""Channel":"Security","x":{"y":[7]},"z":{}"#;
    let all: &[&str] = &["Channel", "x.y", "z"];
    check(
        &format!(r#"{{"p":{},{channel}}}"#, ones(1024)),
        1024,
        all,
        &[],
    );
    check(
        &format!(r#"{{"p":{},{channel}}}"#, ones(9000)),
        1024,
        all,
        &[too_long],
    );
    let objects = format!(r#"[{{}}{}]"#, r#",{"a":[1,{"b":2}],"c":"d"}"#.repeat(2000));
    check(
        &format!(r#"{{"p":{objects},{channel}}}"#),
        2048,
        all,
        &[too_many, too_long],
    );
    let lists = format!("[{0}{1}]", ones(500), format!(",{}", ones(500)).repeat(9));
    check(
        &format!(r#"{{"p":{lists},{channel}}}"#),
        2048,
        all,
        &[too_many],
    );
    let several: String = (0..9)
        .map(|n| format!(r#""p{n}":{},"#, ones(2000)))
        .collect();
    check(
        &format!(r#"{{{several}{channel}}}"#),
        2055,
        all,
        &[too_many, too_long],
    );
    // Within a member of an array, too.
    let within = format!(r#"[{{}},{{"a":{},"Channel":1}}]"#, ones(3000));
    check(&format!(r#"{{"p":{within}}}"#), 1025, &[], &[too_long]);
    let object = format!("{{{}}}", members(5000));
    check(
        &format!(r#"{{"p":{object},{channel}}}"#),
        3072,
        &["Channel", "z"],
        &[too_many],
    );
    let wrapped = r#""Event":{"System":{"Channel":"Security"}}"#;
    check(
        &format!(r#"{{"p":{object},{wrapped}}}"#),
        3072,
        &["Channel"],
        &[too_many],
    );
}

#[test]
fn fields_are_bounded() {
    let mut found = Vec::new();
    let text = format!("{{{}}}", members(scanner::FIELDS_MAX + 1));
    let flat =
        scanner::flatten(&text, Arrays::Repeated, &mut found, &mut Texts::default()).unwrap();
    assert!(flat.notes.too_many && found.len() == scanner::FIELDS_MAX);
}

/// Names that are joined are copied: their bytes are bounded, whatever makes them many.
#[test]
fn joined_names_are_bounded_in_bytes() {
    let long = "k".repeat(400_000);
    let problem = "fields whose joined names take more than 1048576 bytes in all are kept in event.original only";
    let check = |text: &str, expected: &[(&str, &str)], problems: &[&str]| {
        let zone = jiff::tz::TimeZone::UTC;
        let cx = DecodeContext::new(&zone);
        let event = crate::decode(text.as_bytes(), vakt_event::Format::Json, &cx);
        let sent: Vec<_> = event
            .fields
            .iter()
            .filter(|field| field.origin == Origin::Sent)
            .map(|field| (&*field.name, field.value.text()))
            .collect();
        assert!(sent == expected, "{} fields", sent.len());
        assert_eq!(event.problems, problems);
        assert_eq!(event.original, text);
        assert_eq!(event.structured, problems.is_empty());
    };
    // One field's name is the object's and its own.
    let one = format!("{long}.a");
    check(
        &format!(r#"{{"{long}":{{"a":1}},"z":2}}"#),
        &[(&one, "1"), ("z", "2")],
        &[],
    );
    // 400,000 for the object, and as much for the first leaf; the second leaf is too much.
    let leaves = r#""a":1,"b":2,"c":{},"d":[{}]"#;
    check(
        &format!(r#"{{"{long}":{{{leaves}}},"y":{{"x":1}},"z":2}}"#),
        &[(&one, "1"), ("y.x", "1"), ("z", "2")],
        &[problem],
    );
    // An array repeats the name for each of its objects.
    check(
        &format!(r#"{{"{long}":[{}{{}}],"z":2}}"#, "{},".repeat(1000)),
        &[("z", "2")],
        &[problem],
    );
    // Names of their own, at the top, are borrowed and cost nothing.
    let tops: Vec<_> = (0..8).map(|n| format!("{n}{long}")).collect();
    let members: Vec<_> = tops.iter().map(|name| format!(r#""{name}":1"#)).collect();
    let expected: Vec<_> = tops.iter().map(|name| (name.as_str(), "1")).collect();
    check(&format!("{{{}}}", members.join(",")), &expected, &[]);
}

#[test]
fn what_needs_no_unescaping_is_borrowed() {
    let mut found = Vec::new();
    scanner::flatten(
        r#"{"a":"x","n":1.5,"winlog":{"event_data":{"Image":"y"}}}"#,
        Arrays::Repeated,
        &mut found,
        &mut Texts::default(),
    )
    .unwrap();
    for field in &found {
        assert!(matches!(field.name, Cow::Borrowed(_)), "{}", field.name);
        assert!(matches!(
            field.value,
            Value::Str(Cow::Borrowed(_)) | Value::Number(Cow::Borrowed(_))
        ));
    }
}

/// The obvious implementation, over serde_json's tree.
fn reference(name: &str, value: &Json, into: &mut Vec<(String, Value<'static>)>) {
    match value {
        Json::Object(members) => {
            for (key, value) in members {
                let inner = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                let before = into.len();
                reference(&inner, value, into);
                if into.len() == before {
                    into.push((inner, Value::Null));
                }
            }
        }
        Json::Array(values) => {
            for value in values {
                reference(name, value, into);
            }
        }
        Json::Null => into.push((name.into(), Value::Null)),
        Json::Bool(value) => into.push((name.into(), Value::Bool(*value))),
        Json::Number(number) => into.push((name.into(), Value::number(number))),
        Json::String(text) => into.push((name.into(), Value::from(text.clone()))),
    }
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    let key = "[a-zA-Z\\\\\"å]{1,6}";
    let value = leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((key, inner), 0..5)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::vec((key, value), 0..6)
        .prop_map(|members| Json::Object(members.into_iter().collect()))
}

/// Objects of few names, some of them with a fault.
fn alike() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a",
        "ab",
        "EventID",
        "Channel",
        "@timestamp",
        "time",
        "x y",
        "Data_Name",
        "Data",
        r"a\n",
        "a\n",
        r#"a\""#,
        "a\\\\",
        "message",
        "å",
    ]);
    let value = prop::sample::select(vec![
        r#""x""#,
        "7",
        "07",
        "1.5",
        "null",
        r#""a\"b""#,
        r#""\u00e5""#,
        "[1,2]",
        r#"{"a":1,"b":{}}"#,
        r#""Security""#,
    ]);
    let punctuation =
        prop::sample::select(vec![(":", ","), (": ", ", "), (" :", ","), (":", " ,\n")]);
    (
        prop::collection::vec((name, value), 0..6),
        punctuation,
        0..40_usize,
    )
        .prop_map(|(members, (colon, comma), cut)| {
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("\"{name}\"{colon}{value}"))
                .collect();
            let mut text = format!("{{{}}}", members.join(comma));
            if cut < text.len() && text.is_char_boundary(cut) {
                text.remove(cut);
            }
            text
        })
}

proptest! {
    /// Whatever was decoded before.
    #[test]
    fn an_event_is_the_same_after_others(texts in prop::collection::vec(alike(), 1..12)) {
        let zone = jiff::tz::TimeZone::UTC;
        let cx = DecodeContext::new(&zone);
        let mut decoder = crate::Decoder::default();
        let mut names_of = std::collections::HashMap::new();
        for text in texts.iter().chain(&texts) {
            let event = decoder.decode(text.as_bytes(), vakt_event::Format::Json, &cx);
            let alone = crate::decode(text.as_bytes(), vakt_event::Format::Json, &cx);
            prop_assert_eq!(&event, &alone);
            if let Some(layout) = event.layout {
                let first = event.fields.iter().take(layout.fields);
                let names: Vec<_> = first.map(|field| field.name.to_string()).collect();
                let known = names_of.entry(layout.id).or_insert_with(|| names.clone());
                prop_assert_eq!(known, &names);
                prop_assert!(event.fields.len() >= layout.fields);
            }
            decoder.recycle(event);
        }
    }

    #[test]
    fn fields_are_those_of_serde_json(value in json(), pretty in any::<bool>()) {
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let mut got = Vec::new();
        scanner::flatten(&text, Arrays::Repeated, &mut got, &mut Texts::default()).unwrap();
        let got: Vec<_> = got
            .into_iter()
            .map(|field| (field.name.into_owned(), field.value.into_owned()))
            .collect();
        let mut expected = Vec::new();
        reference("", &value, &mut expected);
        prop_assert_eq!(got, expected);
    }

    /// Near misses of JSON: taken exactly when serde_json takes them, but for halves of
    /// surrogate pairs (which need a `\u`) and numbers that no f64 holds.
    #[test]
    fn the_grammar_is_that_of_serde_json(
        value in json(),
        at in any::<prop::sample::Index>(),
        put in "[{}\\[\\],:\"0-9a-f.eE+ \\-\\\\tnr]{0,2}",
        cut in 0_usize..3,
    ) {
        let mut chars: Vec<char> = value.to_string().chars().collect();
        let at = at.index(chars.len() + 1);
        chars.splice(at..(at + cut).min(chars.len()), put.chars());
        let text: String = chars.into_iter().collect();
        let ours = scanner::flatten(&text, Arrays::Repeated, &mut Vec::new(), &mut Texts::default()).is_ok();
        let theirs = serde_json::from_str::<serde_json::Map<String, Json>>(&text);
        let beyond = matches!(&theirs, Err(error) if error.to_string().starts_with("number out of range"));
        prop_assert!(ours == theirs.is_ok() || beyond, "{} {:?}", text, theirs);
    }
}
