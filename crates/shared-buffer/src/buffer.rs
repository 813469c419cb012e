// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`SharedBuffer`]: a fixed range of bytes that another process may be changing.
#![allow(
    unsafe_code,
    reason = "an address becomes a buffer here, and is released here"
)]

use core::fmt;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::RangeBounds;

use crate::raw::{RawRange, as_uninit, initialised, or_panic};
use crate::{Access, AccessError, SharedBufferSlice, SharedBufferSliceMut, ordering};

/// A fixed range of bytes that another process may be changing at any moment.
///
/// It can be read and written from several threads at once, through `&self`: whatever a
/// thread of yours could do to another one, the peer does to both.
///
/// # Invariants
///
/// - **live**: the bytes are mapped, with the buffer's [`access`](Self::access), until it is
///   dropped or [`consume`](Self::consume)d.
/// - **size**: the length fits in `isize`, and the range does not wrap around.
/// - **border**: no Rust reference points at the bytes, and only [`border`](crate::border)
///   touches them.
/// - **release**: a buffer that was made with a release function calls it once, when it is
///   dropped. Who holds the buffer holds that duty, so buffers can be swapped and replaced
///   wherever safe code can reach them.
pub struct SharedBuffer {
    pub(crate) range: RawRange,
    release: Option<unsafe fn(*mut u8, usize)>,
}

// SAFETY: the buffer is an address; every access to the bytes tolerates any other access to
// them at the same time, from whatever thread or process.
unsafe impl Send for SharedBuffer {}
// SAFETY: as above.
unsafe impl Sync for SharedBuffer {}

impl SharedBuffer {
    /// Takes `len` bytes at `buf`, which somebody else unmaps, after the buffer is gone.
    ///
    /// # Safety
    ///
    /// - `buf .. buf + len` is mapped, readable and writable, until the buffer is dropped or
    ///   consumed; nobody can take it away, by truncating a file for example.
    /// - Meanwhile no Rust reference to those bytes exists in this process, and nothing in it
    ///   touches them but this crate. (Rust memory of your own may stand in for shared
    ///   memory, in a test for example, on the same terms.)
    /// - `len` fits in `isize`, and the range does not wrap around.
    ///
    /// Where nothing is accessed, nothing has to be there: `buf` may be null or dangling.
    ///
    /// # Examples
    ///
    /// ```
    /// use shared_buffer::SharedBuffer;
    ///
    /// let mut bytes = [1, 2, 3];
    /// // SAFETY: three bytes are there; nothing else touches them while the buffer lives.
    /// let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), 3) };
    /// assert_eq!(buffer.len(), 3);
    /// ```
    #[inline]
    #[must_use]
    pub unsafe fn new(buf: *mut u8, len: usize) -> SharedBuffer {
        // SAFETY: the caller's contract.
        unsafe { Self::with_access(buf, len, Access::READ_WRITE) }
    }

    /// The same with less than all permissions: a call that `access` does not permit panics
    /// or returns an error, and does not touch the memory.
    ///
    /// # Safety
    ///
    /// As [`new`](Self::new), with `access` in place of "readable and writable".
    ///
    /// # Examples
    ///
    /// ```
    /// use shared_buffer::{Access, SharedBuffer};
    ///
    /// let mut bytes = [1, 2, 3];
    /// // SAFETY: three bytes are there; nothing else touches them while the buffer lives.
    /// let buffer = unsafe { SharedBuffer::with_access(bytes.as_mut_ptr(), 3, Access::READ) };
    /// assert!(buffer.write_all_at(0, &[4]).is_err());
    /// ```
    #[inline]
    #[must_use]
    pub unsafe fn with_access(buf: *mut u8, len: usize, access: Access) -> SharedBuffer {
        // SAFETY: live, size and border are the caller's contract.
        let range = unsafe { RawRange::new(buf, len, access) };
        // What was written before the memory was handed over is seen.
        ordering::acquire_writes();
        Self {
            range,
            release: None,
        }
    }

    /// The same for a buffer that owns its memory: `release` is called with `buf` and `len`
    /// when the buffer is dropped, once, by whoever holds it then.
    ///
    /// # Safety
    ///
    /// As [`with_access`](Self::with_access), and `release(buf, len)` may be called once, at
    /// any time from then on, by any thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use shared_buffer::{Access, SharedBuffer};
    ///
    /// unsafe fn free(ptr: *mut u8, len: usize) {
    ///     let slice = core::ptr::slice_from_raw_parts_mut(ptr, len);
    ///     // SAFETY: `ptr` and `len` are those of the box below, and this is called once.
    ///     drop(unsafe { Box::from_raw(slice) });
    /// }
    /// let ptr = Box::into_raw(vec![0u8; 16].into_boxed_slice()).cast::<u8>();
    /// // SAFETY: the box was given up, so 16 bytes are there that nothing else knows.
    /// let buffer = unsafe { SharedBuffer::with_release(ptr, 16, Access::READ_WRITE, free) };
    /// drop(buffer); // calls `free`
    /// ```
    #[inline]
    #[must_use]
    pub unsafe fn with_release(
        buf: *mut u8,
        len: usize,
        access: Access,
        release: unsafe fn(*mut u8, usize),
    ) -> SharedBuffer {
        // SAFETY: the caller's contract.
        let mut buffer = unsafe { Self::with_access(buf, len, access) };
        buffer.release = Some(release);
        buffer
    }

    /// Whether `release` is what will be called when the buffer is dropped.
    ///
    /// An owner that knows the function can [`consume`](Self::consume) the buffer and call it
    /// directly, which is faster than through a pointer just after a system call. `false` is
    /// no proof: one function can have several addresses.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::{Access, SharedBuffer};
    /// unsafe fn nothing(_: *mut u8, _: usize) {}
    /// let release: unsafe fn(*mut u8, usize) = nothing;
    /// # let mut bytes = [0; 4];
    /// // SAFETY: four bytes are there, and releasing them does nothing.
    /// let buffer =
    ///     unsafe { SharedBuffer::with_release(bytes.as_mut_ptr(), 4, Access::READ, release) };
    /// assert!(buffer.is_released_by(release));
    /// ```
    #[inline]
    #[must_use]
    pub fn is_released_by(&self, release: unsafe fn(*mut u8, usize)) -> bool {
        self.release
            .is_some_and(|own| core::ptr::fn_addr_eq(own, release))
    }

    read_methods!();
    write_methods!();
    read_only_atomic_methods!('_);
    atomic_methods!('_);

    /// A read-only view of a part.
    ///
    /// # Panics
    ///
    /// If the range is not inside the buffer, or ends before it starts.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let mut copy = [0; 3];
    /// buffer.slice(4..=6).read(&mut copy);
    /// assert_eq!(&copy, b"456");
    /// ```
    #[inline]
    #[track_caller]
    pub fn slice<'a, R: RangeBounds<usize>>(&'a self, range: R) -> SharedBufferSlice<'a> {
        or_panic(self.try_slice(range))
    }

    /// [`slice`](Self::slice) with an error where that panics.
    ///
    /// # Errors
    ///
    /// [`AccessError::OutOfBounds`] if the range is not inside the buffer,
    /// [`AccessError::Reversed`] if it ends before it starts.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert_eq!(buffer.try_slice(..10)?.len(), 10);
    /// assert!(buffer.try_slice(..=usize::MAX).is_err());
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn try_slice<'a, R: RangeBounds<usize>>(
        &'a self,
        range: R,
    ) -> Result<SharedBufferSlice<'a>, AccessError> {
        Ok(SharedBufferSlice::new(self.range.slice(range)?))
    }

    /// A writable view of a part.
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
    /// buffer.slice_mut(8..).write(b"xy");
    /// let mut copy = [0; 4];
    /// buffer.read_at(6, &mut copy);
    /// assert_eq!(&copy, b"67xy");
    /// ```
    #[inline]
    #[track_caller]
    pub fn slice_mut<'a, R: RangeBounds<usize>>(
        &'a mut self,
        range: R,
    ) -> SharedBufferSliceMut<'a> {
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
    /// assert!(buffer.try_slice_mut(8..11).is_err());
    /// ```
    #[inline]
    pub fn try_slice_mut<'a, R: RangeBounds<usize>>(
        &'a mut self,
        range: R,
    ) -> Result<SharedBufferSliceMut<'a>, AccessError> {
        Ok(SharedBufferSliceMut::new(self.range.slice(range)?))
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
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let (left, right) = buffer.split_at(4);
    /// assert_eq!((left.len(), right.len()), (4, 6));
    /// ```
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn split_at<'a>(&'a self, idx: usize) -> (SharedBufferSlice<'a>, SharedBufferSlice<'a>) {
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
    /// assert!(buffer.try_split_at(10).is_ok() && buffer.try_split_at(11).is_err());
    /// ```
    #[inline]
    pub fn try_split_at<'a>(
        &'a self,
        idx: usize,
    ) -> Result<(SharedBufferSlice<'a>, SharedBufferSlice<'a>), AccessError> {
        let (left, right) = self.range.split_at(idx)?;
        Ok((SharedBufferSlice::new(left), SharedBufferSlice::new(right)))
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
    /// let (header, body) = buffer.split_at_mut(4);
    /// body.write(b"body");
    /// header.write(b"head");
    /// ```
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn split_at_mut<'a>(
        &'a mut self,
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
    /// assert!(buffer.try_split_at_mut(11).is_err());
    /// ```
    #[inline]
    pub fn try_split_at_mut<'a>(
        &'a mut self,
        idx: usize,
    ) -> Result<(SharedBufferSliceMut<'a>, SharedBufferSliceMut<'a>), AccessError> {
        let (left, right) = self.range.split_at(idx)?;
        Ok((
            SharedBufferSliceMut::new(left),
            SharedBufferSliceMut::new(right),
        ))
    }

    /// The address and the length. Safe: an address is a number until somebody uses it.
    ///
    /// What holds for the bytes holds for whoever uses the address: other processes may be
    /// changing them, so no reference to them and no plain access. It is good for as long as
    /// the buffer lives.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # let start = bytes.as_mut_ptr();
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let mut buffer = unsafe { SharedBuffer::new(start, bytes.len()) };
    /// assert_eq!(buffer.as_ptr_len(), (start, 10));
    /// ```
    #[inline]
    #[must_use]
    pub fn as_ptr_len(&mut self) -> (*mut u8, usize) {
        (self.range.ptr(), self.range.len())
    }

    /// Gives the buffer up for its address and length. Nothing is unmapped, and a release
    /// function is not called: the memory is yours to release.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::SharedBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let (_ptr, len) = buffer.consume();
    /// assert_eq!(len, 10);
    /// ```
    #[inline]
    #[must_use = "the memory is yours to release now"]
    pub fn consume(self) -> (*mut u8, usize) {
        ordering::release_writes();
        ManuallyDrop::new(self).as_ptr_len()
    }
}

impl Drop for SharedBuffer {
    fn drop(&mut self) {
        // What was written is seen by whoever gets the memory next.
        ordering::release_writes();
        if let Some(release) = self.release {
            // SAFETY: release: the maker of the buffer allowed one call, and a value is
            // dropped once; nothing borrows from it any more.
            unsafe { release(self.range.ptr(), self.range.len()) };
        }
    }
}

impl fmt::Debug for SharedBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedBuffer").field(&self.range).finish()
    }
}
