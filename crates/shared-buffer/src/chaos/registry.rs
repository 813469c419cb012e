// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which ranges of memory are chaos buffers.

extern crate std;

use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::entry::{Entry, Place};

/// How many entries there are. Whoever has a buffer got it from the thread that counted it,
/// so a relaxed load can't miss it.
static LIVE: AtomicUsize = AtomicUsize::new(0);

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    entries: BTreeMap::new(),
});

/// All chaos buffers, by address. The memory of an entry is freed with it, so as long as it
/// is here its address is nobody else's.
#[derive(Debug)]
pub(crate) struct Registry {
    entries: BTreeMap<usize, Entry>,
}

/// The registry, whoever panicked while holding it: no entry is ever half made.
pub(super) fn lock() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The registry, if there is anything in it: one relaxed load if not.
#[inline]
pub(super) fn lock_if_any() -> Option<MutexGuard<'static, Registry>> {
    (LIVE.load(Ordering::Relaxed) != 0).then(lock)
}

/// One of the two owners of an entry, the handle and the buffer, is gone.
pub(super) fn let_go(addr: usize) {
    let mut registry = lock();
    let Some(entry) = registry.entries.get_mut(&addr) else {
        return;
    };
    entry.owners = entry.owners.saturating_sub(1);
    if entry.owners == 0 {
        registry.entries.remove(&addr);
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Registry {
    pub(super) fn add(&mut self, entry: Entry) {
        LIVE.fetch_add(1, Ordering::Relaxed);
        self.entries.insert(entry.addr(), entry);
    }

    /// The entry that starts at `addr`.
    pub(super) fn get(&mut self, addr: usize) -> Option<&mut Entry> {
        self.entries.get_mut(&addr)
    }

    /// The entry in which a range of addresses starts, and the range in it.
    fn find(&mut self, span: &Range<usize>) -> Option<(&mut Entry, Range<usize>)> {
        let (addr, entry) = self.entries.range_mut(..=span.start).next_back()?;
        let start = span.start.saturating_sub(*addr);
        let end = span.end.saturating_sub(*addr).min(entry.len());
        (start < end).then_some((entry, start..end))
    }

    pub(super) fn knows(&self, span: &Range<usize>) -> bool {
        let before = self.entries.range(..=span.start).next_back();
        !span.is_empty()
            && before.is_some_and(|(addr, entry)| span.start.saturating_sub(*addr) < entry.len())
    }

    /// Bytes were copied: out, in, or from one place to another.
    pub(super) fn copied(&mut self, from: &Range<usize>, to: &Range<usize>, place: Place) {
        if let Some((entry, range)) = self.find(from) {
            entry.fetched(&range, place);
        }
        if let Some((entry, range)) = self.find(to) {
            entry.stored(&range);
        }
        if let Some((entry, range)) = self.find(from) {
            // What was just stored stays as it was stored, where the two overlap.
            let start = to.start.saturating_sub(entry.addr());
            let end = to.end.saturating_sub(entry.addr());
            entry.change(&range, &(start..end));
        }
    }

    pub(super) fn loaded(&mut self, word: &Range<usize>, place: Place) {
        if let Some((entry, range)) = self.find(word) {
            entry.loaded(&range, place);
        }
    }

    pub(super) fn glanced(&mut self, word: &Range<usize>) {
        if let Some((entry, range)) = self.find(word) {
            entry.is_word(&range);
        }
    }

    pub(super) fn modified(&mut self, word: &Range<usize>) {
        if let Some((entry, range)) = self.find(word) {
            entry.is_word(&range);
            entry.stored(&range);
        }
    }
}
