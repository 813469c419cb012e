// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file whose server never answers: nobody who is offered it waits.
#![allow(
    clippy::print_stdout,
    reason = "a test that passes may say how far it went"
)]

use core::time::Duration;
use std::os::fd::{IntoRawFd, OwnedFd};
use std::sync::mpsc::channel;
use std::thread;

use peer_tests::Peer;
use vmo_census::{Access, Census, Kinds, Place, ReachError, Sight};

/// What a question gives, asked in a thread: who waits for ever fails the test and does not
/// hang it.
fn asked<T: Send + 'static>(question: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    const PATIENCE: Duration = Duration::from_secs(20);
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(question()));
    receiver.recv_timeout(PATIENCE).ok()
}

#[test]
fn a_file_whose_server_never_answers_is_refused_by_every_policy_at_once() {
    let mut offered = Peer::start_alone(env!("CARGO_BIN_EXE_fuse_stall"), "");
    let first = offered.line();
    if first.starts_with("no FUSE here") {
        println!("skipped: {first}");
        return;
    }
    assert_eq!(first, "fstat on it stalls: true");
    for _ in 0..6 {
        let line = offered.line();
        assert!(line.contains("this is a file on FUSE"), "{line}");
        println!("{line}");
    }
    assert_eq!(offered.line(), "all good");
}

/// Who does that, with its number, and that of its file and its memfd there.
fn villain(deed: &str) -> Option<(Peer, [u32; 3])> {
    let mut villain = Peer::start_alone(env!("CARGO_BIN_EXE_fuse_stall"), deed);
    let first = villain.line();
    if first.starts_with("no FUSE here") {
        println!("skipped: {first}");
        return None;
    }
    let words = first.split(' ').map(|it| it.parse().expect("a number"));
    let numbers: Vec<u32> = words.collect();
    Some((villain, numbers.try_into().expect("three numbers")))
}

/// Every question about a process that never comes to the end of `execve`.
#[test]
fn who_replaces_his_program_for_ever_makes_nobody_wait() {
    let Some((_villain, [pid, file, memory])) = villain("exec") else {
        return;
    };
    // It was heard before it did it.
    thread::sleep(Duration::from_millis(300));
    let (sender, plain) = channel();
    thread::spawn(move || sender.send(std::fs::read(format!("/proc/{pid}/maps")).is_ok()));
    if let Ok(answer) = plain.recv_timeout(Duration::from_millis(500)) {
        println!("skipped: this kernel lets {pid} be looked into: {answer}");
        return;
    }
    for _ in 0..2 {
        let census = asked(|| Census::take(Kinds::All)).expect("a census ends");
        let census = census.expect("a census");
        let mut processes = census.processes.iter();
        let sight = processes.find(|it| it.pid == pid).map(|it| it.sight);
        assert_eq!(sight, Some(Sight::Silent));
        let me = census.processes.iter().find(|it| it.pid != pid);
        assert_ne!(me.map(|it| it.sight), Some(Sight::Silent));
    }
    // Not even its memory can be had, and nobody touches what a server answers for.
    let there = move |fd| Place { pid, fd };
    for answer in [
        asked(move || there(memory).reach(Access::Read)),
        asked(move || there(file).inspect()),
    ] {
        let refused = answer.expect("an answer").err();
        assert_eq!(refused, Some(ReachError::Silent(pid)));
    }
}

/// A descriptor of a file that is not replaced by anything, of somebody who lives on.
#[test]
fn who_holds_a_file_whose_server_never_answers_makes_nobody_wait() {
    let Some((_villain, [pid, file, memory])) = villain("holds") else {
        return;
    };
    let there = move |fd| Place { pid, fd };
    for answer in [
        asked(move || there(memory).reach(Access::Read)),
        asked(move || there(memory).inspect()),
    ] {
        let memory = answer.expect("an answer").expect("its memory");
        assert_eq!(bytes(&memory), "memory");
    }
    // A file of a server is left alone: who closes a duplicate of it waits.
    let path = format!("/proc/{pid}/fd/{file}");
    // Were it had, nobody here would close it: this test shall fail, and not wait.
    let kept = |had: Result<OwnedFd, ReachError>| had.map(IntoRawFd::into_raw_fd).err();
    for refused in [
        asked(move || kept(there(file).reach(Access::Read))),
        asked(move || kept(there(file).inspect())),
        asked(move || kept(vmo_census::inspect_path(path.as_ref()))),
    ] {
        let refused = refused.expect("an answer");
        assert!(
            matches!(refused, Some(ReachError::NotMemory(_))),
            "{refused:?}"
        );
    }
    let census = asked(|| Census::take(Kinds::All)).expect("a census ends");
    let census = census.expect("a census");
    let mut processes = census.processes.iter();
    let sight = processes.find(|it| it.pid == pid).map(|it| it.sight);
    assert_eq!(sight, Some(Sight::Full));
}

fn bytes(memory: &OwnedFd) -> String {
    let mut bytes = [0; 64];
    let len = rustix::io::pread(memory, &mut bytes, 0).expect("its bytes");
    String::from_utf8_lossy(bytes.get(..len).unwrap_or_default()).into_owned()
}
