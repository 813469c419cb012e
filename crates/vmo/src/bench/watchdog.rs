// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Watchdog`]: ends the other process where it is silent. Then a read of a pipe, which has no
//! deadline, ends too.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use std::process::Child;
use std::sync::Arc;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::Failure;

/// A thread that is almost always asleep.
#[derive(Debug)]
pub(super) struct Watchdog(Arc<AtomicU32>);

impl Watchdog {
    /// Watches a child for as long as this lives.
    pub(super) fn start(child: &Child, patience_seconds: u32) -> Result<Self, Failure> {
        // Not waited for yet, so the number is still that of the child.
        let child = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
        let turns = Arc::new(AtomicU32::new(0));
        let watched = Arc::downgrade(&turns);
        std::thread::Builder::new().spawn(move || {
            let (mut last, mut silent) = (0, 0_u32);
            while silent < patience_seconds {
                std::thread::sleep(Duration::from_secs(1));
                let Some(turns) = watched.upgrade() else {
                    return;
                };
                let now = turns.load(Relaxed);
                silent = if now == last {
                    silent.saturating_add(1)
                } else {
                    0
                };
                last = now;
            }
            // It may have ended by itself.
            let _ = pidfd_send_signal(child, Signal::KILL);
        })?;
        Ok(Self(turns))
    }

    /// All is well.
    pub(super) fn pat(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}
