// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fills of at most 64 bytes: the words of [`small`](super::small), stored only.

use super::small::{INLINE_MAX, Word};

/// Sets at most 64 bytes to `value`. `vector` holds `value` 16 times.
///
/// # Safety
///
/// As for [`border::fill`](crate::border::fill), with `len <= 64`.
#[inline(always)]
pub(super) unsafe fn small<V: Word>(dst: *mut u8, value: u8, vector: V, len: usize) {
    debug_assert!(len <= INLINE_MAX, "the caller looked");
    if len > 32 {
        for i in [0, 16, len - 32, len - 16] {
            // SAFETY: each of the four words lies inside the 33 to 64 bytes.
            unsafe { V::store_shared(dst.wrapping_add(i), vector) };
        }
    } else if len >= 16 {
        // SAFETY: the caller's contract; `16 <= len <= 32`.
        unsafe { two_words(dst, vector, len) }
    } else if len >= 8 {
        // SAFETY: the caller's contract; `8 <= len < 16`.
        unsafe { two_words(dst, u64::from_ne_bytes([value; 8]), len) }
    } else if len >= 4 {
        // SAFETY: the caller's contract; `4 <= len < 8`.
        unsafe { two_words(dst, u32::from_ne_bytes([value; 4]), len) }
    } else if len >= 2 {
        // SAFETY: the caller's contract; `2 <= len < 4`.
        unsafe { two_words(dst, u16::from_ne_bytes([value; 2]), len) }
    } else if len == 1 {
        // SAFETY: the caller's contract; one byte.
        unsafe { u8::store_shared(dst, value) }
    }
}

/// Sets `size_of::<W>() ..= 2 * size_of::<W>()` bytes with two stores of one word.
///
/// # Safety
///
/// As for [`border::fill`](crate::border::fill), with `len` in that range.
#[inline(always)]
unsafe fn two_words<W: Word>(dst: *mut u8, word: W, len: usize) {
    // SAFETY: a word fits, since `len` is at least its size.
    unsafe { W::store_shared(dst, word) };
    // SAFETY: the last word of `dst .. dst + len`.
    unsafe { W::store_shared(dst.wrapping_add(len - size_of::<W>()), word) };
}
