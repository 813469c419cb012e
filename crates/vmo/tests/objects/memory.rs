// SPDX-License-Identifier: MIT OR Apache-2.0
//! However large an object is, little of it is on its way.

use std::fs;
use std::io::{Read, Write};

use crate::support::{Kept, Running, folder, good, memfd, place, until, vmo};

const SIZE: u64 = 256 << 20;
/// What is touched of the program itself is a few MiB.
const LITTLE: u64 = 48 << 20;

/// The most memory that a process ever had.
fn high_water(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|it| it.starts_with("VmHWM:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kib > 0);
    kib << 10
}

#[test]
fn cat_of_a_large_object_takes_little_memory() {
    let fd = memfd("large", SIZE);
    for arguments in [&["cat", &place(&fd)][..], &["copy", &place(&fd), "-"]] {
        let mut running = Running::vmo(arguments);
        let mut stdout = running.0.stdout.take().unwrap();
        let half = std::io::copy(&mut stdout.by_ref().take(SIZE / 2), &mut std::io::sink());
        assert_eq!(half.unwrap(), SIZE / 2);
        // It waits for us, with as much still to come.
        let used = high_water(running.0.id());
        assert!(used < LITTLE, "{arguments:?}: {used}");
        let rest = std::io::copy(&mut stdout, &mut std::io::sink());
        assert_eq!(rest.unwrap(), SIZE / 2);
        until("the end", || running.0.try_wait().unwrap().is_some());
        assert!(running.0.wait().unwrap().success());
    }
}

#[test]
fn what_this_machine_has_no_memory_for_is_refused_before_the_first_byte() {
    let fd = memfd("terabytes", 1 << 50);
    let file = folder("terabytes").join("file");
    let sparse = fs::File::create(&file).unwrap();
    sparse.set_len(8 << 40).unwrap();
    let (at, path) = (place(&fd), file.to_str().unwrap());
    for arguments in [
        &["copy", "--seal", &at][..],
        &["copy", "--seal", path],
        &["create", "--from", path],
    ] {
        let mut running = Running::vmo(arguments);
        until("the end", || running.0.try_wait().unwrap().is_some());
        let mut said = String::new();
        running
            .0
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert!(said.contains("of memory left"), "{arguments:?}: {said}");
    }
}

#[test]
fn what_comes_through_a_pipe_takes_little_memory() {
    let fd = memfd("large", SIZE);
    let folder = folder("large");
    let file = folder.join("file");
    let at = place(&fd);
    for arguments in [
        &["write", &at][..],
        &["copy", "-", &at],
        &["copy", "-", file.to_str().unwrap()],
    ] {
        let mut running = Running::vmo(arguments);
        let mut stdin = running.0.stdin.take().unwrap();
        let chunk = vec![7; 1 << 20];
        for _ in 0..64 {
            stdin.write_all(&chunk).unwrap();
        }
        let used = high_water(running.0.id());
        assert!(used < LITTLE, "{arguments:?}: {used}");
        drop(stdin);
        until("the end", || running.0.try_wait().unwrap().is_some());
        assert!(running.0.wait().unwrap().success(), "{arguments:?}");
    }
    assert_eq!(fs::metadata(&file).unwrap().len(), 64 << 20);
    fs::remove_file(&file).unwrap();
}

#[test]
fn what_is_made_of_a_pipe_takes_little_memory_besides() {
    for arguments in [&["create", "--from", "-"][..], &["copy", "--seal", "-"]] {
        let mut running = Running::vmo(arguments);
        let mut stdin = running.0.stdin.take().unwrap();
        let chunk = vec![7; 1 << 20];
        for _ in 0..64 {
            stdin.write_all(&chunk).unwrap();
        }
        // What the kernel has for it is not the process's own.
        let used = high_water(running.0.id());
        assert!(used < LITTLE, "{arguments:?}: {used}");
        drop(stdin);
        let place = std::io::read_to_string(running.0.stdout.take().unwrap()).unwrap();
        let kept = Kept(place.trim_end().to_owned());
        assert!(running.0.wait().unwrap().success(), "{arguments:?}");
        let bytes = good(vmo(&["cat", &kept.0]));
        assert!(bytes.len() == 64 << 20 && bytes.iter().all(|it| *it == 7));
    }
}
