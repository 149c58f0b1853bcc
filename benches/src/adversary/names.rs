//! Against what is done with names: look-ups, aliases, joined copies.

use super::{Attack, Workshop};
use crate::input::Object;
use crate::random::Random;

/// The most fields of an event that are read.
const FIELDS: usize = 4_096;
/// So many make an event of ordinary size.
const FEW: usize = 50;

/// Names that mean the same.
const ALIASES: [&str; 4] = [
    "CommandLine",
    "process.command_line",
    "winlog.event_data.CommandLine",
    "ProcessCommandLine",
];

type Member = fn(&mut Object, &mut Random, usize);

pub(super) fn attacks(workshop: &mut Workshop) -> Vec<Option<Attack>> {
    let ideas: [(&str, &str, Member); 8] = [
        ("invented names", "names", |object, random, _| {
            object.text(&format!("n{:x}", random.next()), "x");
        }),
        ("names with blanks", "names", |object, random, _| {
            object.text(&format!("n a m e {:x}", random.next()), "x");
        }),
        (
            "names of many parts",
            "names inside names",
            |object, random, _| {
                let name = format!(
                    "CommandLine.a.b.c.d.e.f.g.h.i.j.k.l.{:x}",
                    random.below(1 << 16)
                );
                object.text(&name, "x");
            },
        ),
        (
            "many values of one field",
            "tests of values",
            |object, random, at| {
                let value = format!("{:016x}", random.next());
                object.text(ALIASES[at % ALIASES.len()], &value);
            },
        ),
        (
            "many numbers of one field",
            "numbers",
            |object, random, _| {
                object.raw("EventID", &format!("{}.0e1", random.below(1 << 20)));
            },
        ),
        (
            "times that are none",
            "time of an event",
            |object, random, _| {
                let text = format!("2026-11-24T10:00:00.{:012}Zx", random.below(1 << 32));
                object.text("UtcTime", &text);
            },
        ),
        ("many categories", "log sources", |object, random, at| {
            let name = ["event.category", "event.type"][at % 2];
            object.text(
                name,
                random.of(&[
                    "process", "file", "network", "start", "creation", "registry",
                ]),
            );
        }),
        (
            "many invented categories",
            "log sources",
            |object, random, at| {
                let name = ["event.category", "event.type"][at % 2];
                object.text(name, &format!("{:x}", random.next()));
            },
        ),
    ];
    let mut attacks = Vec::new();
    for (name, against, member) in ideas {
        for count in [FEW, FIELDS - 20] {
            attacks.push(fields(
                workshop,
                &format!("{name}, {count}"),
                against,
                count,
                member,
            ));
        }
    }
    attacks
}

fn fields(
    workshop: &mut Workshop,
    name: &str,
    against: &'static str,
    count: usize,
    member: Member,
) -> Option<Attack> {
    let random = &mut workshop.windows.random;
    Attack::new(name, against, || {
        let mut object = Object::new();
        object.text("Channel", "Microsoft-Windows-Sysmon/Operational");
        object.raw("EventID", "1");
        for at in 0..count {
            member(&mut object, random, at);
        }
        Some(object.close().into_bytes())
    })
}
