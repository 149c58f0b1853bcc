//! OpenSSH's server: `auth.c`, `auth-pam.c`, `sshconnect`-side notices, `packet.c`, `kex.c`.
//!
//! `system.auth.ssh.event`, `.method` and `.signature` are the names of Elastic's system module.

use vakt_event::{Event, ecs};

use super::fields::{self, AUTHENTICATION, Class, FAILURE, SUCCESS, peer, source_and_port, text};

const SSH_EVENT: &str = "system.auth.ssh.event";
const SSH_METHOD: &str = "system.auth.ssh.method";
const SSH_SIGNATURE: &str = "system.auth.ssh.signature";
const EVENT_REASON: &str = "event.reason";

const LOGIN_FAILURE: Class = Class {
    categories: &[AUTHENTICATION],
    types: &["info"],
    action: "ssh_login",
    outcome: FAILURE,
};

pub(super) fn decode<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let message = message.trim_end();
    let message = message
        .strip_suffix("[preauth]")
        .map_or(message, str::trim_end);
    let message = ["error: ", "fatal: ", "info: "]
        .iter()
        .find_map(|level| message.strip_prefix(level))
        .unwrap_or(message);
    let understood = accepted(event, message)
        || failed(event, message)
        || invalid_user(event, message)
        || refused(event, message)
        || ended(event, message)
        || suspicious(event, message)
        || connection(event, message);
    if understood {
        event.added(ecs::EVENT_DATASET, "system.auth");
    }
    understood
}

/// `Accepted password for alice from 192.0.2.1 port 5022 ssh2: RSA SHA256:…`
fn accepted<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some((method, rest)) = message
        .strip_prefix("Accepted ")
        .and_then(|rest| rest.split_once(" for "))
    else {
        return false;
    };
    // An accepted name is an account of the system, so the first ` from ` ends it; what follows
    // the protocol may hold a certificate's id, which is free text.
    let Some((user, from)) = rest.split_once(" from ") else {
        return false;
    };
    Class {
        categories: &[AUTHENTICATION, "session"],
        types: &["start"],
        action: "ssh_login",
        outcome: SUCCESS,
    }
    .add(event);
    let (address, port, rest) = peer(from);
    event.added(ecs::USER_NAME, user);
    source_and_port(event, address, port);
    event.added(SSH_EVENT, "Accepted");
    text(event, SSH_METHOD, method_name(method));
    if let Some((_, signature)) = rest.split_once(": ") {
        text(event, SSH_SIGNATURE, signature);
    }
    true
}

/// `keyboard-interactive/pam` is the method `keyboard-interactive` by the device `pam`.
fn method_name(method: &str) -> &str {
    method.split_once('/').map_or(method, |(method, _)| method)
}

/// `Failed password for invalid user bob from 192.0.2.1 port 5022 ssh2`
fn failed<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some((method, rest)) = message
        .strip_prefix("Failed ")
        .and_then(|rest| rest.split_once(" for "))
    else {
        return false;
    };
    if method.contains(' ') {
        return false;
    }
    // A refused name is whatever the client sent, ` from ` included: the last one is sshd's.
    let Some((user, from)) = rest.rsplit_once(" from ") else {
        return false;
    };
    LOGIN_FAILURE.add(event);
    user_or_invalid(event, user);
    let (address, port, _) = peer(from);
    source_and_port(event, address, port);
    event.added(SSH_EVENT, "Failed");
    text(event, SSH_METHOD, method_name(method));
    true
}

fn user_or_invalid<'a>(event: &mut Event<'a>, user: &'a str) {
    let invalid = ["invalid user ", "illegal user "]
        .iter()
        .find_map(|prefix| user.strip_prefix(prefix));
    text(event, ecs::USER_NAME, invalid.unwrap_or(user).trim());
    if invalid.is_some() {
        event.added(EVENT_REASON, "invalid user");
    }
}

/// `Invalid user bob from 192.0.2.1 port 5022`, `input_userauth_request: invalid user bob`
fn invalid_user<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let (user, from) =
        if let Some(user) = message.strip_prefix("input_userauth_request: invalid user ") {
            (user, "")
        } else if let Some(rest) = message
            .strip_prefix("Invalid user ")
            .or_else(|| message.strip_prefix("Illegal user "))
        {
            match rest.rsplit_once(" from ") {
                Some(split) => split,
                // An empty name leaves only one blank.
                None => match rest.strip_prefix("from ") {
                    Some(from) => ("", from),
                    None => return false,
                },
            }
        } else {
            return false;
        };
    LOGIN_FAILURE.add(event);
    text(event, ecs::USER_NAME, user.trim());
    event.added(EVENT_REASON, "invalid user");
    let (address, port, _) = peer(from);
    source_and_port(event, address, port);
    event.added(SSH_EVENT, "Invalid");
    true
}

/// Logins that sshd refuses for a reason of its own, or that PAM refuses.
fn refused<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let (reason, user, from) =
        if let Some(rest) = message.strip_prefix("maximum authentication attempts exceeded for ") {
            let Some((user, from)) = rest.rsplit_once(" from ") else {
                return false;
            };
            ("maximum authentication attempts exceeded", user, from)
        } else if let Some(rest) = message.strip_prefix("PAM: ") {
            let Some((reason, rest)) = rest.split_once(" for ") else {
                return false;
            };
            let Some((user, from)) = rest.rsplit_once(" from ") else {
                return false;
            };
            (reason, user, from)
        } else if let Some(from) = message.strip_prefix("ROOT LOGIN REFUSED FROM ") {
            ("root login refused", "root", from)
        } else if let Some(rest) = message.strip_prefix("User ") {
            let Some((rest, reason)) = rest.split_once(" not allowed because ") else {
                return false;
            };
            let (user, from) = rest.rsplit_once(" from ").unwrap_or((rest, ""));
            (reason, user, from)
        } else {
            return false;
        };
    Class {
        action: "ssh_login_refused",
        ..LOGIN_FAILURE
    }
    .add(event);
    user_or_invalid(event, user);
    let (address, port, _) = peer(from);
    source_and_port(event, address, port);
    event.added(EVENT_REASON, reason);
    true
}

/// The end of a connection, by either side.
fn ended<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    const STARTS: &[&str] = &[
        "Connection closed by ",
        "Connection reset by ",
        "Disconnected from ",
        "Received disconnect from ",
        "Disconnecting ",
        "Connection closed by authenticating ",
    ];
    if let Some(reason) = message.strip_prefix("Disconnecting: ") {
        disconnected(event, "", "", reason);
        return true;
    }
    let Some(rest) = STARTS.iter().find_map(|start| message.strip_prefix(start)) else {
        return false;
    };
    let named = ["authenticating user ", "invalid user ", "user "]
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix));
    let (user, from) = match named {
        // `NAME ADDRESS port N`: the name may hold blanks, the address none.
        Some(named) => match named.rsplit_once(" port ") {
            Some((before, _)) => match before.rsplit_once(' ') {
                Some((user, _)) => (user, named.get(user.len() + 1..).unwrap_or("")),
                None => ("", named),
            },
            None => named.rsplit_once(' ').unwrap_or(("", named)),
        },
        None => ("", rest),
    };
    let (address, port, reason) = peer(from);
    disconnected(event, user.trim(), "", reason);
    source_and_port(event, address, port);
    true
}

fn disconnected<'a>(event: &mut Event<'a>, user: &'a str, outcome: &'static str, reason: &'a str) {
    Class {
        categories: &["network"],
        types: &["connection", "end"],
        action: "ssh_disconnect",
        outcome,
    }
    .add(event);
    text(event, ecs::USER_NAME, user);
    // `11: Bye Bye`: the number is RFC 4253's reason code.
    let reason = match reason.split_once(": ") {
        Some((code, words)) if fields::is_digits(code.trim()) => words,
        _ => reason,
    };
    text(event, EVENT_REASON, reason.trim());
}

/// What scanners and forged names leave behind.
fn suspicious<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let class = |action| Class {
        categories: &["network"],
        types: &["connection", "info"],
        action,
        outcome: FAILURE,
    };
    let (action, address, port) =
        if let Some(from) = message.strip_prefix("Did not receive identification string from ") {
            let (address, port, _) = peer(from);
            ("ssh_no_identification", address, port)
        } else if let Some(rest) = message.strip_prefix("Bad protocol version identification ") {
            let Some((_, from)) = rest.rsplit_once(" from ") else {
                return false;
            };
            let (address, port, _) = peer(from);
            ("ssh_bad_protocol_version", address, port)
        } else if let Some(from) = message.strip_prefix("banner exchange: Connection from ") {
            let (address, port, _) = peer(from);
            ("ssh_bad_protocol_version", address, port)
        } else if let Some(from) = message.strip_prefix("Unable to negotiate with ") {
            let (address, port, reason) = peer(from);
            text(event, EVENT_REASON, reason);
            ("ssh_negotiation_failed", address, port)
        } else if message.contains("POSSIBLE BREAK-IN ATTEMPT") {
            let Some((host, address)) = forged_name(message) else {
                return false;
            };
            text(event, ecs::SOURCE_DOMAIN, host);
            ("ssh_reverse_mapping_failed", address, "")
        } else {
            return false;
        };
    class(action).add(event);
    source_and_port(event, address, port);
    true
}

/// Host and address of `reverse mapping checking getaddrinfo for HOST [ADDRESS] failed - …` and
/// `Address ADDRESS maps to HOST, but this does not map back to the address - …`.
fn forged_name(message: &str) -> Option<(&str, &str)> {
    if let Some(rest) = message.strip_prefix("Address ") {
        let (address, rest) = rest.split_once(" maps to ")?;
        return Some((rest.split_once(", but ")?.0, address));
    }
    let rest = message
        .strip_prefix("reverse mapping checking getaddrinfo for ")
        .or_else(|| message.strip_prefix("reverse mapping checking gethostbyname for "))?;
    let (rest, _) = rest.rsplit_once(" failed - ")?;
    match rest.split_once(" [") {
        Some((host, address)) => Some((host, address.strip_suffix(']')?)),
        None => Some((rest, "")),
    }
}

/// `Connection from 192.0.2.1 port 5022 on 198.51.100.1 port 22`, `Postponed …`, `Starting session: …`
fn connection<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let (class, user, from) = if let Some(from) = message.strip_prefix("Connection from ") {
        let class = Class {
            categories: &["network"],
            types: &["connection", "start"],
            action: "ssh_connect",
            outcome: "",
        };
        (class, "", from)
    } else if let Some((_, rest)) = message
        .strip_prefix("Starting session: ")
        .and_then(|rest| rest.split_once(" for "))
    {
        let Some((user, from)) = rest.split_once(" from ") else {
            return false;
        };
        let class = Class {
            categories: &["session"],
            types: &["start"],
            action: "ssh_session_started",
            outcome: SUCCESS,
        };
        (class, user, from)
    } else if let Some((_, rest)) = message
        .strip_prefix("Postponed ")
        .and_then(|rest| rest.split_once(" for "))
    {
        let Some((user, from)) = rest.rsplit_once(" from ") else {
            return false;
        };
        let class = Class {
            categories: &[AUTHENTICATION],
            types: &["info"],
            action: "ssh_login_postponed",
            outcome: "",
        };
        (class, user, from)
    } else {
        return false;
    };
    class.add(event);
    let (address, port, _) = peer(from);
    user_or_invalid(event, user);
    source_and_port(event, address, port);
    true
}
