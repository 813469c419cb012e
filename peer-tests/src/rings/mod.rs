// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rings with a peer that lies, scribbles or is killed, while somebody else looks on.
//!
//! ```text
//!   judge ── starts, looks at the wait status ──► victim: connects, sends, receives, counts
//!                                                   │ ▲
//!                             one ring after another│ │ whatever it stores, as fast as it can
//!                                                   ▼ │
//!                                                 villain: speaks the handshake by hand
//! ```

pub mod judge;
pub mod kills;
pub mod raw;
pub mod real_time;
pub mod victim;
pub mod villain;

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;
use std::time::Instant;

use vmo_ring::zx::{MonotonicDuration, MonotonicInstant};

/// In so many milliseconds.
#[must_use]
pub fn after(millis: i64) -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_millis(millis))
}

/// How late this machine wakes a thread that does nothing but sleep: a call is not blamed for
/// that.
#[derive(Debug)]
pub struct Busy {
    latest: Arc<AtomicU64>,
}

impl Busy {
    /// Starts to look.
    #[must_use]
    pub fn watch() -> Self {
        let latest = Arc::new(AtomicU64::new(0));
        let seen = Arc::downgrade(&latest);
        std::thread::spawn(move || {
            let nap = Duration::from_millis(1);
            while let Some(seen) = seen.upgrade() {
                let start = Instant::now();
                std::thread::sleep(nap);
                let late = start.elapsed().saturating_sub(nap).as_micros();
                seen.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        });
        Self { latest }
    }

    /// The latest so far, in microseconds.
    #[must_use]
    pub fn latest(&self) -> u64 {
        self.latest.load(Ordering::Relaxed)
    }
}

/// Numbers without a pattern, a nanosecond each.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next one.
    pub fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.word() >> 11) as usize % limit
    }
}
