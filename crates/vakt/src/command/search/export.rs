//! `vakt search --export`: everything that is found, in a file.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::sink::Sink;
use super::{Options, Outcome, cut, is_cut, stream};
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
    check_free(path, options.force)?;
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
    if is_cut(&end) {
        let partial = partial.display();
        tell(&format!(
            "this is not all of it: what came is in {partial}\nhelp: ask about a shorter time or fewer \
             events, or leave out the command that the sentence above names"
        ));
        return Ok(Outcome::Cut);
    }
    check_free(path, options.force)
        .with_context(|| format!("what came is in {}", partial.display()))?;
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

/// Whether the file may take the name, before anything is searched for.
fn check_free(path: &Path, force: bool) -> Result<()> {
    let shown = path.display();
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => {
            bail!("{shown} is a directory\nhelp: name a file in it: {shown}/found.ndjson")
        }
        Ok(_) if !force => {
            bail!("{shown} is there already\nhelp: choose another name, or replace it with --force")
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| cannot("look at", path)),
    }
}

/// For the owner alone: what is in it was not for everybody's eyes where it came from. What an earlier export
/// left is replaced; never is anything followed or kept that somebody else put there.
fn new_file(path: &Path) -> Result<File> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() && there.uid() == rustix::process::geteuid().as_raw() => {
            fs::remove_file(path).with_context(|| cannot("remove", path))?;
        }
        Ok(_) => bail!(
            "{} is in the way: it is a link, no file, or somebody else's\nhelp: see what it is and remove it, \
             or export to another directory",
            path.display()
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| cannot("look at", path)),
    }
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.with_context(|| cannot("write", path))
}

fn cannot(what: &str, path: &Path) -> String {
    format!("cannot {what} {}", path.display())
}
