//! The examples of the guides, for tests that they are understood.

use clap::Parser;

use super::Cli;

/// The examples of a kind (`"```sh\n"`), as they stand in a guide.
pub(crate) fn examples(guide: &'static str, kind: &str) -> Vec<&'static str> {
    let rest = guide.split(kind).skip(1);
    rest.filter_map(|rest| rest.split_once("```"))
        .map(|(example, _)| example)
        .collect()
}

/// Reads every command of a guide, and says how many there are.
pub(crate) fn commands_of(guide: &'static str) -> usize {
    let commands = examples(guide, "```sh\n").concat().replace("\\\n", " ");
    for line in commands.lines() {
        let parsed = Cli::try_parse_from(words(line));
        assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
    }
    commands.lines().count()
}

/// A line as a shell takes it apart, with single quotes alone.
pub(crate) fn words(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    let mut words = vec![String::new()];
    for (number, part) in quoted {
        if number % 2 == 1 {
            words.last_mut().unwrap().push_str(part);
            continue;
        }
        let mut pieces = part.split(' ');
        words.last_mut().unwrap().push_str(pieces.next().unwrap());
        words.extend(pieces.map(str::to_owned));
    }
    words.retain(|word| !word.is_empty());
    words
}
