//! The pages, as they come from the server: scripts are not run here.

use std::fs;
use std::path::Path;

use vakt_api::backend::Within;
use vakt_event::Clock as _;
use vakt_event::clock::SystemClock;

use crate::client::Answer;
use crate::fake::{Daemon, start};

pub(crate) fn page(daemon: &Daemon, path: &str) -> Answer {
    let cookie = format!("Cookie: vakt_session={}", daemon.session());
    daemon.request(&format!("GET {path}"), &[&cookie], b"")
}

#[test]
fn who_is_not_signed_in_sees_the_sign_in_page_only() {
    let daemon = start();
    for (path, sign_in) in [
        ("/", "/sign-in"),
        ("/?q=x", "/sign-in?next=%2F%3Fq%3Dx"),
        ("/incidents/inc-1", "/sign-in?next=%2Fincidents%2Finc-1"),
    ] {
        let answer = daemon.request(&format!("GET {path}"), &[], b"");
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some(sign_in)),
            "{path}"
        );
        assert_eq!(answer.text(), "");
    }
    let expired = daemon.request("GET /", &["Cookie: vakt_session=gone"], b"");
    assert_eq!(expired.status, 303);
}

/// An attacker's address must not read as another one.
#[test]
fn what_turns_or_hides_text_is_shown() {
    let daemon = start();
    let answer = vakt_api::backend::SearchAnswer {
        hits: vec![
            serde_json::json!({"event.id": "7", "message": "from \u{202e}7.311.0.302\u{2066} ad\u{200b}min"})
                .as_object()
                .unwrap()
                .clone(),
        ],
        total: 1,
        ..Default::default()
    };
    daemon.fake.answers.lock().unwrap().push_back(answer);
    let text = page(&daemon, "/?q=%E2%80%AEx").text();
    assert!(
        text.contains("from \u{fffd}7.311.0.302\u{fffd} ad\u{fffd}min"),
        "{text}"
    );
    assert!(text.contains("value=\"\u{fffd}x\""), "{text}");
    assert!(!text.contains(vakt_event::visible::is_misleading), "{text}");
}

#[test]
fn the_start_page_shows_what_needs_a_decision() {
    let daemon = start();
    let text = page(&daemon, "/?q=x").text();
    for part in [
        "This organisation is not configured",
        "href=\"/incidents/inc-1\"",
        "Draft",
        "Drill",
        "Provisional, nobody has declared awareness",
        "data-due=\"2026-11-25T09:30:00Z\"",
        "Early warning by Wed 25 Nov 2026 09:30 (+00:00)",
        "Aware now",
        "Dismiss",
        "SSH brute force",
        "1 found",
        "href=\"#main\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    // What a sender wrote is text.
    assert!(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(text.contains("Login after failures &lt;b&gt;"));

    let viewer = format!(
        "Authorization: Bearer {}",
        daemon.token("vera", vakt_api::Role::Viewer)
    );
    let text = daemon.request("GET /", &[&viewer], b"").text();
    assert!(!text.contains("Aware now"), "a viewer decides nothing");
}

/// A browser whose clock was an hour slow showed an hour more than was left, and "Aware now" was
/// recorded an hour too early.
#[test]
fn scripts_count_by_the_clock_of_the_server() {
    let daemon = start();
    for path in ["/", "/incidents/inc-1"] {
        let before = SystemClock.now();
        let text = page(&daemon, path).text();
        let (_, after) = text.split_once("data-now=\"").unwrap();
        let (now, _) = after.split_once('"').unwrap();
        let now: vakt_event::Timestamp = now.parse().unwrap();
        assert!(before <= now && now <= SystemClock.now(), "{path}: {now}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for browser_clock in ["Date.now()", "new Date()"] {
            let allowed = path.ends_with("clock.js");
            assert!(
                allowed || !text.contains(browser_clock),
                "{}",
                path.display()
            );
        }
    }
}

/// The ten newest were shown, whatever fell due in the meantime.
#[test]
fn open_incidents_come_by_their_next_deadline() {
    let daemon = start();
    let incident = |number: usize, state: &str, due: &str| {
        let mut incident = crate::fake::incident();
        incident["id"] = format!("inc-{number}").into();
        incident["clocks"][0]["state"] = state.into();
        incident["clocks"][0]["due"] = due.into();
        incident
    };
    let check = |incidents: Vec<serde_json::Value>, expected: &[usize], more: &str| {
        *daemon.fake.incidents.lock().unwrap() = incidents;
        let text = page(&daemon, "/?q=x").text();
        let mut shown = text.split("<h3><a href=\"/incidents/inc-").skip(1);
        for number in expected {
            let found = shown.next().and_then(|rest| rest.split('"').next());
            assert_eq!(found, Some(number.to_string().as_str()));
        }
        assert!(text.contains(more), "{more} is not in\n{text}");
    };
    let mut many: Vec<_> = (0..2_500)
        .map(|number| incident(number, "provisional", "2026-12-01T00:00:00Z"))
        .collect();
    many[2_400] = incident(2_400, "running", "2026-11-25T00:00:00Z");
    many[1_700] = incident(1_700, "overdue", "2026-11-20T00:00:00Z");
    many[3] = incident(3, "elapsed_unassessed", "2026-11-01T00:00:00Z");
    check(
        many.clone(),
        &[1_700, 2_400, 0, 1, 2, 4],
        "<a href=\"/incidents\">2490 more with later deadlines</a>",
    );
    many.extend(many.clone());
    many.extend(many.clone());
    check(many, &[], "More than <a href=\"/incidents\">4990 more");
    let few = vec![
        incident(1, "cancelled", "2026-11-01T00:00:00Z"),
        incident(2, "elapsed_unassessed", "2026-11-01T00:00:00Z"),
        incident(3, "provisional", "2026-12-01T00:00:00Z"),
    ];
    check(few, &[3, 2, 1], "");
}

/// With a backlog of the index the start page, and with it every deadline, came after a minute.
#[test]
fn the_start_page_does_not_wait_for_the_index() {
    let daemon = start();
    let source = serde_json::json!({"id": "default/http/-/web1"});
    daemon.fake.sources.lock().unwrap().push(source);
    page(&daemon, "/");
    page(&daemon, "/?q=x");
    let searches = daemon.fake.searches.lock().unwrap();
    let of_events = searches
        .iter()
        .filter(|search| search.within == Within::Events);
    let patience: Vec<_> = of_events.map(|search| search.patience).collect();
    let second = std::time::Duration::from_secs(1);
    assert_eq!(patience, [Some(second), None]);
}

#[test]
fn without_a_source_there_are_lines_to_copy() {
    let daemon = start();
    let text = page(&daemon, "/").text();
    for part in [
        "No source has sent anything yet",
        "type=&quot;omfwd&quot; target=&quot;127.0.0.1&quot; port=&quot;5514&quot; protocol=&quot;tcp&quot; TCP_Framing=&quot;octet-counted&quot;",
        "id=\"results\" aria-label=\"Events\" data-first-event",
        &format!("systemd-journal-upload --url=http://{}", daemon.address),
        &format!("http://{}/api/v1/events", daemon.address),
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    // A host that is no host does not get into a line that people paste into a shell.
    let cookie = format!("Cookie: vakt_session={}", daemon.session());
    let text = daemon
        .request("GET /", &[&cookie, "Host: a;rm -rf b"], b"")
        .text();
    assert!(!text.contains("rm -rf"));
}

#[test]
fn an_incident_has_its_page() {
    let daemon = start();
    let text = page(&daemon, "/incidents/inc-1").text();
    for part in [
        "Deadlines and reports",
        "<span class=\"quiet\" lang=\"sv\">upplysning</span>",
        "Time line",
        "Why did this fire?",
        "<li>SSH brute force: events &gt;= 5 within 60 s</li>",
        "user.name = <code>&lt;root&gt;</code>",
        "Evidence",
        "href=\"/incidents/inc-1/record?fact=aware&amp;party=own\"",
        "href=\"/incidents/inc-1/report/early_warning?regime=nis2-se&amp;party=own\"",
        "Waits for a second person",
        "href=\"/incidents/inc-1/record?fact=approved&amp;party=own&amp;approves=9\"",
        "one month after the notification is submitted",
        // Evidence reads as a log does, also where it came as JSON.
        "<span class=\"host\">web1</span><span class=\"program\">sshd</span>\
         <span class=\"message\">Failed password for root</span>",
        "<dt>BLAKE3</dt><dd>7e81</dd>",
        "<dt>event.original</dt><dd>{&quot;message&quot;",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    // Scripts that keep the clocks fresh ask no rule again.
    let session = format!("Cookie: vakt_session={}", daemon.session());
    let headers = [session.as_str(), "X-Vakt-Refresh: 1"];
    let fresh = daemon.request("GET /incidents/inc-1", &headers, b"").text();
    assert!(fresh.contains("Deadlines and reports") && !fresh.contains("Why did this fire?"));
    let missing = page(&daemon, "/incidents/ghost");
    assert_eq!(missing.status, 404);
    assert!(
        missing
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
}

/// A form as a browser sends it.
pub(crate) fn send(daemon: &Daemon, path: &str, fields: &[(&str, &str)]) -> Answer {
    let session = format!("Cookie: vakt_session={}", daemon.session());
    let origin = format!("Origin: http://{}", daemon.address);
    let host = format!("Host: {}", daemon.address);
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let encode = |text: &str| -> String {
        let bytes = text.bytes();
        bytes.map(|byte| format!("%{byte:02X}")).collect()
    };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    let body = pairs.collect::<Vec<_>>().join("&");
    daemon.request(
        &format!("POST {path}"),
        &[&session, &origin, &host, kind],
        body.as_bytes(),
    )
}

/// Two facts of one second: the page named the first, whatever it was and whomever it was about.
#[test]
fn a_clock_says_which_fact_it_counts_from_and_whose_it_is() {
    let daemon = start();
    let text = page(&daemon, "/incidents/inc-2").text();
    let from = |fact: &str| {
        let shown = format!("<div class=\"quiet\">{fact}</div></td>");
        text.matches(shown.as_str()).count()
    };
    assert_eq!(
        (
            from("Aware"),
            from("Customer affected"),
            from("Service lost")
        ),
        (2, 0, 0)
    );
    assert_eq!(text.matches("for acme</div>").count(), 1);
    assert_eq!(text.matches("by the data of 2025-01-01</div>").count(), 1);
    assert!(!text.contains("for own</div>"));
}

#[test]
fn a_notice_to_a_customer_names_its_regime_and_what_follows_names_the_customer() {
    let daemon = start();
    let form = page(&daemon, "/incidents/inc-2/record?fact=customer_notice_sent").text();
    let select = "<select id=\"regime\" name=\"regime\">\
        <option value=\"\">the first that counted when it was sent</option>\
        <option value=\"contract\">contract</option>\
        <option value=\"gdpr-processor\">gdpr-processor</option></select>";
    assert!(form.contains(select), "{form}");
    let affected = page(&daemon, "/incidents/inc-2/record?fact=customer_affected").text();
    assert!(!affected.contains("name=\"regime\""));
    let typed = [
        ("fact", "customer_notice_sent"),
        ("at", "now"),
        ("party", "acme"),
        ("regime", "contract"),
        ("do", "look"),
    ];
    let seen = send(&daemon, "/incidents/inc-2/record", &typed).text();
    assert!(seen.contains("Notice (contract): "), "{seen}");
    assert!(seen.contains("Notice (contract, for acme): "), "{seen}");
    // A doubt's instant is local, where it is looked at and where it was recorded.
    let doubt = "awareness lies before detection, at Tue 24 Nov 2026 10:30 (+01:00)</li>";
    assert!(seen.contains(doubt), "{seen}");
    let typed = [&typed[..4], &[("do", "record")]].concat();
    let recorded = send(&daemon, "/incidents/inc-2/record", &typed).text();
    assert!(recorded.contains(doubt), "{recorded}");
}

#[test]
fn what_follows_of_a_fact_is_shown_before_it_is_recorded() {
    let daemon = start();
    let path = "/incidents/inc-1/record";
    let text = page(&daemon, &format!("{path}?fact=aware")).text();
    for part in [
        "<h1>Declare awareness</h1>",
        // The second that was looked at is the one that is recorded, and no later one.
        "name=\"at\" value=\"2026-11-24T09:30:07+00:00\"",
        "At Tue 24 Nov 2026 09:30:07 (+00:00)",
        "Early warning (nis2-se): by Wed 25 Nov 2026 09:30 (+00:00)",
        "name=\"revision\" value=\"17\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(
        daemon.fake.facts.lock().unwrap().len(),
        0,
        "looking records nothing"
    );

    let aware = [
        ("fact", "aware"),
        ("at", "2026-11-24T09:30:07+00:00"),
        ("revision", "17"),
    ];
    let typed = [&aware[..], &[("reason", "a <call>"), ("do", "look")]].concat();
    let look = send(&daemon, path, &typed);
    assert_eq!(look.status, 200);
    assert!(
        look.text().contains("value=\"a &lt;call&gt;\""),
        "{}",
        look.text()
    );
    assert_eq!(
        daemon.fake.facts.lock().unwrap().len(),
        0,
        "looking records nothing"
    );

    let typed = [&aware[..], &[("reason", "a call"), ("do", "record")]].concat();
    let recorded = send(&daemon, path, &typed);
    assert_eq!(
        (recorded.status, recorded.header("location")),
        (303, Some("/incidents/inc-1"))
    );
    let (fact, by) = daemon.fake.facts.lock().unwrap().remove(0);
    assert_eq!((fact.fact.as_str(), by.name.as_str()), ("aware", "admin"));
    assert_eq!(fact.at.to_string(), "2026-11-24T09:30:07Z");
    assert_eq!(fact.reason.as_deref(), Some("a call"));
    assert_eq!(fact.rest["expected_revision"], 17);
    assert_eq!(fact.rest["source"], "page");
}

#[test]
fn a_time_that_is_none_is_explained_and_what_was_typed_stays() {
    let daemon = start();
    let path = "/incidents/inc-1/record";
    let typed = [
        ("fact", "handled"),
        ("at", "late"),
        ("reason", "over"),
        ("do", "record"),
    ];
    let answer = send(&daemon, path, &typed);
    assert_eq!(answer.status, 400);
    let text = answer.text();
    for part in [
        "&quot;late&quot; is no time. write 03:05",
        "value=\"over\"",
        "value=\"late\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(daemon.fake.facts.lock().unwrap().len(), 0);
    let unknown = page(&daemon, "/incidents/inc-1/record?fact=awre");
    assert_eq!(unknown.status, 400);
}

#[test]
fn a_submission_carries_what_the_form_says() {
    let daemon = start();
    let fields = [
        ("fact", "submitted"),
        ("report", "early_warning"),
        ("regime", "nis2-se"),
        ("reference", "NCSC-1"),
        ("at", "now"),
        ("with_form", "yes"),
        ("do", "record"),
    ];
    send(&daemon, "/incidents/inc-1/record", &fields);
    let fact = daemon.fake.facts.lock().unwrap().remove(0).0;
    assert_eq!(fact.report.as_deref(), Some("early_warning"));
    assert_eq!(fact.reference.as_deref(), Some("NCSC-1"));
    assert_eq!(
        fact.rest["fields"],
        serde_json::json!({"course_of_events": "Rad ett\nRad <två>"})
    );
}

#[test]
fn the_copy_view_shows_each_field_with_its_label_origin_and_caution() {
    let daemon = start();
    let path = "/incidents/inc-1/report/early_warning?regime=nis2-se";
    let text = page(&daemon, path).text();
    for part in [
        "<h1 lang=\"sv\">Upplysning: early warning</h1>",
        "Lämna inga uppgifter &lt;här&gt;.",
        "Hand over nothing.",
        "1 required field is empty.",
        "lang=\"sv\">Händelseförlopp</label>",
        "Rad ett\nRad &lt;två&gt;</textarea>",
        "Suggestion: check it",
        "Missing",
        "fact <code>1</code> detected, vakt",
        "data-copy-from=\"field-course_of_events\" hidden",
        "record?fact=submitted&amp;report=early_warning&amp;regime=nis2-se&amp;party=own",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let viewer = format!(
        "Authorization: Bearer {}",
        daemon.token("vera", vakt_api::Role::Viewer)
    );
    let read = daemon
        .request(&format!("GET {path}"), &[&viewer], b"")
        .text();
    assert!(read.contains("readonly") && !read.contains("Save what you wrote"));
}

#[test]
fn only_what_was_changed_is_written_and_a_conflict_loses_nothing() {
    let daemon = start();
    let path = "/incidents/inc-1/report/early_warning?regime=nis2-se";
    let fields = |text: &'static str, version: &'static str| {
        vec![
            ("text.contact", ""),
            ("was.contact", ""),
            ("version.contact", "0"),
            ("text.course_of_events", text),
            ("was.course_of_events", "Rad ett\nRad <två>"),
            ("version.course_of_events", version),
        ]
    };
    // A browser's line ends are no change.
    let same = send(&daemon, path, &fields("Rad ett\r\nRad <två>", "3"));
    assert_eq!((same.status, same.header("location")), (303, Some(path)));
    assert_eq!(daemon.fake.texts.lock().unwrap().len(), 0);

    send(&daemon, path, &fields("Rad ett\r\nRad tre", "3"));
    let (new, by) = daemon.fake.texts.lock().unwrap().remove(0);
    assert_eq!(
        (new.field.as_str(), new.text.as_str()),
        ("course_of_events", "Rad ett\nRad tre")
    );
    assert_eq!((new.version, by.as_str()), (3, "admin"));

    let conflict = send(&daemon, path, &fields("Mitt <eget>", "2"));
    assert_eq!(conflict.status, 409);
    let text = conflict.text();
    for part in [
        "the text was changed by bo in the meantime",
        "Mitt &lt;eget&gt;</textarea>",
        "Not saved. It says now: Rad ett",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_query_that_cannot_be_read_is_explained_on_the_page() {
    let daemon = start();
    let answer = page(&daemon, "/?q=(");
    assert_eq!(answer.status, 200);
    let text = answer.text();
    // The message names the character, as people count; it is not said a second time.
    assert!(
        text.contains(">character 2: the query ends where a word was expected<"),
        "{text}"
    );
}

#[test]
fn nothing_is_inline() {
    let daemon = start();
    for path in [
        "/",
        "/?q=x",
        "/?q=(",
        "/incidents/inc-1",
        "/incidents/inc-1/record?fact=aware",
        "/incidents/inc-1/record?fact=submitted&report=final",
        "/incidents/inc-1/report/early_warning",
        "/incidents/inc-1/significance",
        "/recurring",
        "/incidents/ghost",
        "/sign-in",
    ] {
        let text = page(&daemon, path).text();
        assert!(text.starts_with("<!DOCTYPE html>"), "{path}");
        assert_eq!(inline(&text), Vec::<String>::new(), "{path}");
    }
    assert_eq!(
        inline(
            "<p onclick=\"x\" style='y'><script>1</script><style>a</style><a href=\"javascript:x\">"
        ),
        [
            "onclick",
            "style",
            "script with content",
            "style element",
            "javascript: address"
        ]
    );
}

/// Whatever the content security policy would refuse: a small scanner of tags, enough for what
/// maud writes (attribute values in quotes, `<`, `>` and quotes in text escaped).
fn inline(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in html.split('<').skip(1) {
        let (inside, after) = tag.split_once('>').unwrap_or((tag, ""));
        let mut rest = inside;
        while let Some((before, value)) = rest.split_once('=') {
            let name = before.split_whitespace().last().unwrap_or_default();
            if name.starts_with("on") || name == "style" {
                found.push(name.to_owned());
            }
            let quote = value.chars().next().unwrap_or('"');
            let value = value.strip_prefix(quote).unwrap_or(value);
            let (value, further) = value.split_once(quote).unwrap_or((value, ""));
            if value.trim_start().to_lowercase().starts_with("javascript:") {
                found.push("javascript: address".into());
            }
            rest = further;
        }
        let element = inside.split_whitespace().next().unwrap_or_default();
        if element == "script" && !after.trim().is_empty() {
            found.push("script with content".into());
        }
        if element == "style" {
            found.push("style element".into());
        }
    }
    found
}

#[test]
fn scripts_and_style_are_served_and_cached_by_content() {
    let daemon = start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.contains(&"main.js".to_owned()));
    for name in names {
        let answer = daemon.request(&format!("GET /static/{name}"), &[], b"");
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.body, fs::read(folder.join(&name)).unwrap());
        let kind = answer.header("content-type").unwrap();
        let expected = match name.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(kind, expected, "{name}");
        let known = format!("If-None-Match: {}", answer.header("etag").unwrap());
        assert_eq!(
            daemon
                .request(&format!("GET /static/{name}"), &[&known], b"")
                .status,
            304
        );
        // Modules name only modules that there are, and nothing is made from text as code.
        let text = answer.text();
        for import in text.split("from \"./").skip(1) {
            let module = import.split('"').next().unwrap();
            assert!(folder.join(module).is_file(), "{name} imports {module}");
        }
        for word in [
            "eval(",
            "innerHTML",
            "document.write",
            "http://",
            "https://",
        ] {
            let allowed = name.ends_with(".svg") && word == "http://";
            assert!(allowed || !text.contains(word), "{name} has {word}");
        }
    }
    for path in ["/static/..%2fCargo.toml", "/static/nothing.js", "/static/"] {
        assert_eq!(
            daemon.request(&format!("GET {path}"), &[], b"").status,
            404,
            "{path}"
        );
    }
}

/// A task of somebody stands on that person's start page, as text.
#[test]
fn the_start_page_has_the_tasks_of_whoever_looks() {
    let daemon = start();
    *daemon.fake.tasks.lock().unwrap() = vec![
        serde_json::json!({"id": "t1", "incident": "7", "owner": "admin", "state": "open",
            "title": "Call <b>Eva</b>", "phase": "analysis", "due": "2026-01-01T00:00:00Z"}),
        serde_json::json!({"id": "t2", "incident": "7", "owner": "bo", "state": "open", "title": "Wait"}),
    ];
    let page = daemon.admin("GET /", "").text();
    assert!(page.contains("My tasks"), "{page}");
    assert!(page.contains("Call &lt;b&gt;Eva&lt;/b&gt;"), "{page}");
    assert!(page.contains("Overdue"), "{page}");
    assert!(!page.contains("Wait"), "{page}");
}

/// A link in a notice led to the start page.
#[test]
fn signing_in_leads_to_where_somebody_wanted_to_go() {
    let daemon = start();
    let form = daemon.request("GET /sign-in?next=%2Fincidents%2Finc-1", &[], b"");
    let kept = "<input type=\"hidden\" name=\"next\" value=\"/incidents/inc-1\">";
    assert!(form.text().contains(kept), "{}", form.text());
    let token = daemon.token("vera", vakt_api::Role::Viewer);
    for (next, location) in [
        ("%2Fincidents%2Finc-1", "/incidents/inc-1"),
        ("%2F%2Fevil.example", "/"),
        ("https%3A%2F%2Fevil.example", "/"),
        ("%2F%5Cevil.example", "/"),
        ("%2F%0D%0ASet-Cookie%3A+a%3Db", "/"),
    ] {
        let body = format!("token={token}&next={next}");
        let headers = [
            "Content-Type: application/x-www-form-urlencoded",
            &format!("Origin: http://{}", daemon.address),
        ];
        let signed = daemon.request("POST /sign-in", &headers, body.as_bytes());
        assert_eq!(
            (signed.status, signed.header("location")),
            (303, Some(location)),
            "{next}"
        );
        let form = daemon.request(&format!("GET /sign-in?next={next}"), &[], b"");
        assert_eq!(
            form.text().contains("name=\"next\""),
            location != "/",
            "{next}"
        );
    }
}

/// A browser sends no cookie with a link on another site's page, so that who was signed in saw the page to
/// sign in.
#[test]
fn a_link_on_another_site_reaches_the_incident_of_who_is_signed_in() {
    let daemon = start();
    let navigation = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"];
    let again = daemon.request("GET /incidents/inc-1", &navigation, b"");
    assert_eq!(
        (again.status, again.header("refresh")),
        (200, Some("0; url=/sign-in?next=%2Fincidents%2Finc-1"))
    );
    let signed_in = page(&daemon, "/sign-in?next=%2Fincidents%2Finc-1");
    assert_eq!(
        (signed_in.status, signed_in.header("location")),
        (303, Some("/incidents/inc-1"))
    );
    let elsewhere = page(&daemon, "/sign-in?next=%2F%2Fevil.example");
    assert_eq!(
        (elsewhere.status, elsewhere.header("location")),
        (200, None)
    );
    // Nothing is searched, typed or fetched in somebody's name, because another site asked for it.
    for (path, headers) in [
        ("/?q=x", &navigation[..]),
        ("/incidents/inc-1/record?fact=aware", &navigation[..]),
        ("/incidents/inc-1", &navigation[..1]),
    ] {
        let answer = daemon.request(&format!("GET {path}"), headers, b"");
        assert_eq!(
            (answer.status, answer.header("refresh")),
            (303, None),
            "{path}"
        );
    }
}

#[test]
fn who_looks_with_a_browser_gets_pages_where_nothing_is() {
    let daemon = start();
    let check = |accept: &str, kind: &str, part: &str| {
        let accept = format!("Accept: {accept}");
        let answer = daemon.request("GET /incident", &[&accept], b"");
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, Some(kind))
        );
        assert!(answer.text().contains(part), "{}", answer.text());
    };
    let back = "<a href=\"/\">Back to the start page</a>";
    check(
        "text/html,application/xhtml+xml",
        "text/html; charset=utf-8",
        back,
    );
    check("*/*", "application/json", "\"code\"");
}

/// Ten were on the start page, and the others in no page at all.
#[test]
fn the_list_has_every_incident() {
    let daemon = start();
    let incident = |number: usize, state: &str, due: &str| {
        let mut incident = crate::fake::incident();
        incident["id"] = format!("inc-{number}").into();
        incident["number"] = number.into();
        incident["drill"] = (number == 7).into();
        incident["stream"] = "edge".into();
        incident["clocks"][0]["state"] = state.into();
        incident["clocks"][0]["due"] = due.into();
        incident
    };
    let mut all: Vec<_> = (0..60)
        .map(|number| incident(number, "provisional", "2026-12-01T00:00:00Z"))
        .collect();
    all[58] = incident(58, "running", "2026-11-30T00:00:00Z");
    all[7] = incident(7, "overdue", "2026-11-01T00:00:00Z");
    *daemon.fake.incidents.lock().unwrap() = all;
    let shown = |path: &str| -> (Vec<usize>, String) {
        let text = page(&daemon, path).text();
        let links = text.split("href=\"/incidents/inc-").skip(1);
        let numbers = links.map(|it| it.split('"').next().unwrap().parse().unwrap());
        (numbers.collect(), text)
    };
    let (open, text) = shown("/incidents");
    assert_eq!((open.len(), &open[..3]), (50, &[58, 0, 1][..]));
    for part in [
        "Incident 58",
        "Early warning by Mon 30 Nov 2026 00:00 (+00:00), ",
        " · edge",
        "<option value=\"open\" selected>",
        "href=\"/recurring\"",
        "/incidents?state=open&amp;cursor=50",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    // An exercise comes after what is real, whatever it owes.
    let (rest, _) = shown("/incidents?state=open&cursor=50");
    assert_eq!((rest.len(), rest.last()), (10, Some(&7)));
    let (newest, text) = shown("/incidents?state=all");
    assert_eq!((newest.len(), &newest[..3]), (50, &[0, 1, 2][..]));
    assert!(text.contains("Older ones"));
    assert_eq!(page(&daemon, "/incidents?cursor=x").status, 400);
    let start = page(&daemon, "/").text();
    for part in [
        "href=\"/incidents?state=all\"",
        "href=\"/recurring\"",
        "Incident 58",
    ] {
        assert!(start.contains(part), "{part}");
    }
    assert!(
        !start.contains("Incident 7<"),
        "an exercise took the place of a real one"
    );
}

/// What had passed undecided hid the deadline of a duty.
#[test]
fn what_comes_next_stands_first() {
    let daemon = start();
    let clock = |regime: &str, stage: &str, state: &str, due: &str| {
        serde_json::json!({"regime": regime, "stage": stage, "party": "own", "state": state,
            "start": "2026-11-24T09:30:00Z", "due": due})
    };
    let check = |clocks: Vec<serde_json::Value>, first: &str, beside: &str| {
        let mut incident = crate::fake::incident();
        incident["id"] = "inc-9".into();
        incident["regimes"] = serde_json::json!(["nis2-se", "gdpr"]);
        incident["clocks"] = clocks.into();
        *daemon.fake.incidents.lock().unwrap() = vec![incident];
        for path in ["/", "/incidents", "/incidents/inc-9"] {
            let text = page(&daemon, path).text();
            assert!(text.contains(first), "{path}: {first} is not in\n{text}");
            assert!(
                path == "/incidents" || text.contains(beside),
                "{path}: {text}"
            );
        }
    };
    let elapsed = || {
        clock(
            "gdpr",
            "authority",
            "elapsed_unassessed",
            "2026-11-20T09:30:00Z",
        )
    };
    let running = || clock("nis2-se", "notification", "running", "2126-11-25T09:30:00Z");
    check(
        vec![elapsed(), running()],
        "Notification (nis2-se) by Mon 25 Nov 2126",
        "Authority (gdpr): the time since detection passed ",
    );
    check(
        vec![
            clock(
                "nis2-se",
                "early_warning",
                "overdue",
                "2026-11-20T09:30:00Z",
            ),
            running(),
            elapsed(),
        ],
        "Early warning (nis2-se) by Fri 20 Nov 2026",
        "Next: Notification (nis2-se) by Mon 25 Nov 2126",
    );
    check(
        vec![elapsed()],
        "Authority (gdpr) by Fri 20 Nov 2026",
        "Provisional",
    );
}

/// The words were those of the API, and a second press of the button recorded beside what nobody had seen.
#[test]
fn what_others_recorded_is_seen_before_it_is_recorded_beside_it() {
    let daemon = start();
    let mut incident = crate::fake::incident();
    incident["id"] = "inc-9".into();
    incident["facts"] = serde_json::json!([
        {"id": 16, "fact": "detected", "at": "2026-11-24T09:30:00Z", "recorded_by": "vakt"},
        {"id": 17, "fact": "not_significant", "at": "2026-11-24T10:00:00Z", "recorded_by": "bo",
         "recorded_at": "2026-11-24T10:00:05Z"}]);
    *daemon.fake.incidents.lock().unwrap() = vec![incident];
    let path = "/incidents/inc-9/record";
    let typed = |revision, what| {
        [
            ("fact", "aware"),
            ("at", "now"),
            ("revision", revision),
            ("reason", "a call"),
            ("do", what),
        ]
    };
    let refused = send(&daemon, path, &typed("16", "record"));
    assert_eq!(refused.status, 409);
    let text = refused.text();
    for part in [
        "Nothing was recorded. Since you looked at the incident, this was recorded:",
        "Not significant, by bo, ",
        "href=\"/incidents/inc-9#facts\"",
        "value=\"a call\"",
        "name=\"revision\" value=\"17\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("value=\"record\""), "{text}");
    assert!(!text.contains("revision is"), "{text}");
    let looked = send(&daemon, path, &typed("17", "look")).text();
    assert!(looked.contains("value=\"record\""), "{looked}");
    assert!(!looked.contains("Since you looked"), "{looked}");
    assert_eq!(send(&daemon, path, &typed("17", "record")).status, 303);
}

/// What waits was told in the words of the API, in UTC.
#[test]
fn what_waits_for_a_second_person_is_told_in_words() {
    let daemon = start();
    let mut incident = crate::fake::incident();
    incident["id"] = "inc-9".into();
    incident["time_zone"] = "Europe/Stockholm".into();
    incident["waiting"][0]["fact"] = 3.into();
    incident["waiting"][0]["what"] = "fact 2, `aware`, moves later, to 2026-11-24T11:00:00Z".into();
    incident["facts"] = serde_json::json!([
        {"id": 2, "fact": "aware", "at": "2026-11-24T10:00:00Z", "recorded_by": "bo", "party": "own"},
        {"id": 3, "fact": "aware", "at": "2026-11-24T11:00:00Z", "recorded_by": "bo", "party": "own",
         "revises": 2}]);
    *daemon.fake.incidents.lock().unwrap() = vec![incident];
    let text = page(&daemon, "/incidents/inc-9").text();
    assert!(
        text.contains("“Aware” (fact 2) was later, at <time "),
        "{text}"
    );
    assert!(text.contains("24 Nov 12:00:00"), "{text}");
    assert!(!text.contains("`aware`"), "{text}");
}

/// A viewer can read the texts of a form and fill in none.
#[test]
fn the_form_of_a_report_is_offered_as_what_the_person_can_do_with_it() {
    let daemon = start();
    let text = page(&daemon, "/incidents/inc-1").text();
    assert!(text.contains("Fill in and copy"), "{text}");
    let viewer = format!(
        "Authorization: Bearer {}",
        daemon.token("vera", vakt_api::Role::Viewer)
    );
    let text = daemon
        .request("GET /incidents/inc-1", &[&viewer], b"")
        .text();
    assert!(
        text.contains("Read and copy") && !text.contains("Fill in and copy"),
        "{text}"
    );
}
