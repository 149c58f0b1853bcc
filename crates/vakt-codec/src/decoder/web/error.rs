//! The error logs of nginx (`ngx_log.c`) and Apache (`ErrorLogFormat`'s default, 2.2 and 2.4).
//!
//! Their time stamps name no zone. They are kept as text in `vakt.time.claimed` for the caller,
//! who knows the zone of the source, to read with [`local_time`].

use jiff::civil::DateTime;
use vakt_event::{Event, ecs};

use super::super::fields::{is_digits, number, source, source_and_port, text};

/// Reads the time stamp of an error log: `2016/10/25 14:49:34` or `Mon Dec 26 16:22:08.123 2016`.
pub fn local_time(text: &str) -> Option<DateTime> {
    // jiff allocates to say what is wrong with a text: it gets only what looks like a time.
    let format = match text.as_bytes() {
        [b'0'..=b'9', ..] => "%Y/%m/%d %H:%M:%S",
        [_, _, _, b' ', ..] => "%a %b %d %H:%M:%S%.f %Y",
        _ => return None,
    };
    DateTime::strptime(format, text).ok()
}

fn add_common<'a>(event: &mut Event<'a>, dataset: &'static str, time: &'a str, level: &'a str) {
    event.added(ecs::EVENT_DATASET, dataset);
    event.added(ecs::EVENT_CATEGORY, "web");
    let is_error = matches!(level, "error" | "crit" | "alert" | "emerg");
    event.added(ecs::EVENT_TYPE, if is_error { "error" } else { "info" });
    event.added(ecs::LOG_LEVEL, level);
    if event.time.claimed.is_none() && !event.has(ecs::VAKT_TIME_CLAIMED) {
        event.added(ecs::VAKT_TIME_CLAIMED, time);
    }
}

/// `2016/10/25 14:49:34 [error] 54053#0: *1 open() "/a" failed (2: …), client: 192.0.2.1, server: …`
pub(super) fn decode_nginx<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some((time, rest)) = message.split_once(" [") else {
        return false;
    };
    if time.len() != "2016/10/25 14:49:34".len() || local_time(time).is_none() {
        return false;
    }
    let Some((level, rest)) = rest.split_once("] ") else {
        return false;
    };
    let Some((pid, rest)) = rest.split_once('#') else {
        return false;
    };
    if !is_digits(pid) {
        return false;
    }
    let Some((_thread, rest)) = rest.split_once(": ") else {
        return false;
    };
    add_common(event, "nginx.error", time, level);
    if event.text(ecs::PROCESS_PID).is_none() {
        number(event, ecs::PROCESS_PID, pid);
    }
    // The client's own text (the request) may hold `, client: `: nginx writes the pairs once,
    // the client first.
    if let Some((_, pairs)) = rest.split_once(", client: ") {
        let (address, pairs) = pairs.split_once(", ").unwrap_or((pairs, ""));
        source(event, address);
        if let Some((_, request)) = pairs.split_once("request: \"") {
            let line = request.split_once('"').map_or(request, |(line, _)| line);
            super::add_request(event, line);
        }
        if let Some((_, host)) = pairs.rsplit_once("host: \"") {
            super::add_host(event, host.split_once('"').map_or(host, |(host, _)| host));
        }
    }
    true
}

/// `[Mon Dec 26 16:22:08 2016] [core:error] [pid 7:tid 8] [client 192.0.2.1:5022] AH00094: …`
pub(super) fn decode_apache<'a>(event: &mut Event<'a>, message: &'a str) -> bool {
    let Some((time, rest)) = message
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] ["))
    else {
        return false;
    };
    if local_time(time).is_none() {
        return false;
    }
    let Some((level, mut rest)) = rest.split_once(']') else {
        return false;
    };
    let (module, level) = level.split_once(':').unwrap_or(("", level));
    add_common(event, "apache.error", time, level);
    text(event, "apache.error.module", module);
    // Trace messages name the source file before the client.
    if let Some((before, client)) = rest.split_once("[client ")
        && !before.contains('"')
    {
        if let Some((address, _)) = client.split_once(']') {
            client_address(event, address);
        }
        rest = before;
    }
    if let Some((_, pid)) = rest.split_once("[pid ") {
        let pid = pid.split([':', ']']).next().unwrap_or("");
        if is_digits(pid) && event.text(ecs::PROCESS_PID).is_none() {
            number(event, ecs::PROCESS_PID, pid);
        }
    }
    true
}

/// `192.0.2.1`, `192.0.2.1:5022`, `2001:db8::1`, `2001:db8::1:5022` (2.4 always gives the port).
fn client_address<'a>(event: &mut Event<'a>, address: &'a str) {
    match address.rsplit_once(':') {
        Some((ip, port)) if is_digits(port) && !ip.contains(':') => {
            source_and_port(event, ip, port);
        }
        // Ambiguous by itself: `2001:db8::1:5022` is an address too. A last group of five digits
        // is none; otherwise 2.4's form is taken where the rest is still an address.
        Some((ip, port))
            if is_digits(port) && port.len() > 3 && ip.parse::<std::net::IpAddr>().is_ok() =>
        {
            source_and_port(event, ip, port);
        }
        _ => source(event, address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_logs_have_two_time_formats() {
        let check = |text, expected: Option<&str>| {
            let found = local_time(text).map(|time| time.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("2016/10/25 14:49:34", Some("2016-10-25T14:49:34"));
        check("Mon Dec 26 16:22:08 2016", Some("2016-12-26T16:22:08"));
        check(
            "Mon Dec 26 16:15:55.103786 2016",
            Some("2016-12-26T16:15:55.103786"),
        );
        check("Dec 26 16:22:08", None);
    }
}
