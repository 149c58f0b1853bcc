//! Users, groups and passwords: the shadow suite (`useradd`, `usermod`, `gpasswd`, `passwd`,
//! `chage`, …).
//!
//! These lines seldom name who acted. Then `user.name` is the account itself, as it is in
//! Elastic's system module, beside `user.target.name`.

use vakt_event::{Event, ecs};

use super::fields::{Class, FAILURE, SUCCESS, quoted, text};

pub(super) fn decode<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let understood = created(event, message)
        || membership(event, message)
        || gpasswd(event, message)
        || deleted(event, message)
        || changed(event, message)
        || failed(event, message);
    if understood {
        event.added(ecs::EVENT_DATASET, "system.auth");
    }
    understood
}

fn class(event: &mut Event<'_>, types: &'static [&'static str], action: &'static str) {
    Class {
        categories: &["iam"],
        types,
        action,
        outcome: SUCCESS,
    }
    .add(event);
}

fn target<'a>(event: &mut Event<'a>, user: &'a str, by: &'a str) {
    text(event, ecs::USER_TARGET_NAME, user);
    text(event, ecs::USER_NAME, if by.is_empty() { user } else { by });
}

/// `new user: name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/bash, from=/dev/pts/1`
fn created<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    if let Some(pairs) = message.strip_prefix("new user: ") {
        class(event, &["user", "creation"], "user_added");
        for (key, value) in pairs_of(pairs) {
            match key {
                "name" => target(event, value, ""),
                "UID" => {
                    text(event, "user.target.id", value);
                    text(event, ecs::USER_ID, value);
                }
                "GID" => text(event, ecs::GROUP_ID, value),
                "home" => text(event, "system.auth.useradd.home", value),
                "shell" => text(event, "system.auth.useradd.shell", value),
                _ => {}
            }
        }
        return true;
    }
    let Some((start, pairs)) = message.split_once(": ") else {
        return false;
    };
    if start != "new group" && !start.starts_with("group added to ") {
        return false;
    }
    class(event, &["group", "creation"], "group_added");
    for (key, value) in pairs_of(pairs) {
        match key {
            "name" => text(event, ecs::GROUP_NAME, value),
            "GID" => text(event, ecs::GROUP_ID, value),
            _ => {}
        }
    }
    true
}

fn pairs_of(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(", ")
        .filter_map(|pair| pair.trim().split_once('='))
}

/// `add 'bob' to group 'sudo'`, `add 'bob' to shadow group 'sudo'`, `delete 'bob' from group 'sudo'`
fn membership<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let (action, rest) = if let Some(rest) = message.strip_prefix("add ") {
        ("user_added_to_group", rest)
    } else if let Some(rest) = message.strip_prefix("delete ") {
        ("user_removed_from_group", rest)
    } else {
        return false;
    };
    let Some((user, rest)) = quoted(rest) else {
        return false;
    };
    let Some((_, group)) = rest.split_once("group ") else {
        return false;
    };
    let Some((group, _)) = quoted(group) else {
        return false;
    };
    class(event, &["group", "change"], action);
    target(event, user, "");
    text(event, ecs::GROUP_NAME, group);
    true
}

/// `user bob added by root to group docker`, `user bob removed by root from group docker`
fn gpasswd<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some(rest) = message.strip_prefix("user ") else {
        return false;
    };
    let (action, split, between) = if rest.contains(" added by ") {
        ("user_added_to_group", " added by ", " to group ")
    } else {
        ("user_removed_from_group", " removed by ", " from group ")
    };
    let Some((user, rest)) = rest.split_once(split) else {
        return false;
    };
    let Some((by, group)) = rest.split_once(between) else {
        return false;
    };
    class(event, &["group", "change"], action);
    target(event, user, by);
    text(event, ecs::GROUP_NAME, group.trim());
    true
}

/// `delete user 'bob'`, `removed group 'bob' owned by 'bob'`, `group 'bob' removed from /etc/group`
fn deleted<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    if let Some((user, _)) = message.strip_prefix("delete user ").and_then(quoted) {
        class(event, &["user", "deletion"], "user_deleted");
        target(event, user, "");
        return true;
    }
    let group = message
        .strip_prefix("removed group ")
        .or_else(|| message.strip_prefix("removed shadow group "))
        .and_then(quoted)
        .or_else(|| {
            message
                .strip_prefix("group ")
                .and_then(quoted)
                .filter(|(_, rest)| rest.starts_with(" removed"))
        });
    let Some((group, _)) = group else {
        return false;
    };
    class(event, &["group", "deletion"], "group_deleted");
    text(event, ecs::GROUP_NAME, group);
    true
}

/// Changes of an existing account: password, shell, ids, expiry.
fn changed<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    const PREFIXES: &[(&str, &str)] = &[
        ("change user ", "user_changed"),
        ("changed user ", "user_changed"),
        ("lock user ", "user_locked"),
        ("unlock user ", "user_unlocked"),
        ("password for ", "password_changed"),
    ];
    if let Some(user) = message.strip_prefix("changed password expiry for ") {
        class(event, &["user", "change"], "password_expiry_changed");
        target(event, user.trim(), "");
        return true;
    }
    for (prefix, action) in PREFIXES {
        let Some((user, rest)) = message.strip_prefix(prefix).and_then(quoted) else {
            continue;
        };
        let what = rest.trim();
        let action = if *action == "user_changed" && what == "password" {
            "password_changed"
        } else {
            action
        };
        let by = what.strip_prefix("changed by ").and_then(quoted);
        class(event, &["user", "change"], action);
        target(event, user, by.map_or("", |(by, _)| by));
        return true;
    }
    false
}

/// `failed adding user 'bob', exit code: 9`
fn failed<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some((user, _)) = message.strip_prefix("failed adding user ").and_then(quoted) else {
        return false;
    };
    Class {
        categories: &["iam"],
        types: &["user", "creation"],
        action: "user_added",
        outcome: FAILURE,
    }
    .add(event);
    target(event, user, "");
    true
}
