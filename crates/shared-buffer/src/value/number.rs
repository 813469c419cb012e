// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Value`]: the types that can be read and written by copy without a crate of others.

/// A number, or an array of numbers: what [`read_value`](crate::SharedBuffer::read_value) and
/// its sisters take out of a buffer and put into it.
///
/// | | |
/// |---|---|
/// | integers | `u8` to `u128`, `usize`, `i8` to `i128`, `isize` |
/// | floats | `f32`, `f64` |
/// | arrays | of any length, of any of these, arrays too |
///
/// Any bytes are a valid one, and none of its bytes is padding. That is why there is no
/// `bool`, no `char` and no pointer here: a peer could make one that can't exist. Read the
/// number and check it. The trait is sealed. For a struct of your own, see the features
/// `zerocopy` and `bytemuck`, whose derives check the same of it.
///
/// # Examples
///
/// ```
/// use shared_buffer::{AccessError, SharedBuffer, Value};
///
/// /// The value with the number `idx` in a table of them.
/// fn entry<T: Value>(table: &SharedBuffer, idx: usize) -> Result<T, AccessError> {
///     table.read_value(idx.saturating_mul(size_of::<T>()))
/// }
/// # let mut bytes = [1, 1, 2, 2, 3, 3];
/// # // SAFETY: nothing else touches `bytes` while the buffer lives.
/// # let table = unsafe { SharedBuffer::new(bytes.as_mut_ptr(), bytes.len()) };
/// assert_eq!(entry::<u16>(&table, 2)?, 0x0303);
/// assert_eq!(entry::<[u8; 3]>(&table, 1)?, [2, 3, 3]);
/// assert!(entry::<u16>(&table, usize::MAX).is_err());
/// # Ok::<(), AccessError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be taken out of shared memory as it is",
    note = "numbers and arrays of numbers can",
    note = "for a struct of your own, use the feature `zerocopy` or `bytemuck`"
)]
pub trait Value: Number {}

/// What this crate knows of a [`Value`] and nobody else needs to. It has no public path, and
/// its methods are no part of the interface.
///
/// # Safety
///
/// Any bytes are a valid `Self`, and a `Self` has no byte that may be uninitialised. The same
/// is true of `Bits`, which has the same size.
#[doc(hidden)]
pub unsafe trait Number: Copy {
    /// The same bytes as an unsigned integer, or as an array of them. Bytes are swapped in
    /// this form: a float that passes through a register on the way could be changed.
    type Bits: Number;

    /// The value with these bits.
    fn from_bits(bits: Self::Bits) -> Self;

    /// The bits of the value.
    fn to_bits(self) -> Self::Bits;

    /// From the order of this machine to little-endian, or back.
    fn le(bits: Self::Bits) -> Self::Bits;

    /// From the order of this machine to big-endian, or back.
    fn be(bits: Self::Bits) -> Self::Bits;
}

/// The bytes of a number.
#[inline]
pub(super) fn bytes_of<T: Number>(value: &T) -> &[u8] {
    let ptr = core::ptr::from_ref(value).cast();
    // SAFETY: as many bytes as `value` has, for as long as it is borrowed; all of them are
    // initialised, since it is a number.
    unsafe { core::slice::from_raw_parts(ptr, size_of::<T>()) }
}

/// Numbers whose bits are an unsigned integer: how to get there, and back.
macro_rules! numbers {
    ($($number:ty, $bits:ty: $from:expr, $to:expr;)+) => {$(
        // SAFETY: any bytes are a valid integer or float, and none of them is padding.
        unsafe impl Number for $number {
            type Bits = $bits;

            #[inline(always)]
            fn from_bits(bits: $bits) -> Self {
                $from(bits)
            }

            #[inline(always)]
            fn to_bits(self) -> $bits {
                $to(self)
            }

            #[inline(always)]
            fn le(bits: $bits) -> $bits {
                bits.to_le()
            }

            #[inline(always)]
            fn be(bits: $bits) -> $bits {
                bits.to_be()
            }
        }

        impl Value for $number {}
    )+};
}

numbers! {
    u8, u8: core::convert::identity, core::convert::identity;
    u16, u16: core::convert::identity, core::convert::identity;
    u32, u32: core::convert::identity, core::convert::identity;
    u64, u64: core::convert::identity, core::convert::identity;
    u128, u128: core::convert::identity, core::convert::identity;
    usize, usize: core::convert::identity, core::convert::identity;
    i8, u8: |bits| bits as i8, |value| value as u8;
    i16, u16: |bits| bits as i16, |value| value as u16;
    i32, u32: |bits| bits as i32, |value| value as u32;
    i64, u64: |bits| bits as i64, |value| value as u64;
    i128, u128: |bits| bits as i128, |value| value as u128;
    isize, usize: |bits| bits as isize, |value| value as usize;
    f32, u32: f32::from_bits, f32::to_bits;
    f64, u64: f64::from_bits, f64::to_bits;
}

// SAFETY: an array is its elements and nothing between them.
unsafe impl<T: Number, const N: usize> Number for [T; N] {
    type Bits = [T::Bits; N];

    #[inline]
    fn from_bits(bits: Self::Bits) -> Self {
        bits.map(T::from_bits)
    }

    #[inline]
    fn to_bits(self) -> Self::Bits {
        self.map(T::to_bits)
    }

    #[inline]
    fn le(bits: Self::Bits) -> Self::Bits {
        bits.map(T::le)
    }

    #[inline]
    fn be(bits: Self::Bits) -> Self::Bits {
        bits.map(T::be)
    }
}

impl<T: Value, const N: usize> Value for [T; N] {}
