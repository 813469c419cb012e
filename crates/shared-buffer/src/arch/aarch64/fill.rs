// SPDX-License-Identifier: MIT OR Apache-2.0
//! Filling shared bytes with one value.
//!
//! ```text
//! fill(dst, value, len):
//!     if len <= 64: overlapping words           # arch/fill.rs
//!     store a word at the start; step to where dst is aligned to 16
//!     while more than 64 bytes are left: store 4 words, step
//!     store 4 words to the end
//! ```
//!
//! **Story of the block.** For each byte of the range, in an unspecified order, one or more
//! volatile stores of `value`. Nothing is loaded, no private memory is touched, and nothing
//! outside the range. Flags and the registers used are declared.

use core::arch::aarch64::uint8x16_t;

use crate::arch::fill::small;
use crate::arch::small::INLINE_MAX;

/// See [`border::fill`](crate::border::fill).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn fill(dst: *mut u8, value: u8, len: usize) {
    // SAFETY: both types are 16 bytes, and any bytes are a vector.
    let vector = unsafe { core::mem::transmute::<[u8; 16], uint8x16_t>([value; 16]) };
    if len <= INLINE_MAX {
        // SAFETY: the caller's contract, and `len <= 64`.
        unsafe { small(dst, value, vector, len) }
    } else {
        // SAFETY: the caller's contract, and `len > 64`.
        unsafe { words(dst, vector, len) }
    }
}

/// More than 64 bytes, in pairs of words of 16.
///
/// # Safety
///
/// As for [`fill`], with `len > 64`.
#[inline(never)]
unsafe fn words(dst: *mut u8, vector: uint8x16_t, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that the range is there.
    unsafe {
        border_asm!(
            [
                "str {v:q}, [{dst}]",
                "add {end}, {dst}, {len}",
                "sub {end}, {end}, #64",
                "orr {dst}, {dst}, #15",
                "add {dst}, {dst}, #1",
                "cmp {dst}, {end}",
                "b.hs 5f",
                ".p2align 4",
                "4:",
                "stp {v:q}, {v:q}, [{dst}]",
                "stp {v:q}, {v:q}, [{dst}, #32]",
                "add {dst}, {dst}, #64",
                "cmp {dst}, {end}",
                "b.lo 4b",
                "5:",
                "stp {v:q}, {v:q}, [{end}]",
                "stp {v:q}, {v:q}, [{end}, #32]",
            ],
            dst = inout(reg) dst => _,
            len = in(reg) len,
            end = out(reg) _,
            v = in(vreg) vector,
            options(nostack)
        );
    }
}
