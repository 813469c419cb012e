// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ReadOnlyBuffer`]: bytes that another process writes and this one can't.
#![allow(
    unsafe_code,
    reason = "an address becomes a buffer here, and is released here"
)]

use core::fmt;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::RangeBounds;

use crate::raw::{RawRange, as_uninit, initialised, or_panic};
use crate::{Access, AccessError, SharedBufferSlice, ordering};

/// A fixed range of bytes that another process may be changing, mapped read-only here.
///
/// It reads like a [`SharedBuffer`](crate::SharedBuffer) and has no method that writes, so
/// code that would write is an error of the compiler and not of the call. Views of it are
/// [`SharedBufferSlice`]s, like those of a buffer.
///
/// ```compile_fail,E0599
/// # fn consumer(buffer: &shared_buffer::ReadOnlyBuffer) {
/// buffer.write_at(0, b"no");
/// # }
/// ```
///
/// # Hostile peer
///
/// That nobody writes here says nothing about the others. What you check is your copy.
///
/// # Invariants
///
/// - **live**: the bytes are mapped, readable, until it is dropped or
///   [`consume`](Self::consume)d.
/// - **size**: the length fits in `isize`, and the range does not wrap around.
/// - **border**: no Rust reference points at the bytes, and only [`border`](crate::border)
///   touches them.
/// - **read-only**: the access of the range is [`Access::READ`], so nothing in this crate
///   writes through it.
/// - **release**: a buffer that was made with a release function calls it once, when it is
///   dropped, by whoever holds it then.
pub struct ReadOnlyBuffer {
    pub(crate) range: RawRange,
    release: Option<unsafe fn(*mut u8, usize)>,
}

// SAFETY: the buffer is an address; every access to the bytes tolerates any other access to
// them at the same time, from whatever thread or process.
unsafe impl Send for ReadOnlyBuffer {}
// SAFETY: as above.
unsafe impl Sync for ReadOnlyBuffer {}

impl ReadOnlyBuffer {
    /// Takes `len` bytes at `buf`, which somebody else unmaps, after the buffer is gone.
    ///
    /// # Safety
    ///
    /// - `buf .. buf + len` is mapped and readable until the buffer is dropped or consumed;
    ///   nobody can take it away, by truncating a file for example. It need not be writable.
    /// - Meanwhile no Rust reference to those bytes exists in this process, and nothing in it
    ///   touches them but this crate. (Rust memory of your own may stand in for shared
    ///   memory, in a test for example, on the same terms.)
    /// - `len` fits in `isize`, and the range does not wrap around.
    ///
    /// Where nothing is read, nothing has to be there: `buf` may be null or dangling.
    ///
    /// # Examples
    ///
    /// ```
    /// use shared_buffer::{Access, ReadOnlyBuffer};
    ///
    /// let mut bytes = [1, 2, 3];
    /// // SAFETY: three bytes are there; nothing else touches them while the buffer lives.
    /// let buffer = unsafe { ReadOnlyBuffer::new(bytes.as_mut_ptr(), 3) };
    /// assert_eq!(buffer.read_value::<u8>(2), Ok(3));
    /// assert_eq!(buffer.access(), Access::READ);
    /// ```
    #[inline]
    #[must_use]
    pub unsafe fn new(buf: *mut u8, len: usize) -> Self {
        // SAFETY: live, size and border are the caller's contract.
        let range = unsafe { RawRange::new(buf, len, Access::READ) };
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
    /// As [`new`](Self::new), and `release(buf, len)` may be called once, at any time from
    /// then on, by any thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use shared_buffer::ReadOnlyBuffer;
    ///
    /// unsafe fn free(ptr: *mut u8, len: usize) {
    ///     let slice = core::ptr::slice_from_raw_parts_mut(ptr, len);
    ///     // SAFETY: `ptr` and `len` are those of the box below, and this is called once.
    ///     drop(unsafe { Box::from_raw(slice) });
    /// }
    /// let ptr = Box::into_raw(vec![7u8; 16].into_boxed_slice()).cast::<u8>();
    /// // SAFETY: the box was given up, so 16 bytes are there that nothing else knows.
    /// let buffer = unsafe { ReadOnlyBuffer::with_release(ptr, 16, free) };
    /// assert_eq!(buffer.read_value::<[u8; 2]>(14), Ok([7, 7]));
    /// drop(buffer); // calls `free`
    /// ```
    #[inline]
    #[must_use]
    pub unsafe fn with_release(
        buf: *mut u8,
        len: usize,
        release: unsafe fn(*mut u8, usize),
    ) -> Self {
        // SAFETY: the caller's contract.
        let mut buffer = unsafe { Self::new(buf, len) };
        buffer.release = Some(release);
        buffer
    }

    read_methods!();
    read_only_atomic_methods!('_);

    /// A view of a part.
    ///
    /// # Panics
    ///
    /// If the range is not inside the buffer, or ends before it starts.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::ReadOnlyBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { ReadOnlyBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
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
    /// # use shared_buffer::ReadOnlyBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { ReadOnlyBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
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

    /// Two views: the first `idx` bytes, and the rest.
    ///
    /// # Panics
    ///
    /// If `idx` is more than [`len`](Self::len).
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::ReadOnlyBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { ReadOnlyBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
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
    /// # use shared_buffer::ReadOnlyBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { ReadOnlyBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// assert!(buffer.try_split_at(11).is_err());
    /// ```
    #[inline]
    pub fn try_split_at<'a>(
        &'a self,
        idx: usize,
    ) -> Result<(SharedBufferSlice<'a>, SharedBufferSlice<'a>), AccessError> {
        let (left, right) = self.range.split_at(idx)?;
        Ok((SharedBufferSlice::new(left), SharedBufferSlice::new(right)))
    }

    /// Gives the buffer up for its address and length. Nothing is unmapped, and a release
    /// function is not called: the memory is yours to release. It is still not writable.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::ReadOnlyBuffer;
    /// # let mut bytes = *b"0123456789";
    /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
    /// # let buffer = unsafe { ReadOnlyBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
    /// let (_ptr, len) = buffer.consume();
    /// assert_eq!(len, 10);
    /// ```
    #[inline]
    #[must_use = "the memory is yours to release now"]
    pub fn consume(self) -> (*mut u8, usize) {
        let buffer = ManuallyDrop::new(self);
        (buffer.range.ptr(), buffer.range.len())
    }
}

/// All of the buffer: where a call takes any shared bytes.
impl<'a> From<&'a ReadOnlyBuffer> for SharedBufferSlice<'a> {
    #[inline]
    fn from(buffer: &'a ReadOnlyBuffer) -> Self {
        Self::new(buffer.range)
    }
}

impl Drop for ReadOnlyBuffer {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: release: the maker of the buffer allowed one call, and a value is
            // dropped once; nothing borrows from it any more.
            unsafe { release(self.range.ptr(), self.range.len()) };
        }
    }
}

impl fmt::Debug for ReadOnlyBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadOnlyBuffer").field(&self.range).finish()
    }
}
