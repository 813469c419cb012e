// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`SharedBufferSliceMut`]: a writable view of a part of a buffer.
#![allow(
    unsafe_code,
    reason = "Send and Sync for an address, and two views of a destination"
)]

use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::RangeBounds;

use crate::raw::{RawRange, as_uninit, initialised, or_panic};
use crate::{Access, AccessError, SharedBuffer, SharedBufferSlice, ordering};

/// A part of a [`SharedBuffer`] that can be read and written.
///
/// Views that are made of this one live as long as the buffer is borrowed, not only as long
/// as this one is, so two of them may overlap. That is no harm to memory: whatever one could
/// do to the other, the peer can do to both. Where you want the borrow checker to keep them
/// apart, use [`reborrow_mut`](Self::reborrow_mut).
pub struct SharedBufferSliceMut<'a> {
    pub(crate) range: RawRange,
    buffer: PhantomData<&'a mut SharedBuffer>,
}

// SAFETY: a view is an address; every access tolerates any other at the same time.
unsafe impl Send for SharedBufferSliceMut<'_> {}
// SAFETY: as above.
unsafe impl Sync for SharedBufferSliceMut<'_> {}

impl<'a> SharedBufferSliceMut<'a> {
    #[inline]
    pub(crate) fn new(range: RawRange) -> Self {
        Self {
            range,
            buffer: PhantomData,
        }
    }

    read_methods!();
    write_methods!();
    read_only_atomic_methods!('a);
    atomic_methods!('a);

    /// A read-only part of the part. It lives as long as the buffer is borrowed, not only this view.
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
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let middle = buffer.slice_mut(2..8);
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
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert!(buffer.slice_mut(2..8).try_slice(..7).is_err());
    /// ```
    #[inline]
    pub fn try_slice<R: RangeBounds<usize>>(
        &self,
        range: R,
    ) -> Result<SharedBufferSlice<'a>, AccessError> {
        Ok(SharedBufferSlice::new(self.range.slice(range)?))
    }

    /// Two read-only views: the first `idx` bytes, and the rest.
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
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let (left, right) = buffer.slice_mut(2..8).split_at(2);
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
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert!(buffer.slice_mut(2..8).try_split_at(7).is_err());
    /// ```
    #[inline]
    pub fn try_split_at(
        &self,
        idx: usize,
    ) -> Result<(SharedBufferSlice<'a>, SharedBufferSlice<'a>), AccessError> {
        let (left, right) = self.range.split_at(idx)?;
        Ok((SharedBufferSlice::new(left), SharedBufferSlice::new(right)))
    }

    /// A writable part of the part. It lives as long as the buffer is borrowed.
    ///
    /// # Panics
    ///
    /// As [`slice`](Self::slice).
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// buffer.slice_mut(2..8).slice_mut(..2).write(b"xy");
    /// ```
    #[inline]
    #[track_caller]
    pub fn slice_mut<R: RangeBounds<usize>>(&mut self, range: R) -> SharedBufferSliceMut<'a> {
        or_panic(self.try_slice_mut(range))
    }

    /// [`slice_mut`](Self::slice_mut) with an error where that panics.
    ///
    /// # Errors
    ///
    /// As [`try_slice`](Self::try_slice).
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert!(buffer.slice_mut(2..8).try_slice_mut(..7).is_err());
    /// ```
    #[inline]
    pub fn try_slice_mut<R: RangeBounds<usize>>(
        &mut self,
        range: R,
    ) -> Result<SharedBufferSliceMut<'a>, AccessError> {
        Ok(Self::new(self.range.slice(range)?))
    }

    /// Two writable views: the first `idx` bytes, and the rest.
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
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let (left, right) = buffer.slice_mut(2..8).split_at_mut(3);
    /// left.write(b"abc");
    /// right.write(b"def");
    /// ```
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn split_at_mut(
        &mut self,
        idx: usize,
    ) -> (SharedBufferSliceMut<'a>, SharedBufferSliceMut<'a>) {
        or_panic(self.try_split_at_mut(idx))
    }

    /// [`split_at_mut`](Self::split_at_mut) with an error where that panics.
    ///
    /// # Errors
    ///
    /// As [`try_split_at`](Self::try_split_at).
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert!(buffer.slice_mut(2..8).try_split_at_mut(7).is_err());
    /// ```
    #[inline]
    pub fn try_split_at_mut(
        &mut self,
        idx: usize,
    ) -> Result<(SharedBufferSliceMut<'a>, SharedBufferSliceMut<'a>), AccessError> {
        let (left, right) = self.range.split_at(idx)?;
        Ok((Self::new(left), Self::new(right)))
    }

    /// A writable part of the part that borrows this view: the strict form of
    /// [`slice_mut`](Self::slice_mut), with which the borrow checker keeps parts apart.
    ///
    /// # Panics
    ///
    /// As [`slice`](Self::slice).
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let mut view = buffer.slice_mut(2..8);
    /// view.reborrow_mut(..2).write(b"xy");
    /// view.write_at(2, b"z");
    /// ```
    #[inline]
    #[track_caller]
    pub fn reborrow_mut<R: RangeBounds<usize>>(&mut self, range: R) -> SharedBufferSliceMut<'_> {
        or_panic(self.try_reborrow_mut(range))
    }

    /// [`reborrow_mut`](Self::reborrow_mut) with an error where that panics.
    ///
    /// # Errors
    ///
    /// As [`try_slice`](Self::try_slice).
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert!(buffer.slice_mut(2..8).try_reborrow_mut(7..).is_err());
    /// ```
    #[inline]
    pub fn try_reborrow_mut<R: RangeBounds<usize>>(
        &mut self,
        range: R,
    ) -> Result<SharedBufferSliceMut<'_>, AccessError> {
        Ok(SharedBufferSliceMut::new(self.range.slice(range)?))
    }
}

impl fmt::Debug for SharedBufferSliceMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedBufferSliceMut")
            .field(&self.range)
            .finish()
    }
}
