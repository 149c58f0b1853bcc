//! systemd's manager (PID 1 and the users' managers) and logind.
//!
//! Since version 249 a job's message names the unit before its description
//! (`Started ssh.service - OpenBSD Secure Shell server.`); before, only the description. In
//! journald's fields the unit always stands in `UNIT`.

use vakt_event::{Event, ecs};

use super::fields::{Class, FAILURE, SUCCESS, text};

/// A job's first words, its ECS types, action and outcome.
const JOBS: &[(&str, &[&str], &str, &str)] = &[
    ("Started ", &["start"], "service_started", SUCCESS),
    ("Starting ", &["start"], "service_starting", ""),
    ("Finished ", &["end"], "service_finished", SUCCESS),
    ("Stopped ", &["end"], "service_stopped", SUCCESS),
    ("Stopping ", &["end"], "service_stopping", ""),
    ("Reloaded ", &["change"], "service_reloaded", SUCCESS),
    ("Reloading ", &["change"], "service_reloading", ""),
    (
        "Failed to start ",
        &["error", "start"],
        "service_start_failed",
        FAILURE,
    ),
];

/// What stands after `UNIT: `.
const STATES: &[(&str, &[&str], &str, &str)] = &[
    (
        "Failed with result ",
        &["error", "end"],
        "service_failed",
        FAILURE,
    ),
    (
        "Main process exited",
        &["end"],
        "service_main_process_exited",
        "",
    ),
    (
        "Control process exited",
        &["end"],
        "service_control_process_exited",
        "",
    ),
    (
        "Scheduled restart job",
        &["change"],
        "service_restart_scheduled",
        "",
    ),
    (
        "Start request repeated too quickly",
        &["error"],
        "service_start_limit_hit",
        FAILURE,
    ),
    (
        "Deactivated successfully",
        &["end"],
        "service_deactivated",
        SUCCESS,
    ),
    ("Succeeded", &["end"], "service_deactivated", SUCCESS),
    ("Killing process ", &["end"], "service_process_killed", ""),
];

pub(super) fn decode<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    if let Some((start, types, action, outcome)) =
        JOBS.iter().find(|(start, ..)| message.starts_with(start))
    {
        let rest = message.strip_prefix(start).unwrap_or("");
        add(event, types, action, outcome);
        let unit = rest.split_once(" - ").map_or("", |(unit, _)| unit);
        let unit = if is_unit(unit) {
            unit
        } else {
            // A unit without a description is named by itself.
            Some(rest.trim_end_matches('.'))
                .filter(|rest| is_unit(rest))
                .unwrap_or("")
        };
        name_unit(event, unit);
        return true;
    }
    let Some((unit, state)) = message.split_once(": ") else {
        return false;
    };
    if !is_unit(unit) {
        return false;
    }
    let Some((start, types, action, outcome)) =
        STATES.iter().find(|(start, ..)| state.starts_with(start))
    else {
        return false;
    };
    add(event, types, action, outcome);
    name_unit(event, unit);
    let detail = state.strip_prefix(start).unwrap_or("");
    if let Some(result) = detail
        .strip_prefix('\'')
        .and_then(|rest| rest.split_once('\''))
    {
        text(event, "event.reason", result.0);
    } else {
        text(
            event,
            "event.reason",
            detail.trim_start_matches([',', ' ', '.']),
        );
    }
    true
}

fn add(
    event: &mut Event<'_>,
    types: &'static [&'static str],
    action: &'static str,
    outcome: &'static str,
) {
    Class {
        categories: &["process"],
        types,
        action,
        outcome,
    }
    .add(event);
    event.added(ecs::EVENT_DATASET, "system.syslog");
}

fn name_unit<'a>(event: &mut Event<'a>, unit: &'a str) {
    if unit.is_empty() {
        // journald names the unit that PID 1 speaks about in a field.
        if let Some(unit) = event.text("UNIT").map(str::to_owned) {
            event.added(ecs::SERVICE_NAME, unit);
        }
        return;
    }
    event.added(ecs::SERVICE_NAME, unit);
}

/// `ssh.service`, `user@1000.service`: no blank, and one of systemd.unit(5)'s suffixes.
fn is_unit(text: &str) -> bool {
    const SUFFIXES: &[&str] = &[
        "service",
        "socket",
        "device",
        "mount",
        "automount",
        "swap",
        "target",
        "path",
        "timer",
        "slice",
        "scope",
    ];
    !text.contains(' ')
        && text
            .rsplit_once('.')
            .is_some_and(|(name, suffix)| !name.is_empty() && SUFFIXES.contains(&suffix))
}

/// `New session 3 of user alice.`, `Removed session 3.`
pub(super) fn decode_logind<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let (kind, action, user): (&[&str], _, _) =
        if let Some(rest) = message.strip_prefix("New session ") {
            // 257 and later append the session's class and type.
            let Some((_, user)) = rest.split_once(" of user ") else {
                return false;
            };
            let user = user.split(' ').next().unwrap_or("");
            let user = user.trim_end_matches('.').trim_matches('\'');
            (&["start"], "session_opened", user)
        } else if message.starts_with("Removed session ") {
            (&["end"], "session_closed", "")
        } else {
            return false;
        };
    Class {
        categories: &["session"],
        types: kind,
        action,
        outcome: "",
    }
    .add(event);
    event.added(ecs::EVENT_DATASET, "system.auth");
    text(event, ecs::USER_NAME, user);
    true
}
