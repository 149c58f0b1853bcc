//! su of util-linux, shadow and BusyBox.

use vakt_event::{Event, ecs};

use super::fields::{AUTHENTICATION, Class, FAILURE, SUCCESS, text};

pub(super) fn decode<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some((success, user, target, tty)) = parse(message) else {
        return false;
    };
    Class {
        categories: &[AUTHENTICATION],
        types: &["start"],
        action: "su",
        outcome: if success { SUCCESS } else { FAILURE },
    }
    .add(event);
    event.added(ecs::EVENT_DATASET, "system.auth");
    text(event, ecs::USER_NAME, user);
    text(event, ecs::USER_EFFECTIVE_NAME, target);
    text(event, "process.tty.name", tty);
    true
}

/// Success, user, target user, terminal.
fn parse(message: &str) -> Option<(bool, &str, &str, &str)> {
    // util-linux: `[FAILED SU ](to root) alice on pts/0`
    let (success, rest) = match message.strip_prefix("FAILED SU ") {
        Some(rest) => (false, rest),
        None => (true, message),
    };
    if let Some(rest) = rest.strip_prefix("(to ") {
        let (target, rest) = rest.split_once(") ")?;
        let (user, tty) = rest.split_once(" on ").unwrap_or((rest, ""));
        return Some((success, user, target, tty));
    }
    // shadow: `Successful su for root by alice`, `FAILED su for root by alice`
    for (prefix, success) in [("Successful su for ", true), ("FAILED su for ", false)] {
        if let Some(rest) = message.strip_prefix(prefix) {
            let (target, user) = rest.split_once(" by ")?;
            return Some((success, user, target, ""));
        }
    }
    // shadow: `+ /dev/pts/0 alice:root`, `- pts/0 alice:root`
    for (prefix, success) in [("+ ", true), ("- ", false)] {
        if let Some(rest) = message.strip_prefix(prefix) {
            let (tty, users) = rest.split_once(' ')?;
            let (user, target) = users.trim().split_once([':', '-'])?;
            return Some((success, user, target, tty));
        }
    }
    // BSD: `BAD SU alice to root on /dev/pts/0`
    let rest = message.strip_prefix("BAD SU ")?;
    let (user, rest) = rest.split_once(" to ")?;
    let (target, tty) = rest.split_once(" on ").unwrap_or((rest, ""));
    Some((false, user, target, tty))
}
