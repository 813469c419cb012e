// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`View`] and [`Own`]: shared bytes in which every order of events is tried.
//!
//! An area of the protocols is thousands of bytes long, and a model checker can follow a few
//! words. So each model says which words it is about:
//!
//! | word | what a checker does with it | for |
//! |---|---|---|
//! | racing | an atomic of its own: a load may see any store that the orders permit | states, headers, a payload that may be torn |
//! | guarded | an access that is not ordered with a store is an error | a payload that the protocol says nobody races for |
//! | all others | nothing: the value that was stored last | the long rest of a payload |
//!
//! Copies go word by word, relaxed.

use core::ops::Range;
use core::sync::atomic::{AtomicU64 as Plain, Ordering};
use std::collections::BTreeMap;
use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU64, fence};
use shared_buffer::AccessError;

use crate::protocol::area::{Area, OwnArea};

const WORD: usize = 8;

/// One that a model is about.
#[derive(Debug)]
enum Word {
    Racing(AtomicU64),
    /// The cell has no value: it is asked whether an access is in order, which needs no
    /// pointer. The value beside it is then the one that there is.
    Guarded(UnsafeCell<()>, Plain),
}

/// The bytes of one area. Makes the two handles.
#[derive(Debug)]
pub(crate) struct Memory {
    size: usize,
    watched: BTreeMap<usize, Word>,
    rest: Vec<Plain>,
}

impl Memory {
    /// `size` bytes of 0, a multiple of 8, none of which is watched.
    pub(crate) fn new(size: usize) -> Self {
        let mut rest = Vec::new();
        rest.resize_with(size / WORD, || Plain::new(0));
        let watched = BTreeMap::new();
        Self {
            size,
            watched,
            rest,
        }
    }

    /// The words of `range` are racing.
    pub(crate) fn racing(mut self, range: Range<usize>) -> Self {
        for offset in range.step_by(WORD) {
            self.watched.insert(offset, Word::Racing(AtomicU64::new(0)));
        }
        self
    }

    /// The words of `range` are guarded.
    pub(crate) fn guarded(mut self, range: Range<usize>) -> Self {
        for offset in range.step_by(WORD) {
            let word = Word::Guarded(UnsafeCell::new(()), Plain::new(0));
            self.watched.insert(offset, word);
        }
        self
    }

    /// The handle of the side that owns the area, and that of the others.
    pub(crate) fn share(self) -> (Own, View) {
        let view = View(Arc::new(self));
        (Own(view.clone()), view)
    }

    fn load(&self, offset: usize, order: Ordering) -> Result<u64, AccessError> {
        match self.watched.get(&offset) {
            Some(Word::Racing(word)) => Ok(word.load(order)),
            Some(Word::Guarded(cell, value)) => Ok(cell.with(|_| value.load(Ordering::Relaxed))),
            None => Ok(self.plain(offset)?.load(Ordering::Relaxed)),
        }
    }

    fn store(&self, offset: usize, value: u64, order: Ordering) -> Result<(), AccessError> {
        match self.watched.get(&offset) {
            Some(Word::Racing(word)) => word.store(value, order),
            Some(Word::Guarded(cell, word)) => {
                cell.with_mut(|_| word.store(value, Ordering::Relaxed));
            }
            None => self.plain(offset)?.store(value, Ordering::Relaxed),
        }
        Ok(())
    }

    fn plain(&self, offset: usize) -> Result<&Plain, AccessError> {
        let excess = offset % WORD;
        if excess != 0 {
            let align = WORD;
            return Err(AccessError::Misaligned {
                offset,
                align,
                excess,
            });
        }
        let size = self.size;
        let len = WORD;
        let outside = AccessError::OutOfBounds { offset, len, size };
        self.rest.get(offset / WORD).ok_or(outside)
    }
}

/// An area that somebody else stores to.
#[derive(Clone, Debug)]
pub(crate) struct View(Arc<Memory>);

/// An area that this side stores to.
#[derive(Debug)]
pub(crate) struct Own(View);

impl Area for View {
    fn load(&self, offset: usize, order: Ordering) -> Result<u64, AccessError> {
        self.0.load(offset, order)
    }

    fn read(&self, offset: usize, dst: &mut [u8]) -> Result<(), AccessError> {
        for (i, part) in dst.chunks_mut(WORD).enumerate() {
            let word = self.0.load(offset + i * WORD, Ordering::Relaxed)?;
            part.copy_from_slice(&word.to_le_bytes()[..part.len()]);
        }
        Ok(())
    }

    fn fence(&self) {
        fence(Ordering::SeqCst);
    }

    fn fence_acquire(&self) {
        fence(Ordering::Acquire);
    }

    fn fence_release(&self) {
        fence(Ordering::Release);
    }
}

impl Area for Own {
    fn load(&self, offset: usize, order: Ordering) -> Result<u64, AccessError> {
        self.0.load(offset, order)
    }

    fn read(&self, offset: usize, dst: &mut [u8]) -> Result<(), AccessError> {
        self.0.read(offset, dst)
    }

    fn fence(&self) {
        self.0.fence();
    }

    fn fence_acquire(&self) {
        self.0.fence_acquire();
    }

    fn fence_release(&self) {
        self.0.fence_release();
    }
}

impl OwnArea for Own {
    fn store(&self, offset: usize, value: u64, order: Ordering) -> Result<(), AccessError> {
        self.0.0.store(offset, value, order)
    }

    /// What is left of the last word is 0 then: it belongs to the same record.
    fn write(&self, offset: usize, src: &[u8]) -> Result<(), AccessError> {
        for (i, part) in src.chunks(WORD).enumerate() {
            let mut word = [0; WORD];
            word[..part.len()].copy_from_slice(part);
            let value = u64::from_le_bytes(word);
            self.0
                .0
                .store(offset + i * WORD, value, Ordering::Relaxed)?;
        }
        Ok(())
    }
}

/// Runs a model in every order of events, with as many preemptions as are worth their time.
pub(crate) fn in_every_order(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ordering::{Acquire, Relaxed, Release};

    /// A payload behind a flag, as all protocols here do it.
    fn payload_behind_a_flag(publish: Ordering, kind: fn(Memory) -> Memory) {
        in_every_order(2, move || {
            let (own, view) = kind(Memory::new(64).racing(0..8)).share();
            let reader = loom::thread::spawn(move || {
                let mut bytes = [0; 8];
                if view.load(0, Acquire) == Ok(1) {
                    view.read(8, &mut bytes).unwrap();
                    assert_eq!(bytes, *b"whole\0\0\0");
                }
            });
            own.write(8, b"whole").unwrap();
            own.store(0, 1, publish).unwrap();
            reader.join().unwrap();
        });
    }

    #[test]
    fn a_release_shows_what_was_written_before() {
        payload_behind_a_flag(Release, |memory| memory.racing(8..16));
        payload_behind_a_flag(Release, |memory| memory.guarded(8..16));
    }

    #[test]
    #[should_panic(expected = "assertion `left == right` failed")]
    fn a_racing_word_is_seen_old_without_a_release() {
        payload_behind_a_flag(Relaxed, |memory| memory.racing(8..16));
    }

    #[test]
    #[should_panic(expected = "Causality violation")]
    fn a_guarded_word_is_not_read_without_a_release() {
        payload_behind_a_flag(Relaxed, |memory| memory.guarded(8..16));
    }

    #[test]
    fn offsets_outside_are_errors() {
        let (own, view) = Memory::new(16).share();
        assert!(own.store(16, 1, Relaxed).is_err());
        assert!(view.load(4, Relaxed).is_err());
        assert!(view.read(8, &mut [0; 9]).is_err());
    }
}
