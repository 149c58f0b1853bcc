//! Events that are made to be slow, each against one part, beside ordinary ones.
//!
//! The cost of an attack is a factor over ordinary events of the next size: Windows events of the
//! mix (2 kB), or script blocks (100 kB, 1 MB). Attacks against rules are made of the rules' own
//! literals and expressions; where the rules have none of a kind, the attack is left out.
//!
//! Each attack has an engine of its own that has seen the mix and nothing else. After it, ordinary
//! events are measured again with the same engine: an attack may leave something behind there.

mod aim;
mod caches;
mod lines;
mod names;
mod regexes;
mod shapes;
mod texts;

use std::hint::black_box;
use std::path::Path;

use anyhow::{Context, Result};

use crate::clock::{median, timed};
use crate::input::{SCRIPT_BLOCK, Windows};
use crate::output::{as_f64, head, row, say, thousands, times};
use crate::random::Random;
use crate::subject::{Decoder, Record, Rules, records};
use crate::subsets::Subset;

use aim::Aim;

/// Bytes of an attack, all its events together.
const ATTACK_BYTES: usize = 1 << 20;
/// Even of the largest events there are so many.
const EVENTS_MIN: usize = 3;
/// An attack that works takes long: no further round after so much CPU time.
const ATTACK_SECONDS_MAX: f64 = 2.0;
/// Larger ordinary events are not measured after each attack: they take long.
const ORDINARY_AFTER_BYTES_MAX: f64 = 5_000.0;
/// Ordinary events that a matcher has seen before an attack begins.
const WARM_EVENTS: usize = 2_000;

/// What stands ready to make attacks of.
struct Workshop {
    windows: Windows,
    /// What rules for process creation look for in command lines.
    command_line: Aim,
    /// The same of the program's path.
    image: Aim,
    /// What rules look for in scripts.
    script: Aim,
    /// Keywords of rules for Linux.
    keywords: Aim,
}

/// Events of one idea.
struct Attack {
    name: String,
    /// The part that is to suffer.
    against: &'static str,
    bytes: Vec<u8>,
}

impl Attack {
    /// As many events as the size allows.
    fn new(
        name: impl Into<String>,
        against: &'static str,
        mut event: impl FnMut() -> Option<Vec<u8>>,
    ) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut events = 0;
        while events < EVENTS_MIN || bytes.len() < ATTACK_BYTES {
            bytes.extend(event()?);
            bytes.push(b'\n');
            events += 1;
        }
        Some(Self {
            name: name.into(),
            against,
            bytes,
        })
    }
}

/// Seconds an event, and its bytes.
struct Cost {
    bytes: f64,
    decode: f64,
    both: f64,
}

/// Which attacks, and how they are made and measured.
pub(crate) struct Options<'o> {
    /// Parts of names; none for all.
    pub(crate) wanted: &'o [String],
    pub(crate) rounds: usize,
    pub(crate) seed: u64,
}

impl Options<'_> {
    fn is_wanted(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|part| name.contains(part))
    }
}

type Make = fn(&mut Workshop) -> Vec<Option<Attack>>;

const MAKERS: [Make; 5] = [
    caches::attacks,
    names::attacks,
    texts::attacks,
    shapes::attacks,
    lines::attacks,
];

/// Measures the attacks and prints what they cost.
pub(crate) fn run(subsets: &[Subset], options: &Options<'_>) -> Result<()> {
    let rules = all_rules(subsets)?;
    say(&format!("{} rules", rules.count()));
    let mut workshop = Workshop::new(&rules, options.seed);
    let mut bench = Bench {
        warm: records(&ordinary(&mut workshop.windows))?,
        rules,
        rounds: options.rounds,
    };
    let ordinaries = ordinaries(&mut workshop.windows);
    let before = bench.measure_ordinary(&ordinaries)?;
    print_ordinary(&ordinaries, &before);
    let references: Vec<&Cost> = ordinaries
        .iter()
        .zip(&before)
        .filter_map(|(ordinary, cost)| ordinary.is_reference.then_some(cost))
        .collect();
    head(
        "The cost of attacks, as multiples of ordinary events",
        &[
            "attack",
            "against",
            "bytes an event",
            "decode, µs",
            "match, µs",
            "decode a byte",
            "match a byte",
            "both a byte",
            "both an event",
            "ordinary ones after it",
        ],
    );
    for make in MAKERS {
        for attack in make(&mut workshop).into_iter().flatten() {
            if options.is_wanted(&attack.name) {
                bench.rules.renew();
                let cost = bench.measure(&attack.bytes)?;
                let after = bench.after(&ordinaries, &before)?;
                print(&attack, &cost, &references, after);
            }
        }
    }
    if options.is_wanted(regexes::TITLE) {
        regexes::table(&mut workshop.windows, &bench.rules);
    }
    Ok(())
}

/// Writes the events of the attacks to a file.
pub(crate) fn write(subsets: &[Subset], options: &Options<'_>, path: &Path) -> Result<()> {
    let mut workshop = Workshop::new(&all_rules(subsets)?, options.seed);
    let attacks = MAKERS.iter().flat_map(|make| make(&mut workshop)).flatten();
    let wanted = attacks.filter(|attack| options.is_wanted(&attack.name));
    let events: Vec<_> = wanted.map(|attack| attack.bytes).collect();
    Ok(std::fs::write(path, events.concat())?)
}

fn all_rules(subsets: &[Subset]) -> Result<Rules> {
    Ok(subsets.last().context("no rules")?.load()?.rules)
}

impl Workshop {
    fn new(rules: &Rules, seed: u64) -> Self {
        let aim = |category, field| Aim::at(rules.ast(), category, field);
        Self {
            windows: Windows::new(Random::new(seed)),
            command_line: aim("process_creation", Some("CommandLine")),
            image: aim("process_creation", Some("Image")),
            script: aim("ps_script", Some("ScriptBlockText")),
            keywords: aim("", None),
        }
    }
}

fn ordinary(windows: &mut Windows) -> Vec<u8> {
    let lines = (0..WARM_EVENTS).map(|_| windows.event().flat() + "\n");
    lines.collect::<String>().into_bytes()
}

/// Ordinary events of a size.
struct Ordinary {
    name: String,
    bytes: Vec<u8>,
    /// Whether attacks of its size are compared with it.
    is_reference: bool,
}

fn ordinaries(windows: &mut Windows) -> Vec<Ordinary> {
    let mut ordinaries = vec![Ordinary {
        name: "the mix".to_owned(),
        bytes: ordinary(windows),
        is_reference: true,
    }];
    let mut add = |name: String, is_reference, event: &mut dyn FnMut() -> Vec<u8>| {
        let attack = Attack::new("", "", || Some(event()));
        ordinaries.extend(attack.map(|attack| Ordinary {
            name,
            bytes: attack.bytes,
            is_reference,
        }));
    };
    for kilobytes in [10, 100, 1_000] {
        add(format!("scripts of {kilobytes} kB"), true, &mut || {
            let mut event = windows.of_id(SCRIPT_BLOCK);
            event.set("ScriptBlockText", windows.script(kilobytes * 1_000));
            event.flat().into_bytes()
        });
    }
    for bytes in [500, 1_500] {
        add(
            format!("command lines of {bytes} bytes"),
            false,
            &mut || {
                let mut event = windows.of_id(1);
                event.message.clear();
                event.set("CommandLine", windows.script(bytes).replace('\n', " "));
                event.flat().into_bytes()
            },
        );
    }
    ordinaries
}

fn print_ordinary(ordinaries: &[Ordinary], costs: &[Cost]) {
    let cells = ["events", "bytes an event", "decode, µs", "match, µs"];
    head("Ordinary events", &cells);
    for (ordinary, cost) in ordinaries.iter().zip(costs) {
        row(&[
            ordinary.name.clone(),
            thousands(cost.bytes),
            times(cost.decode * 1e6),
            times(cost.matching() * 1e6),
        ]);
    }
}

/// What measures an attack.
struct Bench {
    rules: Rules,
    warm: Vec<Record>,
    rounds: usize,
}

impl Bench {
    fn measure_ordinary(&self, ordinaries: &[Ordinary]) -> Result<Vec<Cost>> {
        let costs = ordinaries
            .iter()
            .map(|ordinary| self.measure(&ordinary.bytes));
        costs.collect()
    }

    /// How many times as long ordinary events take now: those that suffer most, but for large ones.
    fn after(&self, ordinaries: &[Ordinary], before: &[Cost]) -> Result<f64> {
        let mut worst = 0.0_f64;
        for (ordinary, before) in ordinaries.iter().zip(before) {
            if before.bytes < ORDINARY_AFTER_BYTES_MAX {
                let now = self.measure(&ordinary.bytes)?;
                worst = worst.max(now.both / before.both);
            }
        }
        Ok(worst)
    }

    fn measure(&self, bytes: &[u8]) -> Result<Cost> {
        let records = records(bytes)?;
        let decoder = Decoder::new();
        let (mut decode, mut both) = (Vec::new(), Vec::new());
        let mut spent = 0.0;
        for _ in 0..self.rounds {
            let (seconds, ()) = timed(|| {
                for record in &records {
                    decoder.decode_alone(record);
                }
            });
            decode.push(seconds);
            let mut matcher = self.rules.matcher();
            for record in &self.warm {
                black_box(matcher.decode_and_match(&decoder, record));
            }
            let (seconds, ()) = timed(|| {
                for record in &records {
                    black_box(matcher.decode_and_match(&decoder, record));
                }
            });
            both.push(seconds);
            spent += seconds;
            if spent > ATTACK_SECONDS_MAX {
                break;
            }
        }
        let events = as_f64(records.len());
        let bytes: usize = records.iter().map(|record| record.bytes.len()).sum();
        Ok(Cost {
            bytes: as_f64(bytes) / events,
            decode: median(&decode) / events,
            both: median(&both) / events,
        })
    }
}

impl Cost {
    fn matching(&self) -> f64 {
        (self.both - self.decode).max(0.0)
    }
}

fn print(attack: &Attack, cost: &Cost, references: &[&Cost], after: f64) {
    // By the ratio of sizes, not their difference.
    let distance = |reference: &&&Cost| (reference.bytes / cost.bytes).ln().abs();
    let nearest = references
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)));
    let Some(ordinary) = nearest else { return };
    let a_byte = |seconds: f64, ordinarily: f64| {
        times((seconds / cost.bytes) / (ordinarily / ordinary.bytes))
    };
    row(&[
        attack.name.clone(),
        attack.against.to_owned(),
        thousands(cost.bytes),
        times(cost.decode * 1e6),
        times(cost.matching() * 1e6),
        a_byte(cost.decode, ordinary.decode),
        a_byte(cost.matching(), ordinary.matching()),
        a_byte(cost.both, ordinary.both),
        times(cost.both / ordinary.both),
        times(after),
    ]);
}
