// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a peer sends between two looks, and then ends, is not lost.
//!
//! The looks are less than a microsecond apart, so a signal handler holds the thread that
//! looks, wherever it is, while the peer sends and ends. It is between the looks most times.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    reason = "a thread is signalled, and a test that fails may panic"
)]

use core::hint;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::os::unix::thread::JoinHandleExt;
use std::process::{Child, Command, Stdio};
use std::thread;

use zx::{
    Channel, EventPair, MessageBuf, MonotonicDuration, MonotonicInstant, Process, Signals, Status,
};

const LOOKS: u32 = 0;
const HELD: u32 = 1;
const FREE: u32 = 2;

static STATE: AtomicU32 = AtomicU32::new(LOOKS);

extern "C" fn hold(_signal: libc::c_int) {
    STATE.store(HELD, Ordering::SeqCst);
    while STATE.load(Ordering::SeqCst) != FREE {
        hint::spin_loop();
    }
}

fn install() {
    let handler: extern "C" fn(libc::c_int) = hold;
    // SAFETY: the handler loads and stores an atomic, which is safe at any point.
    let old = unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
    assert_ne!(old, libc::SIG_ERR);
}

fn sleeper() -> Child {
    let mut cat = Command::new("cat");
    cat.stdin(Stdio::piped()).stdout(Stdio::null());
    cat.spawn().unwrap()
}

/// `look` looks until something is there or will never be. While it is held, `send` sends and
/// the child ends.
fn race<T: Send + 'static>(
    mut child: Child,
    mut look: impl FnMut() -> Option<T> + Send + 'static,
    send: impl FnOnce(),
) -> T {
    let process = Process::of_child(&child).unwrap();
    STATE.store(LOOKS, Ordering::SeqCst);
    let looking = thread::spawn(move || {
        loop {
            if let Some(result) = look() {
                return result;
            }
        }
    });
    thread::sleep(Duration::from_millis(1));
    // SAFETY: the thread was not joined yet, so it is its handle still.
    let sent = unsafe { libc::pthread_kill(looking.as_pthread_t(), libc::SIGUSR1) };
    assert_eq!(sent, 0);
    while STATE.load(Ordering::SeqCst) != HELD {
        thread::yield_now();
    }
    send();
    child.kill().unwrap();
    let soon = MonotonicInstant::after(MonotonicDuration::from_seconds(20));
    assert!(process.wait_one(Signals::PROCESS_TERMINATED, soon).is_ok());
    STATE.store(FREE, Ordering::SeqCst);
    child.wait().unwrap();
    looking.join().unwrap()
}

#[test]
fn what_is_sent_between_two_looks_is_not_lost() {
    install();
    for round in 0..40 {
        let (mut ours, theirs) = Channel::create().unwrap();
        let child = sleeper();
        ours.watch(Process::of_child(&child).unwrap()).unwrap();
        let mut message = MessageBuf::new();
        let look = move || match ours.read(&mut message) {
            Err(Status::SHOULD_WAIT) => None,
            other => Some(other),
        };
        let send = || theirs.write(b"last", &mut Vec::new()).unwrap();
        assert_eq!(race(child, look, send), Ok(()), "message, round {round}");

        let (mut ours, theirs) = EventPair::create().unwrap();
        let child = sleeper();
        ours.watch(Process::of_child(&child).unwrap()).unwrap();
        let look = move || match ours.take() {
            Ok(false) => None,
            other => Some(other),
        };
        let send = || theirs.signal().unwrap();
        assert_eq!(race(child, look, send), Ok(true), "signal, round {round}");
    }
}
