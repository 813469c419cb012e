// SPDX-License-Identifier: MIT OR Apache-2.0
//! More than 64 bytes: loops of 32-byte words where the CPU has AVX2, else of 16-byte words.
//!
//! In pseudo-code, with `word` the size of one register and four of them to a step:
//!
//! ```text
//! forward(src, dst, len):                     # dst before src, or no overlap
//!     if len <= 4 words: load 2 words from the start and 2 to the end; store them; done
//!     if len <= 8 words: the same with 4 and 4
//!     tail = load the last 4 words of src     # before anything is stored
//!     head = load the first word of src
//!     step to where dst is aligned to a word  # head covers what this skips
//!     while more than a step is left:
//!         load 4 words, store 4 words, step
//!     store tail to the end of dst, store head to its start
//! backward(src, dst, len):                    # dst starts inside src: the mirror image
//! ```
//!
//! The tail and the head are loaded before the first store, so an overlap in the direction
//! of the loop is no harm: the result is `memmove`'s.
//!
//! **Story of each block of `avx2` and `sse2`.** For each byte of the range, in an
//! unspecified order, one or more volatile accesses on the shared side, the last one deciding;
//! an ordinary access on the private side. Between two shared ranges both sides are volatile.
//! Nothing is accessed outside the two ranges, nothing before the block or after it. Vector
//! registers and flags are clobbered and say so; `vzeroupper` at the end leaves the upper
//! halves as the calling convention expects them, and every one of ymm0 to ymm15 is clobbered
//! because it zeroes all of them.

use core::arch::x86_64::__cpuid_count;
use core::sync::atomic::{AtomicU8, Ordering};

use super::{avx2, sse2};

/// What [`detect_avx2`] found out.
static AVX2: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

/// Whether 32-byte registers may be used. Remembers the answer in [`AVX2`].
fn detect_avx2() -> bool {
    const OSXSAVE_AND_AVX: u32 = 1 << 27 | 1 << 28;
    const AVX2_BIT: u32 = 1 << 5;
    const XMM_AND_YMM: u32 = 1 << 1 | 1 << 2;
    let cpu = cpuid(0).0 >= 7
        && cpuid(1).2 & OSXSAVE_AND_AVX == OSXSAVE_AND_AVX
        && cpuid(7).1 & AVX2_BIT != 0;
    // The kernel must save those registers too; `xgetbv` exists where OSXSAVE is set.
    let answer = cpu && xgetbv() & XMM_AND_YMM == XMM_AND_YMM;
    AVX2.store(if answer { YES } else { NO }, Ordering::Relaxed);
    answer
}

/// Whether 32-byte registers may be used.
#[inline]
pub(super) fn has_avx2() -> bool {
    match AVX2.load(Ordering::Relaxed) {
        UNKNOWN => detect_avx2(),
        answer => answer == YES,
    }
}

/// EAX, EBX, ECX of a leaf.
fn cpuid(leaf: u32) -> (u32, u32, u32) {
    #[allow(unused_unsafe, reason = "unsafe up to the compiler that made it safe")]
    // SAFETY: every x86-64 processor has the instruction.
    let regs = unsafe { __cpuid_count(leaf, 0) };
    (regs.eax, regs.ebx, regs.ecx)
}

/// The low half of XCR0: which registers the kernel saves.
fn xgetbv() -> u32 {
    let low: u32;
    // SAFETY: the caller saw OSXSAVE, so the instruction exists and may be used.
    unsafe {
        core::arch::asm!(
            "xgetbv",
            in("ecx") 0,
            out("eax") low,
            out("edx") _,
            options(nomem, nostack, preserves_flags)
        );
    }
    low
}

/// Copies more than 64 bytes, from the start to the end.
///
/// # Safety
///
/// As for [`between`](super::between), with `len > 64`, and `dst` does not start inside
/// `src .. src + len` unless it is `src`.
#[inline(never)]
pub(super) unsafe fn forward(src: *const u8, dst: *mut u8, len: usize) {
    // Relaxed: the answer is always the same, so it does not matter who found it.
    if AVX2.load(Ordering::Relaxed) == YES {
        // SAFETY: the caller's contract, and the CPU has AVX2.
        unsafe { forward_by_avx2(src, dst, len) }
    } else {
        // SAFETY: the caller's contract.
        unsafe { without_avx2((forward, sse2::forward), src, dst, len) }
    }
}

/// Copies more than 64 bytes, from the end to the start.
///
/// # Safety
///
/// As for [`between`](super::between), with `len > 64`, and `src` does not start inside
/// `dst .. dst + len` unless it is `dst`.
#[inline(never)]
pub(super) unsafe fn backward(src: *const u8, dst: *mut u8, len: usize) {
    if AVX2.load(Ordering::Relaxed) == YES {
        // SAFETY: the caller's contract, and the CPU has AVX2.
        unsafe { backward_by_avx2(src, dst, len) }
    } else {
        // SAFETY: the caller's contract.
        unsafe { without_avx2((backward, sse2::backward), src, dst, len) }
    }
}

/// A copy in one direction.
type Copy = unsafe fn(*const u8, *mut u8, usize);

/// Where AVX2 is not known to be there: asks the CPU, once, and starts over; or the second
/// function of `copies`. Apart and called last, so that the functions above need no stack
/// frame.
///
/// # Safety
///
/// The contract of `copies`.
#[cold]
#[inline(never)]
unsafe fn without_avx2(copies: (Copy, Copy), src: *const u8, dst: *mut u8, len: usize) {
    let (start_over, sse2) = copies;
    if AVX2.load(Ordering::Relaxed) == UNKNOWN {
        detect_avx2();
        // SAFETY: the caller's contract; the answer is known now, so it comes here once.
        return unsafe { start_over(src, dst, len) };
    }
    // SAFETY: the caller's contract.
    unsafe { sse2(src, dst, len) }
}

/// [`forward`] with 32-byte words.
///
/// # Safety
///
/// As there, and the CPU has AVX2.
#[inline(always)]
unsafe fn forward_by_avx2(src: *const u8, dst: *mut u8, len: usize) {
    if len <= 128 {
        // SAFETY: the caller's contract.
        unsafe { avx2::two_and_two(src, dst, len) }
    } else if len <= 256 {
        // SAFETY: the caller's contract.
        unsafe { avx2::four_and_four(src, dst, len) }
    } else {
        // SAFETY: the caller's contract.
        unsafe { avx2::forward(src, dst, len) }
    }
}

/// [`backward`] with 32-byte words.
///
/// # Safety
///
/// As there, and the CPU has AVX2.
#[inline(always)]
unsafe fn backward_by_avx2(src: *const u8, dst: *mut u8, len: usize) {
    if len <= 128 {
        // SAFETY: the caller's contract.
        unsafe { avx2::two_and_two(src, dst, len) }
    } else if len <= 256 {
        // SAFETY: the caller's contract.
        unsafe { avx2::four_and_four(src, dst, len) }
    } else {
        // SAFETY: the caller's contract.
        unsafe { avx2::backward(src, dst, len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::small::INLINE_MAX;
    use crate::arch::suite;

    #[test]
    fn avx2_moves_like_the_oracle() {
        if detect_avx2() {
            suite::moves_like_the_oracle(forward_by_avx2, backward_by_avx2, INLINE_MAX);
        }
    }

    #[test]
    fn sse2_moves_like_the_oracle() {
        suite::moves_like_the_oracle(sse2::forward, sse2::backward, INLINE_MAX);
    }
}
