// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo hold` and `vmo attach`.

use std::io::{BufRead, BufReader};

use mapped_vmo::zx::Vmo;
use rustix::fs::{Mode, OFlags, open};

use crate::support::{Kept, Running, bad, good, memfd, place, runs, text, until, vmo};

/// Reads the line that says where it is.
fn held(running: &mut Running) -> String {
    let mut line = String::new();
    let stdout = running.0.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[test]
fn what_is_held_stays_when_its_maker_lets_it_go() {
    let kept = Kept::create(&["4K", "--name", "held"]);
    let mut hold = Running::vmo(&["hold", &kept.0]);
    let at = held(&mut hold);
    assert_eq!(at.split(':').next(), Some(hold.0.id().to_string().as_str()));
    drop(kept);
    let written = crate::support::fed(&["write", &at], b"still there");
    good(written);
    assert_eq!(good(vmo(&["cat", "--len", "11", &at])), b"still there");
    assert_eq!(hold.children(), "");
    let pid = hold.0.id();
    assert_eq!(hold.interrupt(), Some(2), "it did not die of SIGINT");
    assert!(!runs(pid));
}

#[test]
fn holding_ends_with_its_time() {
    let fd = memfd("held", 1);
    let mut hold = Running::vmo(&["hold", &place(&fd), "--for", "0.1"]);
    until("the time", || hold.0.try_wait().unwrap().is_some());
    assert_eq!(hold.0.wait().unwrap().code(), Some(0));
}

#[test]
fn a_program_gets_the_object_by_path_and_by_number() {
    let vmo_of_ours = Vmo::create(4096).unwrap();
    vmo_of_ours.write(b"hello", 0).unwrap();
    let at = place(&std::os::fd::AsFd::as_fd(&vmo_of_ours));
    let attach =
        |script: &str, word: &str| vmo(&["attach", &at, "--", "sh", "-c", script, word, "{}"]);
    assert_eq!(text(attach("head -c 5 \"$1\"", "x")), "hello");
    assert_eq!(
        text(attach("head -c 5 /proc/self/fd/$VMO_FD", "x")),
        "hello"
    );
    assert_eq!(
        text(attach("echo $0 | grep -c ^a/proc/self/fd/$VMO_FD$", "a{}")),
        "1\n"
    );
    good(attach("printf J 1<>\"$1\"", "x"));
    assert_eq!(vmo_of_ours.read_to_vec::<u8>(0, 5).unwrap(), b"Jello");
}

#[test]
fn a_program_can_do_with_it_what_its_holder_can() {
    let fd = memfd("reader", 4096);
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&fd));
    let script = "printf x >&$VMO_FD";
    let reader = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let refused = vmo(&["attach", &place(&reader), "--", "sh", "-c", script]);
    assert_ne!(
        refused.status.code(),
        Some(0),
        "it may write, which its holder may not"
    );
    good(vmo(&["attach", &place(&fd), "--", "sh", "-c", script]));
}

#[test]
fn exit_codes_are_those_of_run() {
    let fd = memfd("codes", 4096);
    let at = place(&fd);
    for code in [0, 1, 77] {
        let script = format!("exit {code}");
        let output = vmo(&["attach", &at, "--", "sh", "-c", &script]);
        assert_eq!(output.status.code(), Some(code));
    }
    bad(&vmo(&["attach", &at, "--", "no-such-program-here"]), 127);
    bad(&vmo(&["attach", &at, "--", "/etc/passwd"]), 126);
    bad(&vmo(&["attach", &at]), 125);
    bad(&vmo(&["attach", "x", "--", "true"]), 125);
    let said = bad(&vmo(&["attach", "4194305:1", "--", "true"]), 125);
    assert!(said.contains("there is no process 4194305"), "{said}");
}
