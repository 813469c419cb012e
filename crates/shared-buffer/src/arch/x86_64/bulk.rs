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
//! **Story of each block here.** For each byte of the range, in an unspecified order, one or
//! more volatile accesses on the shared side, the last one deciding; an ordinary access on
//! the private side. Between two shared ranges both sides are volatile. Nothing is accessed
//! outside the two ranges, nothing before the block or after it. Vector registers and flags
//! are clobbered and say so; `vzeroupper` at the end leaves the upper halves as the calling
//! convention expects them, and every one of ymm0 to ymm15 is clobbered because it zeroes
//! all of them.

use core::arch::x86_64::__cpuid_count;
use core::sync::atomic::{AtomicU8, Ordering};

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
    match AVX2.load(Ordering::Relaxed) {
        // SAFETY: the caller's contract, and the CPU has AVX2.
        YES => unsafe { forward_avx2(src, dst, len) },
        // SAFETY: the caller's contract.
        NO => unsafe { forward_sse2(src, dst, len) },
        // SAFETY: the caller's contract.
        _ => unsafe { detect_then(forward, src, dst, len) },
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
    match AVX2.load(Ordering::Relaxed) {
        // SAFETY: the caller's contract, and the CPU has AVX2.
        YES => unsafe { backward_avx2(src, dst, len) },
        // SAFETY: the caller's contract.
        NO => unsafe { backward_sse2(src, dst, len) },
        // SAFETY: the caller's contract.
        _ => unsafe { detect_then(backward, src, dst, len) },
    }
}

/// Asks the CPU, once, and starts over. Apart and called last, so that the functions above
/// need no stack frame.
///
/// # Safety
///
/// The contract of `copy`.
#[cold]
#[inline(never)]
unsafe fn detect_then(
    copy: unsafe fn(*const u8, *mut u8, usize),
    src: *const u8,
    dst: *mut u8,
    len: usize,
) {
    detect_avx2();
    // SAFETY: the caller's contract; the answer is known now, so this is not called again.
    unsafe { copy(src, dst, len) }
}

/// [`forward`] with 32-byte words.
///
/// # Safety
///
/// As there, and the CPU has AVX2.
#[allow(clippy::too_many_lines, reason = "one asm block, in one piece")]
#[inline(always)]
unsafe fn forward_avx2(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "cmp {len}, 128",
                "ja 2f",
                // 65 to 128: two words from the start, two to the end.
                "vmovdqu ymm0, [{src}]",
                "vmovdqu ymm1, [{src} + 32]",
                "vmovdqu ymm2, [{src} + {len} - 64]",
                "vmovdqu ymm3, [{src} + {len} - 32]",
                "vmovdqu [{dst}], ymm0",
                "vmovdqu [{dst} + 32], ymm1",
                "vmovdqu [{dst} + {len} - 64], ymm2",
                "vmovdqu [{dst} + {len} - 32], ymm3",
                "jmp 9f",
                "2:",
                "vmovdqu ymm4, [{src} + {len} - 128]",
                "vmovdqu ymm5, [{src} + {len} - 96]",
                "vmovdqu ymm6, [{src} + {len} - 64]",
                "vmovdqu ymm7, [{src} + {len} - 32]",
                "lea {end}, [{dst} + {len} - 128]",
                "cmp {len}, 256",
                "ja 3f",
                // 129 to 256: four from the start, four to the end.
                "vmovdqu ymm0, [{src}]",
                "vmovdqu ymm1, [{src} + 32]",
                "vmovdqu ymm2, [{src} + 64]",
                "vmovdqu ymm3, [{src} + 96]",
                "vmovdqu [{dst}], ymm0",
                "vmovdqu [{dst} + 32], ymm1",
                "vmovdqu [{dst} + 64], ymm2",
                "vmovdqu [{dst} + 96], ymm3",
                "jmp 5f",
                "3:",
                // The head, then on to the first aligned word of dst after its start.
                "vmovdqu ymm8, [{src}]",
                "mov {head}, {dst}",
                "sub {src}, {dst}",
                "or {dst}, 31",
                "inc {dst}",
                ".p2align 5",
                "4:",
                // src holds the distance to dst, so one register is stepped.
                "vmovdqu ymm0, [{src} + {dst}]",
                "vmovdqu ymm1, [{src} + {dst} + 32]",
                "vmovdqu ymm2, [{src} + {dst} + 64]",
                "vmovdqu ymm3, [{src} + {dst} + 96]",
                "vmovdqa [{dst}], ymm0",
                "vmovdqa [{dst} + 32], ymm1",
                "vmovdqa [{dst} + 64], ymm2",
                "vmovdqa [{dst} + 96], ymm3",
                "sub {dst}, -128",
                "cmp {dst}, {end}",
                "jb 4b",
                "vmovdqu [{head}], ymm8",
                "5:",
                "vmovdqu [{end}], ymm4",
                "vmovdqu [{end} + 32], ymm5",
                "vmovdqu [{end} + 64], ymm6",
                "vmovdqu [{end} + 96], ymm7",
                "9:",
                "vzeroupper",
            ],
            src = inout(reg) src => _,
            dst = inout(reg) dst => _,
            len = in(reg) len,
            end = out(reg) _,
            head = out(reg) _,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
            options(nostack)
        );
    }
}

/// [`backward`] with 32-byte words.
///
/// # Safety
///
/// As there, and the CPU has AVX2.
#[allow(clippy::too_many_lines, reason = "one asm block, in one piece")]
#[inline(always)]
unsafe fn backward_avx2(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                // The first four words (or, up to 128 bytes, two and two), before any store.
                "vmovdqu ymm4, [{src}]",
                "vmovdqu ymm5, [{src} + 32]",
                "cmp {len}, 128",
                "ja 2f",
                "vmovdqu ymm6, [{src} + {len} - 64]",
                "vmovdqu ymm7, [{src} + {len} - 32]",
                "vmovdqu [{dst}], ymm4",
                "vmovdqu [{dst} + 32], ymm5",
                "vmovdqu [{dst} + {len} - 64], ymm6",
                "vmovdqu [{dst} + {len} - 32], ymm7",
                "jmp 9f",
                "2:",
                "vmovdqu ymm6, [{src} + 64]",
                "vmovdqu ymm7, [{src} + 96]",
                // The last word, then down to the last aligned word of dst before its end.
                "vmovdqu ymm8, [{src} + {len} - 32]",
                "lea {tail}, [{dst} + {len} - 32]",
                "lea {at}, [{dst} + {len} - 1]",
                "and {at}, -32",
                "sub {src}, {dst}",
                "lea {stop}, [{dst} + 128]",
                "cmp {at}, {stop}",
                "jbe 5f",
                ".p2align 5",
                "4:",
                "vmovdqu ymm0, [{src} + {at} - 32]",
                "vmovdqu ymm1, [{src} + {at} - 64]",
                "vmovdqu ymm2, [{src} + {at} - 96]",
                "vmovdqu ymm3, [{src} + {at} - 128]",
                "vmovdqa [{at} - 32], ymm0",
                "vmovdqa [{at} - 64], ymm1",
                "vmovdqa [{at} - 96], ymm2",
                "vmovdqa [{at} - 128], ymm3",
                "add {at}, -128",
                "cmp {at}, {stop}",
                "ja 4b",
                "5:",
                "vmovdqu [{tail}], ymm8",
                "vmovdqu [{dst}], ymm4",
                "vmovdqu [{dst} + 32], ymm5",
                "vmovdqu [{dst} + 64], ymm6",
                "vmovdqu [{dst} + 96], ymm7",
                "9:",
                "vzeroupper",
            ],
            src = inout(reg) src => _,
            dst = in(reg) dst,
            len = in(reg) len,
            at = out(reg) _,
            stop = out(reg) _,
            tail = out(reg) _,
            out("ymm0") _, out("ymm1") _, out("ymm2") _, out("ymm3") _,
            out("ymm4") _, out("ymm5") _, out("ymm6") _, out("ymm7") _,
            out("ymm8") _, out("ymm9") _, out("ymm10") _, out("ymm11") _,
            out("ymm12") _, out("ymm13") _, out("ymm14") _, out("ymm15") _,
            options(nostack)
        );
    }
}

/// [`forward`] with 16-byte words.
///
/// # Safety
///
/// As there.
#[allow(clippy::too_many_lines, reason = "one asm block, in one piece")]
#[inline(always)]
unsafe fn forward_sse2(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "movups xmm4, [{src} + {len} - 64]",
                "movups xmm5, [{src} + {len} - 48]",
                "movups xmm6, [{src} + {len} - 32]",
                "movups xmm7, [{src} + {len} - 16]",
                "lea {end}, [{dst} + {len} - 64]",
                "cmp {len}, 128",
                "ja 3f",
                // 65 to 128: four words from the start, four to the end.
                "movups xmm0, [{src}]",
                "movups xmm1, [{src} + 16]",
                "movups xmm2, [{src} + 32]",
                "movups xmm3, [{src} + 48]",
                "movups [{dst}], xmm0",
                "movups [{dst} + 16], xmm1",
                "movups [{dst} + 32], xmm2",
                "movups [{dst} + 48], xmm3",
                "jmp 5f",
                "3:",
                "movups xmm8, [{src}]",
                "mov {head}, {dst}",
                "sub {src}, {dst}",
                "or {dst}, 15",
                "inc {dst}",
                ".p2align 5",
                "4:",
                "movups xmm0, [{src} + {dst}]",
                "movups xmm1, [{src} + {dst} + 16]",
                "movups xmm2, [{src} + {dst} + 32]",
                "movups xmm3, [{src} + {dst} + 48]",
                "movaps [{dst}], xmm0",
                "movaps [{dst} + 16], xmm1",
                "movaps [{dst} + 32], xmm2",
                "movaps [{dst} + 48], xmm3",
                "add {dst}, 64",
                "cmp {dst}, {end}",
                "jb 4b",
                "movups [{head}], xmm8",
                "5:",
                "movups [{end}], xmm4",
                "movups [{end} + 16], xmm5",
                "movups [{end} + 32], xmm6",
                "movups [{end} + 48], xmm7",
            ],
            src = inout(reg) src => _,
            dst = inout(reg) dst => _,
            len = in(reg) len,
            end = out(reg) _,
            head = out(reg) _,
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
            out("xmm8") _,
            options(nostack)
        );
    }
}

/// [`backward`] with 16-byte words.
///
/// # Safety
///
/// As there.
#[inline(always)]
unsafe fn backward_sse2(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "movups xmm4, [{src}]",
                "movups xmm5, [{src} + 16]",
                "movups xmm6, [{src} + 32]",
                "movups xmm7, [{src} + 48]",
                "movups xmm8, [{src} + {len} - 16]",
                "lea {tail}, [{dst} + {len} - 16]",
                "lea {at}, [{dst} + {len} - 1]",
                "and {at}, -16",
                "sub {src}, {dst}",
                "lea {stop}, [{dst} + 64]",
                "cmp {at}, {stop}",
                "jbe 5f",
                ".p2align 5",
                "4:",
                "movups xmm0, [{src} + {at} - 16]",
                "movups xmm1, [{src} + {at} - 32]",
                "movups xmm2, [{src} + {at} - 48]",
                "movups xmm3, [{src} + {at} - 64]",
                "movaps [{at} - 16], xmm0",
                "movaps [{at} - 32], xmm1",
                "movaps [{at} - 48], xmm2",
                "movaps [{at} - 64], xmm3",
                "sub {at}, 64",
                "cmp {at}, {stop}",
                "ja 4b",
                "5:",
                "movups [{tail}], xmm8",
                "movups [{dst}], xmm4",
                "movups [{dst} + 16], xmm5",
                "movups [{dst} + 32], xmm6",
                "movups [{dst} + 48], xmm7",
            ],
            src = inout(reg) src => _,
            dst = in(reg) dst,
            len = in(reg) len,
            at = out(reg) _,
            stop = out(reg) _,
            tail = out(reg) _,
            out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
            out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
            out("xmm8") _,
            options(nostack)
        );
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
            suite::moves_like_the_oracle(forward_avx2, backward_avx2, INLINE_MAX);
        }
    }

    #[test]
    fn sse2_moves_like_the_oracle() {
        suite::moves_like_the_oracle(forward_sse2, backward_sse2, INLINE_MAX);
    }
}
