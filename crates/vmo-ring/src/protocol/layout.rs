// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where things are in the two areas, and what a word means.
//!
//! ```text
//!   the producer's area                        the consumer's area
//!      0  state: waiting, on what                 0  head: all before it may be overwritten
//!      8  wanted: the head it waits for         128  state: waiting, on what, closed
//!   4096  slots: one for each line of data
//!   then  data: `capacity` bytes
//!
//!   a slot                                     its header
//!   ┌────────┬─────────────────┐               63 │ 62 … 34 │  33    │  32    │ 31 … 0
//!   │ header │ up to 8 bytes   │                1 │ stamp   │ padded │ inline │ length
//!   └────────┴─────────────────┘
//! ```
//!
//! Message number `n` has slot `n` modulo the number of slots, and at least one line (64 bytes)
//! of data, so a slot is free whenever a line is. Up to 8 bytes are in the slot itself, and
//! the line is not touched. More are in the data, in one piece: if there is no room up to the
//! end, at the start (padded).
//!
//! The consumer polls the header of the next slot. The stamp is the message's number, so what
//! an earlier round left behind is no message; and a slot holds nothing that others may
//! choose, but for those 8 bytes, which are never read as a header.
//!
//! Why so: a line that one core writes and another one reads costs as much as fifty
//! instructions each time that it changes sides. A small message moves one line. A larger one
//! moves its own lines, which nobody looks at before they are complete, and the slot's; and
//! where its bytes are does not depend on what the slot says, so a processor that guesses well
//! fetches both at once.

/// The bytes of the producer's area before the slots, and of the consumer's area.
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
/// In a state: it sleeps on a word, and not until the bell rings.
pub(crate) const ON_WORD: u64 = 4;
/// What is added to a state each time, so that one wake is enough for one sleep.
pub(crate) const ONE_SLEEP: u64 = 8;

/// Data is given out in so many bytes, and at multiples of it.
pub(crate) const LINE: usize = 64;
/// The bytes of a slot.
const SLOT: usize = 16;
/// Where a slot's own bytes begin, and how many there are.
const INLINE: usize = 8;

/// The least and the largest capacity, in bytes.
pub(crate) const CAPACITIES: core::ops::RangeInclusive<usize> = 4096..=1 << 30;

/// Where the bytes of a message are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the slot.
    Inline,
    /// In the data, where the message before ended.
    Here,
    /// In the data, at its start.
    Padded,
}

impl Place {
    #[inline]
    fn bits(self) -> u64 {
        match self {
            Self::Here => 0,
            Self::Inline => 1,
            Self::Padded => 2,
        }
    }
}

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// A message of so many bytes.
    Message(usize, Place),
    /// Nothing more will come.
    End,
    /// What was there a round ago.
    Old,
}

const VALID: u64 = 1 << 63;
const STAMP: u64 = (1 << 29) - 1;
const LEN: u64 = 0xffff_ffff;

/// The bits by which the header of message `number` is known.
#[inline]
fn stamp(number: u64) -> u64 {
    VALID | ((number & STAMP) << 34)
}

/// The header of message `number`.
#[inline]
pub(crate) fn header(number: u64, len: usize, place: Place) -> u64 {
    // Lengths are less than a capacity, which is less than 2^32.
    stamp(number) | (place.bits() << 32) | (len as u64 & LEN)
}

/// The header that stands where message `number` would, if there is none.
#[inline]
pub(crate) fn end(number: u64) -> u64 {
    stamp(number) | LEN
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

    /// How many slots there are.
    #[inline]
    fn slots(self) -> usize {
        self.capacity / LINE
    }

    /// Where the data begins, in the producer's area.
    #[inline]
    fn data(self) -> usize {
        let slots = self.slots().wrapping_mul(SLOT);
        CONTROL.wrapping_add(slots)
    }

    /// The bytes of the producer's area.
    pub(crate) fn area(self) -> usize {
        area_of(self.capacity)
    }

    /// The longest message: one that fits into an empty ring wherever it begins, with what
    /// may be left over at the end, and one line that stays free.
    #[inline]
    pub(crate) fn max_message(self) -> usize {
        (self.capacity / 2).saturating_sub(LINE)
    }

    /// The offset of the slot of message `number` in the producer's area.
    #[inline]
    pub(crate) fn slot(self, number: u64) -> usize {
        // On a machine of 32 bits the upper half is cut off, which the mask does anyway.
        let slot = (number as usize) & self.slots().wrapping_sub(1);
        CONTROL.wrapping_add(slot.wrapping_mul(SLOT))
    }

    /// The offset of the bytes of a message, which begin at `start` if they are in the data.
    #[inline]
    pub(crate) fn bytes(self, number: u64, place: Place, start: u64) -> usize {
        match place {
            Place::Inline => self.slot(number).wrapping_add(INLINE),
            Place::Here | Place::Padded => self.data().wrapping_add(self.index(start)),
        }
    }

    /// Where a position is in the data.
    #[inline]
    fn index(self, position: u64) -> usize {
        (position as usize) & self.capacity.wrapping_sub(1)
    }

    /// How many bytes are between a position and the end of the data.
    #[inline]
    pub(crate) fn to_end(self, position: u64) -> usize {
        self.capacity.wrapping_sub(self.index(position))
    }

    /// Where the bytes of a message go, and where they begin.
    #[inline]
    pub(crate) fn place(self, position: u64, len: usize) -> (Place, u64) {
        let to_end = self.to_end(position);
        if len <= INLINE {
            (Place::Inline, position)
        } else if record(len) <= to_end {
            (Place::Here, position)
        } else {
            (Place::Padded, position.wrapping_add(to_end as u64))
        }
    }

    /// The length in a header of message `number`, if that is what it is, with its bytes at
    /// this place.
    #[inline]
    pub(crate) fn message(self, header: u64, number: u64, place: Place) -> Option<usize> {
        let len = (header & LEN) as usize;
        let known = header & !LEN == stamp(number) | (place.bits() << 32);
        let most = match place {
            Place::Inline => INLINE,
            Place::Here | Place::Padded => self.max_message(),
        };
        (known && len <= most).then_some(len)
    }

    /// What a header at the slot of message `number` says, if it can be one.
    pub(crate) fn parse(self, header: u64, number: u64) -> Option<Slot> {
        let known = header & !(LEN | (3 << 32));
        if known != stamp(number) {
            let before = number.checked_sub(self.slots() as u64);
            return (known == before.map_or(0, stamp)).then_some(Slot::Old);
        }
        let len = (header & LEN) as usize;
        let place = match (header >> 32) & 3 {
            0 if header & LEN == LEN => return Some(Slot::End),
            0 => Place::Here,
            1 if len <= INLINE => Place::Inline,
            2 => Place::Padded,
            _ => return None,
        };
        (len <= self.max_message()).then_some(Slot::Message(len, place))
    }

    /// Where the bytes of a message begin, if they can be there.
    #[inline]
    pub(crate) fn start(self, position: u64, len: usize, place: Place) -> Option<u64> {
        let to_end = self.to_end(position);
        match place {
            Place::Inline => Some(position),
            Place::Here => (record(len) <= to_end).then_some(position),
            Place::Padded => Some(position.wrapping_add(to_end as u64)),
        }
    }
}

/// The bytes of the producer's area of a ring of `capacity` bytes.
pub(crate) fn area_of(capacity: usize) -> usize {
    let slots = (capacity / LINE).saturating_mul(SLOT);
    CONTROL.saturating_add(slots).saturating_add(capacity)
}

/// The bytes of data that a message of `len` bytes takes; `len` is at most a capacity.
#[inline]
pub(crate) fn record(len: usize) -> usize {
    (len.wrapping_add(LINE - 1) & !(LINE - 1)).max(LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written_and_only_at_its_slot() {
        let geometry = Geometry::new(4096).unwrap();
        for number in [0, 1, 63, 64, 65, 1 << 29, (1 << 29) - 1, u64::MAX] {
            for (len, place) in [(0, Place::Inline), (8, Place::Inline), (9, Place::Here)] {
                let word = header(number, len, place);
                let read = Some(Slot::Message(len, place));
                assert_eq!(geometry.parse(word, number), read);
                assert_eq!(geometry.parse(word, number.wrapping_add(1)), None);
                assert_eq!(geometry.parse(word, number.wrapping_sub(64)), None);
            }
            assert_eq!(geometry.parse(end(number), number), Some(Slot::End));
        }
        assert_eq!(geometry.parse(0, 5), Some(Slot::Old));
        assert_eq!(geometry.parse(0, 64), None);
        let old = header(5, 1, Place::Inline);
        assert_eq!(geometry.parse(old, 69), Some(Slot::Old));
        assert_eq!(geometry.parse(header(5, 9, Place::Inline), 5), None);
        assert_eq!(geometry.parse(header(5, 1 << 20, Place::Here), 5), None);
        assert_eq!(
            geometry.parse(header(5, 9, Place::Here) | (3 << 32), 5),
            None
        );
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
        let need = record(geometry.max_message()) as u64;
        for position in (0..4096).step_by(LINE) {
            let (place, start) = geometry.place(position, geometry.max_message());
            let end = start + need + LINE as u64;
            assert!(end <= position + 4096, "at {position}");
            assert!(geometry.bytes(0, place, start) + geometry.max_message() <= geometry.area());
        }
    }
}
