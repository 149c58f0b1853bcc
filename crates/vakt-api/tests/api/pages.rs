//! The pages, as they come from the server: scripts are not run here.

use std::fs;
use std::path::Path;

use vakt_api::backend::Within;
use vakt_event::Clock as _;
use vakt_event::clock::SystemClock;

use crate::client::Answer;
use crate::fake::{Daemon, start};

fn page(daemon: &Daemon, path: &str) -> Answer {
    let cookie = format!("Cookie: vakt_session={}", daemon.session());
    daemon.request(&format!("GET {path}"), &[&cookie], b"")
}

#[test]
fn who_is_not_signed_in_sees_the_sign_in_page_only() {
    let daemon = start();
    for path in ["/", "/?q=x", "/incidents/inc-1"] {
        let answer = daemon.request(&format!("GET {path}"), &[], b"");
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/sign-in")),
            "{path}"
        );
        assert_eq!(answer.text(), "");
    }
    let expired = daemon.request("GET /", &["Cookie: vakt_session=gone"], b"");
    assert_eq!(expired.status, 303);
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
        let mut shown = text.split("href=\"/incidents/inc-").skip(1);
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
        "2490 more with later deadlines",
    );
    many.extend(many.clone());
    many.extend(many.clone());
    check(many, &[], "More than 4990 more");
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
        "Clocks",
        "Facts",
        "Evidence",
        "one month after the notification is submitted",
        // Evidence reads as a log does, also where it came as JSON.
        "<span class=\"host\">web1</span><span class=\"program\">sshd</span>\
         <span class=\"message\">Failed password for root</span>",
        "<dt>BLAKE3</dt><dd>7e81</dd>",
        "<dt>event.original</dt><dd>{&quot;message&quot;",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let missing = page(&daemon, "/incidents/ghost");
    assert_eq!(missing.status, 404);
    assert!(
        missing
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
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
