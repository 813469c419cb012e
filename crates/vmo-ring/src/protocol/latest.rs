// SPDX-License-Identifier: MIT OR Apache-2.0
//! One writer, many readers: the latest value.
//!
//! ```text
//!   the writer's area: only it stores there, and it loads nothing
//!    128  done: the number of the latest value that is whole; 0 before the first
//!    136  begun: the number of the latest value that was begun
//!    144  ended: 1 if no other will come
//!   4096  four places: value n is in place n mod 4
//!
//!   a place ┌────────┬───────────────────────┐
//!           │ length │ bytes                 │
//!           └────────┴───────────────────────┘
//! ```
//!
//! To write value n the writer stores n to `begun`, and then, behind a release fence, writes
//! the place; last it stores n to `done`, with release. A reader loads `done`, copies that
//! place, and then, behind an acquire fence, loads `begun`. If its copy has a byte of value
//! n + 4, the fences order the store of n + 4 before that load; so if `begun` is less, the copy
//! is whole.
//!
//! There are four places and not one so that a reader has the time of three writes for its
//! copy; and that a writer which is killed in the middle of a value leaves the one before it.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use shared_buffer::AccessError;

use super::Trouble;
use super::area::{Area, OwnArea};
use super::layout::CONTROL;
use super::published::{OWN_WORDS, TRIES};
use super::records::HEADER;

/// The kind and version in the first word.
pub(crate) const KIND: [u8; 8] = *b"vmolast1";

const DONE: usize = OWN_WORDS;
const BEGUN: usize = OWN_WORDS + 8;
const ENDED: usize = OWN_WORDS + 16;

/// How many values there is place for.
const PLACES: usize = 4;

/// The same, as a number of values.
const PLACES_U64: u64 = 4;

/// The size of the memory.
///
/// # Invariants
///
/// - **bound**: `max_len` is at most [`MAX_LEN`](Self::MAX_LEN), so `area` does not overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    max_len: usize,
}

impl Places {
    /// The longest value that there can be, in bytes.
    pub(crate) const MAX_LEN: usize = 1 << 28;

    /// For values of up to `max_len` bytes, if there can be such.
    pub(crate) fn new(max_len: usize) -> Option<Self> {
        (max_len <= Self::MAX_LEN).then_some(Self { max_len })
    }

    /// The longest value, in bytes.
    pub(crate) fn max_len(self) -> usize {
        self.max_len
    }

    /// From one place to the next: no two share a line, or its neighbour.
    fn pitch(self) -> usize {
        (self.max_len.saturating_add(HEADER)).next_multiple_of(128)
    }

    /// The bytes of the area.
    pub(crate) fn area(self) -> usize {
        CONTROL.saturating_add(self.pitch().saturating_mul(PLACES))
    }

    /// Where value `number` is.
    fn offset(self, number: u64) -> usize {
        let place = usize::try_from(number % PLACES_U64).unwrap_or(0);
        CONTROL.saturating_add(self.pitch().saturating_mul(place))
    }
}

/// Writes values, and reads nothing.
#[derive(Debug)]
pub(crate) struct Writer<O> {
    own: O,
    places: Places,
    number: u64,
}

impl<O: OwnArea> Writer<O> {
    /// Over an area of 0, of `places.area()` bytes.
    pub(crate) fn new(own: O, places: Places) -> Self {
        let number = 0;
        Self {
            own,
            places,
            number,
        }
    }

    pub(crate) fn own(&self) -> &O {
        &self.own
    }

    pub(crate) fn places(&self) -> Places {
        self.places
    }

    /// Writes a value, of at most the longest. Its number.
    #[inline]
    pub(crate) fn set(&mut self, bytes: &[u8]) -> Result<u64, AccessError> {
        let number = self.number.wrapping_add(1);
        self.own.store(BEGUN, number, Relaxed)?;
        // Before any byte that is overwritten.
        self.own.fence_release();
        let offset = self.places.offset(number);
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.own.store(offset, len, Relaxed)?;
        self.own.write(offset.wrapping_add(HEADER), bytes)?;
        self.own.store(DONE, number, Release)?;
        self.number = number;
        Ok(number)
    }

    /// Shows that no other value will come.
    pub(crate) fn close(&mut self) -> Result<(), AccessError> {
        self.own.store(ENDED, 1, Release)
    }
}

/// A value that was there when it was looked for.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Sighting {
    /// Which one.
    pub(crate) number: u64,
    /// Where its bytes are.
    offset: usize,
    /// How many: they are inside the area.
    pub(crate) len: usize,
}

/// Copies values, and stores nothing.
#[derive(Debug)]
pub(crate) struct Reader<P> {
    peer: P,
    places: Places,
    /// The number of the value that was read last.
    read: u64,
}

impl<P: Area> Reader<P> {
    /// Over an area of `places.area()` bytes.
    pub(crate) fn new(peer: P, places: Places) -> Self {
        let read = 0;
        Self { peer, places, read }
    }

    pub(crate) fn peer(&self) -> &P {
        &self.peer
    }

    pub(crate) fn places(&self) -> Places {
        self.places
    }

    /// The number of the value that was read last; 0 if none was.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// The number of the latest value; 0 before the first.
    ///
    /// # Errors
    ///
    /// `Corrupt` if it is older than one that was read.
    #[inline]
    pub(crate) fn number(&self) -> Result<u64, Trouble> {
        let number = self.peer.load(DONE, Acquire)?;
        if number < self.read {
            return Err(Trouble::Corrupt);
        }
        Ok(number)
    }

    /// Whether there is a value that was not read.
    ///
    /// # Errors
    ///
    /// `Wait` if not, `Closed` if there will be none.
    pub(crate) fn is_newer(&self) -> Result<(), Trouble> {
        // In this order: what was written before the end is seen after it.
        let ended = self.peer.load(ENDED, Acquire)?;
        if self.number()? != self.read {
            return Ok(());
        }
        Err(if ended == 0 {
            Trouble::Wait
        } else {
            Trouble::Closed
        })
    }

    /// Looks for the latest value. It may be overwritten before it is copied, or while.
    ///
    /// # Errors
    ///
    /// `Wait` if there is none yet, or none that holds still.
    pub(crate) fn look(&self) -> Result<Sighting, Trouble> {
        for _ in 0..TRIES {
            let number = self.number()?;
            if number == 0 {
                return Err(Trouble::Wait);
            }
            let offset = self.places.offset(number);
            let len = usize::try_from(self.peer.load(offset, Relaxed)?);
            let len = len.ok().filter(|len| *len <= self.places.max_len());
            let offset = offset.wrapping_add(HEADER);
            match len {
                Some(len) => {
                    return Ok(Sighting {
                        number,
                        offset,
                        len,
                    });
                }
                None if self.is_whole(number)? => return Err(Trouble::Corrupt),
                None => {}
            }
        }
        Err(Trouble::Wait)
    }

    /// Copies the value that was found. `dst` has its length. Whether the copy is whole: if
    /// not, it is to be thrown away.
    #[inline]
    pub(crate) fn copy(&mut self, found: Sighting, dst: &mut [u8]) -> Result<bool, Trouble> {
        self.peer.read(found.offset, dst)?;
        let whole = self.is_whole(found.number)?;
        if whole {
            self.read = found.number;
        }
        Ok(whole)
    }

    /// Whether what was loaded from the place of value `number` was that value's.
    ///
    /// # Errors
    ///
    /// `Corrupt` if the writer says that it has not begun what it has done.
    #[inline]
    pub(crate) fn is_whole(&self, number: u64) -> Result<bool, Trouble> {
        self.peer.fence_acquire();
        let begun = self.peer.load(BEGUN, Relaxed)?;
        let later = begun.checked_sub(number).ok_or(Trouble::Corrupt)?;
        Ok(later < PLACES_U64)
    }
}
