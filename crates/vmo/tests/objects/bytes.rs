// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo cat` and `vmo write`.

use std::fs;
use std::os::fd::AsFd;
use std::process::Command;

use mapped_vmo::Mapping;
use rustix::fs::{Mode, OFlags, SeekFrom, fstat, open, seek, tell};
use rustix::io::{pread, pwrite};

use crate::support::{VMO, bad, fed, folder, good, memfd, pattern, place, vmo};

fn bytes_of(fd: &std::os::fd::OwnedFd) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(fstat(fd).unwrap().st_size).unwrap()];
    let got = pread(fd, &mut bytes, 0).unwrap();
    assert_eq!(got, bytes.len());
    bytes
}

#[test]
fn any_part_of_an_object_comes_out() {
    let bytes = pattern((1 << 20) + 5);
    let fd = memfd("cat", 0);
    pwrite(&fd, &bytes, 0).unwrap();
    let at = place(&fd);
    assert!(good(vmo(&["cat", &at])) == bytes);
    let ino = fstat(&fd).unwrap().st_ino.to_string();
    assert!(good(vmo(&["cat", &ino])) == bytes);
    for (offset, len) in [(0, 0), (0, 1), (4095, 2), (5, 1 << 20), ((1 << 20) + 5, 0)] {
        let part = vmo(&[
            "cat",
            &at,
            "--offset",
            &offset.to_string(),
            "--len",
            &len.to_string(),
        ]);
        assert!(good(part) == bytes[offset..offset + len], "{offset} {len}");
    }
    assert!(good(vmo(&["cat", &at, "--offset", "1M"])) == bytes[1 << 20..]);
    for (arguments, part) in [
        (["--offset", "1048582"], "it has 1048581 bytes"),
        (["--len", "1048582"], "1048581 more"),
        (["--offset", "8191T"], "past its end"),
    ] {
        let said = bad(&vmo(&[&["cat", &at][..], &arguments].concat()), 1);
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure_to_speak_of() {
    let fd = memfd("closed", 64 << 20);
    let script = format!("'{VMO}' cat {} | head -c 5 | wc -c", place(&fd));
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!((&*output.stdout, &*output.stderr), (&b"5\n"[..], &b""[..]));
}

#[test]
fn files_and_pipes_are_written_where_they_should_be() {
    let fd = memfd("write", 10_000);
    let at = place(&fd);
    good(fed(&["write", &at], b"hello"));
    good(fed(&["write", &at, "--offset", "9995", "-"], b"hello"));
    let file = folder("write").join("file");
    fs::write(&file, pattern(5000)).unwrap();
    good(vmo(&[
        "write",
        &at,
        "--offset",
        "1000",
        file.to_str().unwrap(),
    ]));
    let mut expected = vec![0; 10_000];
    expected[..5].copy_from_slice(b"hello");
    expected[9995..].copy_from_slice(b"hello");
    expected[1000..6000].copy_from_slice(&pattern(5000));
    assert!(bytes_of(&fd) == expected);
    good(fed(&["write", &at, "--offset", "10000"], b""));
    assert!(bytes_of(&fd) == expected);
}

#[test]
fn what_does_not_fit_is_refused_and_the_object_keeps_its_size() {
    let fd = memfd("full", 6000);
    let at = place(&fd);
    let file = folder("full").join("file");
    fs::write(&file, pattern(6001)).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [
        &["write", &at, file][..],
        &["write", &at, file, "--offset", "5999"],
    ] {
        let said = bad(&vmo(arguments), 1);
        for part in ["it has 6000 bytes", "these are 6001 bytes", "--offset"] {
            assert!(said.contains(part), "{said}");
        }
        assert_eq!(bytes_of(&fd), [0; 6000], "it wrote before it looked");
    }
    // Of a pipe nobody knows how much will come.
    let said = bad(&fed(&["write", &at], &pattern(1 << 20)), 1);
    assert!(
        said.contains("6000 bytes are written, the rest is not"),
        "{said}"
    );
    assert!(bytes_of(&fd) == pattern(6000));
    good(fed(&["write", &at], &pattern(6000)));
    let said = bad(&fed(&["write", &at, "--offset", "6001"], b""), 1);
    assert!(said.contains("it has 6000 bytes"), "{said}");
}

#[test]
fn the_position_and_the_flags_of_the_holder_are_not_used() {
    let fd = memfd("append", 8192);
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&fd));
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CLOEXEC;
    let appending = open(path, flags, Mode::empty()).unwrap();
    seek(&appending, SeekFrom::Start(100)).unwrap();
    let at = place(&appending);
    good(fed(&["write", &at, "--offset", "5"], b"hello"));
    assert_eq!(
        fstat(&fd).unwrap().st_size,
        8192,
        "it was written to its end"
    );
    assert_eq!(
        good(vmo(&["cat", &at, "--offset", "5", "--len", "5"])),
        b"hello"
    );
    let out = folder("position").join("copy");
    good(vmo(&["copy", &at, out.to_str().unwrap()]));
    assert_eq!(tell(&appending).unwrap(), 100, "the position was moved");
}

#[test]
fn what_is_sealed_against_writing_says_so() {
    use mapped_vmo::zx::{Extent, Name, SealPlan, Vmo};
    let frozen =
        Vmo::create_planned(&Name::default(), SealPlan::Freezable, Extent::Exact, 9).unwrap();
    frozen.freeze().unwrap();
    let at = place(&std::os::fd::AsFd::as_fd(&frozen));
    let said = bad(&fed(&["write", &at], b"x"), 1);
    assert!(
        said.contains("sealed against writing") && said.contains("vmo copy"),
        "{said}"
    );
}

#[test]
fn progress_is_shown_on_a_terminal_once_it_takes_long_and_goes_away() {
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: script is not installed (apt-get install bsdutils)");
        return;
    }
    let fd = memfd("progress", 1 << 20);
    let at = place(&fd);
    let run = |pause: &str| {
        let feed = format!("(printf a; sleep {pause}; printf b; sleep 0.3; printf c)");
        let line = format!("{feed} | '{VMO}' write {at}");
        let mut command = Command::new("script");
        let output = command
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(run("0"), "");
    let said = run("2.1");
    assert!(said.starts_with("\r\x1b[Kcopying: 2 B, "), "{said:?}");
    assert!(said.contains("B/s"), "{said:?}");
    assert!(said.ends_with("\r\x1b[K"), "{said:?}");
    assert!(!said.contains('\n'), "{said:?}");
}

#[test]
fn what_is_only_mapped_is_read_and_written_by_its_id() {
    let (mapping, vmo_of_it) = Mapping::allocate(4096).unwrap();
    let id = fstat(vmo_of_it.as_fd()).unwrap().st_ino.to_string();
    drop(vmo_of_it);
    mapping.write(b"mapped by its maker");
    let mut maps = fs::read_dir("/proc/self/map_files").unwrap().flatten();
    if !maps.any(|it| fs::File::open(it.path()).is_ok()) {
        let said = bad(&vmo(&["cat", &id]), 1);
        return assert!(said.contains("has it mapped, and no descriptor"), "{said}");
    }
    assert_eq!(good(vmo(&["cat", "--len", "6", &id])), b"mapped");
    good(fed(&["write", &id], b"MAPPED"));
    let mut bytes = [0; 19];
    mapping.read(&mut bytes);
    assert_eq!(&bytes, b"MAPPED by its maker");
}
