// SPDX-License-Identifier: MIT OR Apache-2.0
//! Comparing and finding: always in a private copy, 4 KiB of it at a time.
//!
//! The `memcmp` and `memchr` of the standard library may read a byte as often as they like
//! and expect it to hold still; so none of them ever sees the shared bytes.
#![allow(
    unsafe_code,
    reason = "a copy initialises a part of the scratch memory"
)]
#![warn(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use core::cmp::Ordering;
use core::mem::MaybeUninit;
use core::ops::{ControlFlow, RangeBounds};

use crate::AccessError;
use crate::raw::{RawRange, initialised};

/// How much is copied out at once: it stays in the first cache, and on the stack.
const CHUNK: usize = 4096;

impl RawRange {
    /// Shows `look` a private copy of all bytes, in chunks, each with its offset, until it
    /// breaks off. No chunk is copied twice.
    #[cfg_attr(feature = "chaos", track_caller)]
    fn each_chunk<T>(
        self,
        mut look: impl FnMut(usize, &[u8]) -> ControlFlow<T>,
    ) -> Result<Option<T>, AccessError> {
        self.readable(0, self.len())?;
        let mut scratch = [const { MaybeUninit::uninit() }; CHUNK];
        let mut offset = 0;
        while offset < self.len() {
            let len = self.read_at(offset, &mut scratch)?;
            // SAFETY: `read_at` initialised the first `len` bytes.
            let chunk = unsafe { initialised(&mut scratch, len) };
            if let ControlFlow::Break(found) = look(offset, chunk) {
                return Ok(Some(found));
            }
            offset = offset.saturating_add(len);
        }
        Ok(None)
    }

    /// How the bytes from `offset` on compare with `other`, as slices do.
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn compare_at(self, offset: usize, other: &[u8]) -> Result<Ordering, AccessError> {
        self.readable(offset, other.len())?;
        let part = self.slice(offset..offset.saturating_add(other.len()))?;
        let mut rest = other;
        let unequal = part.each_chunk(|_, chunk| {
            let (mine, later) = rest.split_at_checked(chunk.len()).unwrap_or((rest, &[]));
            rest = later;
            match chunk.cmp(mine) {
                Ordering::Equal => ControlFlow::Continue(()),
                unequal => ControlFlow::Break(unequal),
            }
        })?;
        Ok(unequal.unwrap_or(Ordering::Equal))
    }

    /// Where in a part the first such byte is, from the start of the range.
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn find_byte(
        self,
        part: impl RangeBounds<usize>,
        byte: u8,
    ) -> Result<Option<usize>, AccessError> {
        let part = self.slice(part)?;
        #[cfg(feature = "chaos")]
        let call = crate::chaos::call();
        let found = part.each_chunk(|offset, chunk| {
            // The first is fast and the second says where.
            if !chunk.contains(&byte) {
                return ControlFlow::Continue(());
            }
            match chunk.iter().position(|b| *b == byte) {
                Some(at) => ControlFlow::Break(offset.saturating_add(at)),
                None => ControlFlow::Continue(()),
            }
        })?;
        #[cfg(feature = "chaos")]
        call.seen(part.ptr(), found.map(|at| at.saturating_add(1)));
        Ok(found.map(|at| at.saturating_add(self.distance(part))))
    }

    /// Where in a part `needle` is first, from the start of the range.
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn find(
        self,
        part: impl RangeBounds<usize>,
        needle: &[u8],
    ) -> Result<Option<usize>, AccessError> {
        let part = self.slice(part)?;
        let (prefix, rest) = needle.split_at_checked(PREFIX).unwrap_or((needle, &[]));
        let mut search = Prefix::new(prefix);
        #[cfg(feature = "chaos")]
        let call = crate::chaos::call();
        let found = part.each_chunk(|offset, chunk| {
            if search.can_skip(chunk) {
                return ControlFlow::Continue(());
            }
            for (at, byte) in (offset..).zip(chunk) {
                let Some(next) = search.next(at, *byte) else {
                    continue;
                };
                match part.compare_at(next, rest) {
                    Ok(Ordering::Equal) => {
                        return ControlFlow::Break(Some(next.saturating_sub(prefix.len())));
                    }
                    Ok(_) => {}
                    // It does not fit any more, here or later.
                    Err(_) => return ControlFlow::Break(None),
                }
            }
            ControlFlow::Continue(())
        })?;
        let found = if needle.is_empty() {
            Some(0)
        } else {
            found.flatten()
        };
        #[cfg(feature = "chaos")]
        call.seen(part.ptr(), found.map(|at| at.saturating_add(needle.len())));
        Ok(found.map(|at| at.saturating_add(self.distance(part))))
    }

    /// From the start of this range to that of a part of it.
    fn distance(self, part: Self) -> usize {
        part.ptr().addr().wrapping_sub(self.ptr().addr())
    }
}

/// How much of a needle is searched for in one pass, by a table on the stack.
const PREFIX: usize = 128;

/// Knuth, Morris and Pratt: each byte is looked at once, and how long it takes does not
/// depend on what a peer puts there.
struct Prefix<'a> {
    wanted: &'a [u8],
    /// With `n + 1` bytes matched: how many match still when the next one does not.
    fallback: [usize; PREFIX],
    matched: usize,
}

impl<'a> Prefix<'a> {
    /// For a `wanted` of at most [`PREFIX`] bytes.
    fn new(wanted: &'a [u8]) -> Self {
        let mut this = Self {
            wanted,
            fallback: [0; PREFIX],
            matched: 0,
        };
        // The table is made by searching for the needle in itself.
        for (i, byte) in wanted.iter().enumerate().skip(1) {
            this.step(*byte);
            if let Some(entry) = this.fallback.get_mut(i) {
                *entry = this.matched;
            }
        }
        this.matched = 0;
        this
    }

    /// Takes one byte more.
    fn step(&mut self, byte: u8) {
        while self.matched > 0 && self.wanted.get(self.matched) != Some(&byte) {
            let longest = self.fallback.get(self.matched.saturating_sub(1));
            self.matched = longest.copied().unwrap_or(0);
        }
        if self.wanted.get(self.matched) == Some(&byte) {
            self.matched = self.matched.saturating_add(1);
        }
    }

    /// Takes the byte at `at`. Where it completes a match: the offset after it.
    fn next(&mut self, at: usize, byte: u8) -> Option<usize> {
        self.step(byte);
        (self.matched == self.wanted.len()).then(|| at.saturating_add(1))
    }

    /// Whether nothing begins or goes on in a chunk.
    fn can_skip(&self, chunk: &[u8]) -> bool {
        self.matched == 0 && !self.wanted.first().is_some_and(|byte| chunk.contains(byte))
    }
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use alloc::vec::Vec;

    use super::Prefix;

    #[test]
    fn the_table_finds_every_occurrence_also_those_that_overlap() {
        let haystack = b"abababcababab";
        for wanted in [&b"abab"[..], b"a", b"ababab", b"bc", b"zz"] {
            let mut search = Prefix::new(wanted);
            let found: Vec<usize> = (0..)
                .zip(haystack)
                .filter_map(|(at, byte)| search.next(at, *byte))
                .map(|end| end - wanted.len())
                .collect();
            let expected: Vec<usize> = (0..haystack.len())
                .filter(|at| {
                    haystack
                        .get(*at..)
                        .is_some_and(|rest| rest.starts_with(wanted))
                })
                .collect();
            assert_eq!(found, expected, "{wanted:?}");
        }
    }
}
