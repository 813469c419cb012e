// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the two sides do to the shared bytes, and nothing else: no mapping, no system call.
//!
//! The same code runs over mappings of two processes, over the memory of a model checker that
//! tries every order of events, and over bytes that a fuzzer makes up: each is an [`Area`].
//!
//! ```text
//!   the producer's area                         the consumer's area
//!   ┌───────┬─────────────────────────┐         ┌──────┬───────┐
//!   │ state │ record record record 0  │         │ head │ state │
//!   └───────┴─────────────────────────┘         └──────┴───────┘
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
