// SPDX-License-Identifier: MIT OR Apache-2.0
//! The block operations that read, for all four types: see [`block`](super).

macro_rules! block_read_methods {
    () => {
        /// Copies exactly `dst.len()` bytes, starting `offset` bytes into the buffer, to
        /// other shared memory. They never pass through private memory.
        ///
        /// The two may overlap: the result is that of a copy through a private buffer. To
        /// read into private memory, there is [`read_exact_at`](Self::read_exact_at).
        ///
        /// # Hostile peer
        ///
        /// What was copied was not checked, and a check before the copy says nothing about
        /// it. Where two mappings of one VMO overlap *in the VMO*, unspecified bytes are
        /// left: it is two addresses for the same bytes, and nobody can see that.
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if `offset + dst.len()` is more than
        /// [`len`](Self::len), or overflows; [`AccessError::Denied`] if the one does not
        /// permit reading or the other not writing. Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let (mut bytes, mut others) = (*b"from a peer", [0; 8]);
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// # // SAFETY: nothing else touches `others` while the buffer lives.
        /// # let mut other = unsafe { SharedBuffer::new(others.as_mut_ptr(), others.len()) };
        /// buffer.copy_to(7, other.slice_mut(..4))?;
        /// assert!(other.eq_at(0, b"peer\0\0\0\0")?);
        /// assert!(buffer.copy_to(7, &mut other).is_err(), "8 bytes are not there");
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn copy_to<'d>(
            &self,
            offset: usize,
            dst: impl Into<SharedBufferSliceMut<'d>>,
        ) -> Result<(), AccessError> {
            let dst = dst.into().range;
            // `Err` where the part is not there; the numbers are those of the source.
            self.range.readable(offset, dst.len())?;
            let end = offset.saturating_add(dst.len());
            dst.copy_from(0, self.range.slice(offset..end)?)
        }

        /// Copies the rows of a rectangle out to `dst`, where each starts `dst_pitch` bytes
        /// after the one before. For rows without gaps that is `rows.row_len`.
        ///
        /// # Hostile peer
        ///
        /// As [`read`](Self::read). All numbers may come from the peer: what they cost is
        /// bounded by the sizes of the buffer and of `dst`.
        ///
        /// # Errors
        ///
        /// - [`AccessError::Overlap`] if rows overlap, here or in `dst`.
        /// - [`AccessError::OutOfBounds`] if not all rows are in the buffer, or their extent
        ///   overflows.
        /// - [`AccessError::Length`] if `dst` is too small for them.
        /// - [`AccessError::Denied`] if the buffer does not permit reading.
        ///
        /// `dst` is untouched.
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
        /// # let mut bytes = *b"abc.def.ghi.";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let rows = Rows { offset: 1, pitch: 4, row_len: 2, rows: 3 };
        /// let mut copy = [0; 6];
        /// buffer.read_rows(rows, &mut copy, rows.row_len)?;
        /// assert_eq!(&copy, b"bcefhi");
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn read_rows(
            &self,
            rows: Rows,
            dst: &mut [u8],
            dst_pitch: usize,
        ) -> Result<(), AccessError> {
            self.range.read_rows(rows, dst, dst_pitch)
        }

        /// Copies bytes out to several places, one after the other: exactly as many as all
        /// of `dsts` hold, starting `offset` bytes into the buffer.
        ///
        /// # Hostile peer
        ///
        /// As [`read`](Self::read).
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if `offset` and the sum of the lengths is more than
        /// [`len`](Self::len), or overflows; [`AccessError::Denied`] if the buffer does not
        /// permit reading. All of `dsts` is untouched.
        ///
        /// # Cost
        ///
        /// One pass. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"headbody";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let (mut head, mut body) = ([0; 4], [0; 3]);
        /// buffer.read_vectored(0, &mut [&mut head, &mut body])?;
        /// assert_eq!((&head, &body), (b"head", b"bod"));
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn read_vectored(
            &self,
            offset: usize,
            dsts: &mut [&mut [u8]],
        ) -> Result<(), AccessError> {
            self.range.read_vectored(offset, dsts)
        }

        /// Whether the bytes from `offset` on are those of `other`.
        ///
        /// # Hostile peer
        ///
        /// It says what the bytes *were*. They may be others already: to use what you
        /// compared, copy it out and compare the copy.
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if `offset + other.len()` is more than
        /// [`len`](Self::len), or overflows; [`AccessError::Denied`] if the buffer does not
        /// permit reading.
        ///
        /// # Cost
        ///
        /// A copy to the stack, 4 KiB at a time, up to the first difference. It takes longer
        /// the more is equal: no comparison for secrets.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert!(buffer.eq_at(7, b"peer")?);
        /// assert!(buffer.eq_at(8, b"peer").is_err());
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn eq_at(&self, offset: usize, other: &[u8]) -> Result<bool, AccessError> {
            Ok(self.range.compare_at(offset, other)?.is_eq())
        }

        /// How the bytes from `offset` on compare with `other`: as two slices of
        /// `other.len()` bytes do.
        ///
        /// # Hostile peer
        ///
        /// As [`eq_at`](Self::eq_at).
        ///
        /// # Errors
        ///
        /// As [`eq_at`](Self::eq_at).
        ///
        /// # Cost
        ///
        /// As [`eq_at`](Self::eq_at).
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert!(buffer.compare_at(7, b"pear")?.is_gt());
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn compare_at(&self, offset: usize, other: &[u8]) -> Result<Ordering, AccessError> {
            self.range.compare_at(offset, other)
        }

        /// Where the first byte with the value `byte` is in a part, in bytes from the start
        /// of the buffer.
        ///
        /// # Hostile peer
        ///
        /// It says where the byte *was*. It need not be there when you look.
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if the part is not inside the buffer,
        /// [`AccessError::Reversed`] if it ends before it starts, [`AccessError::Denied`] if
        /// the buffer does not permit reading.
        ///
        /// # Cost
        ///
        /// A copy to the stack, 4 KiB at a time, up to the byte.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"name\0more\0";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert_eq!(buffer.find_byte(.., 0)?, Some(4));
        /// assert_eq!(buffer.find_byte(5.., 0)?, Some(9));
        /// assert_eq!(buffer.find_byte(..4, 0)?, None);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn find_byte(
            &self,
            part: impl RangeBounds<usize>,
            byte: u8,
        ) -> Result<Option<usize>, AccessError> {
            self.range.find_byte(part, byte)
        }

        /// Where `needle` is first in a part, in bytes from the start of the buffer. An empty
        /// one is at the start of the part.
        ///
        /// # Hostile peer
        ///
        /// As [`find_byte`](Self::find_byte). Up to 128 bytes of `needle` are searched for in
        /// one pass, and no bytes of a peer's make that take longer. A longer one is compared
        /// apart wherever its first 128 bytes are, which a peer can make happen often.
        ///
        /// # Errors
        ///
        /// As [`find_byte`](Self::find_byte).
        ///
        /// # Cost
        ///
        /// A copy to the stack, 4 KiB at a time, and a few instructions for each byte.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"GET / HTTP/1.1\r\n\r\n";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert_eq!(buffer.find(.., b"\r\n\r\n")?, Some(14));
        /// assert_eq!(buffer.find(15.., b"\r\n\r\n")?, None);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn find(
            &self,
            part: impl RangeBounds<usize>,
            needle: &[u8],
        ) -> Result<Option<usize>, AccessError> {
            self.range.find(part, needle)
        }

        /// The address, for those who are no Rust code: the kernel (`io_uring`, `KVM`,
        /// `VFIO`, `writev`), a device, a GPU upload.
        ///
        /// # Hostile peer
        ///
        /// The bytes may change while they are used, there too. What was checked here was
        /// not checked there.
        ///
        /// # Safety
        ///
        /// You answer for everyone who gets the address, for as long as they have it:
        ///
        /// - It is used no longer than the buffer lives (a slice: than the buffer that it is
        ///   of), for [`len`](Self::len) bytes at most, and only for what
        ///   [`access`](Self::access) permits. A read that a device was asked for and has not
        ///   finished is a use.
        /// - No Rust reference to the bytes is made of it, not for one instruction, and no
        ///   Rust code reads through it, except [`border`](crate::border).
        /// - C code that reads through it reads each byte once, and works on the copy.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// // SAFETY: handed to nobody.
        /// let address = unsafe { buffer.as_shared_ptr() };
        /// assert!(!address.is_null());
        /// ```
        #[inline]
        #[must_use]
        pub const unsafe fn as_shared_ptr(&self) -> *const u8 {
            self.range.ptr().cast_const()
        }
    };
}
