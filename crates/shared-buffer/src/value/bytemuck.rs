// SPDX-License-Identifier: MIT OR Apache-2.0
//! The feature `bytemuck`: types of your own, vouched for by that crate's derives.

use core::ops::RangeBounds;

use ::bytemuck::{AnyBitPattern, NoUninit};

use crate::{
    AccessError, ReadOnlyBuffer, Records, SharedBuffer, SharedBufferSlice, SharedBufferSliceMut,
};

/// What can be read: all four types. `$borrow` is for how long the buffer is borrowed, which
/// is longer than a view of it lives.
macro_rules! read_pod {
    ($borrow:lifetime) => {
        /// The `T` at `offset`, for any type that is valid whatever its bytes are: plain old
        /// data, and what `bytemuck` calls `AnyBitPattern`.
        ///
        /// # Hostile peer
        ///
        /// As [`read_value`](Self::read_value): in one piece if it is 1, 2, 4 or (where a
        /// pointer has 8) 8 bytes at a multiple of its size. The fields of a larger one need
        /// not belong together.
        ///
        /// # Errors
        ///
        /// As [`read_value`](Self::read_value).
        ///
        /// # Cost
        ///
        /// One pass over the bytes of a `T`. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// use shared_buffer::SharedBuffer;
        ///
        /// #[derive(Clone, Copy, bytemuck::AnyBitPattern)]
        /// #[repr(C)]
        /// struct Header {
        ///     kind: u16,
        ///     flags: [u8; 2],
        ///     len: u32,
        /// }
        /// # let mut bytes = [1, 1, 2, 3, 4, 4, 4, 4];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let header: Header = buffer.read_pod(0)?;
        /// assert_eq!((header.kind, header.flags, header.len), (0x101, [2, 3], 0x404_0404));
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn read_pod<T: AnyBitPattern>(&self, offset: usize) -> Result<T, AccessError> {
            // SAFETY: `AnyBitPattern`: any bytes are a valid `T`.
            unsafe { self.range.read_any(offset) }
        }

        /// [`records`](Self::records) of any type that is valid whatever its bytes are.
        ///
        /// # Errors
        ///
        /// As [`records`](Self::records).
        ///
        /// # Examples
        ///
        /// ```
        /// use shared_buffer::SharedBuffer;
        ///
        /// #[derive(Clone, Copy, bytemuck::AnyBitPattern)]
        /// #[repr(C)]
        /// struct Sample {
        ///     left: i16,
        ///     right: i16,
        /// }
        /// # let mut bytes = [1; 14];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let samples = buffer.records_pod::<Sample>(2..)?;
        /// let sum: i32 = samples.map(|s| i32::from(s.left) - i32::from(s.right)).sum();
        /// assert_eq!(sum, 0);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn records_pod<T: AnyBitPattern>(
            &self,
            range: impl RangeBounds<usize>,
        ) -> Result<Records<$borrow, T>, AccessError> {
            // SAFETY: `AnyBitPattern`: any bytes are a valid `T`.
            unsafe { Records::new(self.range, range) }
        }
    };
}

/// What can be written: the buffer and its writable slice.
macro_rules! write_pod {
    () => {
        /// Puts `value` at `offset`, for any type all of whose bytes have a value: plain old
        /// data, and what `bytemuck` calls `NoUninit`.
        ///
        /// # Hostile peer
        ///
        /// As [`write_value`](Self::write_value).
        ///
        /// # Errors
        ///
        /// As [`write_value`](Self::write_value). Nothing is written.
        ///
        /// # Cost
        ///
        /// One pass over the bytes of `value`. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// use shared_buffer::SharedBuffer;
        ///
        /// #[derive(Clone, Copy, bytemuck::NoUninit)]
        /// #[repr(C)]
        /// struct Pixel {
        ///     rgb: [u8; 3],
        ///     alpha: u8,
        /// }
        /// # let mut bytes = [0; 8];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.write_pod(4, &Pixel { rgb: [1, 2, 3], alpha: 4 })?;
        /// assert_eq!(buffer.read_value::<[u8; 4]>(4)?, [1, 2, 3, 4]);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn write_pod<T: NoUninit>(&self, offset: usize, value: &T) -> Result<(), AccessError> {
            self.range.write_whole(offset, ::bytemuck::bytes_of(value))
        }
    };
}

impl SharedBuffer {
    read_pod!('_);
    write_pod!();
}

impl ReadOnlyBuffer {
    read_pod!('_);
}

impl<'a> SharedBufferSlice<'a> {
    read_pod!('a);
}

impl<'a> SharedBufferSliceMut<'a> {
    read_pod!('a);
    write_pod!();
}
