//! The fake does what a disk may do, and no more.

use std::path::Path;
use std::sync::Arc;

use super::*;

const FILE: &str = "/dir/file";

fn create(disk: &FakeDisk, path: &str) -> Arc<dyn DiskFile> {
    disk.create(Path::new(path)).unwrap()
}

/// A file whose name is durable.
fn durable_file(disk: &FakeDisk) -> Arc<dyn DiskFile> {
    let file = create(disk, FILE);
    disk.sync_dir(Path::new("/dir")).unwrap();
    file
}

fn content(disk: &FakeDisk) -> Option<Vec<u8>> {
    let file = disk.open(Path::new(FILE)).ok()?;
    let mut bytes = vec![0; usize_from(file.len().unwrap())];
    let mut filled = 0;
    while filled < bytes.len() {
        filled += file.read_at(&mut bytes[filled..], filled as u64).unwrap();
    }
    Some(bytes)
}

/// All that a power loss may leave, over many seeds.
fn outcomes(prepare: impl Fn(&FakeDisk)) -> BTreeSet<Option<Vec<u8>>> {
    let outcome = |seed| {
        let disk = FakeDisk::default();
        prepare(&disk);
        disk.crash(seed);
        content(&disk)
    };
    (0..300).map(outcome).collect()
}

#[test]
fn what_was_synced_survives_and_the_rest_is_torn_at_sectors() {
    let left = outcomes(|disk| {
        let file = durable_file(disk);
        file.write_all_at(&[1; 600], 0).unwrap();
        file.sync_data().unwrap();
        file.write_all_at(&[2; 1000], 500).unwrap();
    });
    let join = |parts: &[(u8, usize)]| {
        let parts = parts.iter().map(|(byte, count)| vec![*byte; *count]);
        Some(parts.collect::<Vec<_>>().concat())
    };
    let expected = [
        join(&[(1, 600)]),
        join(&[(1, 500), (2, 12), (1, 88)]),
        join(&[(1, 512), (2, 512)]),
        join(&[(1, 500), (2, 524)]),
        join(&[(1, 600), (0, 424), (2, 476)]),
        join(&[(1, 500), (2, 12), (1, 88), (0, 424), (2, 476)]),
        join(&[(1, 512), (2, 988)]),
        join(&[(1, 500), (2, 1000)]),
    ];
    assert_eq!(left, BTreeSet::from(expected));
}

#[test]
fn a_durable_name_may_lead_to_nothing() {
    let left = outcomes(|disk| durable_file(disk).write_all_at(b"x", 0).unwrap());
    let expected = [Some(Vec::new()), Some(b"x".to_vec())];
    assert_eq!(left, BTreeSet::from(expected));
}

#[test]
fn only_the_sync_of_its_directory_makes_a_name_durable() {
    let check = |dirs: &[&str], expected: &[Option<Vec<u8>>]| {
        let left = outcomes(|disk| {
            disk.create_dir_all(Path::new("/dir")).unwrap();
            create(disk, FILE).sync_data().unwrap();
            for dir in dirs {
                disk.sync_dir(Path::new(dir)).unwrap();
            }
        });
        assert_eq!(left, expected.iter().cloned().collect(), "{dirs:?}");
    };
    let (lost, kept) = (None, Some(Vec::new()));
    check(&["/dir", "/"], std::slice::from_ref(&kept));
    check(&["/dir"], &[lost.clone(), kept.clone()]);
    check(&["/", "/other"], &[lost, kept]);
}

#[test]
fn names_of_a_directory_survive_in_order() {
    let names = |seed| {
        let disk = FakeDisk::default();
        for name in ["/dir/a", "/dir/b"] {
            create(&disk, name);
        }
        disk.rename(Path::new("/dir/a"), Path::new("/dir/c"))
            .unwrap();
        disk.remove(Path::new("/dir/b")).unwrap();
        disk.crash(seed);
        disk.list(Path::new("/dir")).unwrap().concat()
    };
    let seen: BTreeSet<String> = (0..100).map(names).collect();
    let expected = ["", "a", "ab", "bc", "c"];
    assert_eq!(seen, expected.map(str::to_owned).into());
}

#[test]
fn a_sync_that_failed_may_leave_pages_that_look_clean() {
    let disk = FakeDisk::default();
    let file = durable_file(&disk);
    disk.inject(Fault::SyncDropsPages { after: 0 });
    file.write_all_at(b"lost", 0).unwrap();
    file.sync_data().unwrap_err();
    file.sync_data().unwrap();
    disk.kill();
    assert_eq!(content(&disk), Some(b"lost".to_vec()));
    let file = disk.open(Path::new(FILE)).unwrap();
    file.sync_data().unwrap();
    disk.crash(0);
    assert_eq!(content(&disk), Some(Vec::new()));

    // Written again, they are dirty again; what shares their sector goes with it.
    let file = disk.open(Path::new(FILE)).unwrap();
    disk.inject(Fault::SyncDropsPages { after: 0 });
    file.write_all_at(b"kept", 0).unwrap();
    file.sync_data().unwrap_err();
    file.write_all_at(b"!", 4).unwrap();
    file.sync_data().unwrap();
    disk.crash(0);
    assert_eq!(content(&disk), Some(b"kept!".to_vec()));
}

#[test]
fn room_is_what_is_not_allocated_and_comes_back() {
    let disk = FakeDisk::default();
    let file = durable_file(&disk);
    let free = || disk.space(Path::new("/dir")).unwrap().free;
    disk.inject(Fault::Room { bytes: 100 });
    file.allocate(60).unwrap();
    assert_eq!(free(), 40);
    file.write_all_at(&[1; 60], 0).unwrap();
    file.write_all_at(&[2; 60], 0).unwrap();
    assert_eq!(free(), 40);
    assert_eq!(file.write_at(&[3; 50], 60).unwrap(), 40, "a short write");
    let error = file.write_at(&[3; 10], 100).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    let error = file.allocate(101).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    file.set_len(30).unwrap();
    assert_eq!(free(), 70);
    disk.remove(Path::new(FILE)).unwrap();
    assert_eq!(free(), 100);
    disk.heal();
    assert_eq!(free(), u64::MAX);
}

#[test]
fn faults_strike_the_call_they_are_meant_for_once_or_for_good() {
    let check = |call, act: &dyn Fn(&FakeDisk, &dyn DiskFile) -> io::Result<()>| {
        for lasting in [false, true] {
            let disk = FakeDisk::default();
            let file = durable_file(&disk);
            file.write_all_at(b"x", 0).unwrap();
            disk.inject(Fault::Error {
                call,
                after: 1,
                lasting,
            });
            let went_well: Vec<bool> = (0..4).map(|_| act(&disk, file.as_ref()).is_ok()).collect();
            assert_eq!(went_well, [true, false, !lasting, !lasting], "{call:?}");
            disk.heal();
            act(&disk, file.as_ref()).unwrap();
        }
    };
    check(Call::Read, &|_, file| file.read_at(&mut [0], 0).map(drop));
    check(Call::Write, &|_, file| file.write_at(b"y", 0).map(drop));
    check(Call::Sync, &|_, file| file.sync_data());
    check(Call::SyncDir, &|disk, _| disk.sync_dir(Path::new("/dir")));
    check(Call::Allocate, &|_, file| file.allocate(10));
    check(Call::SetLen, &|_, file| file.set_len(0));
    check(Call::Name, &|disk, _| {
        let count = disk.operations();
        disk.create(Path::new(&format!("/dir/{count}"))).map(drop)
    });
}

#[test]
fn writes_and_reads_may_be_short() {
    let disk = FakeDisk::default();
    let file = durable_file(&disk);
    disk.inject(Fault::ShortWrites { bytes_max: 3 });
    disk.inject(Fault::ShortReads { bytes_max: 2 });
    assert_eq!(file.write_at(b"12345", 0).unwrap(), 3);
    file.write_all_at(b"12345", 0).unwrap();
    assert_eq!(file.read_at(&mut [0; 5], 0).unwrap(), 2);
    assert_eq!(content(&disk), Some(b"12345".to_vec()));
}
