// SPDX-License-Identifier: MIT OR Apache-2.0
//! Starting, hearing and ending the villain, never waiting for it without a limit.

use core::time::Duration;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How long anything here may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A started process: the villain of `bin/peer`, or another program of this crate.
///
/// It is killed, by its process id, when this is dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    stdout: ChildStdout,
}

impl Peer {
    /// Starts `program` with the words of `deed`, and with `vmo` as its stdin: the very
    /// description that the caller holds, not a copy of it.
    ///
    /// # Panics
    ///
    /// If it can't be started.
    #[must_use]
    pub fn start(program: &str, deed: &str, vmo: BorrowedFd<'_>) -> Self {
        let stdin = vmo.try_clone_to_owned().expect("a descriptor");
        Self::spawn(program, deed, Stdio::from(stdin))
    }

    /// Starts `program` with the words of `deed` and no VMO.
    ///
    /// # Panics
    ///
    /// If it can't be started.
    #[must_use]
    pub fn start_alone(program: &str, deed: &str) -> Self {
        Self::spawn(program, deed, Stdio::null())
    }

    fn spawn(program: &str, deed: &str, stdin: Stdio) -> Self {
        let mut child = Command::new(program)
            .args(deed.split_whitespace())
            .stdin(stdin)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program of this crate");
        let stdout = child.stdout.take().expect("a pipe was asked for");
        Self { child, stdout }
    }

    /// The next line that it prints.
    ///
    /// # Panics
    ///
    /// If none comes in time, or it ended without one.
    #[must_use]
    pub fn line(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\n") {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = Timespec::try_from(left).expect("a few seconds");
            let mut polled = [PollFd::from_borrowed_fd(self.stdout.as_fd(), PollFlags::IN)];
            let ready = poll(&mut polled, Some(&timeout)).expect("poll");
            assert!(ready > 0, "the peer said nothing for {PATIENCE:?}");
            let read = self.stdout.read(&mut byte).expect("a pipe");
            assert!(read > 0, "the peer ended: {:?}", self.child.try_wait());
            line.extend(byte);
        }
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// What the kernel answered to each of its deeds: 0, or the number of the error.
    ///
    /// # Panics
    ///
    /// If it does not answer, or does not end well after that.
    #[must_use]
    pub fn answer(mut self) -> Vec<i32> {
        let line = self.line();
        let numbers = line
            .split_whitespace()
            .map(|word| word.parse().expect("a number"));
        let numbers = numbers.collect();
        let status = self.ended();
        assert!(status.success(), "the peer: {status}");
        numbers
    }

    /// How it ended, once it has.
    ///
    /// # Panics
    ///
    /// If it does not end in time.
    #[must_use]
    pub fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        within(PATIENCE, || {
            status = self.child.try_wait().expect("our own child");
            status.is_some()
        });
        status.expect("the peer did not end in time")
    }

    /// Whether it is still there.
    ///
    /// # Panics
    ///
    /// If it can't be asked for.
    #[must_use]
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("our own child").is_none()
    }

    /// Kills it, wherever it is just now. How it ended: by that signal, if it was running.
    ///
    /// # Panics
    ///
    /// If it can't be killed.
    pub fn kill(&mut self) -> ExitStatus {
        self.child.kill().expect("our own child");
        self.child.wait().expect("our own child")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What this process holds that a leak would add to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Open descriptors.
    pub fds: usize,
    /// Mappings of memfds, secret memory, devices and shared-memory files.
    pub mappings: usize,
}

impl Held {
    /// Counts.
    ///
    /// # Panics
    ///
    /// If /proc is not there.
    #[must_use]
    pub fn now() -> Self {
        const SHARED: [&str; 4] = ["/memfd:", "/secretmem", "/dev/", "anon_hugepage"];
        let fds = std::fs::read_dir("/proc/self/fd").expect("/proc").count();
        let maps = std::fs::read_to_string("/proc/self/maps").expect("/proc");
        let shared = |line: &&str| SHARED.iter().any(|name| line.contains(name));
        let mappings = maps.lines().filter(shared).count();
        Self { fds, mappings }
    }

    /// Whether this much is held now, or soon: some descriptors are closed by a thread of
    /// their own.
    #[must_use]
    pub fn is_back(&self) -> bool {
        within(Duration::from_secs(5), || Self::now() == *self)
    }
}

/// Whether `done` says yes within `time`.
pub fn within(time: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if done() {
            return true;
        }
        if start.elapsed() > time {
            return false;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Lets one test of a program run at a time: those that count what the process holds would
/// count what others hold just now.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `program` with `deed`, [`alone`], and asserts that it ended well. Says so where it
/// could not try.
///
/// # Panics
///
/// If it did not end well, with what it said.
#[allow(clippy::print_stdout, reason = "a skip is shown with its reason")]
pub fn in_its_own_process(program: &str, deed: &str) {
    let _alone = alone();
    let mut process = Peer::start_alone(program, deed);
    let mut said = String::new();
    let status = process.ended();
    let read = process.stdout.read_to_string(&mut said);
    assert!(read.is_ok(), "{deed}: {read:?}");
    let tried = status.code() != Some(i32::from(crate::apart::SKIPPED));
    assert!(!tried || status.success(), "{deed}: {status}: {said}");
    println!("{deed}: {}", said.trim_end());
}
