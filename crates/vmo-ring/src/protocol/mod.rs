// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the two sides do to the shared bytes, and nothing else: no mapping, no system call.
//!
//! The same code runs over mappings of two processes, over the memory of a model checker that
//! tries every order of events, and over bytes that a fuzzer makes up: each is an [`Area`].
//!
//! ```text
//!   the producer's area                         the consumer's area
//!   ┌───────┬───────┬─────────────────┐         ┌──────┬───────┐
//!   │ state │ slots │ data            │         │ head │ state │
//!   └───────┴───────┴─────────────────┘         └──────┴───────┘
//!    stores: producer   loads: consumer          stores: consumer   loads: producer
//! ```
//!
//! The rule: a word of the other side is loaded once, into a local; what it says is checked
//! against what this side knows by itself; and what does not fit ends the ring for ever. A
//! position is never taken from the other side.

pub(crate) mod area;
pub(crate) mod broadcast;
pub(crate) mod consumer;
pub(crate) mod latest;
pub(crate) mod layout;
pub(crate) mod producer;
pub(crate) mod published;
pub(crate) mod records;

/// Whether the other side has to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wakes {
    /// It may sleep, and says so before it does.
    IfItSleeps,
    /// It never sleeps, or nobody here would wake it.
    Never,
}

/// What a side sleeps on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sleeps {
    /// Until the other side rings: what can be polled.
    OnBell,
    /// Until a word of the other side changes: what costs least.
    OnWord,
}

impl Sleeps {
    /// What a state says of it.
    fn bits(self) -> u64 {
        match self {
            Self::OnBell => layout::WAITING,
            Self::OnWord => layout::WAITING | layout::ON_WORD,
        }
    }
}

/// A half of a word of the other side's area, and what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Half {
    /// Where it is.
    pub(crate) offset: usize,
    /// What was there.
    pub(crate) value: u32,
}

impl Half {
    /// The lower half of `word` at `offset`.
    fn lower(offset: usize, word: u64) -> Self {
        let value = (word & 0xffff_ffff) as u32;
        let offset = offset.wrapping_add(if LITTLE { 0 } else { 4 });
        Self { offset, value }
    }

    /// The upper half.
    fn upper(offset: usize, word: u64) -> Self {
        let value = (word >> 32) as u32;
        let offset = offset.wrapping_add(if LITTLE { 4 } else { 0 });
        Self { offset, value }
    }
}

/// Whether the lower half of a word comes first.
const LITTLE: bool = u16::from_ne_bytes([1, 0]) == 1;

/// Why a step can't be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Not yet: the other side has to do something first.
    Wait,
    /// The other side said that it has ended.
    Closed,
    /// The writer was faster, and this reader goes on with what is left.
    Lagged {
        /// How many messages it did not get.
        lost: u64,
    },
    /// The other side's words can't be those of an honest one.
    Corrupt,
}

impl From<shared_buffer::AccessError> for Trouble {
    /// Offsets come from positions of our own, so this is not met; if it is, the ring ends.
    fn from(_: shared_buffer::AccessError) -> Self {
        Self::Corrupt
    }
}
