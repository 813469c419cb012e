// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes that are copied, what must come out, and random offsets.

use std::ops::Range;

use crate::mix::Random;

/// What is around a destination, and in it before the copy.
pub const CLEAR: u8 = 0xee;

/// How many bytes before and after a destination must stay as they were.
pub const GUARD: usize = 64;

/// `len` bytes that are different at every offset, and none of them [`CLEAR`].
#[must_use]
pub fn pattern(len: usize, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let bytes = (0..len).map(|_| match (random.next() >> 56) as u8 {
        CLEAR => !CLEAR,
        byte => byte,
    });
    bytes.collect()
}

/// The destination and its guards.
#[must_use]
pub fn window(destination: &Range<usize>) -> Range<usize> {
    destination.start - GUARD..destination.end + GUARD
}

/// Whether a [`window`] has `expected` inside and [`CLEAR`] around it.
#[must_use]
pub fn is_copied(window: &[u8], expected: &[u8]) -> bool {
    let clear = |guard: &[u8]| guard.iter().all(|&byte| byte == CLEAR);
    match window.split_at_checked(GUARD) {
        Some((before, rest)) => match rest.split_at_checked(expected.len()) {
            Some((copied, after)) => clear(before) && copied == expected && clear(after),
            None => false,
        },
        None => false,
    }
}

/// `count` offsets at which `width` bytes fit into `len`, the same in every run.
#[must_use]
pub fn random_offsets(count: usize, len: usize, width: usize) -> Vec<usize> {
    let mut random = Random::new(1);
    let places = (len - width + 1) as u64;
    (0..count)
        .map(|_| (random.next() % places) as usize)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_misses_a_byte_or_writes_one_too_many_is_seen() {
        let expected = pattern(10, 3);
        let mut window = vec![CLEAR; GUARD + 10 + GUARD];
        assert!(!is_copied(&window, &expected));
        window[GUARD..GUARD + 10].copy_from_slice(&expected);
        assert!(is_copied(&window, &expected));
        for wrong in [0, GUARD - 1, GUARD, GUARD + 9, GUARD + 10] {
            let mut window = window.clone();
            window[wrong] ^= 1;
            assert!(!is_copied(&window, &expected), "at {wrong}");
        }
    }
}
