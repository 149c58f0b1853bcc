//! sudo: `alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls` (sudo's
//! `lib/eventlog`). A refusal's reason stands before the first pair.

use vakt_event::{Event, ecs};

use super::fields::{AUTHENTICATION, Class, FAILURE, SUCCESS, text};

pub(super) fn decode<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some((user, rest)) = message.split_once(" : ") else {
        return false;
    };
    let user = user.trim();
    if user.is_empty() || user.contains(' ') {
        return false;
    }
    // The command comes last and may hold ` ; ` and every other separator.
    let (head, command) = match rest.split_once("COMMAND=") {
        Some((head, command)) => (head, command),
        None => (rest, ""),
    };
    let parts = || (head.split(" ; ")).map(|part| part.trim().trim_end_matches(" ;"));
    let pair = |part: &'a str| part.split_once('=').filter(|(key, _)| is_key(key));
    let before_pairs = || parts().take_while(|part| pair(part).is_none());
    let reason = before_pairs().find(|part| !part.is_empty()).unwrap_or("");
    let mut pairs = parts().filter_map(pair).peekable();
    if pairs.peek().is_none() && command.is_empty() {
        return false;
    }
    class(reason).add(event);
    event.added(ecs::EVENT_DATASET, "system.auth");
    event.added(ecs::USER_NAME, user);
    text(event, "event.reason", reason);
    for (key, value) in pairs {
        match key {
            "PWD" => text(event, ecs::PROCESS_WORKING_DIRECTORY, value),
            "USER" => {
                text(event, ecs::USER_EFFECTIVE_NAME, value);
                // Sigma's rules on sudo call it so.
                text(event, "USER", value);
            }
            "GROUP" => text(event, ecs::GROUP_NAME, value),
            "TTY" => text(event, "process.tty.name", value),
            "TSID" => text(event, "system.auth.sudo.tsid", value),
            "ENV" => text(event, "process.env_vars", value),
            _ => {}
        }
    }
    let executable = command.split_ascii_whitespace().next().unwrap_or("");
    if executable.starts_with('/') {
        event.added(ecs::PROCESS_EXECUTABLE, executable);
    }
    text(event, ecs::PROCESS_COMMAND_LINE, command);
    true
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn class(reason: &str) -> Class {
    let refused = |categories, action| Class {
        categories,
        types: &["denied"],
        action,
        outcome: FAILURE,
    };
    match reason {
        "" => Class {
            categories: &["process"],
            types: &["start"],
            action: "sudo_command",
            outcome: SUCCESS,
        },
        _ if reason.contains("incorrect password attempt") => {
            refused(&[AUTHENTICATION], "sudo_incorrect_password")
        }
        _ if reason.starts_with("user NOT ") => refused(&["process"], "sudo_not_in_sudoers"),
        _ if reason.starts_with("command not allowed") => {
            refused(&["process"], "sudo_command_not_allowed")
        }
        _ => refused(&["process"], "sudo_denied"),
    }
}
