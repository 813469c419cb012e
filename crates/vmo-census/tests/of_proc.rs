// SPDX-License-Identifier: MIT OR Apache-2.0
//! A census of a folder that looks like `/proc`: what a process can make its files say.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::{create_dir_all, write};
use std::path::{Path, PathBuf};

use rustix::fs::{MemfdFlags, fstat, major, memfd_create, minor};
use vmo_census::{Census, Kind, Kinds};

/// An empty folder.
fn root(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&root);
    create_dir_all(&root).unwrap();
    root
}

fn process(root: &Path, pid: u32, maps: &[u8]) {
    let dir = root.join(pid.to_string());
    create_dir_all(dir.join("fd")).unwrap();
    write(dir.join("stat"), format!("{pid} (x) S 1 1 1 0 -1 0 0")).unwrap();
    write(dir.join("maps"), maps).unwrap();
}

/// The device of memfds, as `maps` writes it.
fn device() -> String {
    let probe = memfd_create("probe", MemfdFlags::CLOEXEC).unwrap();
    let dev = fstat(&probe).unwrap().st_dev;
    format!("{:02x}:{:02x}", major(dev), minor(dev))
}

#[test]
fn a_process_that_goes_at_any_moment_is_left_out_or_has_nothing() {
    let root = root("gone");
    create_dir_all(root.join("1")).unwrap();
    process(&root, 2, b"");
    write(root.join("2/stat"), "").unwrap();
    process(&root, 3, b"");
    std::fs::remove_dir(root.join("3/fd")).unwrap();
    std::fs::remove_file(root.join("3/maps")).unwrap();
    write(root.join("4"), "no folder").unwrap();
    create_dir_all(root.join("self")).unwrap();
    let census = Census::of_proc(&root, Kinds::All).unwrap();
    let pids: Vec<_> = census.processes.iter().map(|it| it.pid).collect();
    assert_eq!(pids, [3]);
    assert!(census.objects.is_empty());
}

#[test]
fn the_first_system_v_segment_has_the_inode_0() {
    let root = root("first");
    let maps = format!(
        "7f00-8f00 rw-s 00000000 {} 0   /SYSV00000000 (deleted)\n",
        device()
    );
    process(&root, 5, maps.as_bytes());
    let census = Census::of_proc(&root, Kinds::All).unwrap();
    assert_eq!(census.objects.len(), 1);
    assert_eq!(
        (census.objects[0].kind, census.objects[0].id.ino),
        (Kind::Sysv, 0)
    );
    assert!(
        Census::of_proc(&root, Kinds::Memfds)
            .unwrap()
            .objects
            .is_empty()
    );
}

#[test]
fn a_segment_and_a_memfd_of_the_same_number_are_two() {
    let root = root("number");
    let dev = device();
    let maps = format!(
        "7f00-8f00 rw-s 00000000 {dev} 7   /SYSV00000000 (deleted)\n\
         9f00-af00 rw-s 00000000 {dev} 7   /memfd:seven (deleted)\n"
    );
    process(&root, 5, maps.as_bytes());
    let census = Census::of_proc(&root, Kinds::All).unwrap();
    let kinds: Vec<_> = census.objects.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [Kind::Memfd, Kind::Sysv]);
}

#[test]
fn lines_of_any_length_and_content_take_no_other_line_along() {
    let root = root("lines");
    let dev = device();
    let mut maps = vec![b'x'; 200_000];
    maps.extend(b"\n\n7f00\n\xff\n");
    // So that many reads end within a line.
    for at in 1..5000 {
        let line =
            format!("{at:x}000-{at:x}800 rw-s 0000f000 {dev} {at} /memfd:a\\012b (deleted)\n");
        maps.extend(line.as_bytes());
    }
    maps.extend(format!("7f00-8f00 rw-s ffffffffffffffff {dev} 5000 /memfd:cut").as_bytes());
    process(&root, 5, &maps);
    let census = Census::of_proc(&root, Kinds::Memfds).unwrap();
    assert_eq!(census.objects.len(), 4999);
    assert!(
        census
            .objects
            .iter()
            .all(|it| it.name == b"a\nb" && it.at_least == 0xf800)
    );
    assert!(
        census
            .objects
            .iter()
            .all(|it| it.size.is_none() && it.seals.is_none())
    );
}

#[test]
fn a_memfd_of_another_device_is_none() {
    let root = root("device");
    process(
        &root,
        5,
        b"7f00-8f00 rw-s 00000000 00:fe 7 /memfd:feigned (deleted)\n",
    );
    assert!(
        Census::of_proc(&root, Kinds::All)
            .unwrap()
            .objects
            .is_empty()
    );
}
