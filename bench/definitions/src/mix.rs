// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies whose sizes nobody can predict, as those of messages.

use std::fmt;

/// Random sizes from `from` to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// The smallest.
    pub from: usize,
    /// The largest.
    pub to: usize,
}

/// The mixes that are measured.
pub const MIXES: [Mix; 5] = [
    Mix { from: 1, to: 16 },
    Mix { from: 1, to: 64 },
    Mix { from: 16, to: 256 },
    Mix { from: 1, to: 1024 },
    Mix { from: 64, to: 4096 },
];

impl Mix {
    /// 4,096 sizes, as many between n and 2n wherever n is. Each `seed` gives others, so that
    /// a branch predictor can't know them by heart.
    #[must_use]
    pub fn sizes(self, seed: u64) -> Vec<usize> {
        let mut random = Random::new(seed);
        let (low, high) = ((self.from as f64).ln(), ((self.to + 1) as f64).ln());
        let sizes = (0..4096).map(|_| {
            let size = (low + (high - low) * random.fraction()).exp() as usize;
            size.clamp(self.from, self.to)
        });
        sizes.collect()
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}..{}", self.from, self.to))
    }
}

/// The numbers below `count` in an order that `round` picks: turns without a rhythm, which
/// could beat with one of the kernel's.
#[must_use]
pub fn shuffled(count: usize, round: u64) -> Vec<usize> {
    let mut random = Random::new(round);
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, (random.next() >> 33) as usize % (last + 1));
    }
    order
}

/// xorshift64*: random enough for sizes and offsets, and the same in every run.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// From 0 to less than 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_comes_up_about_as_often() {
        let mut counts = std::collections::HashMap::new();
        for round in 0..6000 {
            *counts.entry(shuffled(3, round)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(
            counts.values().all(|count| (800..1200).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn a_mix_has_its_smallest_and_its_largest_size_and_no_other() {
        for mix in MIXES {
            let sizes = mix.sizes(7);
            assert_eq!(sizes.len(), 4096);
            assert_eq!(sizes.iter().min(), Some(&mix.from));
            assert!(sizes.iter().max() <= Some(&mix.to));
            assert!(sizes.iter().max() > Some(&(mix.to * 9 / 10)));
            assert_ne!(sizes, mix.sizes(8));
        }
    }
}
