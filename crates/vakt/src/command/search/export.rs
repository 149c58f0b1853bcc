//! `vakt search --export`: everything that is found, in a file.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::sink::Sink;
use super::{Options, Outcome, cut, stream};
use crate::client::Client;
use crate::output::{Form, tell};

/// Writes beside the file and renames when all is there, so that half an export never bears the name.
pub(super) fn run(
    client: &Client,
    mut asked: Vec<(&str, String)>,
    path: &Path,
    options: &Options,
    form: Option<Form>,
) -> Result<Outcome> {
    let is_csv = is_csv(path, form)?;
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let file = new_file(&partial)?;
    let kept = file.try_clone().context("the file cannot be held open")?;
    let mut sink = if is_csv {
        Sink::in_csv(Box::new(file), &options.fields)
    } else {
        Sink::in_ndjson(Box::new(file), &options.fields)
    };
    asked.push(("kind", "export".to_owned()));
    let end = match stream(client, asked, options.limit, &mut sink) {
        Ok(end) => end,
        Err(error) => {
            sink.flush()?;
            // What came, where something came; nothing that is empty is left behind.
            if fs::metadata(&partial).is_ok_and(|file| file.len() == 0) {
                fs::remove_file(&partial).with_context(|| cannot("remove", &partial))?;
                return Err(error);
            }
            return Err(error.context(format!("what came is in {}", partial.display())));
        }
    };
    sink.finish()?;
    let outcome = cut(&end).with_context(|| format!("what came is in {}", partial.display()))?;
    kept.sync_all().with_context(|| cannot("sync", &partial))?;
    fs::rename(&partial, path).with_context(|| cannot("rename", &partial))?;
    let path = path.display();
    tell(&match sink.has_rows() {
        true => format!(
            "{} rows about {} events are in {path}",
            end["hits"], end["total"]
        ),
        false => format!("{} of {} events are in {path}", end["hits"], end["total"]),
    });
    Ok(outcome)
}

/// By `--output`, else by the end of the name.
fn is_csv(path: &Path, form: Option<Form>) -> Result<bool> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match (form, extension.map(str::to_ascii_lowercase).as_deref()) {
        (Some(Form::Csv), _) | (None, Some("csv")) => Ok(true),
        (Some(Form::Ndjson), _) | (None, Some("ndjson" | "jsonl")) => Ok(false),
        _ => bail!(
            "{}: an export is .ndjson or .csv, or --output says which",
            path.display()
        ),
    }
}

/// For the owner alone: what is in it was not for everybody's eyes where it came from.
fn new_file(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    file.with_context(|| cannot("write", path))
}

fn cannot(what: &str, path: &Path) -> String {
    format!("cannot {what} {}", path.display())
}
