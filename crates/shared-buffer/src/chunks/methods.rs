// SPDX-License-Identifier: MIT OR Apache-2.0
//! The methods for chunks and records, written once for the types that have them.

use core::ops::{ControlFlow, RangeBounds};

use super::{CHUNK_LEN, Chunks, Records, Rest, Scratch};
use crate::{
    AccessError, ReadOnlyBuffer, SharedBuffer, SharedBufferSlice, SharedBufferSliceMut, Value,
};

/// What can be read: all four types. `$borrow` is for how long the buffer is borrowed, which
/// is longer than a view of it lives.
macro_rules! read_chunks {
    ($borrow:lifetime) => {
        /// Calls `f` with a private copy of each chunk of a part of the buffer, in order. All
        /// chunks but the last have [`CHUNK_LEN`](crate::CHUNK_LEN) bytes; an empty part has
        /// none.
        ///
        /// # Hostile peer
        ///
        /// `f` gets copies that nobody can change. Each byte is copied once; two chunks need
        /// not belong to the same moment.
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if the range is not inside the buffer,
        /// [`AccessError::Reversed`] if it ends before it starts, [`AccessError::Denied`] if
        /// the buffer does not permit reading. `f` is not called.
        ///
        /// # Cost
        ///
        /// One pass, through [`CHUNK_LEN`](crate::CHUNK_LEN) bytes of stack. No allocation,
        /// no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut sum = 0u64;
        /// buffer.for_each_chunk(7.., |chunk| {
        ///     sum += chunk.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        /// })?;
        /// assert_eq!(sum, 428); // p + e + e + r
        /// assert!(buffer.for_each_chunk(7..12, |_| unreachable!()).is_err());
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn for_each_chunk<R: RangeBounds<usize>, F: FnMut(&[u8])>(
            &self,
            range: R,
            mut f: F,
        ) -> Result<(), AccessError> {
            let mut rest = Rest::new(self.range, range)?;
            let mut scratch = Scratch::<CHUNK_LEN>::new();
            while let Some(chunk) = rest.read(&mut scratch.0) {
                f(chunk);
            }
            Ok(())
        }

        /// [`for_each_chunk`](Self::for_each_chunk) that ends when `f` breaks, with what it
        /// broke with.
        ///
        /// # Errors
        ///
        /// As [`for_each_chunk`](Self::for_each_chunk).
        ///
        /// # Examples
        ///
        /// ```
        /// # use core::ops::ControlFlow;
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"a string\0and more";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut before = 0;
        /// let end = buffer.try_for_each_chunk(.., |chunk| {
        ///     match chunk.iter().position(|byte| *byte == 0) {
        ///         Some(idx) => return ControlFlow::Break(before + idx),
        ///         None => before += chunk.len(),
        ///     }
        ///     ControlFlow::Continue(())
        /// })?;
        /// assert_eq!(end, ControlFlow::Break(8));
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn try_for_each_chunk<B, R, F>(
            &self,
            range: R,
            mut f: F,
        ) -> Result<ControlFlow<B>, AccessError>
        where
            R: RangeBounds<usize>,
            F: FnMut(&[u8]) -> ControlFlow<B>,
        {
            let mut rest = Rest::new(self.range, range)?;
            let mut scratch = Scratch::<CHUNK_LEN>::new();
            while let Some(chunk) = rest.read(&mut scratch.0) {
                if let ControlFlow::Break(value) = f(chunk) {
                    return Ok(ControlFlow::Break(value));
                }
            }
            Ok(ControlFlow::Continue(()))
        }

        /// A part of the buffer a chunk at a time, each copied into `scratch`, whose length is
        /// that of a chunk.
        ///
        /// Some KiB are best: much less, and each chunk costs a call; more than the
        /// first-level cache, and each byte goes through memory twice.
        ///
        /// # Errors
        ///
        /// As [`for_each_chunk`](Self::for_each_chunk), and [`AccessError::Length`] if `scratch`
        /// is empty. `scratch` is untouched.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = *b"from a peer";
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let mut scratch = [0; 4];
        /// let mut chunks = buffer.chunks(.., &mut scratch)?;
        /// while let Some(chunk) = chunks.next_chunk() {
        ///     chunk.make_ascii_uppercase(); // it is ours
        ///     println!("{chunk:?}");
        /// }
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn chunks<'s, R: RangeBounds<usize>>(
            &self,
            range: R,
            scratch: &'s mut [u8],
        ) -> Result<Chunks<$borrow, 's>, AccessError> {
            Chunks::new(self.range, range, scratch)
        }

        /// The values of type `T` that lie one after the other in a part of the buffer, each
        /// as a copy. Bytes at the end that are too few for one are left out: see
        /// [`bytes_over`](Records::bytes_over).
        ///
        /// # Hostile peer
        ///
        /// As [`for_each_chunk`](Self::for_each_chunk). A record is not read in one piece,
        /// aligned or not: where that matters, use [`read_value`](Self::read_value).
        ///
        /// # Errors
        ///
        /// As [`for_each_chunk`](Self::for_each_chunk).
        ///
        /// # Cost
        ///
        /// One pass. No allocation, no system call. The methods that consume the iterator
        /// (`sum`, `fold`, `for_each`) are faster than a `for` loop, since compilers can
        /// vectorise them.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [1, 2, 3, 4, 5, 6, 7];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let pairs = buffer.records::<[u8; 2]>(1..)?;
        /// assert!(pairs.eq([[2, 3], [4, 5], [6, 7]]));
        /// let numbers = buffer.records::<u16>(..)?.map(u16::from_le);
        /// assert_eq!(numbers.map(u32::from).sum::<u32>(), 0x201 + 0x403 + 0x605);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn records<T: Value>(
            &self,
            range: impl RangeBounds<usize>,
        ) -> Result<Records<$borrow, T>, AccessError> {
            // SAFETY: any bytes are a valid number.
            unsafe { Records::new(self.range, range) }
        }
    };
}

impl SharedBuffer {
    read_chunks!('_);
}

impl ReadOnlyBuffer {
    read_chunks!('_);
}

impl<'a> SharedBufferSlice<'a> {
    read_chunks!('a);
}

impl<'a> SharedBufferSliceMut<'a> {
    read_chunks!('a);
}
