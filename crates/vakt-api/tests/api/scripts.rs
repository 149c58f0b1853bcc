//! Scripts of the pages, run by Node with as much of a browser as they touch.

use std::path::Path;
use std::process::Command;

/// A daemon that was gone was to be told by nothing: deadlines counted on.
#[test]
fn a_page_that_is_not_refreshed_says_since_when() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new("node")
        .arg(folder.join("tests/scripts/stale.mjs"))
        .arg(folder.join("static/refresh.js"))
        .output();
    let Ok(ran) = ran else {
        println!("skipped: a_page_that_is_not_refreshed_says_since_when: node is absent");
        return;
    };
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        [
            "Vakt does not answer. What is shown is as of 24 Nov 2026, 10:30:05.",
            "-",
            "Vakt does not answer. What is shown is as of 24 Nov 2026, 10:31:00.",
        ],
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}
