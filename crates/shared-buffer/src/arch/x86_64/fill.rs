// SPDX-License-Identifier: MIT OR Apache-2.0
//! Filling shared bytes with one value.
//!
//! ```text
//! fill(dst, value, len):
//!     if len <= 64: overlapping words           # arch/fill.rs
//!     if len >= REP_MIN: rep stosb
//!     word = 32 bytes where the CPU has AVX2 and len > 128, else 16
//!     store a word at the start; step to where dst is aligned to a word
//!     while more than 4 words are left: store 4 words, step
//!     store 4 words to the end
//! ```
//!
//! **Story of each block here.** For each byte of the range, in an unspecified order, one or
//! more volatile stores of `value`. Nothing is loaded, no private memory is touched, and
//! nothing outside the range. Flags and the registers used are declared: all of ymm0 to ymm15
//! where `vzeroupper` is, because it changes all of them.

use core::arch::x86_64::__m128i;

use super::bulk::has_avx2;
use crate::arch::fill::small;
use crate::arch::small::INLINE_MAX;

/// From here on the processor's own loop is faster: it need not fetch the lines that it is
/// going to overwrite.
const REP_MIN: usize = 4096;

/// See [`border::fill`](crate::border::fill).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn fill(dst: *mut u8, value: u8, len: usize) {
    // SAFETY: both types are 16 bytes, and any bytes are a vector.
    let vector = unsafe { core::mem::transmute::<[u8; 16], __m128i>([value; 16]) };
    if len <= INLINE_MAX {
        // SAFETY: the caller's contract, and `len <= 64`.
        unsafe { small(dst, value, vector, len) }
    } else if len >= REP_MIN {
        // SAFETY: the caller's contract.
        unsafe { rep(dst, value, len) }
    } else if len > 128 && has_avx2() {
        // SAFETY: the caller's contract, `len > 128`, and the CPU has AVX2.
        unsafe { wide_words(dst, vector, len) }
    } else {
        // SAFETY: the caller's contract, and `len > 64`.
        unsafe { words(dst, vector, len) }
    }
}

/// More than 64 bytes, in words of 16.
///
/// # Safety
///
/// As for [`fill`], with `len > 64`.
#[inline(never)]
unsafe fn words(dst: *mut u8, vector: __m128i, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that the range is there.
    unsafe {
        border_asm!(
            [
                "movups [{dst}], {v}",
                "lea {end}, [{dst} + {len} - 64]",
                "or {dst}, 15",
                "inc {dst}",
                "cmp {dst}, {end}",
                "jae 5f",
                ".p2align 4",
                "4:",
                "movaps [{dst}], {v}",
                "movaps [{dst} + 16], {v}",
                "movaps [{dst} + 32], {v}",
                "movaps [{dst} + 48], {v}",
                "add {dst}, 64",
                "cmp {dst}, {end}",
                "jb 4b",
                "5:",
                "movups [{end}], {v}",
                "movups [{end} + 16], {v}",
                "movups [{end} + 32], {v}",
                "movups [{end} + 48], {v}",
            ],
            dst = inout(reg) dst => _,
            len = in(reg) len,
            end = out(reg) _,
            v = in(xmm_reg) vector,
            options(nostack)
        );
    }
}

/// More than 128 bytes, in words of 32.
///
/// # Safety
///
/// As for [`fill`], with `len > 128`, and the CPU has AVX2.
#[inline(never)]
unsafe fn wide_words(dst: *mut u8, vector: __m128i, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that the range is there.
    unsafe {
        border_asm!(
            [
                "vinserti128 ymm0, ymm0, xmm0, 1",
                "vmovdqu [{dst}], ymm0",
                "lea {end}, [{dst} + {len} - 128]",
                "or {dst}, 31",
                "inc {dst}",
                "cmp {dst}, {end}",
                "jae 5f",
                ".p2align 4",
                "4:",
                "vmovdqa [{dst}], ymm0",
                "vmovdqa [{dst} + 32], ymm0",
                "vmovdqa [{dst} + 64], ymm0",
                "vmovdqa [{dst} + 96], ymm0",
                "sub {dst}, -128",
                "cmp {dst}, {end}",
                "jb 4b",
                "5:",
                "vmovdqu [{end}], ymm0",
                "vmovdqu [{end} + 32], ymm0",
                "vmovdqu [{end} + 64], ymm0",
                "vmovdqu [{end} + 96], ymm0",
                "vzeroupper",
            ],
            dst = inout(reg) dst => _,
            len = in(reg) len,
            end = out(reg) _,
            inout("xmm0") vector => _,
            out("ymm1") _, out("ymm2") _, out("ymm3") _, out("ymm4") _,
            out("ymm5") _, out("ymm6") _, out("ymm7") _, out("ymm8") _,
            out("ymm9") _, out("ymm10") _, out("ymm11") _, out("ymm12") _,
            out("ymm13") _, out("ymm14") _, out("ymm15") _,
            options(nostack)
        );
    }
}

/// Any length, by the processor's own loop.
///
/// # Safety
///
/// As for [`fill`].
#[inline(never)]
unsafe fn rep(dst: *mut u8, value: u8, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that the range is there.
    // The direction flag is clear on entry to each asm block, so it goes upwards.
    unsafe {
        border_asm!(
            ["rep stosb"],
            inout("rdi") dst => _,
            inout("rcx") len => _,
            in("al") value,
            options(nostack, preserves_flags)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::suite;

    #[test]
    fn words_and_rep_fill_like_the_oracle() {
        suite::fills_like_the_oracle(INLINE_MAX, |dst, value, len| {
            // SAFETY: both types are 16 bytes, and any bytes are a vector.
            let vector = unsafe { core::mem::transmute::<[u8; 16], __m128i>([value; 16]) };
            // SAFETY: the suite gives `len` bytes, more than 64.
            unsafe { words(dst, vector, len) }
        });
        if has_avx2() {
            suite::fills_like_the_oracle(128, |dst, value, len| {
                // SAFETY: both types are 16 bytes, and any bytes are a vector.
                let vector = unsafe { core::mem::transmute::<[u8; 16], __m128i>([value; 16]) };
                // SAFETY: the suite gives `len` bytes, more than 128; AVX2 is there.
                unsafe { wide_words(dst, vector, len) }
            });
        }
        // SAFETY: the suite gives `len` bytes.
        suite::fills_like_the_oracle(0, |dst, value, len| unsafe { rep(dst, value, len) });
    }
}
