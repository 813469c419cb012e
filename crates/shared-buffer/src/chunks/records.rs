// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Records`]: an iterator over values of one size, by value.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::RangeBounds;

use super::Rest;
use crate::raw::RawRange;
use crate::{AccessError, SharedBuffer};

/// The longest copy that every engine with words makes in registers.
const PART_LEN: usize = 64;

/// How many of them `fold` has in hand. With fewer, what follows a block (of a sum, adding up
/// the lanes) costs more than the block; with more, compilers stop unrolling.
const PARTS: usize = 4;

/// Values of one size that lie one after the other in a buffer: each is a copy. Made by
/// [`records`](SharedBuffer::records).
///
/// `next` copies one record. What consumes the iterator (`fold`, `sum`, `for_each`) copies
/// some hundred bytes of records at a time, into registers where that is possible. Either way
/// no record is read twice.
///
/// # Invariants
///
/// - **any**: any bytes are a valid `T`. Who makes the iterator says so.
#[must_use = "an iterator does nothing before it is asked"]
pub struct Records<'b, T> {
    rest: Rest,
    buffer: PhantomData<&'b SharedBuffer>,
    made: PhantomData<fn() -> T>,
}

impl<T> Records<'_, T> {
    /// How many records fit into one part. None, if they are too large or have no bytes.
    const PER_PART: usize = match PART_LEN.checked_div(size_of::<T>()) {
        Some(count) => count,
        None => 0,
    };

    /// How many bytes those are.
    const USED: usize = Self::PER_PART.saturating_mul(size_of::<T>());

    /// The records of a part of `range`.
    ///
    /// # Safety
    ///
    /// Any bytes are a valid `T`.
    #[inline]
    pub(crate) unsafe fn new(
        range: RawRange,
        part: impl RangeBounds<usize>,
    ) -> Result<Self, AccessError> {
        Ok(Self {
            rest: Rest::new(range, part)?,
            buffer: PhantomData,
            made: PhantomData,
        })
    }

    /// How many bytes of no record follow the last one.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let records = buffer.records::<u32>(1..)?;
    /// assert_eq!((records.len(), records.bytes_over()), (2, 1));
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn bytes_over(&self) -> usize {
        let len = self.rest.len();
        len.checked_rem(size_of::<T>()).unwrap_or(len)
    }

    /// How many records are left. Of no bytes: none.
    #[inline]
    fn left(&self) -> usize {
        self.rest.len().checked_div(size_of::<T>()).unwrap_or(0)
    }

    /// Calls `f` with all records but those at the end that do not fill a block.
    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    fn fold_blocks<B, F: FnMut(B, T) -> B>(&mut self, init: B, f: &mut F) -> B {
        let mut all = init;
        if Self::USED == 0 {
            return all;
        }
        while let Some(range) = self.rest.take(Self::USED.saturating_mul(PARTS)) {
            let mut block = [[MaybeUninit::<u8>::uninit(); PART_LEN]; PARTS];
            for (idx, part) in block.iter_mut().enumerate() {
                let used = part.get_mut(..Self::USED).unwrap_or_default();
                // By the length that was taken this is no error.
                let read = range.read_exact_at(idx.saturating_mul(Self::USED), used);
                debug_assert_eq!(read, Ok(()));
            }
            for part in &block {
                let start = part.as_ptr().cast::<T>();
                for idx in 0..Self::PER_PART {
                    let record = start.wrapping_add(idx);
                    // SAFETY: the copies above initialised `PER_PART` records in each part;
                    // by **any** they are a `T` each.
                    all = f(all, unsafe { record.read_unaligned() });
                }
            }
        }
        all
    }
}

impl<T> Iterator for Records<'_, T> {
    type Item = T;

    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    fn next(&mut self) -> Option<T> {
        if size_of::<T>() == 0 {
            return None;
        }
        let range = self.rest.take(size_of::<T>())?;
        // SAFETY: **any**. By the length that was taken this is no error.
        unsafe { range.read_any(0) }.ok()
    }

    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    fn nth(&mut self, n: usize) -> Option<T> {
        let skipped = n.min(self.left());
        self.rest.take(skipped.saturating_mul(size_of::<T>()))?;
        self.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left(), Some(self.left()))
    }

    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    fn fold<B, F: FnMut(B, T) -> B>(mut self, init: B, mut f: F) -> B {
        let mut all = self.fold_blocks(init, &mut f);
        for record in self {
            all = f(all, record);
        }
        all
    }
}

impl<T> ExactSizeIterator for Records<'_, T> {}

impl<T> FusedIterator for Records<'_, T> {}

impl<T> fmt::Debug for Records<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("rest", &self.rest)
            .field("left", &self.left())
            .finish_non_exhaustive()
    }
}
