// SPDX-License-Identifier: MIT OR Apache-2.0
//! More than 64 bytes: loops of 16-byte words, in pairs.
//!
//! In pseudo-code:
//!
//! ```text
//! forward(src, dst, len):                     # dst before src, or no overlap
//!     tail = load the last 64 bytes of src    # before anything is stored
//!     if len <= 128: load the first 64, store them
//!     else:
//!         head = load the first 16 bytes of src
//!         step to where dst is aligned to 16  # head covers what this skips
//!         while more than 64 bytes are left: load 64, store 64, step
//!         store head to the start of dst
//!     store tail to the end of dst
//! backward(src, dst, len):                    # dst starts inside src: the mirror image
//! ```
//!
//! The tail and the head are loaded before the first store, so an overlap in the direction
//! of the loop is no harm: the result is `memmove`'s.
//!
//! **Story of each block here.** For each byte of the range, in an unspecified order, one or
//! more volatile accesses on the shared side, the last one deciding; an ordinary access on
//! the private side. Between two shared ranges both sides are volatile. Nothing is accessed
//! outside the two ranges, nothing before the block or after it. The vector registers and
//! the flags that are used are clobbered and say so; v8 to v15, of which a callee must keep
//! the lower halves, are not used.

/// Copies more than 64 bytes, from the start to the end.
///
/// # Safety
///
/// As for [`between`](super::between), with `len > 64`, and `dst` does not start inside
/// `src .. src + len` unless it is `src`.
#[inline(never)]
pub(super) unsafe fn forward(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the story at the top of this file; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "add {end}, {src}, {len}",
                "ldp q4, q5, [{end}, #-64]",
                "ldp q6, q7, [{end}, #-32]",
                "add {end}, {dst}, {len}",
                "cmp {len}, #128",
                "b.hi 3f",
                "ldp q0, q1, [{src}]",
                "ldp q2, q3, [{src}, #32]",
                "stp q0, q1, [{dst}]",
                "stp q2, q3, [{dst}, #32]",
                "b 5f",
                "3:",
                "ldr q16, [{src}]",
                "mov {head}, {dst}",
                "sub {src}, {src}, {dst}",
                "orr {dst}, {dst}, #15",
                "add {dst}, {dst}, #1",
                "sub {stop}, {end}, #64",
                ".p2align 4",
                "4:",
                // src holds the distance to dst.
                "add {at}, {src}, {dst}",
                "ldp q0, q1, [{at}]",
                "ldp q2, q3, [{at}, #32]",
                "stp q0, q1, [{dst}]",
                "stp q2, q3, [{dst}, #32]",
                "add {dst}, {dst}, #64",
                "cmp {dst}, {stop}",
                "b.lo 4b",
                "str q16, [{head}]",
                "5:",
                "stp q4, q5, [{end}, #-64]",
                "stp q6, q7, [{end}, #-32]",
            ],
            src = inout(reg) src => _,
            dst = inout(reg) dst => _,
            len = in(reg) len,
            end = out(reg) _,
            head = out(reg) _,
            stop = out(reg) _,
            at = out(reg) _,
            out("v0") _, out("v1") _, out("v2") _, out("v3") _,
            out("v4") _, out("v5") _, out("v6") _, out("v7") _,
            out("v16") _,
            options(nostack)
        );
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
    // SAFETY: the story at the top of this file; the caller says that both ranges are there.
    unsafe {
        border_asm!(
            [
                "ldp q4, q5, [{src}]",
                "ldp q6, q7, [{src}, #32]",
                "add {at}, {src}, {len}",
                "ldr q16, [{at}, #-16]",
                "sub {src}, {src}, {dst}",
                "add {end}, {dst}, {len}",
                "sub {at}, {end}, #1",
                "and {at}, {at}, #-16",
                "add {stop}, {dst}, #64",
                "cmp {at}, {stop}",
                "b.ls 5f",
                ".p2align 4",
                "4:",
                // src holds the distance to dst.
                "add {from}, {src}, {at}",
                "ldp q0, q1, [{from}, #-32]",
                "ldp q2, q3, [{from}, #-64]",
                "stp q0, q1, [{at}, #-32]",
                "stp q2, q3, [{at}, #-64]",
                "sub {at}, {at}, #64",
                "cmp {at}, {stop}",
                "b.hi 4b",
                "5:",
                "str q16, [{end}, #-16]",
                "stp q4, q5, [{dst}]",
                "stp q6, q7, [{dst}, #32]",
            ],
            src = inout(reg) src => _,
            dst = in(reg) dst,
            len = in(reg) len,
            at = out(reg) _,
            end = out(reg) _,
            stop = out(reg) _,
            from = out(reg) _,
            out("v0") _, out("v1") _, out("v2") _, out("v3") _,
            out("v4") _, out("v5") _, out("v6") _, out("v7") _,
            out("v16") _,
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
    fn pairs_move_like_the_oracle() {
        suite::moves_like_the_oracle(forward, backward, INLINE_MAX);
    }
}
