// SPDX-License-Identifier: MIT OR Apache-2.0
//! `notifier DEED [CALL ERRNO]`: notifies by an eventfd that a hostile process shares, where a
//! system call can be refused.
//!
//! Says how it went in one line. Ends with 77 where no call can be made to fail, and by the
//! alarm where it hangs.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use core::time::Duration;
use std::os::fd::AsFd;
use std::process::ExitCode;

use mapped_vmo::zx::{EventFd, MonotonicDuration, MonotonicInstant, Status};
use peer_tests::apart::SKIPPED;
use peer_tests::apart::fork::forked;
use peer_tests::seccomp::{Call, refuse};
use peer_tests::{Held, within};
use rustix::fs::{OFlags, fcntl_setfl};

/// The most that a counter holds by `write(2)`.
const FULL: u64 = u64::MAX - 1;

fn main() -> ExitCode {
    die_in(10);
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let said = match words[..] {
        ["write"] => write(),
        ["notify"] => Some(notify()),
        ["notify", call, errno] => refused(call, errno).then(notify),
        ["late", call, errno] => late(call, errno),
        ["neither"] => neither(),
        ["leave"] => Some(leave()),
        ["fork"] => Some(fork()),
        ["fork-thread"] => Some(fork_thread()),
        ["threads"] => Some(threads()),
        _ => panic!("no deed is called {words:?}"),
    };
    match said {
        Some(said) => println!("{said}"),
        None => return ExitCode::from(SKIPPED),
    }
    ExitCode::SUCCESS
}

#[allow(unsafe_code, reason = "alarm")]
fn die_in(seconds: u32) {
    // SAFETY: a timer of this process.
    unsafe { libc::alarm(seconds) };
}

fn refused(call: &str, errno: &str) -> bool {
    let call = match call {
        "io_setup" => Call::IoSetup,
        "io_submit" => Call::IoSubmit,
        "clone3" => Call::Clone3,
        other => panic!("no call is called {other}"),
    };
    refuse(call, errno.parse().expect("a number")).is_ok()
}

/// An eventfd, of which another process has cleared `O_NONBLOCK` and filled the counter.
fn tormented() -> EventFd {
    let eventfd = EventFd::create().expect("an eventfd");
    let status = forked(|| {
        let cleared = fcntl_setfl(&eventfd, OFlags::empty());
        let filled = rustix::io::write(&eventfd, &FULL.to_ne_bytes());
        cleared.is_ok() && filled == Ok(8)
    });
    assert_eq!(status, 0, "the other process");
    eventfd
}

/// The threat: never comes back.
fn write() -> Option<String> {
    let eventfd = tormented();
    die_in(1);
    let written = rustix::io::write(&eventfd, &1_u64.to_ne_bytes());
    Some(format!("write(2) came back with {written:?}"))
}

/// By what it notifies.
fn way() -> &'static str {
    match tasks() {
        1 => "kernel",
        _ => "thread",
    }
}

fn tasks() -> usize {
    std::fs::read_dir("/proc/self/task").expect("/proc").count()
}

fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(5))
}

fn notify() -> String {
    let eventfd = tormented();
    for _ in 0..1000 {
        assert_eq!(eventfd.notify(), Ok(()));
    }
    let way = way();
    let taken = eventfd.wait(soon()).expect("it was full");
    assert!(taken >= FULL);
    assert_eq!(eventfd.notify(), Ok(()));
    assert!(eventfd.wait(soon()).is_ok(), "a notification is lost");
    way.to_owned()
}

/// The call is refused after it went well once.
fn late(call: &str, errno: &str) -> Option<String> {
    let eventfd = EventFd::create().expect("an eventfd");
    eventfd.notify().expect("a first one");
    assert_eq!((eventfd.take(), way()), (Ok(1), "kernel"));
    refused(call, errno).then(notify)
}

/// Neither AIO nor a thread can be had.
fn neither() -> Option<String> {
    let (setup, clone) = (refused("io_setup", "38"), refused("clone3", "11"));
    let eventfd = EventFd::create().expect("an eventfd");
    let before = Held::now();
    let answer = eventfd.notify();
    assert_eq!(eventfd.take(), Ok(0));
    assert_eq!(Held::now(), before, "something is left over");
    (setup && clone).then(|| format!("{answer:?}"))
}

/// A counter that nobody ever empties keeps no thread.
fn leave() -> String {
    let eventfd = tormented();
    eventfd.notify_by_thread().expect("a thread");
    for _ in 0..1000 {
        eventfd.notify().expect("a thread");
    }
    drop(eventfd);
    let ended = within(Duration::from_secs(5), || tasks() == 1);
    format!("ended: {ended}")
}

/// A child can't use what its parent has set up, and sets up its own.
fn fork() -> String {
    let eventfd = EventFd::create().expect("an eventfd");
    eventfd.notify().expect("the parent's first");
    let status = forked(|| {
        let first = eventfd.notify().is_ok() && tasks() == 1;
        // And so does the child of the child.
        first && forked(|| eventfd.notify().is_ok() && tasks() == 1) == 0
    });
    assert_eq!(status, 0, "the child");
    eventfd.notify().expect("the parent's second");
    format!("{:?}", eventfd.take())
}

/// A child has no threads.
fn fork_thread() -> String {
    let eventfd = EventFd::create().expect("an eventfd");
    eventfd.notify_by_thread().expect("a thread");
    let status = forked(|| eventfd.notify() == Err(Status::BAD_STATE));
    assert_eq!(status, 0, "the child");
    eventfd.notify().expect("the parent's");
    format!("{:?}", eventfd.wait(soon()))
}

/// A peer that has every thread wait has 64 of them.
fn threads() -> String {
    let before = Held::now();
    let start = || {
        let eventfd = EventFd::create().expect("an eventfd");
        eventfd.notify_by_thread().map(|()| eventfd)
    };
    let mut eventfds: Vec<EventFd> = core::iter::repeat_with(start)
        .map_while(Result::ok)
        .collect();
    let (most, refused) = (eventfds.len(), start().err());
    assert_eq!(tasks(), most + 1);
    eventfds.pop();
    assert!(
        within(Duration::from_secs(5), || start().is_ok()),
        "no thread came back"
    );
    let fd = eventfds
        .first()
        .map(|eventfd| eventfd.as_fd().try_clone_to_owned());
    drop((fd, eventfds));
    assert!(before.is_back(), "something is left over");
    assert!(
        within(Duration::from_secs(5), || tasks() == 1),
        "threads are left over"
    );
    format!("{most} threads, then {refused:?}")
}
