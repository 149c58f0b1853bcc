//! Against the reading of JSON: nesting, joined names, escapes, broken objects.

use super::{Attack, Workshop};
use crate::input::{Object, push_string};

/// Values nested deeper are not read.
const DEPTH: usize = 32;

pub(super) fn attacks(workshop: &mut Workshop) -> Vec<Option<Attack>> {
    let mut attacks = vec![
        nested(workshop, "objects 32 deep", 1, 1),
        nested(workshop, "32 deep, long names, 100 leaves", 30, 100),
        nested(workshop, "32 deep, long names, 4,000 leaves", 1_000, 4_000),
        nested(
            workshop,
            "32 deep, very long names, 4,000 leaves",
            3_000,
            4_000,
        ),
        Attack::new("empty objects, 32 deep", "empty members", || {
            let inner = vec!["{}"; 400].join(",");
            Some(enclose(&format!("[{inner}]"), "name", DEPTH - 2).into_bytes())
        }),
        Attack::new("brackets and nothing else", "nesting", || {
            let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
            Some(format!("{{\"a\":{deep}}}").into_bytes())
        }),
        Attack::new(
            "an object that is broken at its end, 100 kB",
            "plain text",
            || {
                let mut event = workshop.windows.of_id(1);
                event.set("CommandLine", workshop.windows.script(100_000));
                let mut bytes = event.flat().into_bytes();
                bytes.pop();
                bytes.push(b'!');
                Some(bytes)
            },
        ),
        Attack::new("an object that is broken at its end", "plain text", || {
            let mut bytes = workshop.windows.event().flat().into_bytes();
            bytes.pop();
            bytes.push(b'!');
            Some(bytes)
        }),
        Attack::new("bytes that are no UTF-8", "owned copies", || {
            let mut event = workshop.windows.event();
            event.set("Details", "\u{7f}");
            let mut bytes = event.flat().into_bytes();
            bytes
                .iter_mut()
                .filter(|byte| **byte == 0x7f)
                .for_each(|byte| *byte = 0xff);
            Some(bytes)
        }),
    ];
    for (name, escape) in [
        ("\\u0041 at every character", "\\u0041"),
        ("\\\\ at every character", "\\\\"),
        ("\\\" at every character", "\\\""),
        ("\\n at every character", "\\n"),
        ("half surrogates", "\\ud800"),
        ("an escape at every other character", "\\\\a"),
    ] {
        for bytes in [1_000, 100_000] {
            attacks.push(escapes(workshop, name, escape, bytes));
        }
    }
    attacks
}

/// Leaves below a path of so many bytes a name.
fn nested(workshop: &mut Workshop, name: &str, name_bytes: usize, leaves: usize) -> Option<Attack> {
    let random = &mut workshop.windows.random;
    Attack::new(name, "joined names", || {
        let mut inner = Object::new();
        for _ in 0..leaves {
            inner.raw(&format!("{:x}", random.below(1 << 16)), "1");
        }
        let name = "n".repeat(name_bytes);
        Some(enclose(&inner.close(), &name, DEPTH - 2).into_bytes())
    })
}

fn enclose(inner: &str, name: &str, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..depth {
        text.push('{');
        push_string(&mut text, name);
        text.push(':');
    }
    text.push_str(inner);
    text.push_str(&"}".repeat(depth));
    text
}

fn escapes(workshop: &mut Workshop, name: &str, escape: &str, bytes: usize) -> Option<Attack> {
    let windows = &mut workshop.windows;
    let name = format!("{name}, {} kB", bytes / 1_000);
    Attack::new(name, "escapes", || {
        let mut event = windows.of_id(1);
        event.message.clear();
        event.data.retain(|(name, _)| name != "CommandLine");
        let mut event = event.flat_open();
        let start = format!("{:016x}", windows.random.next());
        let text = format!("\"{start}{}\"", escape.repeat(bytes / escape.len()));
        event.raw("CommandLine", &text);
        Some(event.close().into_bytes())
    })
}
