// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values by guarded copy: the numbers that a buffer reads and writes, each with a `Result`
//! that knows of lost bytes.
#![allow(
    unsafe_code,
    reason = "a value is formed here from bytes that were just copied"
)]

use core::mem::MaybeUninit;
use core::ptr;
use core::slice;

use shared_buffer::Value;

use super::{Guarded, GuardedError};

impl Guarded {
    /// The number at `offset`, in the byte order of this machine; or an array of them.
    ///
    /// # Hostile peer
    ///
    /// A peer that writes meanwhile can leave a mixture: the kernel copies, and promises of no
    /// size that it comes in one piece. What is returned is yours, and nobody can change it.
    ///
    /// # Ordering
    ///
    /// Reading a value orders nothing else.
    ///
    /// # Errors
    ///
    /// As [`read_exact_at`](Self::read_exact_at).
    ///
    /// # Cost
    ///
    /// As [`read_exact_at`](Self::read_exact_at): one system call.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// # let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// # vmo.write(&[0xff; 16], 0)?;
    /// # let guarded = Guarded::create_from_vmo(&vmo, 4096, zx::VmarFlags::PERM_READ)?;
    /// assert_eq!(guarded.read_value::<u32>(4)?, u32::MAX);
    /// assert_eq!(guarded.read_value::<[i16; 3]>(10)?, [-1; 3]);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn read_value<T: Value>(&self, offset: usize) -> Result<T, GuardedError> {
        // SAFETY: any bytes are a valid number.
        unsafe { self.read_any(offset) }
    }

    /// [`read_value`](Self::read_value) for a number that is stored with its least significant
    /// byte first. In an array, each number is.
    ///
    /// # Errors
    ///
    /// As [`read_exact_at`](Self::read_exact_at).
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// # let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// # vmo.write(&[1, 2, 3, 4], 0)?;
    /// # let guarded = Guarded::create_from_vmo(&vmo, 4096, zx::VmarFlags::PERM_READ)?;
    /// assert_eq!(guarded.read_le::<u32>(0)?, 0x0403_0201);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn read_le<T: Value>(&self, offset: usize) -> Result<T, GuardedError> {
        // SAFETY: any bytes are valid bits of a number.
        let bits: T::Bits = unsafe { self.read_any(offset)? };
        Ok(T::from_bits(T::le(bits)))
    }

    /// [`read_value`](Self::read_value) for a number that is stored with its most significant
    /// byte first, as networks do. In an array, each number is.
    ///
    /// # Errors
    ///
    /// As [`read_exact_at`](Self::read_exact_at).
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// # let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// # vmo.write(&[1, 2, 3, 4], 0)?;
    /// # let guarded = Guarded::create_from_vmo(&vmo, 4096, zx::VmarFlags::PERM_READ)?;
    /// assert_eq!(guarded.read_be::<u32>(0)?, 0x0102_0304);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn read_be<T: Value>(&self, offset: usize) -> Result<T, GuardedError> {
        // SAFETY: any bytes are valid bits of a number.
        let bits: T::Bits = unsafe { self.read_any(offset)? };
        Ok(T::from_bits(T::be(bits)))
    }

    /// Puts a number at `offset`, in the byte order of this machine; or an array of them.
    ///
    /// # Hostile peer
    ///
    /// Can see a part of it, of any size of number, and change it back at once.
    ///
    /// # Ordering
    ///
    /// Writing a value orders nothing else.
    ///
    /// # Errors
    ///
    /// As [`write_all_at`](Self::write_all_at).
    ///
    /// # Cost
    ///
    /// As [`write_all_at`](Self::write_all_at).
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// # let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// # let flags = zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE;
    /// # let guarded = Guarded::create_from_vmo(&vmo, 4096, flags)?;
    /// guarded.write_value(8, 1.5f64)?;
    /// assert_eq!(guarded.read_value::<f64>(8)?, 1.5);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn write_value<T: Value>(&self, offset: usize, value: T) -> Result<(), GuardedError> {
        // SAFETY: a number has no byte that may be uninitialised.
        unsafe { self.write_whole(offset, &value) }
    }

    /// [`write_value`](Self::write_value) with the least significant byte of each number first.
    ///
    /// # Errors
    ///
    /// As [`write_all_at`](Self::write_all_at).
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// # let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// # let flags = zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE;
    /// # let guarded = Guarded::create_from_vmo(&vmo, 4096, flags)?;
    /// guarded.write_le(0, 0x0403_0201u32)?;
    /// assert_eq!(guarded.read_value::<[u8; 4]>(0)?, [1, 2, 3, 4]);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn write_le<T: Value>(&self, offset: usize, value: T) -> Result<(), GuardedError> {
        let bits = T::le(value.to_bits());
        // SAFETY: the bits of a number have no byte that may be uninitialised.
        unsafe { self.write_whole(offset, &bits) }
    }

    /// [`write_value`](Self::write_value) with the most significant byte of each number first,
    /// as networks do.
    ///
    /// # Errors
    ///
    /// As [`write_all_at`](Self::write_all_at).
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// # let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// # let flags = zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE;
    /// # let guarded = Guarded::create_from_vmo(&vmo, 4096, flags)?;
    /// guarded.write_be(0, [0x0102u16, 0x0304])?;
    /// assert_eq!(guarded.read_value::<[u8; 4]>(0)?, [1, 2, 3, 4]);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn write_be<T: Value>(&self, offset: usize, value: T) -> Result<(), GuardedError> {
        let bits = T::be(value.to_bits());
        // SAFETY: the bits of a number have no byte that may be uninitialised.
        unsafe { self.write_whole(offset, &bits) }
    }

    /// A copy of the bytes at `offset`, as a `T`.
    ///
    /// # Safety
    ///
    /// Any bytes are a valid `T`.
    unsafe fn read_any<T>(&self, offset: usize) -> Result<T, GuardedError> {
        let mut value = MaybeUninit::<T>::uninit();
        let bytes = value.as_mut_ptr().cast::<MaybeUninit<u8>>();
        // SAFETY: the bytes of `value`, borrowed for this call; they may be uninitialised.
        let bytes = unsafe { slice::from_raw_parts_mut(bytes, size_of::<T>()) };
        self.read_exact_uninit_at(offset, bytes)?;
        // SAFETY: all of it was filled, and the caller says that any bytes will do.
        Ok(unsafe { value.assume_init() })
    }

    /// Copies the bytes of a value in.
    ///
    /// # Safety
    ///
    /// None of its bytes is uninitialised.
    unsafe fn write_whole<T>(&self, offset: usize, value: &T) -> Result<(), GuardedError> {
        let bytes = ptr::from_ref(value).cast::<u8>();
        // SAFETY: as many bytes as `value` has, for as long as it is borrowed; the caller says
        // that all of them are initialised.
        let bytes = unsafe { slice::from_raw_parts(bytes, size_of::<T>()) };
        self.write_all_at(offset, bytes)
    }
}
