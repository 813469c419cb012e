// SPDX-License-Identifier: MIT OR Apache-2.0
//! The block operations that write, for the buffer and its writable slice: see
//! [`block`](super).

macro_rules! block_write_methods {
    () => {
        /// Sets all bytes of a part to `value`.
        ///
        /// # Hostile peer
        ///
        /// As [`write`](Self::write): the peer can see some of it, and undo it.
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if the part is not inside the buffer,
        /// [`AccessError::Reversed`] if it ends before it starts, [`AccessError::Denied`] if
        /// the buffer does not permit writing. Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass, as a `memset`. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.fill(5..7, b'_')?;
        /// assert!(buffer.eq_at(0, b"from __peer")?);
        /// assert!(buffer.fill(5..12, 0).is_err());
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn fill(&self, part: impl RangeBounds<usize>, value: u8) -> Result<(), AccessError> {
            self.range.fill(part, value)
        }

        /// Copies all of `src`, which is shared memory as well, to `offset`. The bytes never
        /// pass through private memory.
        ///
        /// A source is a buffer or one of the two kinds of slice. It may overlap: the result
        /// is that of a copy through a private buffer.
        ///
        /// # Hostile peer
        ///
        /// As [`copy_to`](Self::copy_to).
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if `offset + src.len()` is more than
        /// [`len`](Self::len), or overflows; [`AccessError::Denied`] if the one does not
        /// permit writing or the other not reading. Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let (mut bytes, mut others) = ([b'-'; 8], *b"other");
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// # // SAFETY: nothing else touches `others` while the buffer lives.
        /// # let other = unsafe { SharedBuffer::new(others.as_mut_ptr(), others.len()) };
        /// buffer.copy_from(0, &other)?;
        /// buffer.copy_from(6, other.slice(3..))?;
        /// assert!(buffer.eq_at(0, b"other-er")?);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn copy_from<'s>(
            &self,
            offset: usize,
            src: impl Into<SharedBufferSlice<'s>>,
        ) -> Result<(), AccessError> {
            self.range.copy_from(offset, src.into().range)
        }

        /// Copies a part to another place in the buffer, `offset` bytes from its start. The
        /// two may overlap.
        ///
        /// # Hostile peer
        ///
        /// As [`copy_to`](Self::copy_to).
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if the part, or the place that it goes to, is not
        /// inside the buffer; [`AccessError::Reversed`] if the part ends before it starts;
        /// [`AccessError::Denied`] if the buffer does not permit both. Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"abcdef";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.copy_within(..4, 2)?;
        /// assert!(buffer.eq_at(0, b"ababcd")?);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn copy_within(
            &self,
            part: impl RangeBounds<usize>,
            offset: usize,
        ) -> Result<(), AccessError> {
            self.range.copy_from(offset, self.range.slice(part)?)
        }

        /// Copies the rows of a rectangle in from `src`, where each starts `src_pitch` bytes
        /// after the one before. What is between the rows in the buffer is left alone.
        ///
        /// # Hostile peer
        ///
        /// As [`write`](Self::write). All numbers may come from the peer: what they cost is
        /// bounded by the sizes of the buffer and of `src`.
        ///
        /// # Errors
        ///
        /// - [`AccessError::Overlap`] if rows overlap, here or in `src`.
        /// - [`AccessError::OutOfBounds`] if not all rows are in the buffer, or their extent
        ///   overflows.
        /// - [`AccessError::Length`] if `src` has not all of them.
        /// - [`AccessError::Denied`] if the buffer does not permit writing.
        ///
        /// Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass over the rows. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// use shared_buffer::Rows;
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"............";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let rows = Rows { offset: 1, pitch: 4, row_len: 2, rows: 3 };
        /// buffer.write_rows(rows, b"bcefhi", 2)?;
        /// assert!(buffer.eq_at(0, b".bc..ef..hi.")?);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        pub fn write_rows(
            &self,
            rows: Rows,
            src: &[u8],
            src_pitch: usize,
        ) -> Result<(), AccessError> {
            self.range.write_rows(rows, src, src_pitch)
        }

        /// Sets all bytes in the rows of a rectangle to `value`. What is between the rows is
        /// left alone.
        ///
        /// # Hostile peer
        ///
        /// As [`write_rows`](Self::write_rows).
        ///
        /// # Errors
        ///
        /// [`AccessError::Overlap`] if rows overlap, [`AccessError::OutOfBounds`] if not all
        /// are in the buffer, or their extent overflows, [`AccessError::Denied`] if the
        /// buffer does not permit writing. Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass over the rows. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// use shared_buffer::Rows;
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"............";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let rows = Rows { offset: 1, pitch: 4, row_len: 2, rows: 3 };
        /// buffer.fill_rows(rows, b'#')?;
        /// assert!(buffer.eq_at(0, b".##..##..##.")?);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        pub fn fill_rows(&self, rows: Rows, value: u8) -> Result<(), AccessError> {
            self.range.fill_rows(rows, value)
        }

        /// Copies bytes in from several places, one after the other: all of `srcs`, starting
        /// `offset` bytes into the buffer.
        ///
        /// # Hostile peer
        ///
        /// As [`write`](Self::write).
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if `offset` and the sum of the lengths is more than
        /// [`len`](Self::len), or overflows; [`AccessError::Denied`] if the buffer does not
        /// permit writing. Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [b'.'; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.write_vectored(0, &[b"head", b"bod"])?;
        /// assert!(buffer.eq_at(0, b"headbod.")?);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        pub fn write_vectored(&self, offset: usize, srcs: &[&[u8]]) -> Result<(), AccessError> {
            self.range.write_vectored(offset, srcs)
        }

        /// [`write_all_at`](Self::write_all_at) past the caches, for much data that nobody on
        /// this machine's processors reads soon: frames for a device, a file that is built.
        ///
        /// # Hostile peer
        ///
        /// As [`write`](Self::write).
        ///
        /// # Ordering
        ///
        /// As [`write_all_at`](Self::write_all_at): the fences that non-temporal stores need
        /// are inside.
        ///
        /// # Errors
        ///
        /// As [`write_all_at`](Self::write_all_at). Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass. Two thirds of the time of `write_all_at` where `src` is larger than the
        /// caches (8 MiB and more, on the machine where it was measured), up to 17 times
        /// as much where it is smaller. Who reads the bytes next gets them from memory.
        /// Processors other than x86-64 make no difference.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.write_streaming(2, b"frame")?;
        /// assert!(buffer.eq_at(0, b"\0\0frame\0")?);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn write_streaming(&self, offset: usize, src: &[u8]) -> Result<(), AccessError> {
            self.range.write_streaming(offset, src)
        }

        /// [`as_shared_ptr`](Self::as_shared_ptr) for those who write.
        ///
        /// # Hostile peer
        ///
        /// As there.
        ///
        /// # Safety
        ///
        /// As there, and no Rust code writes through it, except [`border`](crate::border).
        /// What the kernel or a device writes is a peer's write: read it as such.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// // SAFETY: handed to nobody but `border`, for 5 of the 8 bytes.
        /// unsafe {
        ///     let address = buffer.as_shared_mut_ptr();
        ///     shared_buffer::border::fill(address, b'x', 5);
        /// }
        /// assert!(buffer.eq_at(0, b"xxxxx\0\0\0")?);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[must_use]
        pub const unsafe fn as_shared_mut_ptr(&self) -> *mut u8 {
            self.range.ptr()
        }
    };
}
