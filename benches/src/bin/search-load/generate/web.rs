//! Access logs of nginx.

use std::fmt::{Result, Write};

use super::moment::Moment;
use super::world::{World, pick};

const SECTIONS: [&str; 12] = [
    "api/v1/orders",
    "static/img",
    "shop/item",
    "search?q=lamp&page=",
    "login",
    "account/reset-password?token=",
    "blog",
    "feed.xml?since=",
    "wp-login.php?try=",
    "cart",
    "static/js/app",
    "admin",
];
const SYSTEMS: [&str; 6] = [
    "X11; Linux x86_64",
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "iPhone; CPU iPhone OS 17_6 like Mac OS X",
    "Linux; Android 14; Pixel 8",
    "X11; Ubuntu; Linux x86_64",
];
const STATUS: [u64; 12] = [200, 200, 200, 200, 200, 200, 304, 301, 404, 403, 500, 499];

pub(super) fn access(world: &mut World, at: &Moment, out: &mut String) -> Result {
    let peer = world.peer();
    let user = world.random.below(20);
    write!(out, "{peer} - ")?;
    match user {
        0 => write!(out, "{}", world.user())?,
        _ => out.push('-'),
    }
    let method = world
        .random
        .of(&["GET", "GET", "GET", "GET", "POST", "HEAD"]);
    let section = *world.random.skewed(&SECTIONS);
    let item = world.random.zipf(200_000);
    let status = *world.random.skewed(&STATUS);
    write!(
        out,
        " [{}] \"{method} /{section}/{item} HTTP/1.1\" {status} {} \"",
        at.access(),
        world.size()
    )?;
    match world.random.below(3) {
        0 => out.push('-'),
        _ => write!(
            out,
            "https://www.example.org/{}",
            world.random.of(&["", "shop", "blog", "search?q=lamp"])
        )?,
    }
    out.push_str("\" \"");
    agent(world, out)?;
    out.push('"');
    Ok(())
}

/// One of some thousand browsers and programs.
fn agent(world: &mut World, out: &mut String) -> Result {
    let rank = world.random.zipf(3_000);
    match rank {
        0 => out.write_str("kube-probe/1.29"),
        1 => out
            .write_str("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
        2 => out.write_str("curl/8.10.1"),
        3..200 if rank.is_multiple_of(3) => write!(
            out,
            "Mozilla/5.0 ({}; rv:{}.0) Gecko/20100101 Firefox/{1}.0",
            pick(&SYSTEMS, rank),
            90 + rank % 43
        ),
        _ => write!(
            out,
            "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.{}.{} Safari/537.36",
            pick(&SYSTEMS, rank),
            100 + rank % 31,
            4_000 + rank,
            rank % 200
        ),
    }
}
