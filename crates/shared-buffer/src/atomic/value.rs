// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`AtomicInt`]: the integers that can be accessed atomically, and a name for each.

use super::SharedAtomic;
use sealed::Sealed;

/// An integer that can be accessed atomically in shared memory: of 1, 2, 4 or 8 bytes, signed
/// or not. (8 bytes only where the CPU has atomics of 8 bytes, as all 64-bit ones do.)
///
/// It is sealed: an engine has to know each of them.
pub trait AtomicInt: Sealed {}

pub(super) mod sealed {
    use core::ops::{BitAnd, BitOr, BitXor, Not};

    use crate::arch::Atomics;
    use crate::arch::atomic::AtomicWord;
    /// What this crate has to know of an integer. It can't be named outside, so nobody adds one.
    #[doc(hidden)]
    #[allow(
        private_bounds,
        reason = "the engine is nobody's business, and this trait can't be named outside"
    )]
    pub trait Sealed:
        Copy
        + Ord
        + BitAnd<Output = Self>
        + BitOr<Output = Self>
        + BitXor<Output = Self>
        + Not<Output = Self>
    {
        /// The unsigned integer of that size: the word that the engine accesses.
        type Bits: AtomicWord<Atomics>;

        /// The same bits.
        fn to_bits(self) -> Self::Bits;

        /// The same bits.
        fn from_bits(bits: Self::Bits) -> Self;

        /// What to add in order to subtract this.
        fn negated(self) -> Self;
    }
}

/// Implements [`AtomicInt`] for integers whose bits are those of `$bits`.
macro_rules! atomic_int {
    ($bits:ty: $($int:ty, $name:ident, $words:literal;)+) => {$(
        impl Sealed for $int {
            type Bits = $bits;

            #[inline(always)]
            fn to_bits(self) -> $bits {
                <$bits>::from_ne_bytes(self.to_ne_bytes())
            }

            #[inline(always)]
            fn from_bits(bits: $bits) -> Self {
                Self::from_ne_bytes(bits.to_ne_bytes())
            }

            #[inline(always)]
            fn negated(self) -> Self {
                self.wrapping_neg()
            }
        }

        impl AtomicInt for $int {}

        #[doc = concat!("A ", $words, " of a peer's and ours: see [`SharedAtomic`].")]
        pub type $name<'a> = SharedAtomic<'a, $int>;
    )+};
}

atomic_int!(u8: u8, SharedAtomicU8, "`u8`"; i8, SharedAtomicI8, "`i8`";);
atomic_int!(u16: u16, SharedAtomicU16, "`u16`"; i16, SharedAtomicI16, "`i16`";);
atomic_int!(u32: u32, SharedAtomicU32, "`u32`"; i32, SharedAtomicI32, "`i32`";);
if_wide_atomics! {
    atomic_int!(u64: u64, SharedAtomicU64, "`u64`"; i64, SharedAtomicI64, "`i64`";);
}
