//! What a newcomer copies: how a machine sends its logs to this address.

use std::net::IpAddr;

use maud::{Markup, html};

use crate::app::Site;
use crate::connection::is_loopback;
use crate::guard::Call;
use crate::origin::host;

/// How this page was reached, which is how senders reach us too.
pub(crate) struct Address {
    scheme: &'static str,
    authority: String,
    takes_open_intake: bool,
}

impl Address {
    pub(crate) fn of(call: &Call) -> Self {
        let (headers, uri) = (call.request.headers(), call.request.uri());
        Self {
            scheme: call.connection.scheme(),
            authority: host(headers, uri)
                .ok()
                .filter(|host| is_plain(host))
                .map_or_else(|| call.connection.local.to_string(), str::to_owned),
            takes_open_intake: call.connection.takes_open_intake(),
        }
    }
}

/// Only what a host and port are made of: the text is to be pasted into a shell.
fn is_plain(host: &str) -> bool {
    host.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

pub(crate) fn lines(site: &Site, address: &Address) -> Markup {
    let journal = format!(
        "/usr/lib/systemd/systemd-journal-upload --url={}://{}",
        address.scheme, address.authority
    );
    let token = if address.takes_open_intake {
        ""
    } else {
        " -H \"Authorization: Bearer $VAKT_TOKEN\""
    };
    let curl = format!(
        "curl --data-binary @app.ndjson{token} {}://{}/api/v1/events",
        address.scheme, address.authority
    );
    html! {
        h2 { "No source has sent anything yet" }
        p { "Copy one of these, and events appear here within a second." }
        @if let Some(syslog) = &site.syslog_address {
            @let (target, port) = syslog.rsplit_once(':').unwrap_or((syslog, "514"));
            (copyable(
                "rsyslog",
                "A line for /etc/rsyslog.d/60-vakt.conf, then restart rsyslog:",
                &format!("*.* action(type=\"omfwd\" target=\"{target}\" port=\"{port}\" protocol=\"tcp\" TCP_Framing=\"octet-counted\" template=\"RSYSLOG_SyslogProtocol23Format\" queue.type=\"LinkedList\" action.resumeRetryCount=\"-1\")"),
            ))
            (copyable(
                "One message, to try it",
                "From a shell:",
                &format!("logger --server {target} --port {port} --tcp \"hello from $(hostname)\""),
            ))
            @if target.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(is_loopback) {
                p.quiet {
                    "Syslog is taken from this machine only. To take it from others, configure a listener with TLS, or the networks that plain syslog may come from."
                }
            }
        }
        (copyable(
            "systemd journal",
            "With Debian's systemd-journal-remote, or as URL= in /etc/systemd/journal-upload.conf:",
            &journal,
        ))
        (copyable("JSON lines over HTTP", "One object a line:", &curl))
    }
}

fn copyable(name: &str, how: &str, line: &str) -> Markup {
    html! {
        div.copyable {
            h3 { (name) }
            p { (how) }
            pre { code { (line) } }
            button type="button" data-copy hidden { "Copy" }
        }
    }
}
