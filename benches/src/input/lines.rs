//! Lines of text: what sshd and a web server write.

use super::pools::USERS;
use crate::random::Random;

pub(super) fn sshd(mut random: Random, line: &mut dyn FnMut(String) -> bool) {
    let random = &mut random;
    while line({
        let (host, process) = (random.below(20), random.below(30_000));
        let (user, peer, port) = (random.of(&USERS), random.below(256), random.below(60_000));
        let message = match random.below(10) {
            0 => format!(
                "Invalid user test{} from 198.51.100.{peer} port {port}",
                random.below(90)
            ),
            1 => format!(
                "Connection closed by authenticating user {user} 198.51.100.{peer} port {port} [preauth]"
            ),
            2 => {
                format!("pam_unix(sshd:session): session opened for user {user}(uid=0) by (uid=0)")
            }
            3 => format!(
                "Received disconnect from 198.51.100.{peer} port {port}:11: disconnected by user"
            ),
            4 | 5 => format!(
                "Accepted publickey for {user} from 198.51.100.{peer} port {port} ssh2: ED25519 SHA256:{:043x}",
                random.below(40)
            ),
            _ => format!("Failed password for {user} from 198.51.100.{peer} port {port} ssh2"),
        };
        format!(
            "<38>Nov 24 10:{:02}:{:02} web{host} sshd[{process}]: {message}",
            random.below(60),
            random.below(60),
        )
    }) {}
}

const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "curl/8.10.1",
    "monitor/2.3 (+https://status.example.org)",
];

pub(super) fn access(mut random: Random, line: &mut dyn FnMut(String) -> bool) {
    let random = &mut random;
    while line(format!(
        "198.51.100.{} - - [24/Nov/2026:10:{:02}:{:02} +0000] \"{} /{}/{} HTTP/1.1\" {} {} \"https://www.example.org/{}\" \"{}\"",
        random.below(256),
        random.below(60),
        random.below(60),
        random.of(&["GET", "GET", "GET", "POST"]),
        random.of(&[
            "shop",
            "api/v1/orders",
            "static/img",
            "login",
            "search?q=lamp&page="
        ]),
        random.below(10_000),
        random.of(&["200", "304", "404"]),
        random.below(100_000),
        random.of(&["", "shop", "login"]),
        random.of(&AGENTS),
    )) {}
}
