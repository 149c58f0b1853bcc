//! Against what is kept from event to event: outcomes of values, routes of log sources.

use super::aim::cut;
use super::{Attack, Workshop};

/// The longest value whose outcome was kept when this was written; attacks stay on both sides.
const KEPT_BYTES: usize = 1_024;

pub(super) fn attacks(workshop: &mut Workshop) -> Vec<Option<Attack>> {
    vec![
        every_value_new(workshop),
        alike_but_for_the_end(workshop),
        long_and_new(workshop, KEPT_BYTES),
        long_and_new(workshop, KEPT_BYTES + 1),
        long_and_the_same(workshop),
        log_source(workshop, false),
        log_source(workshop, true),
    ]
}

fn every_value_new(workshop: &mut Workshop) -> Option<Attack> {
    let windows = &mut workshop.windows;
    Attack::new("every value new", "value cache", || {
        let mut event = windows.event();
        for (_, value) in &mut event.data {
            value.push_str(&format!("{:016x}", windows.random.next()));
        }
        Some(event.flat().into_bytes())
    })
}

/// As near as a sender comes to one slot without the key of the hash.
fn alike_but_for_the_end(workshop: &mut Workshop) -> Option<Attack> {
    let windows = &mut workshop.windows;
    Attack::new("new values alike but for their end", "value cache", || {
        let mut event = windows.of_id(1);
        event.message.clear();
        for name in [
            "Image",
            "ParentImage",
            "CommandLine",
            "ParentCommandLine",
            "Hashes",
            "User",
            "CurrentDirectory",
        ] {
            let end = windows.random.below(1 << 32);
            event.set(
                name,
                format!("C:\\Windows\\System32\\{}{end:08x}", "x".repeat(100)),
            );
        }
        Some(event.flat().into_bytes())
    })
}

fn long_and_new(workshop: &mut Workshop, bytes: usize) -> Option<Attack> {
    let windows = &mut workshop.windows;
    Attack::new(
        format!("new values of {bytes} bytes"),
        "value cache",
        || {
            let mut event = windows.of_id(1);
            event.message.clear();
            for name in ["CommandLine", "ParentCommandLine"] {
                let mut text = windows.script(bytes);
                cut(&mut text, bytes);
                event.set(name, text);
            }
            Some(event.flat().into_bytes())
        },
    )
}

fn long_and_the_same(workshop: &mut Workshop) -> Option<Attack> {
    let windows = &mut workshop.windows;
    let mut text = windows.script(KEPT_BYTES + 1);
    cut(&mut text, KEPT_BYTES + 1);
    let name = format!("a value of {} bytes, repeated", text.len());
    Attack::new(name, "value cache", || {
        let mut event = windows.of_id(1);
        event.message.clear();
        event.set("CommandLine", text.clone());
        event.set("ParentCommandLine", text.clone());
        Some(event.flat().into_bytes())
    })
}

/// Log sources that nobody has seen, beside the one that half of all rules ask for.
fn log_source(workshop: &mut Workshop, among_known: bool) -> Option<Attack> {
    let windows = &mut workshop.windows;
    let name = match among_known {
        true => "log sources invented, for windows",
        false => "log sources invented",
    };
    Attack::new(name, "route cache", || {
        let event = windows.of_id(1);
        let mut event = event.flat_open();
        let mut invented = || format!("{:x}", windows.random.next());
        let (product, category) = match among_known {
            true => ("windows".to_owned(), "process_creation".to_owned()),
            false => (invented(), invented()),
        };
        event.text("vakt.logsource.product", &product);
        event.text("vakt.logsource.category", &category);
        event.text("vakt.logsource.service", &invented());
        Some(event.close().into_bytes())
    })
}
