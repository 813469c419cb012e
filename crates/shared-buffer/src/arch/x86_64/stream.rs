// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies into shared memory that go past the caches: non-temporal stores.
//!
//! ```text
//! stream(src, dst, len):
//!     if len < STREAM_MIN: an ordinary copy
//!     copy up to where dst is aligned to a cache line
//!     sfence
//!     while 64 bytes are left: load 4 words, store them past the caches, step
//!     sfence
//!     copy the rest
//! ```
//!
//! **Story of the block.** For each byte of the range, in an unspecified order, one volatile
//! store on the shared side; an ordinary load on the private side. A non-temporal store is
//! ordered with no other store, before it or after it, so by itself it would have no story
//! in Rust: a fence of the memory model does not hold it back. Hence the two `sfence` are
//! part of the block: the first keeps what was stored earlier in front of it, the second
//! makes all of it visible before anything that is stored later. Seen from outside, the
//! block is a copy like any other. Flags and the four vector registers are declared.

use super::to_shared;

/// From here on there are whole cache lines enough to pay for two fences.
const STREAM_MIN: usize = 512;

/// What is written at once: a cache line, so that none is fetched to be completed.
const LINE: usize = 64;

/// See [`border::to_shared_streaming`](crate::border::to_shared_streaming).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn stream(src: *const u8, dst: *mut u8, len: usize) {
    if len < STREAM_MIN {
        // SAFETY: the caller's contract.
        return unsafe { to_shared(src, dst, len) };
    }
    // Less than a line, and `len` is several.
    let head = dst.addr().wrapping_neg() % LINE;
    let lines = (len - head) / LINE * LINE;
    let rest = len - head - lines;
    // SAFETY: the caller's contract; `head < len`.
    unsafe { to_shared(src, dst, head) };
    let (from, to) = (src.wrapping_add(head), dst.wrapping_add(head));
    // SAFETY: the caller's contract; `to` is aligned now, and `lines` of what is left is a
    // multiple of the line and not 0.
    unsafe { past_the_caches(from, to, lines) };
    let (from, to) = (from.wrapping_add(lines), to.wrapping_add(lines));
    // SAFETY: the caller's contract; the last `rest` bytes.
    unsafe { to_shared(from, to, rest) };
}

/// Copies whole lines.
///
/// # Safety
///
/// As for [`stream`]; `dst` is aligned to a line, `len` is a multiple of a line and not 0.
#[inline(never)]
unsafe fn past_the_caches(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that both ranges are there,
    // and aligned as `movntdq` asks for.
    unsafe {
        border_asm!(
            [
                "sfence",
                ".p2align 4",
                "4:",
                "movups {a}, [{src}]",
                "movups {b}, [{src} + 16]",
                "movups {c}, [{src} + 32]",
                "movups {d}, [{src} + 48]",
                "movntdq [{dst}], {a}",
                "movntdq [{dst} + 16], {b}",
                "movntdq [{dst} + 32], {c}",
                "movntdq [{dst} + 48], {d}",
                "add {src}, 64",
                "add {dst}, 64",
                "sub {len}, 64",
                "jnz 4b",
                "sfence",
            ],
            src = inout(reg) src => _,
            dst = inout(reg) dst => _,
            len = inout(reg) len => _,
            a = out(xmm_reg) _,
            b = out(xmm_reg) _,
            c = out(xmm_reg) _,
            d = out(xmm_reg) _,
            options(nostack)
        );
    }
}
