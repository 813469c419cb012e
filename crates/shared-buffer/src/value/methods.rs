// SPDX-License-Identifier: MIT OR Apache-2.0
//! The methods for values, written once for the types that have them.

use super::Value;
use crate::{AccessError, ReadOnlyBuffer, SharedBuffer, SharedBufferSlice, SharedBufferSliceMut};

/// What can be read: all four types.
macro_rules! read_values {
    () => {
        /// The number at `offset`, in the byte order of this machine; or an array of them.
        ///
        /// # Hostile peer
        ///
        /// A value of 1, 2, 4 or (where a pointer has 8) 8 bytes at an address that is a
        /// multiple of its size is read in one piece: it is one that somebody wrote, never
        /// half of one and half of another. All others can be such a mixture, arrays as a
        /// whole too. What is returned is yours, and nobody can change it; reading again may
        /// give something else.
        ///
        /// # Ordering
        ///
        /// Reading a value orders nothing else: see [`ordering`](crate::ordering).
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if the value is not all inside the buffer,
        /// [`AccessError::Denied`] if the buffer does not permit reading.
        ///
        /// # Cost
        ///
        /// One load where the size is 1, 2, 4, 8 or 16. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0xff; 16];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// let len: u32 = buffer.read_value(4)?;
        /// assert_eq!(len, u32::MAX);
        /// assert_eq!(buffer.read_value::<[i16; 3]>(10)?, [-1; 3]);
        /// assert!(buffer.read_value::<u32>(13).is_err());
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn read_value<T: Value>(&self, offset: usize) -> Result<T, AccessError> {
            self.range.read_value(offset)
        }

        /// [`read_value`](Self::read_value) for a number that is stored with its least
        /// significant byte first. In an array, each number is.
        ///
        /// # Errors
        ///
        /// As [`read_value`](Self::read_value).
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [1, 2, 3, 4];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert_eq!(buffer.read_le::<u32>(0)?, 0x0403_0201);
        /// assert_eq!(buffer.read_le::<[u16; 2]>(0)?, [0x0201, 0x0403]);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn read_le<T: Value>(&self, offset: usize) -> Result<T, AccessError> {
            self.range.read_le(offset)
        }

        /// [`read_value`](Self::read_value) for a number that is stored with its most
        /// significant byte first, as networks do. In an array, each number is.
        ///
        /// # Errors
        ///
        /// As [`read_value`](Self::read_value).
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [1, 2, 3, 4];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// assert_eq!(buffer.read_be::<u32>(0)?, 0x0102_0304);
        /// assert_eq!(buffer.read_be::<[u16; 2]>(0)?, [0x0102, 0x0304]);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        #[cfg_attr(feature = "chaos", track_caller)]
        pub fn read_be<T: Value>(&self, offset: usize) -> Result<T, AccessError> {
            self.range.read_be(offset)
        }
    };
}

/// What can be written: the buffer and its writable slice.
macro_rules! write_values {
    () => {
        /// Puts a number at `offset`, in the byte order of this machine; or an array of them.
        ///
        /// # Hostile peer
        ///
        /// A value of 1, 2, 4 or (where a pointer has 8) 8 bytes at an address that is a
        /// multiple of its size is written in one piece: a peer that reads it so sees all of
        /// it or nothing. It can change it back at once.
        ///
        /// # Ordering
        ///
        /// Writing a value orders nothing else: see [`ordering`](crate::ordering).
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if the value does not fit at `offset`,
        /// [`AccessError::Denied`] if the buffer does not permit writing. Nothing is written.
        ///
        /// # Cost
        ///
        /// One store where the size is 1, 2, 4, 8 or 16. No allocation, no system call.
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 16];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.write_value(8, 1.5f64)?;
        /// assert_eq!(buffer.read_value::<f64>(8)?, 1.5);
        /// assert!(buffer.write_value(9, 1.5f64).is_err());
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn write_value<T: Value>(&self, offset: usize, value: T) -> Result<(), AccessError> {
            self.range.write_value(offset, value)
        }

        /// [`write_value`](Self::write_value) with the least significant byte of each number
        /// first.
        ///
        /// # Errors
        ///
        /// As [`write_value`](Self::write_value).
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 4];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.write_le(0, 0x0403_0201u32)?;
        /// assert_eq!(buffer.read_value::<[u8; 4]>(0)?, [1, 2, 3, 4]);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn write_le<T: Value>(&self, offset: usize, value: T) -> Result<(), AccessError> {
            self.range.write_le(offset, value)
        }

        /// [`write_value`](Self::write_value) with the most significant byte of each number
        /// first, as networks do.
        ///
        /// # Errors
        ///
        /// As [`write_value`](Self::write_value).
        ///
        /// # Examples
        ///
        /// ```
        /// # use shared_buffer::SharedBuffer;
        /// # let mut bytes = [0; 4];
        /// # // SAFETY: nothing else touches `bytes` while the buffer lives.
        /// # let buffer = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
        /// buffer.write_be(0, [0x0102u16, 0x0304])?;
        /// assert_eq!(buffer.read_value::<[u8; 4]>(0)?, [1, 2, 3, 4]);
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn write_be<T: Value>(&self, offset: usize, value: T) -> Result<(), AccessError> {
            self.range.write_be(offset, value)
        }
    };
}

impl SharedBuffer {
    read_values!();
    write_values!();
}

impl ReadOnlyBuffer {
    read_values!();
}

impl SharedBufferSlice<'_> {
    read_values!();
}

impl SharedBufferSliceMut<'_> {
    read_values!();
    write_values!();
}
