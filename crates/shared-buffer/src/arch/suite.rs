// SPDX-License-Identifier: MIT OR Apache-2.0
//! One suite for all engines: each copy against a naive oracle, at every small size and
//! around every class border, with overlap in both directions and guard bytes all around.

extern crate alloc;

use alloc::vec::Vec;

/// One direction of an engine.
pub(super) type Copy = unsafe fn(*const u8, *mut u8, usize);

/// Room on all sides of a copy, filled with a pattern that must survive.
const GUARD: usize = 96;

/// Every size up to 300, the class borders, and some that take many steps of a loop.
fn sizes() -> impl Iterator<Item = usize> {
    let large = [
        383, 384, 385, 511, 512, 513, 1000, 1023, 1024, 1025, 4095, 4096, 4099,
    ];
    // Under Miri each byte takes its time.
    let step = if cfg!(miri) { 97 } else { 1 };
    (0..=300)
        .step_by(step)
        .chain(large.into_iter().step_by(step))
}

/// Bytes in which every place looks different from its neighbours for a long way.
fn pattern(len: usize, seed: usize) -> Vec<u8> {
    (0..len)
        .map(|i| (i.wrapping_mul(31) ^ (i >> 8).wrapping_mul(7) ^ seed) as u8)
        .collect()
}

/// A copy between two separate places, for a few alignments of either.
pub(super) fn copies_like_the_oracle(copy: Copy) {
    for len in sizes() {
        for (from, to) in [(0, 0), (1, 0), (0, 1), (3, 29), (15, 16), (31, 33), (64, 8)] {
            let mut src = pattern(len + 2 * GUARD, 1);
            let mut dst = pattern(len + 2 * GUARD, 2);
            let mut expected = dst.clone();
            expected[to..to + len].copy_from_slice(&src[from..from + len]);
            // SAFETY: both ranges lie inside their vectors, which do not overlap.
            unsafe { copy(src[from..].as_mut_ptr(), dst[to..].as_mut_ptr(), len) };
            assert!(dst == expected, "{len} bytes, {from} to {to}");
            assert!(src == pattern(len + 2 * GUARD, 1), "the source changed");
        }
    }
}

/// A copy inside one place, whatever the overlap.
pub(super) fn overlaps_like_the_oracle(between: Copy) {
    moves_like_the_oracle(between, between, 0);
}

/// The same where each direction has a function of its own, for sizes above `above`.
pub(super) fn moves_like_the_oracle(forward: Copy, backward: Copy, above: usize) {
    for len in sizes().filter(|&len| len > above) {
        for distance in [
            0,
            1,
            2,
            7,
            16,
            31,
            32,
            33,
            64,
            127,
            128,
            129,
            len / 2,
            len,
            len + 5,
        ] {
            for back in [false, true] {
                let mut bytes = pattern(len + distance + 2 * GUARD, 3);
                let (from, to) = if back {
                    (GUARD, GUARD + distance)
                } else {
                    (GUARD + distance, GUARD)
                };
                let mut expected = bytes.clone();
                expected.copy_within(from..from + len, to);
                let copy = if back && distance < len {
                    backward
                } else {
                    forward
                };
                let base = bytes.as_mut_ptr();
                // SAFETY: both ranges lie inside `bytes`.
                unsafe { copy(base.wrapping_add(from), base.wrapping_add(to), len) };
                assert!(bytes == expected, "{len} bytes by {distance}, back: {back}");
            }
        }
    }
}

/// A fill of any place, for sizes above `above`.
pub(super) fn fills_like_the_oracle(above: usize, fill: impl Fn(*mut u8, u8, usize)) {
    for len in sizes().filter(|&len| len > above || above == 0) {
        for at in [0, 1, 3, 8, 15, 16, 33, 64] {
            for value in [0, 0x5A, 0xFF] {
                let mut bytes = pattern(len + 2 * GUARD, 4);
                let mut expected = bytes.clone();
                expected[at..at + len].fill(value);
                fill(bytes[at..].as_mut_ptr(), value, len);
                assert!(bytes == expected, "{len} bytes at {at} with {value}");
            }
        }
    }
}

#[test]
fn each_engine_fills_like_the_oracle() {
    // SAFETY: the suite gives `len` bytes of a vector.
    fills_like_the_oracle(0, |dst, value, len| unsafe { super::fill(dst, value, len) });
    fills_like_the_oracle(0, |dst, value, len| {
        // SAFETY: the suite gives `len` bytes of a vector.
        unsafe { super::portable::fill(dst, value, len) }
    });
    #[cfg(not(miri))]
    fills_like_the_oracle(0, |dst, value, len| {
        // SAFETY: the suite gives `len` bytes of a vector.
        unsafe { super::laundered::fill(dst, value, len) }
    });
}

#[test]
fn streams_copy_like_the_oracle() {
    copies_like_the_oracle(super::stream);
}

#[test]
fn the_portable_engine_copies_like_the_oracle() {
    use super::portable::{between, from_shared, to_shared};
    copies_like_the_oracle(from_shared);
    copies_like_the_oracle(to_shared);
    copies_like_the_oracle(between);
    overlaps_like_the_oracle(between);
}

#[cfg(not(miri))]
#[test]
fn the_laundered_engine_copies_like_the_oracle() {
    use super::laundered::{between, from_shared, to_shared};
    copies_like_the_oracle(from_shared);
    copies_like_the_oracle(to_shared);
    copies_like_the_oracle(between);
    overlaps_like_the_oracle(between);
}

#[test]
fn the_engine_of_this_machine_copies_like_the_oracle() {
    use super::{between, from_shared, to_shared};
    copies_like_the_oracle(from_shared);
    copies_like_the_oracle(to_shared);
    copies_like_the_oracle(between);
    overlaps_like_the_oracle(between);
}
