// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Producer`]: the side that writes messages.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::area::{Area, OwnArea};
use super::layout::{
    CLOSED, CONSUMER_STATE, Geometry, HEAD, LINE, ON_WORD, ONE_SLEEP, PRODUCER_STATE, Place,
    WAITING, WANTED, end, header, record,
};
use super::{Half, Sleeps, Trouble, Wakes};

/// Writes messages and shows them.
///
/// Of several messages that are shown at once, the first one's header is kept back: the
/// consumer does not come to those after it.
///
/// # Invariants
///
/// - **room**: `position + 64 <= limit`, and `limit - capacity` is a head that the consumer
///   showed. So there are fewer messages than slots, and the slot of `number` is free.
#[derive(Debug)]
pub(crate) struct Producer<O, P> {
    own: O,
    peer: P,
    geometry: Geometry,
    /// Which message is the next one.
    number: u64,
    /// Where its data begins.
    position: u64,
    /// Where the writing has to end: the consumer's head, as it was seen last, in the next
    /// round.
    limit: u64,
    /// The header that was kept back; 0 if none was.
    first: u64,
    first_number: u64,
    /// All data before it was shown.
    shown: u64,
    /// Whether the consumer is woken.
    wakes: Wakes,
    /// The consumer's state that it was woken for last.
    woken: u64,
    state: u64,
}

/// Room for a message.
#[derive(Debug)]
#[must_use]
pub(crate) struct Room {
    place: Place,
    /// Where its data begins.
    start: u64,
    /// The most that the message can have.
    len: usize,
    /// Where its bytes go, in the producer's area.
    pub(crate) offset: usize,
}

impl<O: OwnArea, P: Area> Producer<O, P> {
    /// Over areas that are empty: `own` of `geometry.area()` bytes.
    pub(crate) fn new(own: O, peer: P, geometry: Geometry, wakes: Wakes) -> Self {
        Self {
            own,
            peer,
            geometry,
            number: 0,
            position: 0,
            limit: geometry.capacity() as u64,
            first: 0,
            first_number: 0,
            shown: 0,
            wakes,
            woken: 0,
            state: 0,
        }
    }

    pub(crate) fn own(&self) -> &O {
        &self.own
    }

    pub(crate) fn peer(&self) -> &P {
        &self.peer
    }

    pub(crate) fn own_mut(&mut self) -> &mut O {
        &mut self.own
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The head that was seen last.
    fn head(&self) -> u64 {
        self.limit.wrapping_sub(self.geometry.capacity() as u64)
    }

    /// Looks at the consumer's head. It can be between where it was and what was shown.
    #[cold]
    fn look(&mut self) -> Result<(), Trouble> {
        let head = self.peer.load(HEAD, Acquire)?;
        let before = self.head();
        if head.wrapping_sub(before) > self.shown.wrapping_sub(before) || head % (LINE as u64) != 0
        {
            return Err(Trouble::Corrupt);
        }
        self.limit = head.wrapping_add(self.geometry.capacity() as u64);
        Ok(())
    }

    /// That the writing may go on up to `end`.
    #[inline]
    fn need(&mut self, end: u64) -> Result<(), Trouble> {
        let needed = end.wrapping_sub(self.position);
        if self.limit.wrapping_sub(self.position) >= needed {
            return Ok(());
        }
        self.look()?;
        match self.limit.wrapping_sub(self.position) >= needed {
            true => Ok(()),
            false => Err(self.no_room()),
        }
    }

    /// Why there is no room. One that has closed makes none, and who never sleeps sees it here
    /// only.
    #[cold]
    fn no_room(&self) -> Trouble {
        match self.peer.load(CONSUMER_STATE, Relaxed) {
            Ok(state) if state & CLOSED == 0 => Trouble::Wait,
            Ok(_) => Trouble::Closed,
            Err(error) => error.into(),
        }
    }

    /// Where a message of `len` bytes goes, where its data begins, and where it and the line
    /// that stays free end.
    #[inline]
    fn plan(&self, len: usize) -> (Place, u64, u64) {
        let (place, start) = self.geometry.place(self.position, len);
        let end = start.wrapping_add(record(len) as u64);
        (place, start, end.wrapping_add(LINE as u64))
    }

    /// Room for a message of `len` bytes, at most the geometry's longest.
    ///
    /// # Errors
    ///
    /// `Wait` if the consumer has to make room first, `Closed` if it never will.
    #[inline]
    pub(crate) fn reserve(&mut self, len: usize) -> Result<Room, Trouble> {
        let (place, start, end) = self.plan(len);
        self.need(end)?;
        let offset = self.geometry.bytes(self.number, place, start);
        Ok(Room {
            place,
            start,
            len,
            offset,
        })
    }

    /// Makes a message of what was written to `room`: its first `len` bytes. It is not shown
    /// yet.
    #[inline]
    pub(crate) fn commit(&mut self, room: &Room, len: usize) -> Result<(), Trouble> {
        let len = len.min(room.len);
        self.put(header(self.number, len, room.place))?;
        self.number = self.number.wrapping_add(1);
        self.position = room.start.wrapping_add(record(len) as u64);
        Ok(())
    }

    /// Writes a header, or keeps it back if it is the first.
    #[inline]
    fn put(&mut self, header: u64) -> Result<(), Trouble> {
        if self.first == 0 {
            self.first = header;
            self.first_number = self.number;
            return Ok(());
        }
        Ok(self
            .own
            .store(self.geometry.slot(self.number), header, Relaxed)?)
    }

    /// Writes a message. It is not shown yet.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve).
    #[inline]
    pub(crate) fn stage(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let room = self.reserve(bytes.len())?;
        self.own.write(room.offset, bytes)?;
        self.commit(&room, room.len)
    }

    /// Writes a message and shows it, with all that was hidden. Whether the consumer is to be
    /// woken.
    ///
    /// # Errors
    ///
    /// As [`reserve`](Self::reserve) and [`show`](Self::show).
    #[inline]
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        self.stage(bytes)?;
        self.show()
    }

    /// Shows all that was written. Whether the consumer is to be woken.
    ///
    /// # Errors
    ///
    /// `Closed` if nobody will read it.
    #[inline]
    pub(crate) fn show(&mut self) -> Result<bool, Trouble> {
        if self.first == 0 {
            return Ok(false);
        }
        self.own
            .store(self.geometry.slot(self.first_number), self.first, Release)?;
        self.first = 0;
        self.shown = self.position;
        if self.wakes == Wakes::IfItSleeps {
            // The header before the consumer's state, for the consumer does it the other way
            // round: one of the two sees what the other one did.
            self.own.fence();
        }
        let state = self.peer.load(CONSUMER_STATE, Relaxed)?;
        if state & (WAITING | CLOSED) == 0 {
            return Ok(false);
        }
        self.consumer_is(state)
    }

    /// Whether the consumer sleeps and was not woken from that.
    #[cold]
    fn consumer_is(&mut self, state: u64) -> Result<bool, Trouble> {
        if state & CLOSED != 0 {
            return Err(Trouble::Closed);
        }
        if state == self.woken || self.wakes == Wakes::Never {
            return Ok(false);
        }
        self.woken = state;
        Ok(true)
    }

    /// The word on which the consumer sleeps, if that is how it sleeps: in this side's area.
    pub(crate) fn word_of_consumer(&self) -> Option<usize> {
        let slot = self.geometry.slot(self.first_number);
        (self.woken & ON_WORD != 0).then(|| Half::upper(slot, 0).offset)
    }

    /// The word on which this side sleeps: the head, as it was seen last.
    pub(crate) fn word(&self) -> Half {
        Half::lower(HEAD, self.head())
    }

    /// Says that the consumer could not be woken: it will be next time.
    pub(crate) fn was_not_woken(&mut self) {
        self.woken = 0;
    }

    /// How many bytes the consumer has not released yet, as it was seen last.
    pub(crate) fn used(&self) -> usize {
        usize::try_from(self.position.wrapping_sub(self.head())).unwrap_or(usize::MAX)
    }

    /// Says that this side is about to sleep until there is room for `len` bytes. Whether it
    /// may: not if there is by now. All was shown before.
    ///
    /// It asks for half of the ring, so that one wake is worth more than one message.
    pub(crate) fn arm(&mut self, len: usize, on: Sleeps) -> Result<bool, Trouble> {
        if self.peer.load(CONSUMER_STATE, Relaxed)? & CLOSED != 0 {
            return Err(Trouble::Closed);
        }
        let (_, _, end) = self.plan(len);
        let needed = end.wrapping_sub(self.position);
        let capacity = self.geometry.capacity() as u64;
        let wanted = needed.max(capacity / 2);
        let head = self.position.wrapping_add(wanted).wrapping_sub(capacity);
        self.own.store(WANTED, head, Relaxed)?;
        self.state = (self.state & !ON_WORD).wrapping_add(ONE_SLEEP) | on.bits();
        self.own.store(PRODUCER_STATE, self.state, Release)?;
        self.own.fence();
        self.look()?;
        let wait = self.limit.wrapping_sub(self.position) < needed;
        if !wait {
            self.disarm()?;
        }
        Ok(wait)
    }

    /// Says that this side is awake.
    pub(crate) fn disarm(&mut self) -> Result<(), Trouble> {
        self.state &= !WAITING;
        Ok(self.own.store(PRODUCER_STATE, self.state, Relaxed)?)
    }

    /// Shows all that was written, and that nothing will follow. Whether the consumer is to be
    /// woken.
    pub(crate) fn close(&mut self) -> Result<bool, Trouble> {
        self.put(end(self.number))?;
        self.show()
    }
}
