//! A copy of a journal that changes meanwhile is one that it was at some moment.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use super::*;
use crate::disk::{DiskFile, Lock, Space};
use crate::journal::copy_journal;

fn to_dir() -> PathBuf {
    PathBuf::from("/backup/journal")
}

/// Something happens to the disk just before the file is opened that has this number.
struct Meddled<'a> {
    disk: &'a FakeDisk,
    opened: AtomicUsize,
    at: usize,
    act: Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>,
}

impl Disk for Meddled<'_> {
    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.disk.create_dir_all(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        self.disk.list(dir)
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.disk.create(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        if self.opened.fetch_add(1, Ordering::SeqCst) == self.at
            && let Some(act) = self.act.lock().unwrap().take()
        {
            act();
        }
        self.disk.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.disk.sync_dir(dir)
    }

    fn space(&self, dir: &Path) -> io::Result<Space> {
        self.disk.space(dir)
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        self.disk.lock(path)
    }
}

fn verified(disk: &FakeDisk) -> JournalReport {
    let expected = Expected {
        key: Some(key(1).public()),
        head: None,
        restored: None,
    };
    verify_journal(disk, &to_dir(), &expected).unwrap()
}

type Act = dyn Fn(&Story, &Journal) + Sync;

#[test]
fn whatever_happens_while_it_is_copied() {
    let acts: [(&str, &Act); 4] = [
        ("a frame is stored", &|story, journal| {
            append(journal, &story.day, "a", &["six"]);
        }),
        ("the open segment is sealed", &|story, journal| {
            story.day.0.fetch_add(1, Ordering::SeqCst);
            append(journal, &story.day, "a", &["six"]);
            story.day.0.fetch_add(1, Ordering::SeqCst);
            append(journal, &story.day, "a", &["seven"]);
        }),
        ("the first two segments are removed", &remove_the_first_two),
        ("a stream is erased", &|_, journal| erase_b(journal)),
    ];
    for (what, act) in acts {
        let mut at = 0;
        loop {
            let story = story();
            let journal = open(&story.disk, &story.day);
            let meddled = Meddled {
                disk: &story.disk,
                opened: AtomicUsize::new(0),
                at,
                act: Mutex::new(Some(Box::new(|| act(&story, &journal)))),
            };
            let backup = FakeDisk::default();
            let copied = copy_journal(&meddled, &dir(), &backup, &to_dir()).unwrap();
            let report = verified(&backup);
            assert_eq!(
                words(&report.findings),
                Vec::<String>::new(),
                "{what} at {at}"
            );
            assert!(copied.end.0 >= 20, "{what} at {at}");
            assert_eq!((report.first, report.end), (copied.first.0, copied.end.0));
            assert_eq!(report.head, copied.head, "{what} at {at}");
            if meddled.act.lock().unwrap().is_some() {
                break;
            }
            at += 1;
        }
        assert!(at > 10, "{what}: only {at} files are opened");
    }
}

#[test]
fn what_is_being_written_is_cut() {
    let story = story();
    let whole = content(&story.disk, &segment(15));
    for length in record(&whole, 1).end..whole.len() {
        put(&story.disk, &segment(15), &whole[..length]);
        let backup = FakeDisk::default();
        // The head of the ledger is beyond what is there; what is copied ends with a whole record.
        let copied = copy_journal(&story.disk, &dir(), &backup, &to_dir()).unwrap();
        assert_eq!(copied.end, JournalPosition(18), "cut at {length}");
        let file = backup.open(&to_dir().join(segment(15))).unwrap();
        assert_eq!(file.len().unwrap(), record(&whole, 1).end as u64);
    }
}
