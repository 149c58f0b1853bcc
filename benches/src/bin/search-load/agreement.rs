//! The engines are asked the same: what they find is what a plain look at the lines finds.

use tempfile::tempdir;

use crate::generate::{Generator, Preset};
use crate::grep::Grep;
use crate::plain::{self, Plain};
use crate::question::{Ask, Engine, questions};
use crate::vakt::Vakt;
use crate::{files, intake};

/// Some needles, and more than one page of most.
const EVENTS: usize = 8_000;

/// Terms and substrings are not compared with lines: names of JSON's fields are words there too.
#[test]
fn engines_find_the_same_events() {
    for preset in [Preset::Mix, Preset::Windows] {
        let dir = tempdir().unwrap();
        let events = || Generator::new(preset, 1);
        let path = |name| files::fresh(dir.path(), name).unwrap();
        let (vakt_dir, plain_dir) = (path("vakt"), path("tantivy"));
        let lines_file = dir.path().join("events.zst");
        let lines = intake::write_compressed(&lines_file, events(), EVENTS).unwrap();
        let writer = Vakt::open(&vakt_dir).unwrap().writer().unwrap();
        let vakt_cost = intake::measure(writer, events(), EVENTS).unwrap();
        let writer = plain::Writer::create(&plain_dir).unwrap();
        let plain_cost = intake::measure(writer, events(), EVENTS).unwrap();
        assert_eq!((lines.raw, lines.raw), (vakt_cost.raw, plain_cost.raw));

        let vakt = Vakt::open(&vakt_dir).unwrap();
        let plain = Plain::open(&plain_dir).unwrap();
        let grep = Grep::open(&lines_file);
        if grep.is_none() {
            println!("skipped: zstd and rg or grep are not there");
            assert!(std::env::var_os("CI").is_none(), "CI has zstd and grep");
        }
        let mut found = 0;
        for question in questions(preset, lines.last) {
            for ask in &question.variants {
                let total =
                    |engine: &dyn Engine| engine.ask(ask).unwrap().and_then(|answer| answer.total);
                let (by_vakt, by_plain) = (total(&vakt), total(&plain));
                let by_grep = grep.as_ref().map(|grep| total(grep));
                match ask {
                    Ask::Rare(_) | Ask::Address(_) | Ask::Phrase(_) | Ask::PhraseAgain(_) => {
                        assert_eq!(by_vakt, by_plain, "{ask:?}");
                        assert!(
                            by_grep.is_none_or(|by_grep| by_grep == by_vakt),
                            "{ask:?}: {by_grep:?}, {by_vakt:?}"
                        );
                        found += by_vakt.unwrap_or(0);
                    }
                    Ask::Term(_) | Ask::Substring(..) => {
                        assert!(by_vakt > Some(0), "{ask:?}");
                        assert!(by_plain > Some(0), "{ask:?}");
                        assert!(by_grep.is_none_or(|by_grep| by_grep > Some(0)), "{ask:?}");
                    }
                    _ => {}
                }
            }
        }
        assert!(found > 100, "{found}");
    }
}
