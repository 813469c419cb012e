// SPDX-License-Identifier: MIT OR Apache-2.0
//! The engine for x86-64.
//!
//! | bytes | how | where |
//! |---|---|---|
//! | up to 64 | overlapping words of 1 to 16 bytes | inlined: `small`, with the words of [`word`] |
//! | more | loops of 32-byte words (AVX2) or 16-byte words (SSE2) | called: [`bulk`] |

pub(super) mod atomic;
mod avx2;
mod bulk;
mod fill;
mod sse2;
mod stream;
mod word;

use core::arch::x86_64::__m128i;

pub(crate) use fill::fill;
pub(crate) use stream::stream;

use super::small::{INLINE_MAX, Private, Shared, small};

/// See [`border::from_shared`](crate::border::from_shared).
///
/// # Safety
///
/// As there.
#[inline(always)]
pub(crate) unsafe fn from_shared(src: *const u8, dst: *mut u8, len: usize) {
    if len > INLINE_MAX {
        // SAFETY: the caller's contract; the ranges do not overlap.
        return unsafe { bulk::forward(src, dst, len) };
    }
    // SAFETY: the caller's contract, and `len <= 64`.
    unsafe { small::<__m128i, Shared, Private>(src, dst, len) }
}

/// See [`border::to_shared`](crate::border::to_shared).
///
/// # Safety
///
/// As there.
#[inline(always)]
pub(crate) unsafe fn to_shared(src: *const u8, dst: *mut u8, len: usize) {
    if len > INLINE_MAX {
        // SAFETY: the caller's contract; the ranges do not overlap.
        return unsafe { bulk::forward(src, dst, len) };
    }
    // SAFETY: the caller's contract, and `len <= 64`.
    unsafe { small::<__m128i, Private, Shared>(src, dst, len) }
}

/// See [`border::between`](crate::border::between).
///
/// # Safety
///
/// As there.
#[inline(always)]
pub(crate) unsafe fn between(src: *const u8, dst: *mut u8, len: usize) {
    if len <= INLINE_MAX {
        // SAFETY: the caller's contract, and `len <= 64`.
        return unsafe { small::<__m128i, Shared, Shared>(src, dst, len) };
    }
    if dst.addr().wrapping_sub(src.addr()) < len {
        // SAFETY: the caller's contract; the destination starts inside the source.
        unsafe { bulk::backward(src, dst, len) }
    } else {
        // SAFETY: the caller's contract; the destination starts before or past the source.
        unsafe { bulk::forward(src, dst, len) }
    }
}
