//! `vakt verify`: says what was changed, removed or reordered, and what was on purpose.

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::json;
use vakt_storage::verify::Expected;
use vakt_storage::{PublicKey, hex};

use super::{Global, Outcome};
use crate::backup::restored;
use crate::config::Config;
use crate::data_dir::DataDir;
use crate::output::{Output, Printer, printable};
use crate::signing_key;
use crate::verify::{Report, verify};

#[derive(Args, Debug, Default)]
pub struct Options {
    /// A head that an earlier run printed and that was kept elsewhere: nothing before it may have
    /// changed
    #[arg(long, value_name = "HEX")]
    head: Option<String>,
    /// The public key that must sign the ledger now, as it was kept elsewhere [default: DATA_DIR/signing.pub]
    #[arg(long, value_name = "HEX")]
    key: Option<String>,
}

pub(super) fn run(global: &Global, options: &Options) -> Result<Outcome> {
    let config = Config::of(global)?;
    let data_dir = DataDir::find(global.data_dir.as_deref(), config.data_dir.as_deref())?;
    report(global, &data_dir, options)
}

/// Verifies a data directory and prints what was found.
pub(super) fn report(global: &Global, data_dir: &DataDir, options: &Options) -> Result<Outcome> {
    if let Err(error) = std::fs::metadata(data_dir.journal())
        && error.kind() == std::io::ErrorKind::PermissionDenied
    {
        bail!(
            "{} cannot be looked into: {error}; run this as the user that the daemon runs as, or as root",
            data_dir.path().display()
        );
    }
    ensure!(
        data_dir.journal().is_dir(),
        "{} is missing: {} is no data directory that a daemon has run in",
        data_dir.journal().display(),
        data_dir.path().display()
    );
    let report = verify(data_dir, &expected(data_dir, options)?)?;
    let mut out = Printer::new();
    match Output::or_by_terminal(global.output)? {
        Output::Text => {
            for line in words(&report) {
                out.line(&printable(&line))?;
            }
        }
        Output::Ndjson => {
            for finding in &report.findings.listed {
                out.json_line(&json!({"type": "finding", "finding": finding}))?;
            }
            for intended in &report.journal.intended {
                out.json_line(&json!({"type": "intended", "intended": intended}))?;
            }
            out.json_line(&json!({"type": "summary", "summary": summary(&report)}))?;
        }
        Output::Json => {
            let mut document = summary(&report);
            document["intended"] = json!(report.journal.intended);
            document["findings"] = json!(report.findings.listed);
            out.json_pretty(&document)?;
        }
    }
    out.flush()?;
    Ok(if report.findings.is_empty() {
        Outcome::Done
    } else {
        Outcome::Found
    })
}

fn expected(data_dir: &DataDir, options: &Options) -> Result<Expected> {
    let head = options.head.as_deref().map(|text| {
        hex::decode(text.trim().as_bytes()).with_context(|| {
            format!("`{text}` is no head: 64 hexadecimal digits, as `vakt verify` prints it")
        })
    });
    let key = match &options.key {
        None => signing_key::public(data_dir)?,
        Some(text) => Some(PublicKey::from_hex(text.trim()).with_context(|| {
            format!("`{text}` is no public key: 64 hexadecimal digits, as signing.pub has them")
        })?),
    };
    Ok(Expected {
        key,
        head: head.transpose()?,
        restored: restored::read(data_dir)?,
    })
}

fn words(report: &Report) -> Vec<String> {
    let journal = &report.journal;
    let mut lines = vec![
        format!(
            "journal   {}, {}, positions {} to {} (exclusive)",
            counted(journal.segments, "segment"),
            counted(journal.records, "record"),
            journal.first,
            journal.end
        ),
        match journal.key {
            Some(key) => format!(
                "ledger    {}, signed with {key}",
                counted(journal.lines, "line")
            ),
            None => "ledger    none".to_owned(),
        },
    ];
    if let Some(audit) = &report.audit {
        lines.push(format!(
            "audit     {}, {}, {}",
            counted(audit.entries, "line"),
            counted(audit.facts, "fact"),
            counted(audit.evidence, "copied event")
        ));
    }
    if let Some(index) = &report.index {
        lines.push(format!(
            "index     {}, {}",
            counted(index.splits, "split"),
            counted(index.events, "event")
        ));
    }
    if !journal.intended.is_empty() || report.restored.is_some() {
        lines.push("on purpose:".to_owned());
        for intended in &journal.intended {
            lines.push(format!(
                "  entry {}, {}: {}",
                intended.seq, intended.at, intended.text
            ));
        }
    }
    if let Some(restored) = &report.restored {
        lines.push(format!(
            "  a backup that was taken at {} was restored, and the next start enters that in the ledger",
            restored.taken
        ));
    }
    let findings = &report.findings;
    if !findings.is_empty() {
        lines.push("wrong:".to_owned());
        lines.extend(findings.listed.iter().map(|finding| format!("  {finding}")));
        let more = findings.total.saturating_sub(findings.listed.len() as u64);
        if more > 0 {
            lines.push(format!("  and {more} more"));
        }
    }
    if let Some(seq) = journal.head_found_at {
        lines.push(format!(
            "The head that was kept is entry {seq}: nothing up to it was rewritten."
        ));
    }
    lines.push(match findings.total {
        0 => "Nothing is wrong.".to_owned(),
        1 => "1 thing is wrong.".to_owned(),
        total => format!("{total} things are wrong."),
    });
    lines.push("Keep the head elsewhere; `vakt verify --head` compares with it:".to_owned());
    lines.push(format!(
        "head      {} (entry {})",
        hex::encode(&journal.head.hash),
        journal.head.seq
    ));
    lines
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn summary(report: &Report) -> serde_json::Value {
    let journal = &report.journal;
    json!({
        "journal": {
            "segments": journal.segments,
            "records": journal.records,
            "first": journal.first,
            "end": journal.end,
        },
        "ledger": {
            "entries": journal.lines,
            "key": journal.key,
            "head": {"seq": journal.head.seq, "hash": hex::encode(&journal.head.hash)},
            "kept_head_found_at": journal.head_found_at,
        },
        "audit": report.audit,
        "index": report.index.as_ref().map(|index| json!({
            "splits": index.splits,
            "events": index.events,
            "changes": index.state.changes,
            "digest": hex::encode(&index.state.digest),
        })),
        "restored": report.restored,
        "findings_total": report.findings.total,
    })
}
