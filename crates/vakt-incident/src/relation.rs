//! Which matches of different rules are one campaign.
//!
//! A match is looked for by one key, the strongest that what it is about has:
//!
//! 1. `source.ip`: the address that it came from. Two addresses are two campaigns.
//! 2. `user.name` at `host.name`: a person on one machine. `root` of two machines is not one person.
//! 3. `host.name` alone, where there is neither.
//! 4. Whatever else a correlation groups by, all of it.
//!
//! A match that says nothing of an address, and finds nobody by its key, is looked for by its host,
//! within a shorter time: who makes users and wipes logs there is who has just come in.
//!
//! An incident is found by the keys of every match in it: those of what it is about, and the address,
//! the person and the host of the event that completed it. So a login from an address, and what its
//! user then does on that machine, are one, and another address that tries the same user is another.

use vakt_event::ecs;
use vakt_event::time::MICROS_PER_SECOND;

use crate::detection::Detection;

/// A match joins an incident of another rule when the last one there was received no longer before:
/// four hours, within which a draft shall be assessed.
pub(crate) const RELATED_GAP_MICROS: i64 = 4 * 60 * 60 * MICROS_PER_SECOND;

/// A match that names no address joins what another rule found of its host no longer before: half
/// an hour, within which an intruder makes a user, becomes root and wipes a log. Longer, and two
/// people's work on one machine would be one.
pub(crate) const SAME_HOST_GAP_MICROS: i64 = 30 * 60 * MICROS_PER_SECOND;

/// Keys of one incident. What comes beyond is found by its rule and entity alone.
pub(crate) const KEYS_MAX: i64 = 500;

/// The key that the match looks by; `None` where it says nothing of whom it concerns.
pub(crate) fn own_key(detection: &Detection) -> Option<String> {
    let host = host(detection);
    strongest(&detection.entity, host).or_else(|| {
        if detection.entity.is_empty() {
            return host.map(host_key);
        }
        let pairs: Vec<String> = detection
            .entity
            .iter()
            .map(|(field, value)| format!("{field}={value}"))
            .collect();
        Some(pairs.join(" "))
    })
}

/// The key of the host alone, of a match that names no address.
pub(crate) fn key_of_host(detection: &Detection) -> Option<String> {
    let mut told = [&detection.entity, &detection.subjects].into_iter();
    let names_address = told.any(|pairs| value(pairs, ecs::SOURCE_IP).is_some());
    host(detection).filter(|_| !names_address).map(host_key)
}

/// The machine that tells whom a match is about from another of the same name: `root` of two
/// machines is not one person. An address and a machine are one wherever they are seen, and the
/// author of a correlation says what is one.
pub(crate) fn machine(detection: &Detection) -> Option<&str> {
    let is_person = value(&detection.entity, ecs::SOURCE_IP).is_none()
        && value(&detection.entity, ecs::USER_NAME).is_some();
    host(detection).filter(|_| is_person && !detection.is_grouped)
}

/// All keys under which the match's incident is found.
pub(crate) fn keys(detection: &Detection) -> Vec<String> {
    let told = [&detection.entity, &detection.subjects];
    let host = value(&detection.subjects, ecs::HOST_NAME).or(detection.completing.host.as_deref());
    let mut keys: Vec<String> = own_key(detection).into_iter().collect();
    for pairs in told {
        keys.extend(value(pairs, ecs::SOURCE_IP).map(address_key));
        keys.extend(value(pairs, ecs::USER_NAME).map(|user| user_key(user, host)));
    }
    keys.extend(host.map(host_key));
    keys.sort();
    keys.dedup();
    keys
}

fn host(detection: &Detection) -> Option<&str> {
    value(&detection.entity, ecs::HOST_NAME).or(detection.completing.host.as_deref())
}

fn strongest(pairs: &[(String, String)], host: Option<&str>) -> Option<String> {
    value(pairs, ecs::SOURCE_IP)
        .map(address_key)
        .or_else(|| value(pairs, ecs::USER_NAME).map(|user| user_key(user, host)))
        .or_else(|| value(pairs, ecs::HOST_NAME).map(host_key))
}

fn address_key(address: &str) -> String {
    format!("source.ip={address}")
}

fn user_key(user: &str, host: Option<&str>) -> String {
    let host = host.unwrap_or_default().to_lowercase();
    format!("user.name={user} host.name={host}")
}

/// Names of hosts are the same in upper and lower case (RFC 4343).
fn host_key(host: &str) -> String {
    format!("host.name={}", host.to_lowercase())
}

fn value<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let found = pairs.iter().find(|(field, _)| field == name);
    found.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detection::tests::detection;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = pairs.iter();
        owned
            .map(|(field, value)| ((*field).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_match_has_one_key_to_look_by_and_is_found_by_all() {
        let check =
            |entity: &[(&str, &str)], subjects: &[(&str, &str)], own: &str, all: &[&str]| {
                let mut detection = detection();
                detection.entity = pairs(entity);
                detection.subjects = pairs(subjects);
                detection.completing.host = Some("web1".to_owned());
                assert_eq!(own_key(&detection).as_deref(), Some(own));
                assert_eq!(keys(&detection), all);
            };
        let login = [
            ("source.ip", "203.0.113.7"),
            ("user.name", "deploy"),
            ("host.name", "web1"),
        ];
        let all = [
            "host.name=web1",
            "source.ip=203.0.113.7",
            "user.name=deploy host.name=web1",
        ];
        check(&login[..1], &login, "source.ip=203.0.113.7", &all);
        check(
            &login[1..2],
            &login[1..],
            "user.name=deploy host.name=web1",
            &["host.name=web1", "user.name=deploy host.name=web1"],
        );
        check(
            &login[2..],
            &login[2..],
            "host.name=web1",
            &["host.name=web1"],
        );
        check(&[], &[], "host.name=web1", &["host.name=web1"]);
        // A correlation that counts addresses is about its user, not about the last address.
        check(
            &login[1..2],
            &login,
            "user.name=deploy host.name=web1",
            &all,
        );
        check(
            &[("dns.name", "a.example"), ("dns.type", "TXT")],
            &login[2..],
            "dns.name=a.example dns.type=TXT",
            &["dns.name=a.example dns.type=TXT", "host.name=web1"],
        );
    }
}
