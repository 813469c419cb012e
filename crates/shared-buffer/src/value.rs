// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values by copy: a number is taken out of shared memory, or put into it, in one go.
//!
//! A value is formed from a private copy and returned by value, so nobody can change it
//! between check and use. There is no reference to a value in shared memory, and no way to
//! get one.
//!
//! | type | methods | which types |
//! |---|---|---|
//! | a number, or an array of them | `read_value`, `read_le`, `read_be` and `write_…` | [`Value`], which is ours alone |
//! | a struct of your own | `read_zerocopy`, `write_zerocopy` | feature `zerocopy`: what its derives allow |
//! | a struct of your own | `read_pod`, `write_pod` | feature `bytemuck`: what its derives allow |
#![allow(
    unsafe_code,
    reason = "a value is formed here from bytes that were just copied"
)]

#[cfg(feature = "bytemuck")]
mod bytemuck;
mod methods;
mod number;
#[cfg(feature = "zerocopy")]
mod zerocopy;

use core::mem::MaybeUninit;

use crate::raw::RawRange;
use crate::{AccessError, border};

pub(crate) use number::Number;
pub use number::Value;

impl RawRange {
    /// A copy of the bytes at `offset`, as a `T`.
    ///
    /// # Safety
    ///
    /// Any bytes are a valid `T`.
    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) unsafe fn read_any<T>(self, offset: usize) -> Result<T, AccessError> {
        let src = self.readable(offset, size_of::<T>())?;
        let mut value = MaybeUninit::<T>::uninit();
        // SAFETY: `readable` checked that the bytes of a `T` are there (live); `value` is a
        // variable of ours and so by **border** does not overlap them.
        unsafe { border::whole_from_shared(src, value.as_mut_ptr().cast(), size_of::<T>()) };
        // SAFETY: the copy initialised all of it, and the caller says that any bytes will do.
        Ok(unsafe { value.assume_init() })
    }

    /// Copies the bytes of a value in.
    #[inline]
    pub(crate) fn write_whole(self, offset: usize, src: &[u8]) -> Result<(), AccessError> {
        let dst = self.writable(offset, src.len())?;
        // SAFETY: `writable` checked that `src.len()` bytes are there (live); `src` is a
        // reference and so by **border** does not overlap them.
        unsafe { border::whole_to_shared(src.as_ptr(), dst, src.len()) };
        Ok(())
    }

    /// A number at `offset`, in the byte order of this machine.
    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn read_value<T: Number>(self, offset: usize) -> Result<T, AccessError> {
        // SAFETY: any bytes are a valid number.
        unsafe { self.read_any(offset) }
    }

    /// A number to `offset`, in the byte order of this machine.
    #[inline]
    pub(crate) fn write_value<T: Number>(self, offset: usize, value: T) -> Result<(), AccessError> {
        self.write_whole(offset, number::bytes_of(&value))
    }

    /// A number at `offset`, least significant byte first.
    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn read_le<T: Number>(self, offset: usize) -> Result<T, AccessError> {
        // SAFETY: any bytes are valid bits of a number.
        let bits = unsafe { self.read_any(offset)? };
        Ok(T::from_bits(T::le(bits)))
    }

    /// A number to `offset`, least significant byte first.
    #[inline]
    pub(crate) fn write_le<T: Number>(self, offset: usize, value: T) -> Result<(), AccessError> {
        self.write_value(offset, T::le(value.to_bits()))
    }

    /// A number at `offset`, most significant byte first.
    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn read_be<T: Number>(self, offset: usize) -> Result<T, AccessError> {
        // SAFETY: any bytes are valid bits of a number.
        let bits = unsafe { self.read_any(offset)? };
        Ok(T::from_bits(T::be(bits)))
    }

    /// A number to `offset`, most significant byte first.
    #[inline]
    pub(crate) fn write_be<T: Number>(self, offset: usize, value: T) -> Result<(), AccessError> {
        self.write_value(offset, T::be(value.to_bits()))
    }
}
