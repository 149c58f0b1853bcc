//! Linux-PAM's modules, whichever program they run in (`pam_unix`, `pam_faillock`, …).
//!
//! An authentication failure of PAM usually stands beside the program's own line of the same
//! attempt: rules that count attempts count one of the two.

use vakt_event::{Event, ecs};

use super::fields::{AUTHENTICATION, Class, FAILURE, SUCCESS, is_digits, number, source, text};

/// Services that change the user: there the opener of a session is its actor.
const SWITCHING_SERVICES: &[&str] = &["su", "su-l", "sudo", "sudo-i", "runuser", "polkit-1"];

/// Whether PAM wrote this message: `pam_unix(sshd:auth): …` or `PAM 2 more authentication …`.
pub(super) fn is_message(message: &str) -> bool {
    message.starts_with("pam_") || message.starts_with("PAM ")
}

pub(super) fn decode<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    if let Some(rest) = message.strip_prefix("PAM ") {
        let Some((count, rest)) = rest.split_once(" more authentication failure") else {
            return false;
        };
        let Some((_, details)) = rest.split_once("; ") else {
            return false;
        };
        if !is_digits(count) {
            return false;
        }
        number(event, ecs::VAKT_REPEAT, count);
        failure(event, details);
        return dataset(event, "");
    }
    let Some((module, rest)) = message.split_once('(') else {
        return false;
    };
    let Some((service, rest)) = module
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        .then(|| rest.split_once("): "))
        .flatten()
    else {
        return false;
    };
    let service = service
        .split_once(':')
        .map_or(service, |(service, _)| service);
    said(event, service, rest) && dataset(event, service)
}

/// Old PAM puts itself into the tag (`sshd(pam_unix)[1]: authentication failure; …`).
pub(super) fn decode_old<'a>(
    event: &mut Event<'a>,
    service: &'static str,
    message: &'a str,
) -> bool {
    said(event, service, message) && dataset(event, service)
}

fn dataset<'a>(event: &mut Event<'a>, service: &'a str) -> bool {
    event.added(ecs::EVENT_DATASET, "system.auth");
    text(event, "system.auth.pam.service", service);
    true
}

fn said<'a>(event: &mut Event<'a>, service: &'a str, words: &'a str) -> bool {
    if let Some(details) = words.strip_prefix("authentication failure; ") {
        failure(event, details);
        return true;
    }
    if let Some(rest) = words.strip_prefix("session opened for user ") {
        return session_opened(event, service, rest);
    }
    if let Some(user) = words.strip_prefix("session closed for user ") {
        Class {
            categories: &["session"],
            types: &["end"],
            action: "session_closed",
            outcome: "",
        }
        .add(event);
        text(event, ecs::USER_NAME, user.trim());
        return true;
    }
    if let Some(user) = words.strip_prefix("password changed for ") {
        Class {
            categories: &["iam"],
            types: &["user", "change"],
            action: "password_changed",
            outcome: SUCCESS,
        }
        .add(event);
        text(event, ecs::USER_TARGET_NAME, user.trim());
        return true;
    }
    refused(event, words)
}

fn refused<'a>(event: &mut Event<'a>, words: &'a str) -> bool {
    let (action, user) = if words.starts_with("check pass; user unknown") {
        ("pam_unknown_user", "")
    } else if let Some(rest) = words.strip_prefix("auth could not identify password for ") {
        let user = rest
            .strip_prefix('[')
            .and_then(|user| user.strip_suffix(']'));
        ("pam_authentication_failure", user.unwrap_or(rest))
    } else if words.starts_with("conversation failed") {
        ("pam_authentication_failure", "")
    } else if let Some(rest) = words.strip_prefix("Consecutive login failures for user ") {
        (
            "account_locked",
            rest.split_once(' ').map_or(rest, |(user, _)| user),
        )
    } else if let Some(rest) = words.strip_prefix("account ") {
        let Some((user, _)) = rest.split_once(" has expired") else {
            return false;
        };
        ("account_expired", user)
    } else {
        return false;
    };
    Class {
        categories: &[AUTHENTICATION],
        types: &["info"],
        action,
        outcome: FAILURE,
    }
    .add(event);
    text(event, ecs::USER_NAME, user);
    true
}

/// `logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=root`
fn failure<'a>(event: &mut Event<'a>, details: &'a str) {
    Class {
        categories: &[AUTHENTICATION],
        types: &["info"],
        action: "pam_authentication_failure",
        outcome: FAILURE,
    }
    .add(event);
    // The user stands last and is what the client sent: it ends at the line's end, not at a blank.
    let (pairs, user) = details.split_once(" user=").unwrap_or((details, ""));
    for pair in pairs.split_ascii_whitespace() {
        match pair.split_once('=') {
            Some(("rhost", address)) => source(event, address),
            Some(("ruser", user)) => text(event, "source.user.name", user),
            _ => {}
        }
    }
    text(event, ecs::USER_NAME, user.trim());
}

/// `root(uid=0) by alice(uid=1000)`, `alice by (uid=0)`
fn session_opened<'a>(event: &mut Event<'a>, service: &'a str, rest: &'a str) -> bool {
    let (user, by) = rest.split_once(" by ").unwrap_or((rest, ""));
    let name = |text: &'a str| text.split_once('(').map_or(text, |(name, _)| name).trim();
    let id = |text: &'a str| {
        let (_, rest) = text.split_once("(uid=")?;
        Some(rest.split_once(')')?.0).filter(|id| is_digits(id))
    };
    Class {
        categories: &["session"],
        types: &["start"],
        action: "session_opened",
        outcome: SUCCESS,
    }
    .add(event);
    let (user_name, by_name) = (name(user), name(by));
    if !by_name.is_empty() && SWITCHING_SERVICES.contains(&service) {
        text(event, ecs::USER_NAME, by_name);
        text(event, ecs::USER_ID, id(by).unwrap_or(""));
        text(event, ecs::USER_EFFECTIVE_NAME, user_name);
        text(event, "user.effective.id", id(user).unwrap_or(""));
    } else {
        text(event, ecs::USER_NAME, user_name);
        text(event, ecs::USER_ID, id(user).unwrap_or(""));
    }
    true
}
