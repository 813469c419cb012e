// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where things are in the two areas, and what a word means.
//!
//! ```text
//!   the producer's area                    the consumer's area
//!      0  state: waiting, closed              0  head: all before it may be overwritten
//!      8  wanted: the head it waits for     128  state: waiting, closed
//!   4096  records, `capacity` bytes
//!
//!   a record, at a multiple of 8           its header, one word
//!   ┌────────┬──────────┬─────────┐        63 ──────── 34 │ 33 32 │ 31 ────── 0
//!   │ header │ bytes    │ 0 … 7   │           stamp       │ kind  │ length
//!   └────────┴──────────┴─────────┘
//! ```
//!
//! A header that is 0 says that nothing is there yet. The stamp is that of the position, so
//! what an earlier round left behind is no header by accident. (By intent it could be one:
//! somebody may choose the bytes of a message. That is why a producer clears the next header's
//! place before it shows a header.)

/// The bytes of the producer's area before the records, and of the consumer's area.
pub(crate) const CONTROL: usize = 4096;

/// In the producer's area: its state.
pub(crate) const PRODUCER_STATE: usize = 0;
/// In the producer's area: the head that it waits for.
pub(crate) const WANTED: usize = 8;
/// In the consumer's area: the position before which all was consumed.
pub(crate) const HEAD: usize = 0;
/// In the consumer's area: its state, on a line (and its neighbour) of its own.
pub(crate) const CONSUMER_STATE: usize = 128;

/// In a state: it sleeps, or is about to, and is to be woken.
pub(crate) const WAITING: u64 = 1;
/// In a state: it will not take part any more.
pub(crate) const CLOSED: u64 = 2;
/// What is added to a state each time, so that one wake is enough for one sleep.
pub(crate) const ONE_SLEEP: u64 = 4;

/// The bytes of a header.
pub(crate) const HEADER: usize = 8;

/// The least and the largest capacity, in bytes.
pub(crate) const CAPACITIES: core::ops::RangeInclusive<usize> = 4096..=1 << 30;

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A message follows.
    Message = 1,
    /// Nothing up to the end of the area: the next record is at its start.
    Pad = 2,
    /// Nothing more will come.
    Close = 3,
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
    let len = u64::try_from(len).unwrap_or(u64::MAX) & 0xffff_ffff;
    (stamp(position) << 34) | (kind << 32) | len
}

/// What a header that is not 0 says, if it can be one of this position.
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

/// The size of a ring.
///
/// # Invariants
///
/// - **capacity**: it is a power of two among [`CAPACITIES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    capacity: usize,
}

impl Geometry {
    /// That of `capacity` bytes, if there can be such a ring.
    pub(crate) fn new(capacity: usize) -> Option<Self> {
        let good = capacity.is_power_of_two() && CAPACITIES.contains(&capacity);
        good.then_some(Self { capacity })
    }

    /// In bytes.
    pub(crate) fn capacity(self) -> usize {
        self.capacity
    }

    /// The bytes of the producer's area.
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
        let mask = self.capacity.wrapping_sub(1);
        // On a machine of 32 bits the upper half is cut off, which the mask does anyway.
        usize::try_from(position & (mask as u64)).unwrap_or(0)
    }

    /// The offset of a position in the producer's area.
    pub(crate) fn offset(self, position: u64) -> usize {
        CONTROL.wrapping_add(self.index(position))
    }

    /// How many bytes are between a position and the end of the area.
    pub(crate) fn to_end(self, position: u64) -> usize {
        self.capacity.wrapping_sub(self.index(position))
    }
}

/// The bytes of a record with a message of `len` bytes, which is at most a capacity.
pub(crate) fn record(len: usize) -> usize {
    (len.wrapping_add(HEADER + 7)) & !7
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
    fn only_powers_of_two_are_capacities() {
        assert!(Geometry::new(4096).is_some());
        assert!(Geometry::new(1 << 30).is_some());
        for bad in [0, 1, 2048, 4095, 4097, 12288, 1 << 31, usize::MAX] {
            assert!(Geometry::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_longest_message_fits_wherever_it_begins() {
        let geometry = Geometry::new(4096).unwrap();
        let need = record(geometry.max_message());
        for position in (0..4096).step_by(8) {
            let end = geometry.to_end(position);
            let padded = if need > end { end + need } else { need };
            assert!(padded + HEADER <= 4096, "at {position}");
        }
    }
}
