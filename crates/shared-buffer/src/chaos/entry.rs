// SPDX-License-Identifier: MIT OR Apache-2.0
//! One chaos buffer: its memory, and what is known of each byte.
#![warn(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

extern crate std;

use core::alloc::Layout;
use core::ops::Range;
use core::panic::Location;
use std::alloc::{alloc_zeroed, dealloc, handle_alloc_error};
use std::vec;
use std::vec::Vec;

use super::{AtomicLoads, Chaos, DoubleFetch};
use crate::arch;

pub(crate) type Place = &'static Location<'static>;

/// Where mapped memory starts too, so that words are aligned here as they are there.
const ALIGN: usize = 4096;

/// Private memory that stands in for shared memory.
///
/// # Invariants
///
/// - **owned**: `ptr` was allocated with `layout`, is freed on drop, and is touched by the
///   engines only, while the registry is locked.
#[derive(Debug)]
struct Memory {
    ptr: *mut u8,
    layout: Layout,
}

// SAFETY: owned: it is an allocation, and the lock of the registry orders all accesses.
unsafe impl Send for Memory {}

impl Memory {
    fn new(len: usize) -> Self {
        let Ok(layout) = Layout::from_size_align(len.max(1), ALIGN) else {
            panic!("{len} bytes are more than an allocation can have");
        };
        // SAFETY: the size is 1 at least.
        let ptr = unsafe { alloc_zeroed(layout) };
        if ptr.is_null() {
            handle_alloc_error(layout);
        }
        Self { ptr, layout }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: owned: allocated with this layout, freed once.
        unsafe { dealloc(self.ptr, self.layout) };
    }
}

/// What is known of a byte.
#[derive(Clone, Copy, Debug, Default)]
struct Byte {
    /// Where it was first copied out, since it was last stored or forgotten.
    copied: Option<Place>,
    /// Where an atomic first loaded it, since then.
    loaded: Option<Place>,
    /// How often it was changed: with the seed and the offset, what it becomes.
    turns: u64,
    /// What was last stored, by anybody but chaos.
    calm: u8,
    /// An atomic has accessed it.
    word: bool,
    /// It is to hold still and is not counted.
    still: bool,
}

/// A pair of places, and the bytes that were fetched at both.
#[derive(Debug)]
struct Found {
    first: Place,
    second: Place,
    ranges: Vec<Range<usize>>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    memory: Memory,
    bytes: Vec<Byte>,
    found: Vec<Found>,
    pub(super) seed: u64,
    pub(super) chaos: Chaos,
    pub(super) loads: AtomicLoads,
    /// The buffer and its handle: what of the two is left.
    pub(super) owners: u8,
}

impl Entry {
    pub(super) fn new(contents: &[u8], seed: u64) -> Self {
        let mut entry = Self {
            memory: Memory::new(contents.len()),
            bytes: vec![Byte::default(); contents.len()],
            found: Vec::new(),
            seed,
            chaos: Chaos::default(),
            loads: AtomicLoads::default(),
            owners: 2,
        };
        entry.set(0, contents);
        entry
    }

    pub(super) fn ptr(&self) -> *mut u8 {
        self.memory.ptr
    }

    pub(super) fn addr(&self) -> usize {
        self.memory.ptr.addr()
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What is in a range, which is clipped to what there is.
    pub(super) fn get(&self, range: &Range<usize>) -> Vec<u8> {
        let end = range.end.min(self.len());
        let mut copy = vec![0; end.saturating_sub(range.start)];
        let src = self.memory.ptr.wrapping_add(range.start);
        // SAFETY: owned: as many bytes as `copy` has are there, from `range.start` to `end`.
        unsafe { arch::from_shared(src, copy.as_mut_ptr(), copy.len()) };
        copy
    }

    /// Stores what fits, and nothing else.
    fn put(&mut self, offset: usize, src: &[u8]) {
        let len = src.len().min(self.len().saturating_sub(offset));
        let dst = self.memory.ptr.wrapping_add(offset);
        // SAFETY: owned: `len` bytes are there from `offset` on, and in `src`.
        unsafe { arch::to_shared(src.as_ptr(), dst, len) };
    }

    /// Fresh bytes, as a peer stores them.
    pub(super) fn set(&mut self, offset: usize, src: &[u8]) {
        self.put(offset, src);
        self.stored(&(offset..offset.saturating_add(src.len())));
    }

    fn range(&mut self, range: &Range<usize>) -> impl Iterator<Item = (usize, &mut Byte)> {
        let bytes = self.bytes.get_mut(range.clone()).unwrap_or_default();
        (range.start..).zip(bytes)
    }

    /// The bytes were stored: what was fetched before is gone.
    pub(super) fn stored(&mut self, range: &Range<usize>) {
        let now = self.get(range);
        for ((_, byte), now) in self.range(range).zip(now) {
            (byte.copied, byte.loaded, byte.calm) = (None, None, now);
        }
    }

    pub(super) fn is_word(&mut self, range: &Range<usize>) {
        self.range(range).for_each(|(_, byte)| byte.word = true);
    }

    pub(super) fn hold_still(&mut self, range: &Range<usize>) {
        self.range(range).for_each(|(_, byte)| byte.still = true);
    }

    /// The bytes were copied out.
    pub(super) fn fetched(&mut self, range: &Range<usize>, place: Place) {
        let loads = self.loads;
        self.visit(range, place, |byte| {
            let loaded = byte.loaded.filter(|_| loads != AtomicLoads::Exempt);
            let first = byte.copied.or(loaded);
            byte.copied = byte.copied.or(Some(place));
            first
        });
    }

    /// The bytes were loaded by an atomic.
    pub(super) fn loaded(&mut self, range: &Range<usize>, place: Place) {
        let loads = self.loads;
        self.is_word(range);
        self.visit(range, place, |byte| {
            let first = match loads {
                AtomicLoads::Exempt => None,
                AtomicLoads::WithCopies => byte.copied,
                AtomicLoads::Counted => byte.copied.or(byte.loaded),
            };
            byte.loaded = byte.loaded.or(Some(place));
            first
        });
    }

    /// Marks bytes as fetched at `place`; `mark` says where they were before, if that counts.
    fn visit(
        &mut self,
        range: &Range<usize>,
        place: Place,
        mark: impl Fn(&mut Byte) -> Option<Place>,
    ) {
        let mut again: Vec<(Place, Range<usize>)> = Vec::new();
        for (at, byte) in self.range(range).filter(|(_, byte)| !byte.still) {
            let Some(first) = mark(byte) else { continue };
            match again.last_mut() {
                Some((place, run)) if *place == first && run.end == at => {
                    run.end = at.saturating_add(1);
                }
                _ => again.push((first, at..at.saturating_add(1))),
            }
        }
        for (first, run) in again {
            self.found_again(first, place, run);
        }
    }

    fn found_again(&mut self, first: Place, second: Place, run: Range<usize>) {
        let same = |found: &&mut Found| found.first == first && found.second == second;
        if let Some(found) = self.found.iter_mut().find(same) {
            found.ranges.push(run);
            coalesce(&mut found.ranges);
        } else {
            let ranges = vec![run];
            self.found.push(Found {
                first,
                second,
                ranges,
            });
        }
    }

    /// Gives bytes other values, but for those in `kept`: those that were `fetched`, or all.
    pub(super) fn change(&mut self, fetched: &Range<usize>, kept: &Range<usize>) {
        let range = match self.chaos {
            Chaos::FlipFetched => fetched.clone(),
            Chaos::ScrambleAll => 0..self.len(),
            Chaos::Still => return,
        };
        let (mut now, seed) = (self.get(&range), self.seed);
        for ((at, byte), now) in self.range(&range).zip(&mut now) {
            let spared = byte.still || (byte.word && !fetched.contains(&at));
            if !spared && !kept.contains(&at) {
                *now ^= noise(seed, at, byte.turns);
                byte.turns = byte.turns.wrapping_add(1);
            }
        }
        self.put(range.start, &now);
    }

    /// Nothing was fetched yet.
    pub(super) fn forget(&mut self) {
        for byte in &mut self.bytes {
            (byte.copied, byte.loaded) = (None, None);
        }
    }

    /// All bytes are as they were last stored.
    pub(super) fn calm(&mut self) {
        let calm: Vec<u8> = self.bytes.iter().map(|byte| byte.calm).collect();
        self.put(0, &calm);
    }

    pub(super) fn double_fetches(&self) -> Vec<DoubleFetch> {
        let each = self.found.iter().flat_map(|found| {
            found.ranges.iter().map(|range| DoubleFetch {
                offset: range.start,
                len: range.len(),
                first: found.first,
                second: found.second,
            })
        });
        each.collect()
    }
}

/// Sorts ranges, and joins those that touch.
pub(super) fn coalesce(ranges: &mut Vec<Range<usize>>) {
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|next, last| {
        let joined = next.start <= last.end;
        if joined {
            last.end = last.end.max(next.end);
        }
        joined
    });
}

/// What a byte is changed by: never by nothing.
fn noise(seed: u64, offset: usize, turn: u64) -> u8 {
    let offset = u64::try_from(offset).unwrap_or(u64::MAX);
    let mut bits = seed;
    for step in [offset, turn] {
        // The finaliser of SplitMix64.
        bits = bits.wrapping_add(step).wrapping_add(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
    }
    u8::try_from(bits % 255).unwrap_or(0).wrapping_add(1)
}
