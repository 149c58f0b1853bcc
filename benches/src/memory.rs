//! What a rule set takes to load and to keep: measured in a process of its own each, since an
//! allocator keeps what was freed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::clock;
use crate::output::{head, row, say, thousands};
use crate::subject::Rules;
use crate::subsets::Subset;

/// Prints load time and memory of each subset.
pub(crate) fn table(subsets: &[Subset]) -> Result<()> {
    head(
        "Loading and compiling",
        &[
            "rules",
            "CPU s",
            "resident growth, MB",
            "peak growth, MB",
            "automata, MB",
            "patterns",
            "atoms",
            "log sources",
            "evaluated always",
        ],
    );
    for subset in subsets {
        let mut child = Command::new(std::env::current_exe()?);
        child.arg("--load-only");
        for file in &subset.files {
            child.arg("--rules").arg(file);
        }
        let output = child.output()?;
        anyhow::ensure!(output.status.success(), "loading rules alone failed");
        let text = String::from_utf8(output.stdout)?;
        row(&text
            .trim()
            .split('\t')
            .map(str::to_owned)
            .collect::<Vec<_>>());
    }
    Ok(())
}

/// Loads the rules and prints what that took, a cell of the table after the other.
pub(crate) fn load_only(files: &[PathBuf]) -> Result<()> {
    let before = kilobytes("VmRSS")?;
    let (seconds, rules) = clock::timed(|| Rules::load(files));
    let rules = rules?;
    let after = kilobytes("VmRSS")?;
    let peak = kilobytes("VmHWM")?;
    let size = rules.size();
    let megabytes = |kilobytes: f64| format!("{:.1}", kilobytes / 1024.0);
    let cells = [
        rules.count().to_string(),
        format!("{seconds:.3}"),
        megabytes(after - before),
        megabytes(peak - before),
        megabytes(crate::output::as_f64(size.automata_bytes) / 1024.0),
        thousands(crate::output::as_f64(size.patterns)),
        thousands(crate::output::as_f64(size.atoms)),
        size.log_sources.to_string(),
        size.rules_always_evaluated.to_string(),
    ];
    say(&cells.join("\t"));
    Ok(())
}

/// A line of what Linux says of this process.
fn kilobytes(name: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(number.with_context(|| format!("no {name}"))?.parse()?)
}
