//! What a query means, event by event, and how a query that cannot be read is refused.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use common::event;
use proptest::prelude::*;
use vakt_event::{Event, JournalPosition, Timestamp, Value};
use vakt_search::record::RecordSource;
use vakt_search::{Pipeline, Query, Record};

fn sample() -> Event<'static> {
    let mut made = event(1_700_000_000);
    made.original = "<38>Nov 14 22:13:20 web1 sshd[7]: Failed password for root".into();
    made.sent(
        "message",
        "Failed password for root from 203.0.113.7 port 22 ssh2; pam_unix(sshd:auth): rhost=fe80::1",
    );
    made.sent("host.name", "web1");
    made.added("source.ip", "203.0.113.7");
    made.added("source.ip", "2001:DB8::7");
    made.added("event.outcome", "failure");
    made.sent("user.name", "Domain\\Administrator");
    made.sent("Image", "C:\\Windows\\System32\\cmd.exe");
    made.sent("severity", Value::number(7));
    made.sent("ratio", Value::Number("1.50".into()));
    made.sent("ok", Value::Bool(true));
    made.sent("none", Value::Null);
    made.sent("empty", "");
    made.sent("city", "Århus, GROẞE Straße");
    made.sent("not", "x");
    made.sent("a b", "spaced");
    made.sent("tag", "alpha beta");
    made.sent("tag", "gamma");
    made.sent("app.example.org/name", "web");
    made.sent("TargetObject", "HKLM\\Software\\{0A1B}");
    made.sent("TargetObject", "HKEY_LOCAL_MACHINE\\Software\\{0A1B}");
    made.sent("share", "\\\\server\\c$\\x");
    made.sent("when", "2026-11-24T10:00:00+01:00");
    made.sent("vakt.stream", "forged");
    made.problem("no year");
    made
}

fn matches(query: &str) -> bool {
    // Ten minutes and two seconds after the sample.
    let now: Timestamp = "2023-11-14T22:23:22Z".parse().unwrap();
    let event = sample();
    let record = Record {
        event: &event,
        position: Some(JournalPosition(42)),
        source: Some(RecordSource {
            stream: "default",
            peer: Some("192.0.2.1"),
        }),
    };
    Query::parse_at(query, now)
        .unwrap_or_else(|error| panic!("{query}\n{error}"))
        .matches_record(&record)
}

/// Queries, one a line, that all match (or do not match) the sample.
fn check(expected: bool, queries: &str) {
    let queries = queries.lines().map(str::trim);
    for query in queries.filter(|query| !query.is_empty()) {
        assert_eq!(matches(query), expected, "{query}");
    }
}

#[test]
fn words_phrases_and_wildcards_search_what_was_sent() {
    check(
        true,
        r#"

        *
        **
        *:*
        failed
        FAILED
        Failed PassWord
        web1
        203.0.113.7
        "password for root"
        "203.0.113.7 port"
        pam_unix
        pam_unix(sshd:auth)
        "pam_unix(sshd:auth):"
        rhost=fe80::1
        fe80::1
        fail*
        203.0.*
        *assw*
        *ord
        *word*for*
        *d:au*
        fail*root
        fail*203*ssh2
        ssh2;
        århus
        "GROSSE STRASSE"
        *ÅRH*
        C:\Windows\System32
        C:\\Windows
        "C:\Windows\System32\cmd.exe"
        "c:\\windows"
        *.exe
        true
        7
        1.50
        forged
        x
        "#,
    );
    check(
        false,
        r#"
        fail
        assword
        03.0.113.7
        "failed  password"
        "Failed for"
        "sword for"
        severity
        failure
        192.0.2.1
        42
        default
        syslog
        sshd\[7\]
        "no year"
        year
        *zzz*
        root*failed
        rhus
        *\**
        1.5
        null
        "#,
    );
    // The beginning of an address ends at a word boundary.
    check(true, "203.0.113");
    assert!(matches(""));
    assert!(matches(" \t"));
}

#[test]
fn a_field_searches_its_values() {
    check(
        true,
        r#"
        message:failed
        message:"failed password"
        message:fail*
        message:*assw*
        message:*
        MESSAGE:failed
        source.ip:203.0.113.7
        source.ip:203.0.113.*
        source.ip:203.0.113.0/24
        source.ip:203.0.113.9/24
        source.ip:2001:db8::/32
        source.ip:2001:db8:0::7
        SourceIp:203.0.113.7
        event.outcome:failure
        event.outcome:FAIL*
        user.name:administrator
        user.name:domain
        user.name:domain\administrator
        user.name:"Domain\Administrator"
        User:administrator
        process.executable:*cmd.exe
        process.executable:C:\\Windows\\*
        process.executable:"C:\Windows"
        Image:cmd.exe
        empty:""
        empty:*
        tag:alpha
        tag:gamma
        tag:(alpha and gamma)
        tag:(nothing or "alpha beta")
        tag:(gam* and not delta)
        tag:(al*a -delta)
        not:x
        a\ b:spaced
        event.id:42
        event.id>=42
        vakt.stream:default
        vakt.peer:192.0.2.1
        vakt.peer:192.0.2.0/24
        error.message:"no year"
        error.message:*
        event.original:sshd
        event.original:"<38>Nov 14"
        @timestamp:*
        event.ingested:*
        @timestamp:2023*
        host.name: web1
        host.name : web1
        "#,
    );
    check(
        false,
        r#"
        message:administrator
        user.name:admin
        source.ip:203.0.113.70
        source.ip:10.0.0.0/8
        source.ip:"203.0.113.0/24"
        none:*
        missing:*
        empty:x
        host.name:""
        tag:(alpha and delta)
        tag:"beta gamma"
        Host.Name:web1
        event.id:4
        vakt.stream:forged
        vakt.stream:defaul
        event.original:failure
        "#,
    );
}

#[test]
fn regular_expressions_are_found_in_values() {
    check(
        true,
        r#"
        /fail(ed|ure) password/
        /FAILED/
        /^failed/
        /port \d+ ssh2/
        /ssh2; .*\(sshd:auth\)/
        /\d{1,3}\.\d{1,3}\.113\.7/
        message:/for \w+ from/
        message: /rhost=fe80::1$/
        Image:/\\system32\\.*\.exe$/
        process.executable:/^c:/
        user.name:/^domain\\/
        user.name:/(?-i)Admin/
        source.ip:/^2001:/
        city:/å.*ẞ/
        city:/(?-i)GROẞE/
        severity:/^7$/
        event.id:/^4[0-9]$/
        @timestamp:/^2023-11-\d\dT22:/
        event.original:/<\d+>/
        error.message:/no (year|zone)/
        empty:/^$/
        tag:(/^alpha/ and /^gamma$/)
        tag:(/nothing/ or /beta/)
        (/nothing/ or /failed/) root
        not /nothing/
        -message:/nothing/
        failed and /x\/y|root/ and root
        /var/log/syslog or failed
        /usr or /opt/x or failed
        "#,
    );
    check(
        false,
        r#"
        /failure/
        /^password/
        /root$/
        /203.0.113.7|x/ and /nothing/
        user.name:/(?-i)admin/
        user.name:/^admin/
        city:/grosse/
        none:/.*/
        missing:/.*/
        source.ip:/^10\./
        /\/var/
        /var/log/syslog
        "#,
    );
}

#[test]
fn comparisons_read_numbers_times_addresses_and_text() {
    check(
        true,
        r#"
        severity>=7
        severity >= 7
        severity:>=7
        severity>6.5
        severity<10
        severity<=7
        severity!=8
        severity:[5 TO 10]
        severity:[7 to 7]
        severity:{6 TO 8}
        severity:{6 TO *]
        severity:[* TO *]
        severity:(>=5 and <10)
        severity:(1 or [5 TO 9])
        ratio:[1.5 TO 1.5]
        source.ip>=203.0.113.6
        source.ip:[203.0.113.0 TO 203.0.113.255]
        source.ip:[2001:db8:: TO 2001:db8::ff]
        @timestamp>=2023-11-14T22:13:20Z
        @timestamp>2023-11-13
        @timestamp<=2023-11-14
        @timestamp:[2023-11-14 TO 2023-11-14]
        @timestamp:2023-11-14
        @timestamp:"2023-11-14"
        @timestamp:(2023-11-13 or 2023-11-14)
        @timestamp:2023
        @timestamp:2023-11-14T22
        @timestamp:2023-11-14T22:13
        @timestamp:2023-11-14T23:13:20+01:00
        when>="2026-11-24T08:59:59Z"
        @timestamp<2023-11-15
        @timestamp:[2023-11-14T23:13:20+01:00 TO *}
        event.ingested:[2023-11-14 TO 2023-11-15}
        when<=2026-11-24T09:00:00Z
        when:[2026-11-24T09:00:00Z TO "2026-11-24T09:00:00Z"]
        host.name>=web
        host.name:["web1" TO web2}
        "#,
    );
    check(
        false,
        r#"
        severity>7
        severity!=7
        severity:{7 TO 8}
        severity:[8 TO *]
        host.name>=7
        source.ip<203.0.113.7
        source.ip>=fe80::
        @timestamp>2023-11-14T22:13:20Z
        @timestamp<2023-11-14
        @timestamp>2023-11-14
        @timestamp:2023-11-15
        @timestamp:2023-12
        @timestamp:2023-11-14T23
        @timestamp:{2023-11-14 TO *]
        when<2026-11-24T09:00:00Z
        host.name>web1
        missing>=0
        "#,
    );
}

#[test]
fn times_may_be_relative_to_now() {
    check(
        true,
        r#"
        @timestamp>=-1h
        @timestamp >= now-15m
        @timestamp >= "now-15m"
        @timestamp:>=-11m
        @timestamp<-10m
        @timestamp:[now-1h TO now]
        @timestamp:[now-1h TO now-5m}
        @timestamp:[-1h TO *]
        @timestamp:now/d
        @timestamp:now-1h+1h/d
        @timestamp>=now/d
        @timestamp<=now/d
        @timestamp:[now-1d/d TO now/d]
        @timestamp>now-1d/d
        event.ingested>now-1M
        event.ingested<=NOW
        when>now
        "#,
    );
    check(
        false,
        r#"
        @timestamp>=-10m
        @timestamp>now
        @timestamp<now/d
        @timestamp>now/d
        @timestamp:[now-1d/d TO now/d}
        @timestamp:now-1d/d
        @timestamp:[now-5m TO now]
        when<=now
        severity>=now-1h
        missing<=now
        "#,
    );
    let refused = |query: &str, position: usize, expected: &str| {
        let now = Timestamp::from_seconds(0).unwrap();
        let error = Query::parse_at(query, now).unwrap_err();
        assert_eq!(
            (error.position, error.expected.as_str()),
            (position, expected)
        );
    };
    let units = "one of s, m, h, d, w, M (months) and y after a number";
    refused("@timestamp>=now-15x", 18, units);
    refused("@timestamp:[* TO \"now-15\"]", 24, units);
    refused(
        "a @timestamp:-1h",
        13,
        "a comparison such as >=now-15m, or a period such as now/d",
    );
    refused(
        "@timestamp>=now+99999y",
        12,
        "a time within the years -9999 to 9999",
    );
    let error = Query::parse("failed @timestamp>=-1h").unwrap_err();
    assert_eq!(
        error.to_string(),
        "character 20: expected a time that is not relative: what now is, is not known here; found `-1h`\n  failed @timestamp>=-1h\n                     ^"
    );
}

#[test]
fn forms_known_from_elsewhere_work() {
    check(
        true,
        r#"
        _exists_:user.name
        _exists_: User
        not _exists_:missing
        NOT _exists_:none
        exists(user.name)
        exists( Image ) and failed
        EXISTS(tag)
        exists user.name
        exists @timestamp
        (exists user.name) failed
        user.name: "administrator"
        user.name == administrator
        user.name = administrator
        user.name==administrator
        user.name = "Domain\Administrator"
        host.name == (web1 or web2)
        severity == 7
        severity != 8 and severity = 7
        user.name=administrator
        user.name="Domain\Administrator"
        User=admin*
        tag=gamma
        tag=*
        rhost=fe80::1
        @timestamp=2023-11-14
        @timestamp=now/d
        source.ip=203.0.113.0/24
        source.ip=2001:db8::7
        +failed +user.name:administrator -user.name:guest
        user.name:(guest OR administrator)
        event.outcome:(success or failure) AND NOT user.name:guest
        host.name:web?
        host.name:?eb?
        host.name:w?b*
        source.ip:203.0.113.?
        Image:*cmd.?xe
        tag:(gamm? and alph?)
        city:gro??e
        _missing_:missing
        "user.name":administrator
        "user.name":"Domain\Administrator" "severity">=7
        exists("a b") "a b":spaced
        severity<>8
        message:/PASSWORD/i
        /FAILED/i
        app.example.org/name:web
        exists(app.example.org/name)
        Image:C:\Windows\*
        Image:C:\*
        Image:c:\windows\*\cmd.exe
        Image:C:\\Windows\\*
        Image=C:\Windows\*
        C:\Windows\*
        not Image:C:\Temp\*
        Image:*\cmd.exe
        TargetObject:HKLM\*
        TargetObject:HKEY_LOCAL_MACHINE\Software\{*
        TargetObject:HKLM\Software\{0A*}
        share:\\server\*
        share:\\server\c$\*
        'root' or failed
        (uid=0, gid=0) or failed
        logged in (root) or failed
        <34>Nov or failed
        ===== or failed
        C:\PROGRA~1 or failed
        /home/x/notes.txt~ or failed
        a\~1 or failed
        x\^2 or failed
        "#,
    );
    check(
        false,
        r#"
        _exists_:missing
        exists(none)
        exists failed
        exists missing.field
        exists(user.name
        user.name == admin
        user.name=admin
        missing="failed"
        dGVzdA==
        dGVzdA=
        "not":y
        exists("c d")
        user.name:domain\*
        Image:C:\Windows\x*
        _missing_:user.name
        severity<>7
        host.name:web??
        host.name:web1?
        host.name:web\?
        host.name:"web?"
        web?
        rhost = fe80::1
        "#,
    );
}

#[test]
fn operators_combine() {
    check(
        true,
        r#"
        failed and root
        failed AND root
        failed && root
        failed or nothing
        nothing OR failed
        nothing || failed
        not nothing
        NOT nothing
        -nothing
        !nothing
        ! nothing
        not not failed
        failed -nothing
        failed not nothing
        +failed +root
        failed root or nothing
        nothing or failed root
        nothing nothing or failed
        (nothing or failed) root
        failed and (root or nothing)
        not (failed nothing)
        -(nothing or missing)
        -source.ip:10.0.0.0/8
        failed and not user.name:admin
        not(nothing)
        "not" or failed
        http://example.com or failed
        12:30:01 or failed
        00:1b:44:11:3a:b7 or failed
        And or failed
        "#,
    );
    check(
        false,
        r#"
        failed and nothing
        not failed
        -failed
        !failed
        nothing or missing
        nothing and failed or nothing
        failed and not root
        failed -root
        not (failed or nothing)
        And
        "and"
        http://example.com
        --failed
        "#,
    );
}

#[test]
fn a_query_that_cannot_be_read_says_where_and_what_was_expected() {
    let check = |query: &str, expected: &str| {
        let shown = Query::parse(query).unwrap_err().to_string();
        assert_eq!(shown, expected.trim_matches('\n'), "\n{shown}");
    };
    check(
        "failed and",
        r#"
character 11: expected a word, a "phrase", field:value or (; found the end of the query
  failed and
            ^"#,
    );
    check(
        "or failed",
        r#"
character 1: expected a word, a "phrase", field:value or (; found the operator `or`; "or" is the text
  or failed
  ^"#,
    );
    check(
        "a and or b",
        r#"
character 7: expected a word, a "phrase", field:value or (; found the operator `or`; "or" is the text
  a and or b
        ^"#,
    );
    check(
        "user.name:",
        r#"
character 11: expected a value for `user.name`; found the end of the query
  user.name:
            ^"#,
    );
    check(
        "(failed or user.name:) x",
        r#"
character 22: expected a value for `user.name`; found `)`
  (failed or user.name:) x
                       ^"#,
    );
    check(
        "(failed root",
        r#"
character 13: expected a ) for the ( at character 1; found the end of the query
  (failed root
              ^"#,
    );
    check(
        "failed) root",
        r#"
character 7: expected the end of the query, or a ( before this; found `)`
  failed) root
        ^"#,
    );
    check(
        "()",
        r#"
character 2: expected a word, a "phrase", field:value or (; found `)`
  ()
   ^"#,
    );
    check(
        "Ärger \"offen",
        r#"
character 13: expected a " for the " at character 7; found the end of the query
  Ärger "offen
              ^"#,
    );
    check(
        "\"a\"b",
        r#"
character 4: expected a space after the closing "; found `b`
  "a"b
     ^"#,
    );
    check(
        "key:v\"w\"",
        r#"
character 6: expected a space before ", or \" for the character itself; found `"`
  key:v"w"
       ^"#,
    );
    check(
        "_exists_:",
        r#"
character 10: expected the name of a field after _exists_:; found the end of the query
  _exists_:
           ^"#,
    );
    check(
        "failed rooot~1",
        r#"
character 13: expected the end of the word: nothing is searched fuzzily, but roam* or /ro[ao]m/ finds variants, and \~ is the character; found `~`
  failed rooot~1
              ^"#,
    );
    check(
        "user.name:admin^2 failed",
        r#"
character 16: expected the end of the term: hits are in order of time, and nothing is boosted; \^ is the character; found `^`
  user.name:admin^2 failed
                 ^"#,
    );
    check(
        "\"failed root\"~5",
        r#"
character 14: expected a space: distances are not searched, but ("a" and "b") or /a.{0,40}b/ finds both; found `~`
  "failed root"~5
               ^"#,
    );
    check(
        "(failed root)^2",
        r#"
character 14: expected the end of the term: hits are in order of time, and nothing is boosted; \^ is the character; found `^`
  (failed root)^2
               ^"#,
    );
    check(
        "severity:[1 10]",
        r#"
character 13: expected TO between the two ends of a range; found `1`
  severity:[1 10]
              ^"#,
    );
    check(
        "severity:[1 TO 10",
        r#"
character 18: expected a ] or } at the end of the range; found the end of the query
  severity:[1 TO 10
                   ^"#,
    );
    check(
        "severity>",
        r#"
character 10: expected a value to compare with; found the end of the query
  severity>
           ^"#,
    );
    check(
        "severity>=7*",
        r#"
character 12: expected a value without wildcards to compare with; found `*`
  severity>=7*
             ^"#,
    );
    check(
        "@timestamp>=tomorrow",
        r#"
character 13: expected a time such as 2026-11-24T09:30:00Z, 2026-11-24 or now-15m; found `tomorrow`
  @timestamp>=tomorrow
              ^"#,
    );
    check(
        "user.name:/adm(in/ x",
        r#"
character 15: expected a regular expression; found unclosed group
  user.name:/adm(in/ x
                ^"#,
    );
    check(
        "Ärger /a{2,1}/",
        r#"
character 9: expected a regular expression; found invalid repetition count range, the start must be <= the end
  Ärger /a{2,1}/
          ^"#,
    );
    check(
        "failed | stats count",
        r#"
character 8: expected the end of the query: commands after | have no place here, and "|" is the text; found `|`
  failed | stats count
         ^"#,
    );
    check(
        "user.name: | stats count",
        r#"
character 12: expected a value for `user.name`; found `|`
  user.name: | stats count
             ^"#,
    );
}

/// Forms of other languages that would pass for text and find nothing.
#[test]
fn forms_with_no_meaning_here_are_refused_with_what_says_the_same() {
    let check = |text: &str, at: usize, expected: &str| {
        let now: Timestamp = "2026-11-24T09:30:00Z".parse().unwrap();
        let Err(error) = Pipeline::parse_at(text, now) else {
            panic!("{text} is read");
        };
        assert_eq!(error.position, at, "\n{error}");
        assert!(error.expected.contains(expected), "\n{error}");
    };
    // Lists.
    check("log.level IN (warn, error)", 10, "field:(a or b)");
    check("log.level in (warn, error)", 10, "field:(a or b)");
    check("log.level in [warn, error]", 10, "field:(a or b)");
    check("log.level:(warn, error)", 15, "`or` between the values");
    check("log.level:(\"warn\", \"error\")", 17, "`or` or a space");
    check("-host.name:(web1|web2)", 16, "`or` between the values");
    // Expressions, and Sigma's modifiers.
    check("user.name=~root", 9, "field:/expression/");
    check("message =~ \"x\"", 8, "the name of a field right before");
    check("message|contains:sshd", 7, "field:*text*");
    check("not Image|endswith|cased:\\svchost.exe", 9, "field:*text*");
    // Networks.
    check("source.ip:10.0.0.0/33", 18, "a length from 0 to 32");
    check("-source.ip:10.0.0.0/", 19, "a length from 0 to 32");
    check(
        "source.ip:10.0.0.0/255.255.0.0",
        18,
        "a length from 0 to 32",
    );
    check("source.ip:fe80::/129", 16, "a length from 0 to 128");
    check("source.ip:10.0.0.1-10.0.0.9", 18, "[10.0.0.1 TO 10.0.0.9]");
    check("source.ip:[10.0.0.0/16 TO *]", 11, "an address");
    // Names that are many.
    check("user.*:x", 0, "the whole name of a field");
    check("process.*:svchost*", 0, "the whole name of a field");
    check("*.name:web1", 0, "the whole name of a field");
    // Comparisons.
    check("EventID =1", 8, "the name of a field right before");
    check("EventID=>5", 7, ">= or <=");
    check("EventID:!1", 8, "field!=value");
    check("EventID:!=1", 8, "field!=value");
    check("EventID:==5", 8, "field!=value");
    check("EventID<=>5", 9, "a value to compare with");
    check("x>=400 and <500", 11, "the name of a field right before");
    check("(x>=400 and <500)", 12, "the name of a field right before");
    check("5 < process.pid", 2, "the name of a field right before");
    check("port>=1,024", 6, "a number in plain digits");
    check("port:>=0x400", 7, "a number in plain digits");
    check("port:[1 TO 1,024]", 11, "a number in plain digits");
    check("bytes>1MB", 6, "a number in plain digits");
    check("share>50%", 6, "a number in plain digits");
    check("EventID>=5k", 9, "a number in plain digits");
    check("port:[5 TO 3]", 6, "the lower end of the range first");
    check(
        "@timestamp:[now TO now-1h]",
        12,
        "the lower end of the range first",
    );
    // Absence.
    check("isnull(user.name)", 0, "exists(field)");
    check("isNotNull(user.name)", 0, "exists(field)");
    // Quotes.
    check("'failed password'", 0, "double quotes");
    check("\u{201c}failed password\u{201d}", 0, "straight quotes");
    // Times.
    check("@timestamp>=2026-11-24 10:00", 23, "the time in one word");
    check("@timestamp:2026-11-24 10:00:30", 22, "the time in one word");
    check("@timestamp>=now - 1h", 16, "the time in one word");
    check("@timestamp:24.11.2026", 11, "a time such as");
    check("@timestamp:13", 11, "a time such as");
    check("earliest=-1h failed", 0, "@timestamp>=-1h");
    // Commands and functions.
    check("* | table a", 4, "fields a, b keeps fields");
    check("* | dedup a", 4, "stats count by a");
    check("* | stats values(a)", 10, "stats count by field");
}

#[test]
fn who_finds_nothing_is_told_what_may_have_been_meant_otherwise() {
    let check = |text: &str, expected: &[&str]| {
        assert_eq!(Pipeline::parse(text).unwrap().doubts, expected, "{text}");
    };
    check("failed password user.name:root", &[]);
    check("a || b \"a b\" /x/ c:d* e:[1 TO 2]", &[]);
    check(
        "message contains x",
        &["`contains` is looked for as a word."],
    );
    check(
        "* | stats count by a | where count between 3 and 5",
        &["`between` is looked for as a word."],
    );
    check(
        "fai?ed",
        &[
            "In `fai?ed` the `?` is that very character, as in all words without a field: field:fai?ed or * takes any.",
        ],
    );
    check(
        "10.47.0.0/16",
        &[
            "`10.47.0.0/16` is looked for as a text: source.ip:10.47.0.0/16 asks for the addresses of the network.",
        ],
    );
    check(
        "\"fail*\"",
        &["Inside quotes * is that very character: \"fail*\"."],
    );
    check(
        "log.level:warn,error",
        &["`warn,error` is one value: log.level:(warn or error) asks for each."],
    );
    check(
        "user.name:domain\\*",
        &["`\\*` is the character *: after a backslash of a path write `\\\\*`."],
    );
}

#[test]
fn commands_begin_at_a_bar_that_is_no_text() {
    let stages = |text: &str, expected: usize| {
        let pipeline = Pipeline::parse(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert_eq!(pipeline.stages.len(), expected, "{text}");
    };
    stages("failed | head 10", 1);
    stages("failed| head 10", 1);
    stages("failed |head", 1);
    stages("|head", 1);
    stages("\"failed\"|limit 5", 1);
    stages("(failed)|sort -x|fields x", 2);
    stages("user.name:a| head", 1);
    stages("user.name:/a|b/| head", 1);
    stages("severity:[1 TO 5]| head", 1);
    stages("exists(a)|head", 1);
    stages("a || b | head", 1);
    stages("* | where a:(b or c) | head", 1);
    stages("a|head", 1);
    stages("user.name:a|stats count by b|sort -count", 2);
    stages("a|b", 0);
    stages("a|header", 0);
    stages("a|head,b", 0);
    stages("a \\| head", 0);
    stages("\"a | head\"", 0);
    stages("/a | head/", 0);
    stages("a || b", 0);
    stages("user.name:a|b", 0);
    // A condition before all commands is a part of the query.
    let narrowed = Pipeline::parse("failed | where root | head").unwrap();
    assert_eq!(narrowed.query, Query::parse("failed root").unwrap());
    assert_eq!(
        Pipeline::parse("a b").unwrap().query,
        Query::parse("a b").unwrap()
    );
}

#[test]
fn a_command_that_cannot_be_read_says_where_and_what_was_expected() {
    let check = |text: &str, at: usize, expected: &str| {
        let error = Pipeline::parse(text).unwrap_err();
        assert_eq!(
            (error.position, error.expected.as_str()),
            (at, expected),
            "\n{error}"
        );
    };
    let commands =
        "one of the commands fields, head, limit, rare, sort, stats, timechart, top and where";
    let functions =
        "a function: count, dc(field), sum(field), avg(field), min(field) or max(field)";
    let end = "the end of the command, or a | before the next";
    let field = "the name of a field";
    let span = "a span such as 5m: a number and one of s, m, h, d and w";
    let rows = "a number of rows from 1 to 10000";
    check("failed |", 8, commands);
    check("failed | | head", 9, commands);
    check("failed | stat count", 9, commands);
    check(
        "{app=\"x\"} |= \"err\"",
        5,
        "a space before \", or \\\" for the character itself",
    );
    check("failed |= err", 8, commands);
    check("failed | stats", 14, functions);
    check("failed | stats by user.name", 15, functions);
    check("failed | stats count, by user.name", 22, functions);
    check("failed | stats cnt by user.name", 15, functions);
    check(
        "failed | stats sum by x",
        18,
        "a field in parentheses after the function",
    );
    check("failed | stats sum()", 19, field);
    check("failed | stats sum(x", 20, "a ) after the field");
    check("failed | stats count by", 23, field);
    check("failed | stats count by a,", 26, field);
    check("failed | stats count by a, a", 27, "another field");
    check(
        "failed | stats count, count",
        22,
        "another name for this column: `as name` after it",
    );
    check(
        "failed | stats count by count",
        23,
        "other fields than the columns that are computed",
    );
    check("failed | stats count as", 23, field);
    check("failed | timechart 5x", 20, span);
    check("failed | timechart 0m", 19, span);
    check("failed | timechart span=m", 24, span);
    check("failed | timechart 5m by a, b", 26, end);
    check("failed | top", 12, field);
    check("failed | top 0 a", 13, rows);
    check(
        "failed | top percent",
        13,
        "other fields than the columns that are computed",
    );
    check("failed | top 20000 a", 13, rows);
    check("failed | top 20 a by b", 18, end);
    check("failed | head ten", 14, end);
    check("failed | head 1 2", 16, end);
    check("failed | sort", 13, field);
    check("failed | sort a b", 16, end);
    check(
        "failed | stats count by a | sort -cuont",
        34,
        "one of the columns a, count",
    );
    check(
        "failed | stats count by a | fields count | sort a",
        48,
        "one of the columns count",
    );
    check(
        "failed | top 5 a | where b>1",
        25,
        "one of the columns a, count, percent",
    );
    check(
        "failed | where",
        14,
        "a word, a \"phrase\", field:value or (",
    );
    check("failed | where a )", 17, end);
    check("failed | head 5 | where a", 18, "where before head");
    check(
        "failed | head 5 | stats count",
        18,
        "stats, timechart, top and rare before sort, fields and head",
    );
    check(
        "failed | top a | stats count",
        17,
        "only one of stats, timechart, top and rare in a query",
    );
    check("(failed | head)", 8, "a ) for the ( at character 1");
    check(
        &format!("a{}", " | head".repeat(17)),
        114,
        "at most 16 commands",
    );
    check(
        &format!("a | stats {}", "count ".repeat(17)),
        16,
        "another name for this column: `as name` after it",
    );
    check("a | top a b c d e f g h i", 24, "at most 8 names");
}

#[test]
fn a_query_has_bounds() {
    let check = |query: String, expected: &str| {
        let error = Query::parse(&query).unwrap_err();
        assert_eq!(error.expected, expected);
        // A long query is shown in part.
        assert!(error.to_string().len() < 500);
    };
    check("(".repeat(100), "at most 64 levels of nesting");
    check("not ".repeat(100), "at most 64 levels of nesting");
    check("a ".repeat(2000), "at most 1024 terms");
    check("a".repeat(20_000), "a query of at most 16384 bytes");
    check(
        "/a/ ".repeat(9),
        "at most 8 regular expressions and patterns with ?",
    );
    check(
        format!("{} \"", "a".repeat(200)),
        "a \" for the \" at character 202",
    );
}

/// The index keeps long values in parts, those that were sent and those that were added in
/// different places: a pattern must be found in both.
#[test]
fn patterns_and_expressions_find_long_values_through_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let (index, mut writer) = common::open(dir.path());
    let long = "usr.lib-systemd ".repeat(8) + "Straße42 end";
    let mut sent = event(1);
    sent.sent("x", long.clone());
    let mut added = event(2);
    added.added("x", long.clone());
    let mut short = event(3);
    short.sent("x", "Straße42");
    let mut problem = event(4);
    problem.problem(long);
    let mut other = event(5);
    other.sent("x", "strasse");
    common::add(&mut writer, 0, &[sent, added, short, problem, other]);
    let check = |query: &str, expected: &[u64]| {
        let mut found = common::ids(&index, &common::request(query));
        found.sort_unstable();
        assert_eq!(found, expected, "{query}");
    };
    check("x:strasse4?", &[0, 1, 2]);
    check("x:?trasse*", &[0, 1, 2, 4]);
    check("x:*lib?systemd", &[0, 1]);
    check("x:/straße[0-9]+/", &[0, 1, 2]);
    check("x:/lib.systemd .*end$/", &[0, 1]);
    check("error.message:?trasse42", &[3]);
    check("error.message:/lib.*end/", &[3]);
    check("/lib.*end/", &[0]);
    check("not x:/./", &[3]);
}

/// The examples that people copy: the lines of the blocks that name no language, without what is
/// said about them behind four spaces.
#[test]
fn the_examples_of_the_documentation_can_be_read() {
    let now: Timestamp = "2026-11-24T09:30:00Z".parse().unwrap();
    let text = include_str!("../../../docs/search.md");
    let mut examples = 0;
    for (index, block) in text.split("```").enumerate() {
        let Some(lines) = block.strip_prefix('\n').filter(|_| index % 2 == 1) else {
            continue;
        };
        for line in lines.lines() {
            let query = line.split("    ").next().unwrap();
            Pipeline::parse_at(query, now).unwrap_or_else(|error| panic!("{query}\n{error}"));
            examples += 1;
        }
    }
    assert!(examples > 15, "{examples} examples");
}

/// What queries are made of, so that they are often nearly right.
fn any_tokens() -> impl Strategy<Value = String> {
    let tokens = vec![
        "a",
        "user.name",
        "@timestamp",
        "x",
        ":",
        ">=",
        "<",
        "=",
        "==",
        "!=",
        "!",
        "-",
        "+",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        " TO ",
        "\"",
        "\\",
        "/",
        "?",
        "*",
        "|",
        "||",
        " | ",
        " and ",
        " or ",
        " not ",
        "exists",
        "_exists_",
        "~",
        "^2",
        "now",
        "now-1h",
        "/d",
        "-15m",
        "2026-11-24",
        "T09:30",
        "10.0.0.0/8",
        "stats ",
        "timechart ",
        "5m",
        "top ",
        "20",
        "rare ",
        "where ",
        "sort ",
        "fields ",
        "head ",
        "count",
        "sum",
        "dc",
        " by ",
        " as ",
        ",",
        " ",
        "\u{e5}",
        "\u{1F600}",
        "[a",
        "{2,1}",
        "(?i",
    ];
    prop::collection::vec(prop::sample::select(tokens), 0..14).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in prop_oneof![any_tokens(), "\\PC{0,40}"]) {
        let now: Timestamp = "2026-11-24T09:30:00Z".parse().unwrap();
        let length = text.chars().count();
        let refused = |error: &vakt_search::QueryError| {
            assert!(error.position <= length, "{text}\n{error}");
            assert!(!error.expected.is_empty(), "{text}\n{error}");
        };
        let query = Query::parse_at(&text, now);
        let pipeline = Pipeline::parse_at(&text, now);
        match (&query, &pipeline) {
            (Ok(query), Ok(pipeline)) => {
                // Without commands both read the same.
                prop_assert_eq!(query, &pipeline.query);
                prop_assert!(pipeline.stages.is_empty());
                query.matches(&sample());
            }
            (Err(query), Ok(pipeline)) => {
                refused(query);
                // A condition alone is no command.
                prop_assert!(query.expected.contains("commands after |"), "{}", query);
                pipeline.query.matches(&sample());
            }
            (Err(query), Err(pipeline)) => {
                refused(query);
                refused(pipeline);
            }
            (Ok(_), Err(pipeline)) => prop_assert!(false, "{}", pipeline),
        }
    }
}
