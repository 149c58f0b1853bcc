//! Vixie cron, cronie and their `crontab`: `(root) CMD (run-parts /etc/cron.hourly)`.

use vakt_event::{Event, ecs};

use super::fields::{Class, FAILURE, SUCCESS, text};

pub(super) fn decode<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some((user, verb, detail)) = parse(message) else {
        return false;
    };
    let class = match verb {
        "CMD" => Class {
            categories: &["process"],
            types: &["start"],
            action: "cron_command",
            outcome: SUCCESS,
        },
        "CMDEND" => Class {
            categories: &["process"],
            types: &["end"],
            action: "cron_command_ended",
            outcome: "",
        },
        "CMDOUT" => Class {
            categories: &["process"],
            types: &["info"],
            action: "cron_command_output",
            outcome: "",
        },
        "REPLACE" | "DELETE" => Class {
            categories: &["configuration"],
            types: &["change"],
            action: if verb == "REPLACE" {
                "crontab_replaced"
            } else {
                "crontab_deleted"
            },
            outcome: SUCCESS,
        },
        "BEGIN EDIT" | "END EDIT" | "LIST" => Class {
            categories: &["configuration"],
            types: &["access"],
            action: match verb {
                "BEGIN EDIT" => "crontab_edit_begun",
                "END EDIT" => "crontab_edit_ended",
                _ => "crontab_listed",
            },
            outcome: "",
        },
        "RELOAD" => Class {
            categories: &["configuration"],
            types: &["change"],
            action: "crontab_reloaded",
            outcome: SUCCESS,
        },
        "AUTH" => Class {
            categories: &["configuration"],
            types: &["denied"],
            action: "crontab_denied",
            outcome: FAILURE,
        },
        _ => return false,
    };
    class.add(event);
    event.added(ecs::EVENT_DATASET, "system.cron");
    text(event, ecs::USER_NAME, user);
    match verb {
        "CMD" | "CMDEND" => text(event, ecs::PROCESS_COMMAND_LINE, detail.trim()),
        "REPLACE" | "DELETE" | "BEGIN EDIT" | "END EDIT" | "LIST" => {
            text(event, ecs::USER_TARGET_NAME, detail);
        }
        "RELOAD" => text(event, ecs::FILE_PATH, detail),
        _ => text(event, "event.reason", detail),
    }
    true
}

/// User, verb and detail of `(USER) VERB (DETAIL)`; the detail may hold brackets.
fn parse(message: &str) -> Option<(&str, &str, &str)> {
    let (user, rest) = message.strip_prefix('(')?.split_once(") ")?;
    let (verb, detail) = rest.split_once(" (")?;
    let detail = detail.trim_end();
    Some((user, verb, detail.strip_suffix(')').unwrap_or(detail)))
}
