// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the border and the atomics tell: each access is a [`Crossing`], which holds the lock
//! while the engine runs and is settled when it is dropped, after it.
//!
//! One lock for all chaos buffers: no two accesses to such memory happen at the same time, of
//! whatever kind and size, so that ordinary Rust memory can stand in for a peer's.

extern crate std;

use core::cell::RefCell;
use core::marker::PhantomData;
use core::ops::Range;
use core::panic::Location;
use std::sync::MutexGuard;
use std::thread_local;
use std::vec::Vec;

use super::entry::Place;
use super::registry::{Registry, lock_if_any};

/// What is settled after the engine ran. Addresses; an empty range is none.
#[derive(Debug)]
enum Kind {
    Copy {
        from: Range<usize>,
        to: Range<usize>,
    },
    Load(Range<usize>),
    Glance(Range<usize>),
    Modify(Range<usize>),
}

/// One access, from before the engine runs until after.
#[must_use]
#[derive(Debug)]
pub(crate) struct Crossing(Option<(MutexGuard<'static, Registry>, Place, Kind)>);

impl Crossing {
    #[track_caller]
    fn new(kind: Kind) -> Self {
        let Some(registry) = lock_if_any() else {
            return Self(None);
        };
        let known = match &kind {
            Kind::Copy { from, to } => registry.knows(from) || registry.knows(to),
            Kind::Load(word) | Kind::Glance(word) | Kind::Modify(word) => registry.knows(word),
        };
        // Ordinary buffers need not wait for each other.
        let place = Location::caller();
        Self(known.then_some((registry, place, kind)))
    }

    /// An exchange that failed has stored nothing.
    pub(crate) fn stored<T>(&mut self, outcome: &Result<T, T>) {
        if let (Err(_), Some((_, _, kind))) = (outcome, &mut self.0) {
            if let Kind::Modify(word) = kind {
                *kind = Kind::Glance(word.clone());
            }
        }
    }
}

impl Drop for Crossing {
    fn drop(&mut self) {
        let Some((mut registry, place, kind)) = self.0.take() else {
            return;
        };
        match kind {
            Kind::Copy { from, to } => {
                if to.is_empty() && put_off(&from) {
                    return;
                }
                registry.copied(&from, &to, place);
            }
            Kind::Load(word) => registry.loaded(&word, place),
            Kind::Glance(word) => registry.glanced(&word),
            Kind::Modify(word) => registry.modified(&word),
        }
    }
}

fn span<T>(ptr: *const T, len: usize) -> Range<usize> {
    ptr.addr()..ptr.addr().saturating_add(len)
}

/// Bytes are copied out.
#[track_caller]
pub(crate) fn fetch(src: *const u8, len: usize) -> Crossing {
    Crossing::new(Kind::Copy {
        from: span(src, len),
        to: 0..0,
    })
}

/// Bytes are stored.
#[track_caller]
pub(crate) fn store(dst: *mut u8, len: usize) -> Crossing {
    Crossing::new(Kind::Copy {
        from: 0..0,
        to: span(dst, len),
    })
}

/// Bytes are copied from shared to shared memory.
#[track_caller]
pub(crate) fn transfer(src: *const u8, dst: *mut u8, len: usize) -> Crossing {
    Crossing::new(Kind::Copy {
        from: span(src, len),
        to: span(dst, len),
    })
}

/// An atomic load.
#[track_caller]
pub(crate) fn load<T>(word: *const T) -> Crossing {
    Crossing::new(Kind::Load(span(word, size_of::<T>())))
}

/// The load inside a read-modify-write.
#[track_caller]
pub(crate) fn glance<T>(word: *const T) -> Crossing {
    Crossing::new(Kind::Glance(span(word, size_of::<T>())))
}

/// An atomic store or read-modify-write.
#[track_caller]
pub(crate) fn modify<T>(word: *const T) -> Crossing {
    Crossing::new(Kind::Modify(span(word, size_of::<T>())))
}

/// The fetches of a call that makes several, and where it was made.
struct Pending {
    place: Place,
    fetched: Vec<Range<usize>>,
}

thread_local! {
    static PENDING: RefCell<Option<Pending>> = const { RefCell::new(None) };
}

/// Notes a fetch for the end of the call that this thread is in, if it is in one.
fn put_off(fetched: &Range<usize>) -> bool {
    PENDING.with_borrow_mut(|pending| match pending {
        Some(call) => {
            call.fetched.push(fetched.clone());
            true
        }
        None => false,
    })
}

/// A search, which may look at a byte more than once, counts as one fetch.
#[must_use]
#[derive(Debug)]
pub(crate) struct Call {
    here: PhantomData<*const ()>,
}

/// Starts a call whose fetches are settled at its end.
#[track_caller]
pub(crate) fn call() -> Call {
    if lock_if_any().is_some() {
        let place = Location::caller();
        let fetched = Vec::new();
        PENDING.set(Some(Pending { place, fetched }));
    }
    Call { here: PhantomData }
}

impl Call {
    /// What it found ends `end` bytes after `start`: nothing from there on had a say.
    pub(crate) fn seen(self, start: *const u8, end: Option<usize>) {
        let end = end.map(|end| start.addr().saturating_add(end));
        PENDING.with_borrow_mut(|pending| {
            for range in pending.iter_mut().flat_map(|call| &mut call.fetched) {
                range.end = range.end.min(end.unwrap_or(usize::MAX));
            }
        });
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some(Pending { place, mut fetched }) = PENDING.take() else {
            return;
        };
        fetched.retain(|range| !range.is_empty());
        super::entry::coalesce(&mut fetched);
        if let Some(mut registry) = lock_if_any() {
            for range in fetched {
                registry.copied(&range, &(0..0), place);
            }
        }
    }
}
