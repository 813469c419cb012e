// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a broadcast lays out its messages: one after the other, each behind its header.
//!
//! ```text
//!   a record, at a multiple of 8           its header, one word
//!   ┌────────┬──────────┬─────────┐        63 ──────── 34 │ 33 32 │ 31 ────── 0
//!   │ header │ bytes    │ 0 … 7   │           stamp       │ kind  │ length
//!   └────────┴──────────┴─────────┘
//! ```
//!
//! A header that is 0 says that nothing is there yet. The stamp is that of the position, so
//! what an earlier round left behind is no header by accident. (By intent it could be one:
//! somebody may choose the bytes of a message. That is why the writer clears the next header's
//! place before it shows a header.)

use super::layout::{CAPACITIES, CONTROL};

/// The bytes of a header.
pub(crate) const HEADER: usize = 8;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A message follows.
    Message,
    /// Nothing up to the end of the area: the next record is at its start.
    Pad,
    /// Nothing more will come.
    Close,
}

/// The stamp of a position: which of many rounds it belongs to.
fn stamp(position: u64) -> u64 {
    (position >> 3) & ((1 << 30) - 1)
}

/// The header of a record at `position`.
pub(crate) fn header(kind: Kind, len: usize, position: u64) -> u64 {
    let kind = match kind {
        Kind::Message => 1,
        Kind::Pad => 2,
        Kind::Close => 3,
    };
    // Lengths are at most a capacity, which is less than 2^32.
    let len = wide(len) & 0xffff_ffff;
    (stamp(position) << 34) | (kind << 32) | len
}

/// What a header says, if it can be one of this position.
pub(crate) fn parse(header: u64, position: u64) -> Option<(Kind, usize)> {
    if header >> 34 != stamp(position) {
        return None;
    }
    let kind = match (header >> 32) & 3 {
        1 => Kind::Message,
        2 => Kind::Pad,
        3 => Kind::Close,
        _ => return None,
    };
    Some((kind, usize::try_from(header & 0xffff_ffff).ok()?))
}

/// The size of a broadcast.
///
/// # Invariants
///
/// - **capacity**: it is a power of two among [`CAPACITIES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Records {
    capacity: usize,
}

impl Records {
    /// That of `capacity` bytes, if there can be such a broadcast.
    pub(crate) fn new(capacity: usize) -> Option<Self> {
        let good = capacity.is_power_of_two() && CAPACITIES.contains(&capacity);
        good.then_some(Self { capacity })
    }

    /// In bytes.
    pub(crate) fn capacity(self) -> usize {
        self.capacity
    }

    /// The bytes of the area.
    pub(crate) fn area(self) -> usize {
        CONTROL.saturating_add(self.capacity)
    }

    /// The longest message: one that fits into an empty ring wherever it begins, with what
    /// may be left over at the end, and the header after it.
    pub(crate) fn max_message(self) -> usize {
        (self.capacity / 2).saturating_sub(2 * HEADER)
    }

    /// Where a position is among the records.
    pub(crate) fn index(self, position: u64) -> usize {
        let mask = wide(self.capacity.wrapping_sub(1));
        // Less than a capacity.
        usize::try_from(position & mask).unwrap_or(0)
    }

    /// The offset of a position in the area.
    pub(crate) fn offset(self, position: u64) -> usize {
        CONTROL.wrapping_add(self.index(position))
    }

    /// How many bytes are between a position and the end of the area.
    pub(crate) fn to_end(self, position: u64) -> usize {
        self.capacity.wrapping_sub(self.index(position))
    }
}

/// The bytes of a record with a message of `len` bytes. Whoever has the length from a header
/// compares it with the longest message too: near the end of a `usize` this wraps around.
pub(crate) fn record(len: usize) -> usize {
    (len.wrapping_add(HEADER + 7)) & !7
}

/// No size here has more than 64 bits.
pub(crate) fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written_and_only_at_its_position() {
        for kind in [Kind::Message, Kind::Pad, Kind::Close] {
            for position in [0, 8, 4096, !7] {
                let word = header(kind, 77, position);
                assert_ne!(word, 0);
                assert_eq!(parse(word, position), Some((kind, 77)));
                assert_eq!(parse(word, position.wrapping_add(8)), None);
                assert_eq!(parse(word, position.wrapping_add(4096)), None);
            }
        }
        assert_eq!(parse(header(Kind::Pad, 1, 8) & !(3 << 32), 8), None);
    }

    #[test]
    fn only_powers_of_two_are_capacities_of_a_broadcast() {
        assert!(Records::new(4096).is_some());
        assert!(Records::new(1 << 30).is_some());
        for bad in [0, 1, 2048, 4095, 4097, 12288, 1 << 31, usize::MAX] {
            assert!(Records::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_longest_record_fits_wherever_it_begins() {
        let records = Records::new(4096).unwrap();
        let need = record(records.max_message());
        for position in (0..4096).step_by(8) {
            let end = records.to_end(position);
            let padded = if need > end { end + need } else { need };
            assert!(padded + HEADER <= 4096, "at {position}");
        }
    }
}
