//! What one does without an index: `zstd -dc FILE | rg -c PATTERN` over the same events.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::question::{Answer, Ask, Engine, PAGE};

/// A file of lines, compressed, and the program that looks through it.
pub(crate) struct Grep {
    file: PathBuf,
    /// `rg`, or `grep` where that is absent.
    pub(crate) program: &'static str,
}

impl Grep {
    /// `None` where the programs are not there.
    pub(crate) fn open(file: &Path) -> Option<Self> {
        let is_there = |program: &str| {
            let mut command = Command::new(program);
            command
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let program = ["rg", "grep"]
            .into_iter()
            .find(|program| is_there(program))?;
        is_there("zstd").then(|| Self {
            file: file.to_owned(),
            program,
        })
    }

    /// Runs the stages behind `zstd -dc FILE`, each reading what the one before writes, and gives
    /// what the last writes.
    fn pipeline(&self, stages: &[&[&str]]) -> Result<String> {
        let mut zstd = Command::new("zstd");
        zstd.arg("-dc").arg(&self.file);
        let mut children = vec![spawn(&mut zstd, Stdio::null())?];
        for stage in stages {
            let (program, arguments) = stage.split_first().context("an empty stage")?;
            let before = children
                .last_mut()
                .and_then(|child: &mut Child| child.stdout.take());
            let input = before.context("no pipe from the stage before")?;
            let mut command = Command::new(program);
            // Bytes, as a person in a hurry sets it: the locale makes grep slower.
            command.args(arguments).env("LC_ALL", "C");
            children.push(spawn(&mut command, input.into())?);
        }
        let last = children.pop().context("no stage")?;
        let output = last.wait_with_output()?;
        for mut child in children {
            child.wait()?;
        }
        // 1 is: nothing found.
        ensure!(
            matches!(output.status.code(), Some(0 | 1)),
            "{:?} behind zstd -dc {} failed: {}",
            stages,
            self.file.display(),
            output.status
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    fn count(&self, flags: &[&str], pattern: &str) -> Result<Option<Answer>> {
        let mut stage = vec![self.program, "-c", "-i", "-F"];
        stage.extend(flags);
        stage.extend(["-e", pattern]);
        let count = self.pipeline(&[&stage])?;
        // rg prints nothing where nothing was found.
        let total = match count.trim() {
            "" => 0,
            count => count.parse()?,
        };
        Ok(Some(Answer { total: Some(total) }))
    }
}

fn spawn(command: &mut Command, input: Stdio) -> Result<Child> {
    let command = command.stdin(input).stdout(Stdio::piped());
    command
        .spawn()
        .with_context(|| format!("start {command:?}"))
}

impl Engine for Grep {
    fn ask(&self, ask: &Ask) -> Result<Option<Answer>> {
        let page = PAGE.to_string();
        let tail: &[&str] = &["tail", "-n", &page];
        match ask {
            Ask::Term(pattern) | Ask::Phrase(pattern) | Ask::PhraseAgain(pattern) => {
                self.count(&["-w"], pattern)
            }
            Ask::Rare(pattern) => self.count(&["-w"], pattern),
            Ask::Address(address) => self.count(&["-w"], &address.to_string()),
            // The whole file: its lines have their times in a dozen forms.
            Ask::Substring(part, _) => self.count(&[], part),
            Ask::Newest => {
                self.pipeline(&[tail])?;
                Ok(Some(Answer { total: None }))
            }
            Ask::NewestOf(word) | Ask::NewestOfPhrase(word) => {
                self.pipeline(&[&[self.program, "-i", "-w", "-F", "-e", word], tail])?;
                Ok(Some(Answer { total: None }))
            }
            // For the same reason, and users have no one form either.
            Ask::Histogram | Ask::TopUsers => Ok(None),
        }
    }
}
