// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`FromBytes`]: types for which any bytes are a value, and buffers of them.
#![allow(
    unsafe_code,
    reason = "a buffer of such a type is a buffer of bytes here"
)]

use core::mem::MaybeUninit;
use core::slice;

/// Types that any bytes are a value of: integers, floats, and arrays of them.
///
/// # Safety
///
/// Every pattern of `size_of::<Self>()` bytes is a valid value of the type.
///
/// # Examples
///
/// ```
/// let vmo = zx::Vmo::create(4096)?;
/// vmo.write(&7u32.to_ne_bytes(), 8)?;
/// assert_eq!(vmo.read_to_object::<[u32; 2]>(4)?, [0, 7]);
/// # Ok::<(), zx::Status>(())
/// ```
pub unsafe trait FromBytes: Copy + 'static {}

macro_rules! any_bytes {
    ($($number:ty)+) => {$(
        // SAFETY: a number without padding and without a forbidden pattern.
        unsafe impl FromBytes for $number {}
    )+};
}

any_bytes!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

// SAFETY: an array has no padding between its elements, each of which is of such a type.
unsafe impl<T: FromBytes, const N: usize> FromBytes for [T; N] {}

/// The bytes of a buffer, to be filled.
pub(crate) fn bytes_of<T: FromBytes>(values: &mut [MaybeUninit<T>]) -> &mut [MaybeUninit<u8>] {
    let len = size_of_val(values);
    // SAFETY: the same memory, borrowed for as long; a byte that may be uninitialised has no
    // alignment and no invalid value.
    unsafe { slice::from_raw_parts_mut(values.as_mut_ptr().cast(), len) }
}

/// The values in a buffer that was filled.
///
/// # Safety
///
/// All of the bytes were initialised.
pub(crate) unsafe fn filled<T: FromBytes>(values: &mut [MaybeUninit<T>]) -> &mut [T] {
    let len = values.len();
    // SAFETY: the same memory, borrowed for as long; the caller initialised it, and any
    // bytes are a value of this type.
    unsafe { slice::from_raw_parts_mut(values.as_mut_ptr().cast(), len) }
}

/// The vector whose first `len` elements were filled in its spare capacity.
///
/// # Safety
///
/// `values` is empty and the bytes of its first `len` elements were initialised.
pub(crate) unsafe fn vec_filled<T: FromBytes>(mut values: Vec<T>, len: usize) -> Vec<T> {
    // SAFETY: the caller's contract; any bytes are a value of this type.
    unsafe { values.set_len(len) };
    values
}
