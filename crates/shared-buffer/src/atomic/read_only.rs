// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ReadOnlyAtomic`]: an integer in shared memory that is loaded and nothing else.
#![allow(
    unsafe_code,
    reason = "the load, and Send and Sync for an address that was checked"
)]

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::Ordering;

use super::AtomicInt;
use super::order::load_order;
use crate::arch::atomic::AtomicWord;
use crate::raw::RawRange;
use crate::{Access, AccessError, SharedBuffer};

/// An integer in shared memory that is loaded atomically, and nothing else.
///
/// It comes from [`SharedBuffer::read_only_atomic`] and its sisters of the two slices. Its
/// loads are plain loads for the processor, so the pages need not be writable: a
/// read-modify-write faults on read-only pages, even one that changes nothing.
///
/// # Examples
///
/// ```
/// use core::sync::atomic::Ordering;
/// use shared_buffer::SharedBuffer;
///
/// let mut memory = [0u64; 2]; // aligned, as mapped pages are
/// // SAFETY: nothing else touches `memory` while the buffer lives.
/// let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 16) };
/// let theirs = buffer.slice(8..).read_only_atomic::<i16>(2)?;
/// buffer.atomic::<i16>(10)?.store(-3, Ordering::Release);
/// assert_eq!(theirs.load(Ordering::Acquire), -3);
/// # Ok::<(), shared_buffer::AccessError>(())
/// ```
///
/// # Invariants
///
/// - **live**: all bytes of the integer are mapped and readable for `'a`.
/// - **aligned**: the address is a multiple of the integer's size.
/// - **border**: no Rust reference points at them, and only this crate touches them.
#[derive(Clone, Copy)]
pub struct ReadOnlyAtomic<'a, T> {
    ptr: *const T,
    buffer: PhantomData<&'a SharedBuffer>,
}

// SAFETY: it is an address; every access tolerates any other at the same time.
unsafe impl<T: AtomicInt> Send for ReadOnlyAtomic<'_, T> {}
// SAFETY: as above.
unsafe impl<T: AtomicInt> Sync for ReadOnlyAtomic<'_, T> {}

impl<T: AtomicInt> ReadOnlyAtomic<'_, T> {
    /// Checks bounds, permission and alignment, which is what the invariants ask for. Whoever
    /// calls it knows for how long the range lives.
    #[inline]
    pub(crate) fn in_range(range: RawRange, offset: usize) -> Result<Self, AccessError> {
        Ok(Self::checked(range.word::<T>(offset, Access::READ)?))
    }

    /// `ptr` has been checked.
    #[inline]
    pub(super) fn checked(ptr: *const T) -> Self {
        Self {
            ptr,
            buffer: PhantomData,
        }
    }

    /// Loads the integer.
    ///
    /// # Hostile peer
    ///
    /// The value is whatever was stored last, by anybody: check the value that you got, and
    /// don't load it a second time in order to use it.
    ///
    /// # Ordering
    ///
    /// With `Acquire` or `SeqCst`, reads after this one see what was written before a
    /// `Release` store of the value that it got.
    ///
    /// # Panics
    ///
    /// If `order` is `Release` or `AcqRel`, which no load can have.
    ///
    /// # Cost
    ///
    /// One load; for `Acquire` and `SeqCst`, `ldar` on 64-bit Arm.
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [5u64];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.read_only_atomic::<u64>(0)?;
    /// assert_eq!(word.load(Ordering::Acquire), 5);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn load(self, order: Ordering) -> T {
        let order = load_order(order);
        #[cfg(feature = "chaos")]
        let _crossing = crate::chaos::load(self.ptr);
        // SAFETY: live, aligned and border; the load asks for no more than readable.
        T::from_bits(unsafe { T::Bits::load_read_only(self.ptr.cast(), order) })
    }
}

impl<T> fmt::Debug for ReadOnlyAtomic<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadOnlyAtomic").field(&self.ptr).finish()
    }
}
