// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Futex`]: what the kernel does for who sleeps on a word.

use core::sync::atomic::Ordering::Relaxed;

use loom::sync::{Condvar, Mutex};

use crate::memory::View;
use crate::protocol::area::Area;
use crate::protocol::published::BELL;

/// A futex as the kernel has it: the word is compared under a lock, and a wake takes the same
/// lock. Nobody wakes by itself, and no sleep has a deadline: who misses a wake is stuck, which
/// the model checker reports.
#[derive(Debug)]
pub(crate) struct Futex {
    lock: Mutex<()>,
    asleep: Condvar,
}

impl Futex {
    pub(crate) fn new() -> Self {
        let lock = Mutex::new(());
        let asleep = Condvar::new();
        Self { lock, asleep }
    }

    /// Sleeps, if the word is `seen`.
    pub(crate) fn wait(&self, view: &View, seen: u32) {
        let guard = self.lock.lock().unwrap();
        let word = view.load(BELL, Relaxed).unwrap();
        if word & 0xffff_ffff == u64::from(seen) {
            drop(self.asleep.wait(guard).unwrap());
        }
    }

    /// Wakes all.
    pub(crate) fn wake(&self) {
        let guard = self.lock.lock().unwrap();
        self.asleep.notify_all();
        drop(guard);
    }
}
