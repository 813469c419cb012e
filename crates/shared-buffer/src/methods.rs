// SPDX-License-Identifier: MIT OR Apache-2.0
//! The methods that the two buffers and the two kinds of slice share, written once.
//!
//! Each type has a `range: RawRange`, and its own methods for who owns what. These macros are
//! used inside their `impl` blocks, so that the methods are inherent, as in the seed.

/// What can be read: all four types.
macro_rules! read_methods {
    () => {
        /// Copies bytes out from the start: as many as there are, at most `dst.len()`.
        /// Returns how many.
        ///
        /// # Hostile peer
        ///
        /// The bytes are a snapshot of no single moment: a peer that writes during the copy
        /// can leave old and new bytes side by side. Check `dst`, never the buffer.
        ///
        /// # Panics
        ///
        /// If the buffer does not permit reading.
        ///
        /// # Cost
        ///
        /// One pass over what is copied. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// use shared_buffer::SharedBuffer;
        ///
        /// let mut bytes = *b"from a peer";
        /// // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut copy = [0; 4];
        /// assert_eq!(buffer.read(&mut copy), 4);
        /// assert_eq!(&copy, b"from");
        /// assert_eq!(buffer.slice(7..).read(&mut copy), 4);
        /// assert_eq!(&copy, b"peer");
        /// ```
        #[inline(always)]
        #[track_caller]
        pub fn read(&self, dst: &mut [u8]) -> usize {
            self.read_at(0, dst)
        }

        /// Copies bytes out from `offset`: as many as there are, at most `dst.len()`.
        /// Returns how many. At the very end that is none.
        ///
        /// # Hostile peer
        ///
        /// As [`read`](Self::read). For an offset that a peer gave you, use
        /// [`try_read_at`](Self::try_read_at): this one panics.
        ///
        /// # Panics
        ///
        /// If `offset` is more than [`len`](Self::len), or the buffer does not permit reading.
        ///
        /// # Cost
        ///
        /// One pass over what is copied. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut copy = [0; 64];
        /// assert_eq!(buffer.read_at(7, &mut copy), 4);
        /// assert_eq!(&copy[..4], b"peer");
        /// assert_eq!(buffer.read_at(11, &mut copy), 0);
        /// ```
        #[inline(always)]
        #[track_caller]
        pub fn read_at(&self, offset: usize, dst: &mut [u8]) -> usize {
            or_panic(self.try_read_at(offset, dst))
        }

        /// [`read_at`](Self::read_at) with an error where that panics.
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if `offset` is more than [`len`](Self::len),
        /// [`AccessError::Denied`] if the buffer does not permit reading. `dst` is untouched.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut copy = [0; 64];
        /// assert_eq!(buffer.try_read_at(7, &mut copy), Ok(4));
        /// assert!(buffer.try_read_at(12, &mut copy).is_err());
        /// ```
        #[inline(always)]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn try_read_at(&self, offset: usize, dst: &mut [u8]) -> Result<usize, AccessError> {
            // SAFETY: a copy only initialises.
            self.range.read_at(offset, unsafe { as_uninit(dst) })
        }

        /// Copies exactly `dst.len()` bytes, starting `offset` bytes into the buffer.
        ///
        /// # Hostile peer
        ///
        /// As [`read`](Self::read).
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if `offset + dst.len()` is more than
        /// [`len`](Self::len), or overflows; [`AccessError::Denied`] if the buffer does not
        /// permit reading. `dst` is untouched.
        ///
        /// # Cost
        ///
        /// One pass over `dst`. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut header = [0; 8];
        /// buffer.read_exact_at(3, &mut header)?;
        /// assert_eq!(&header, b"m a peer");
        /// assert!(buffer.read_exact_at(4, &mut header).is_err());
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline(always)]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn read_exact_at(&self, offset: usize, dst: &mut [u8]) -> Result<(), AccessError> {
            // SAFETY: a copy only initialises.
            self.range.read_exact_at(offset, unsafe { as_uninit(dst) })
        }

        /// [`read_at`](Self::read_at) into memory that need not be initialised. Returns the
        /// part of it that now is.
        ///
        /// # Panics
        ///
        /// As [`read_at`](Self::read_at).
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut room = [core::mem::MaybeUninit::uninit(); 64];
        /// assert_eq!(buffer.read_uninit_at(5, &mut room), b"a peer");
        /// ```
        #[inline(always)]
        #[track_caller]
        pub fn read_uninit_at<'d>(
            &self,
            offset: usize,
            dst: &'d mut [MaybeUninit<u8>],
        ) -> &'d mut [u8] {
            or_panic(self.try_read_uninit_at(offset, dst))
        }

        /// [`try_read_at`](Self::try_read_at) into memory that need not be initialised.
        /// Returns the part of it that now is.
        ///
        /// # Errors
        ///
        /// As [`try_read_at`](Self::try_read_at).
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut room = [core::mem::MaybeUninit::uninit(); 4];
        /// assert_eq!(buffer.try_read_uninit_at(7, &mut room)?, b"peer");
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn try_read_uninit_at<'d>(
            &self,
            offset: usize,
            dst: &'d mut [MaybeUninit<u8>],
        ) -> Result<&'d mut [u8], AccessError> {
            let len = self.range.read_at(offset, dst)?;
            // SAFETY: the copy initialised `len` bytes, which fit.
            Ok(unsafe { initialised(dst, len) })
        }

        /// [`read_exact_at`](Self::read_exact_at) into memory that need not be initialised.
        /// Returns all of it.
        ///
        /// # Errors
        ///
        /// As [`read_exact_at`](Self::read_exact_at).
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut room = [core::mem::MaybeUninit::uninit(); 4];
        /// assert_eq!(buffer.read_exact_uninit_at(0, &mut room)?, b"from");
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn read_exact_uninit_at<'d>(
            &self,
            offset: usize,
            dst: &'d mut [MaybeUninit<u8>],
        ) -> Result<&'d mut [u8], AccessError> {
            self.range.read_exact_at(offset, dst)?;
            let len = dst.len();
            // SAFETY: the copy initialised all of `dst`.
            Ok(unsafe { initialised(dst, len) })
        }

        /// Makes what the peer wrote before its signal visible to reads after this call.
        ///
        /// Call it when the signal has arrived, before you read. See
        /// [`ordering`](crate::ordering).
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// // … the signal has arrived …
        /// buffer.acquire_writes();
        /// buffer.read(&mut [0; 11]);
        /// ```
        #[inline]
        pub fn acquire_writes(&self) {
            ordering::acquire_writes();
        }

        /// How many bytes there are.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert_eq!(buffer.len(), 11);
        /// assert_eq!(buffer.slice(2..5).len(), 3);
        /// ```
        #[inline]
        #[must_use]
        pub const fn len(&self) -> usize {
            self.range.len()
        }

        /// Whether there are no bytes at all.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert!(!buffer.is_empty() && buffer.slice(11..).is_empty());
        /// ```
        #[inline]
        #[must_use]
        pub const fn is_empty(&self) -> bool {
            self.range.len() == 0
        }

        /// What may be done with the bytes.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::{Access, SharedBuffer};
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert_eq!(buffer.access(), Access::READ_WRITE);
        /// ```
        #[inline]
        #[must_use]
        pub const fn access(&self) -> Access {
            self.range.access()
        }
    };
}

/// What can be written: the buffer and its writable slice.
macro_rules! write_methods {
    () => {
        /// Copies bytes in from the start: as many as fit, at most `src.len()`. Returns how
        /// many.
        ///
        /// It takes `&self`: the memory is shared already, with somebody who does not ask.
        ///
        /// # Hostile peer
        ///
        /// A peer that reads meanwhile can see old and new bytes side by side, one that
        /// writes can change them back. A byte may be stored more than once.
        ///
        /// # Panics
        ///
        /// If the buffer does not permit writing.
        ///
        /// # Cost
        ///
        /// One pass over what is copied. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert_eq!(buffer.write(b"hello"), 5);
        /// assert_eq!(buffer.slice_mut(6..).write(b"world"), 2);
        /// ```
        #[inline(always)]
        #[track_caller]
        pub fn write(&self, src: &[u8]) -> usize {
            self.write_at(0, src)
        }

        /// Copies bytes in from `offset`: as many as fit, at most `src.len()`. Returns how
        /// many. At the very end that is none.
        ///
        /// # Hostile peer
        ///
        /// As [`write`](Self::write). For an offset that a peer gave you, use
        /// [`try_write_at`](Self::try_write_at): this one panics.
        ///
        /// # Panics
        ///
        /// If `offset` is more than [`len`](Self::len), or the buffer does not permit writing.
        ///
        /// # Cost
        ///
        /// One pass over what is copied. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert_eq!(buffer.write_at(6, b"hello"), 2);
        /// assert_eq!(buffer.write_at(8, b"hello"), 0);
        /// ```
        #[inline(always)]
        #[track_caller]
        pub fn write_at(&self, offset: usize, src: &[u8]) -> usize {
            or_panic(self.try_write_at(offset, src))
        }

        /// [`write_at`](Self::write_at) with an error where that panics.
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if `offset` is more than [`len`](Self::len),
        /// [`AccessError::Denied`] if the buffer does not permit writing. Nothing is written.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert_eq!(buffer.try_write_at(6, b"hello"), Ok(2));
        /// assert!(buffer.try_write_at(9, b"hello").is_err());
        /// ```
        #[inline(always)]
        pub fn try_write_at(&self, offset: usize, src: &[u8]) -> Result<usize, AccessError> {
            self.range.write_at(offset, src)
        }

        /// Copies all of `src` in, starting `offset` bytes into the buffer.
        ///
        /// # Hostile peer
        ///
        /// As [`write`](Self::write).
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if `offset + src.len()` is more than
        /// [`len`](Self::len), or overflows; [`AccessError::Denied`] if the buffer does not
        /// permit writing. Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass over `src`. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.write_all_at(3, b"hello")?;
        /// assert!(buffer.write_all_at(4, b"hello").is_err());
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline(always)]
        pub fn write_all_at(&self, offset: usize, src: &[u8]) -> Result<(), AccessError> {
            self.range.write_all_at(offset, src)
        }

        /// Makes what was written before this call visible to a peer that sees a signal sent
        /// after it.
        ///
        /// Call it when you have written, before you signal. See
        /// [`ordering`](crate::ordering). [`publish_writes`](Self::publish_writes) is the
        /// same through `&self`.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let mut buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.write(b"ready");
        /// buffer.release_writes();
        /// // … now the signal …
        /// ```
        #[inline]
        pub fn release_writes(&mut self) {
            ordering::release_writes();
        }

        /// [`release_writes`](Self::release_writes) through `&self`: for a buffer that
        /// several owners hold, as in an `Arc`.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.write(b"ready");
        /// buffer.publish_writes();
        /// // … now the signal …
        /// ```
        #[inline]
        pub fn publish_writes(&self) {
            ordering::release_writes();
        }
    };
}
