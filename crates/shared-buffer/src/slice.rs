// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`SharedBufferSlice`]: a read-only view of a part of a buffer.
#![allow(
    unsafe_code,
    reason = "Send and Sync for an address, and two views of a destination"
)]

use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::RangeBounds;

use crate::raw::{RawRange, as_uninit, initialised, or_panic};
use crate::{Access, AccessError, SharedBuffer, ordering};

/// A part of a [`SharedBuffer`] that can be read.
///
/// The peer can still write to it, and so can you, through the buffer.
pub struct SharedBufferSlice<'a> {
    pub(crate) range: RawRange,
    buffer: PhantomData<&'a SharedBuffer>,
}

// SAFETY: a view is an address; every access tolerates any other at the same time.
unsafe impl Send for SharedBufferSlice<'_> {}
// SAFETY: as above.
unsafe impl Sync for SharedBufferSlice<'_> {}

impl<'a> SharedBufferSlice<'a> {
    #[inline]
    pub(crate) fn new(range: RawRange) -> Self {
        Self {
            range,
            buffer: PhantomData,
        }
    }

    read_methods!();
    read_only_atomic_methods!('a);

    /// A part of the part. It lives as long as the buffer is borrowed, not only this view.
    ///
    /// # Panics
    ///
    /// If the range is not inside the slice, or ends before it starts.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let middle = buffer.slice(2..8);
    /// let mut copy = [0; 2];
    /// middle.slice(1..3).read(&mut copy);
    /// assert_eq!(&copy, b"34");
    /// ```
    #[inline]
    #[track_caller]
    pub fn slice<R: RangeBounds<usize>>(&self, range: R) -> SharedBufferSlice<'a> {
        or_panic(self.try_slice(range))
    }

    /// [`slice`](Self::slice) with an error where that panics.
    ///
    /// # Errors
    ///
    /// [`AccessError::OutOfBounds`] if the range is not inside the slice,
    /// [`AccessError::Reversed`] if it ends before it starts.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert!(buffer.slice(2..8).try_slice(..7).is_err());
    /// ```
    #[inline]
    pub fn try_slice<R: RangeBounds<usize>>(
        &self,
        range: R,
    ) -> Result<SharedBufferSlice<'a>, AccessError> {
        Ok(Self::new(self.range.slice(range)?))
    }

    /// Two views: the first `idx` bytes, and the rest.
    ///
    /// # Panics
    ///
    /// If `idx` is more than [`len`](Self::len).
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let (left, right) = buffer.slice(2..8).split_at(2);
    /// assert_eq!((left.len(), right.len()), (2, 4));
    /// ```
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn split_at(&self, idx: usize) -> (SharedBufferSlice<'a>, SharedBufferSlice<'a>) {
        or_panic(self.try_split_at(idx))
    }

    /// [`split_at`](Self::split_at) with an error where that panics.
    ///
    /// # Errors
    ///
    /// [`AccessError::OutOfBounds`] if `idx` is more than [`len`](Self::len).
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert!(buffer.slice(2..8).try_split_at(7).is_err());
    /// ```
    #[inline]
    pub fn try_split_at(
        &self,
        idx: usize,
    ) -> Result<(SharedBufferSlice<'a>, SharedBufferSlice<'a>), AccessError> {
        let (left, right) = self.range.split_at(idx)?;
        Ok((Self::new(left), Self::new(right)))
    }
}

impl fmt::Debug for SharedBufferSlice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedBufferSlice")
            .field(&self.range)
            .finish()
    }
}
