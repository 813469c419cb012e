// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bulk processing: a part of the buffer, one private chunk after the other.
//!
//! To sum, hash or parse a large part, somebody has to look at all of its bytes, and looking
//! in place is what this crate never does. Copying all of it first would send every byte
//! through memory twice. So it is copied in chunks that stay in the first-level cache:
//!
//! ```text
//!   shared  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
//!             │ copy      │ copy      │ copy      each byte once, in order
//!             ▼           ▼           ▼
//!   private [ scratch ] [ scratch ] [ scratch ]   the same few KiB again and again
//!             │           │           │
//!             ▼           ▼           ▼
//!            your closure, or one record after the other
//! ```
//!
//! | you have | use |
//! |---|---|
//! | a closure that takes all bytes | `for_each_chunk` |
//! | one that may have seen enough | `try_for_each_chunk` |
//! | a loop of your own, or scratch of another size | `chunks` |
//! | records of one size, by value | `records` |
#![allow(
    unsafe_code,
    reason = "scratch that a copy has initialised is read as bytes and as records"
)]
#![warn(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

mod methods;
mod records;

use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::RangeBounds;

use crate::raw::{RawRange, as_uninit, initialised};
use crate::{AccessError, SharedBuffer};

pub use records::Records;

/// How many bytes a chunk of [`for_each_chunk`](SharedBuffer::for_each_chunk) has, but for the
/// last one, which has the rest.
///
/// A multiple of 64, so a record of 2, 4, 8, 16, 32 or 64 bytes never lies across two chunks.
pub const CHUNK_LEN: usize = 4096;

/// Private memory for a chunk, on the stack, at the start of a cache line.
#[repr(align(64))]
struct Scratch<const N: usize>([MaybeUninit<u8>; N]);

impl<const N: usize> Scratch<N> {
    #[inline]
    const fn new() -> Self {
        Self([MaybeUninit::uninit(); N])
    }
}

/// What is still to be read of a range.
///
/// # Invariants
///
/// - **checked**: the range permits reading, and `at <= range.len()`.
#[derive(Debug)]
struct Rest {
    range: RawRange,
    at: usize,
}

impl Rest {
    /// All of a part of `range`, after all checks: nothing can be refused from here on.
    #[inline]
    fn new(range: RawRange, part: impl RangeBounds<usize>) -> Result<Self, AccessError> {
        let range = range.slice(part)?;
        range.readable(0, range.len())?;
        Ok(Self { range, at: 0 })
    }

    /// How many bytes are left.
    #[inline]
    fn len(&self) -> usize {
        self.range.len().saturating_sub(self.at)
    }

    /// Splits the next `len` bytes off, or none if there are fewer.
    #[inline]
    fn take(&mut self, len: usize) -> Option<RawRange> {
        let end = self.at.checked_add(len)?;
        let part = self.range.slice(self.at..end).ok()?;
        self.at = end;
        Some(part)
    }

    /// Copies the next bytes out, as many as fit and as there are; `None` if there are none.
    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    fn read<'d>(&mut self, dst: &'d mut [MaybeUninit<u8>]) -> Option<&'d mut [u8]> {
        // By **checked** this is no error.
        let len = self.range.read_at(self.at, dst).ok()?;
        self.at = self.at.saturating_add(len);
        // SAFETY: the copy initialised `len` bytes, which fit.
        (len != 0).then(|| unsafe { initialised(dst, len) })
    }
}

/// A part of a buffer, a chunk at a time, in scratch that the caller brought. Made by
/// [`chunks`](SharedBuffer::chunks).
#[must_use = "nothing is read before `next_chunk` is called"]
pub struct Chunks<'b, 's> {
    rest: Rest,
    scratch: &'s mut [u8],
    buffer: PhantomData<&'b SharedBuffer>,
}

impl<'s> Chunks<'_, 's> {
    /// # Errors
    ///
    /// As `chunks`.
    #[inline]
    fn new(
        range: RawRange,
        part: impl RangeBounds<usize>,
        scratch: &'s mut [u8],
    ) -> Result<Self, AccessError> {
        if scratch.is_empty() {
            // Chunks of no bytes would never end.
            return Err(AccessError::Length {
                needed: 1,
                given: 0,
            });
        }
        let rest = Rest::new(range, part)?;
        let buffer = PhantomData;
        Ok(Self {
            rest,
            scratch,
            buffer,
        })
    }

    /// A copy of the next bytes: as many as the scratch holds, and of the last chunk as many
    /// as are left. `None` when all of them have been seen.
    ///
    /// The bytes are yours until the next call, to be changed in place too.
    ///
    /// # Hostile peer
    ///
    /// Each chunk is a copy that nobody can change. It need not belong to the same moment as
    /// the one before it.
    ///
    /// # Cost
    ///
    /// One pass over the chunk. No allocation, no system call.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let mut scratch = [0; 4];
    /// let mut chunks = buffer.chunks(1.., &mut scratch)?;
    /// assert_eq!(chunks.next_chunk().as_deref(), Some(&b"1234"[..]));
    /// assert_eq!(chunks.next_chunk().as_deref(), Some(&b"5678"[..]));
    /// assert_eq!(chunks.next_chunk().as_deref(), Some(&b"9"[..]));
    /// assert_eq!(chunks.next_chunk(), None);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    pub fn next_chunk(&mut self) -> Option<&mut [u8]> {
        // SAFETY: a copy only initialises.
        self.rest.read(unsafe { as_uninit(self.scratch) })
    }

    /// How many bytes have not been seen yet.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let mut scratch = [0; 4];
    /// let mut chunks = buffer.chunks(.., &mut scratch)?;
    /// chunks.next_chunk();
    /// assert_eq!(chunks.bytes_left(), 6);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn bytes_left(&self) -> usize {
        self.rest.len()
    }
}

impl fmt::Debug for Chunks<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks")
            .field("rest", &self.rest)
            .field("chunk", &self.scratch.len())
            .finish()
    }
}
