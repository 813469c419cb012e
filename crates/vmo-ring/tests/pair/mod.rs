// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both sides of a ring in one process, and bytes to send.
#![allow(dead_code, reason = "each test uses some of it")]

use vmo_ring::zx::{Channel, MonotonicDuration, MonotonicInstant};
use vmo_ring::{Receiver, RingOptions, Sender};

/// A deadline that is over.
pub(crate) const NEVER: MonotonicInstant = MonotonicInstant::INFINITE_PAST;

/// Soon enough for a test, and long enough for a machine that has other things to do.
pub(crate) fn soon() -> MonotonicInstant {
    after(20_000)
}

/// In so many milliseconds.
pub(crate) fn after(millis: i64) -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_millis(millis))
}

/// A ring, with options for each side.
pub(crate) fn pair(sends: RingOptions, receives: RingOptions) -> (Sender, Receiver) {
    let (ours, theirs) = Channel::create().unwrap();
    let other = std::thread::spawn(move || Receiver::connect(&theirs, receives, soon()).unwrap());
    let sender = Sender::connect(&ours, sends, soon()).unwrap();
    (sender, other.join().unwrap())
}

/// Bytes that are told from those of another seed.
pub(crate) fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed;
    let step = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    core::iter::repeat_with(step).take(len).collect()
}
