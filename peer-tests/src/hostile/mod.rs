// SPDX-License-Identifier: MIT OR Apache-2.0
//! The hostile run: the library lives for a while with a peer that does what it can, is
//! killed and comes back, while somebody else looks on.
//!
//! ```text
//!   judge ── starts, looks at the wait status ──► victim: uses every tier, counts
//!                                                   │ ▲
//!                                     starts, kills │ │ memfds, pipes, devices, by the dozen
//!                                                   ▼ │
//!                                                 villain: truncates, punches, seals, flips …
//! ```
//!
//! The victim is a process of its own, so that a signal is something to look at; the villain
//! is a new process each time, so that a kill hits it wherever it is just then.

mod attacks;
mod gifts;
mod inbox;
pub mod judge;
mod keeper;
mod tiers;
pub mod victim;
pub mod villain;

use std::collections::BTreeMap;

/// Counts, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<String, u64>);

impl Tally {
    /// Adds to a count.
    pub fn add(&mut self, name: &str, count: u64) {
        match self.0.get_mut(name) {
            Some(sum) => *sum += count,
            None => {
                self.0.insert(name.to_owned(), count);
            }
        }
    }

    /// Keeps the larger.
    pub fn at_most(&mut self, name: &str, value: u64) {
        let most = self.get(name).max(value);
        self.0.insert(name.to_owned(), most);
    }

    /// A count, 0 if nothing was counted.
    #[must_use]
    pub fn get(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// All counts of another one, added to these.
    pub fn merge(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            self.add(name, *count);
        }
    }

    /// `name=count` in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(|(n, c)| format!("{n}={c}")).collect();
        pairs.join(" ")
    }

    /// What [`line`](Self::line) said; words that are no counts are left out.
    #[must_use]
    pub fn of_line(line: &str) -> Self {
        let pair = |word: &str| {
            let (name, count) = word.split_once('=')?;
            Some((name.to_owned(), count.parse().ok()?))
        };
        Self(line.split_whitespace().filter_map(pair).collect())
    }

    /// As a JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        let pair = |(name, count): (&String, &u64)| format!("\"{name}\": {count}");
        let pairs: Vec<String> = self.0.iter().map(pair).collect();
        format!("{{{}}}", pairs.join(", "))
    }

    /// All names and counts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }
}

/// A die that falls the same way for the same seed.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// A die.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `limit`; 0 where that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize).checked_rem(limit).unwrap_or(0)
    }
}

/// What is handed to each villain, in this order, in its first message.
pub const OBJECTS: [&str; 6] = [
    "fixed",
    "growable",
    "published",
    "frozen",
    "freezable",
    "resizable",
];

/// How large each of them is.
pub const SIZE: usize = 16 * 4096;
