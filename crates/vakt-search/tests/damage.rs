//! Damaged files of an index are seen, and only those.

#![allow(clippy::unwrap_used)] // Helpers of tests unwrap as tests do.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{add, ids, line, open, open_index, request};
use vakt_event::JournalPosition;
use vakt_search::Index;

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "split")
        })
        .collect();
    files.sort();
    files
}

fn filled(dir: &Path) {
    let (index, mut writer) = open(dir);
    for round in 0..3 {
        let events: Vec<_> = (0..50)
            .map(|number| line(number, &format!("common n{number} of round{round}")))
            .collect();
        add(&mut writer, u64::try_from(round).unwrap() * 50, &events);
        writer.seal().unwrap();
        if round == 0 {
            index.build_next(true).unwrap().unwrap();
        }
    }
    writer.close().unwrap();
}

#[test]
fn a_flipped_byte_in_any_file_is_damage_and_a_rebuild_begins_empty() {
    let whole = tempfile::tempdir().unwrap();
    filled(whole.path());
    let sound = open_index(whole.path()).unwrap();
    assert!(sound.damage().is_none());
    let names: Vec<_> = files(whole.path())
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for (name, tenth) in names
        .iter()
        .flat_map(|name| (0..10).map(move |tenth| (name, tenth)))
    {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("index");
        fs::create_dir(&dir).unwrap();
        for entry in fs::read_dir(whole.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), dir.join(entry.file_name())).unwrap();
        }
        let path = dir.join(name);
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.len() * tenth / 10;
        bytes[at] ^= 0x40;
        fs::write(&path, bytes).unwrap();
        let Ok(index) = open_index(&dir) else {
            // Seen when it is opened already.
            continue;
        };
        let reason = index.damage().unwrap_or_else(|| panic!("{name:?} unseen"));
        assert!(reason.may_be_damage());
        // An answer or an error that tells of the damage, and no panic.
        if let Err(error) = index.search(&request("common")) {
            assert!(error.may_be_damage(), "{error}");
        }
        let (index, rebuilt) = index.rebuild(reason).unwrap();
        assert!(rebuilt.moved_to.join(name).exists());
        assert!(index.damage().is_none());
        let mut writer = index.writer().unwrap();
        assert_eq!(writer.next_position(), JournalPosition(0));
        add(&mut writer, 0, &[line(1, "common again")]);
        assert_eq!(ids(&index, &request("common")), [0]);
        writer.close().unwrap();
    }
}

#[test]
fn a_directory_that_is_away_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, away) = (folder.path().join("index"), folder.path().join("away"));
    filled(&dir);
    let index = open_index(&dir).unwrap();
    fs::rename(&dir, &away).unwrap();
    assert!(index.damage().is_none());
    fs::rename(&away, &dir).unwrap();
    assert!(index.damage().is_none());
}

#[test]
fn an_index_of_nothing_finds_nothing() {
    let index = Index::of_nothing(std::sync::Arc::new(common::frames::Frames)).unwrap();
    assert_eq!(ids(&index, &request("")), [0_u64; 0]);
}
