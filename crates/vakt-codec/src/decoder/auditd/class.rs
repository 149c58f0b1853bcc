//! The ECS classes of record types.

use vakt_event::Event;

use super::super::fields::Class;

/// What the account in `acct` is to a record of user space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// Who logs in, or on whose behalf the program acts.
    Subject,
    /// The account that is added, removed or changed.
    Target,
}

/// How `kind` uses `acct`; `None` for the kernel's records.
pub(super) fn names_account(kind: &str) -> Option<Account> {
    const TARGET: &[&str] = &[
        "ADD_USER",
        "DEL_USER",
        "ADD_GROUP",
        "DEL_GROUP",
        "USER_CHAUTHTOK",
        "USER_MGMT",
        "GRP_MGMT",
        "CHGRP_ID",
        "CHUSER_ID",
        "ACCT_LOCK",
        "ACCT_UNLOCK",
        "GRP_CHAUTHTOK",
    ];
    if TARGET.contains(&kind) {
        Some(Account::Target)
    } else if kind.starts_with("USER_") || kind.starts_with("CRED_") {
        // A sudo command is run by the user of `UID`, who is not named otherwise.
        (kind != "USER_CMD").then_some(Account::Subject)
    } else {
        None
    }
}

type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    &'static str,
);

/// Record type, ECS categories, ECS types, action.
const CLASSES: &[Row] = &[
    ("ACCT_LOCK", &["iam"], &["user", "change"], "user_locked"),
    (
        "ACCT_UNLOCK",
        &["iam"],
        &["user", "change"],
        "user_unlocked",
    ),
    ("ADD_GROUP", &["iam"], &["group", "creation"], "group_added"),
    ("ADD_USER", &["iam"], &["user", "creation"], "user_added"),
    ("ANOM_ABEND", &["process"], &["end"], "process_crashed"),
    (
        "ANOM_PROMISCUOUS",
        &["network"],
        &["change"],
        "promiscuous_mode_changed",
    ),
    ("AVC", &["process"], &["info"], "access_vector_checked"),
    ("BPF", &["process"], &["change"], "bpf_program_changed"),
    (
        "CONFIG_CHANGE",
        &["configuration"],
        &["change"],
        "audit_config_changed",
    ),
    (
        "CRED_ACQ",
        &["authentication"],
        &["info"],
        "credentials_acquired",
    ),
    (
        "CRED_DISP",
        &["authentication"],
        &["info"],
        "credentials_disposed",
    ),
    (
        "CRED_REFR",
        &["authentication"],
        &["info"],
        "credentials_refreshed",
    ),
    (
        "DAEMON_ABORT",
        &["process"],
        &["error", "end"],
        "audit_daemon_aborted",
    ),
    ("DAEMON_END", &["process"], &["end"], "audit_daemon_ended"),
    (
        "DAEMON_START",
        &["process"],
        &["start"],
        "audit_daemon_started",
    ),
    (
        "DEL_GROUP",
        &["iam"],
        &["group", "deletion"],
        "group_deleted",
    ),
    ("DEL_USER", &["iam"], &["user", "deletion"], "user_deleted"),
    ("EXECVE", &["process"], &["start"], "process_executed"),
    ("GRP_MGMT", &["iam"], &["group", "change"], "group_changed"),
    (
        "KERN_MODULE",
        &["driver"],
        &["start"],
        "kernel_module_loaded",
    ),
    ("LOGIN", &["session"], &["start"], "login_id_changed"),
    (
        "MAC_POLICY_LOAD",
        &["configuration"],
        &["change"],
        "mac_policy_loaded",
    ),
    (
        "MAC_STATUS",
        &["configuration"],
        &["change"],
        "mac_status_changed",
    ),
    ("PATH", &["file"], &["access"], "path_used"),
    ("SECCOMP", &["process"], &["denied"], "system_call_blocked"),
    ("SERVICE_START", &["process"], &["start"], "service_started"),
    ("SERVICE_STOP", &["process"], &["end"], "service_stopped"),
    ("SYSCALL", &["process"], &["info"], "system_call"),
    ("TTY", &["process"], &["info"], "tty_input"),
    (
        "USER_ACCT",
        &["authentication"],
        &["info"],
        "account_checked",
    ),
    (
        "USER_AUTH",
        &["authentication"],
        &["info"],
        "user_authenticated",
    ),
    (
        "USER_CHAUTHTOK",
        &["iam"],
        &["user", "change"],
        "password_changed",
    ),
    ("USER_CMD", &["process"], &["start"], "sudo_command"),
    ("USER_END", &["session"], &["end"], "session_closed"),
    ("USER_ERR", &["authentication"], &["info"], "user_error"),
    ("USER_LOGIN", &["authentication"], &["start"], "user_login"),
    ("USER_LOGOUT", &["authentication"], &["end"], "user_logout"),
    ("USER_MGMT", &["iam"], &["user", "change"], "user_changed"),
    ("USER_START", &["session"], &["start"], "session_opened"),
];

pub(super) fn add(event: &mut Event<'_>, kind: &str, outcome: &'static str) {
    let row = CLASSES.binary_search_by_key(&kind, |(name, ..)| name);
    let (categories, types, action): (&[&str], &[&str], &str) =
        match row.ok().and_then(|index| CLASSES.get(index)) {
            Some((_, categories, types, action)) => (categories, types, action),
            None => (&[], &[], ""),
        };
    Class {
        categories,
        types,
        action,
        outcome,
    }
    .add(event);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_for_the_search() {
        assert!(CLASSES.is_sorted_by_key(|(name, ..)| *name));
    }
}
