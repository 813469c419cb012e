// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a side that only spins costs besides its time: nothing. Each side is a thread; the
//! process ends by `SIGSYS` at the first system call that a side makes while it is looked at.
#![allow(
    unsafe_code,
    reason = "a count of the kernel's is asked for by a raw call"
)]

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use vmo_ring::zx::{Channel, MonotonicInstant};
use vmo_ring::{Receiver, RingOptions, Sender, Waiting};

use super::after;
use crate::seccomp;

/// Allocations of a thread that is looked at, counted by the program's allocator.
pub static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// Messages that go through while each side is looked at.
const MESSAGES: u64 = 100_000;
/// Messages before that, which touch every page and every line of code.
const WARM: u64 = 20_000;

thread_local! {
    static LOOKED_AT: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}

/// Whether this thread is looked at.
pub fn is_looked_at() -> bool {
    LOOKED_AT.try_with(core::cell::Cell::get).unwrap_or(false)
}

/// What both sides are done with, and the page faults that they had meanwhile.
static DONE: AtomicU32 = AtomicU32::new(0);
static FAULTS: AtomicU64 = AtomicU64::new(0);

/// The page faults of this thread so far.
fn faults() -> u64 {
    // SAFETY: all zeros is a `rusage`.
    let mut usage: libc::rusage = unsafe { core::mem::zeroed() };
    // SAFETY: a place for the kernel to fill in.
    let result = unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
    assert_eq!(result, 0, "getrusage");
    (usage.ru_minflt + usage.ru_majflt) as u64
}

/// Runs `messages` once to warm up and once looked at; then waits for the process to end,
/// without a call.
fn look_at(waiting: Waiting, mut messages: impl FnMut(u64)) -> ! {
    messages(WARM);
    let before = faults();
    if waiting == Waiting::Spin || std::env::var_os("RING_LOOK_AT_ALL").is_some() {
        seccomp::only(&[libc::SYS_getrusage]).expect("a filter");
        LOOKED_AT.set(true);
        messages(MESSAGES);
        LOOKED_AT.set(false);
        FAULTS.fetch_add(faults() - before, Ordering::Relaxed);
    } else {
        messages(MESSAGES);
    }
    DONE.fetch_add(1, Ordering::Release);
    loop {
        core::hint::spin_loop();
    }
}

fn waiting(word: &str) -> Waiting {
    match word {
        "spins" => Waiting::Spin,
        _ => Waiting::Sleep { spins: 0 },
    }
}

/// Sends as one `word` says and receives as another one; what was counted.
///
/// # Panics
///
/// If a message is not what was sent.
#[must_use]
pub fn run(sends: &str, receives: &str) -> String {
    let (ours, theirs) = Channel::create().expect("a channel");
    let options = RingOptions::new().capacity(1 << 14);
    let (sends, receives) = (waiting(sends), waiting(receives));
    std::thread::spawn(move || {
        let options = options.waiting(receives);
        let mut receiver = Receiver::connect(&theirs, options, after(10_000)).expect("a ring");
        let mut message = vec![0; receiver.max_message()];
        let mut n = 0_u64;
        look_at(receives, |count| {
            for _ in 0..count {
                let len = receiver.recv(&mut message, MonotonicInstant::INFINITE);
                assert_eq!(len, Ok(8 + (n % 200) as usize));
                assert_eq!(message[..8], n.to_le_bytes());
                n += 1;
            }
        })
    });
    std::thread::spawn(move || {
        let options = options.waiting(sends);
        let mut sender = Sender::connect(&ours, options, after(10_000)).expect("a ring");
        let mut message = [7; 208];
        let mut n = 0_u64;
        look_at(sends, |count| {
            for _ in 0..count {
                message[..8].copy_from_slice(&n.to_le_bytes());
                let message = &message[..8 + (n % 200) as usize];
                sender
                    .send(message, MonotonicInstant::INFINITE)
                    .expect("room");
                n += 1;
            }
        })
    });
    let ended = crate::within(core::time::Duration::from_secs(15), || {
        DONE.load(Ordering::Acquire) == 2
    });
    assert!(ended, "they did not end in time");
    let counts = [&FAULTS, &ALLOCATIONS].map(|count| count.load(Ordering::Relaxed));
    format!(
        "messages={MESSAGES} faults={} allocations={}",
        counts[0], counts[1]
    )
}
