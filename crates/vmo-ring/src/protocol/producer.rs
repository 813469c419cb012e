// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Producer`]: the side that writes messages.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::area::{Area, OwnArea};
use super::layout::{
    CLOSED, CONSUMER_STATE, Geometry, HEAD, HEADER, Kind, ONE_SLEEP, PRODUCER_STATE, WAITING,
    WANTED, header, record,
};
use super::{Trouble, Wakes};

/// Writes records and shows them.
///
/// # Invariants
///
/// - **order**: `head <= shown <= position`, and `position - head + 8 <= capacity`.
/// - **cleared**: the word at `position` is 0, as long as no record is written there.
#[derive(Debug)]
pub(crate) struct Producer<O, P> {
    own: O,
    peer: P,
    geometry: Geometry,
    /// Where the next record begins.
    position: u64,
    /// All before it was shown to the consumer.
    shown: u64,
    /// What the consumer's head was when it was looked at last.
    head: u64,
    /// The first header that was not shown yet: all after it is hidden behind it.
    first: Option<(usize, u64)>,
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
    /// Where the record begins.
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
            position: 0,
            shown: 0,
            head: 0,
            first: None,
            wakes,
            woken: 0,
            state: 0,
        }
    }

    pub(crate) fn own_mut(&mut self) -> &mut O {
        &mut self.own
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// How many bytes can be written before the consumer's head, as it was seen last.
    fn free(&self) -> u64 {
        let used = self.position.wrapping_sub(self.head);
        (self.geometry.capacity() as u64).wrapping_sub(used)
    }

    /// Looks at the consumer's head. It can be between where it was and what was shown.
    fn look(&mut self) -> Result<(), Trouble> {
        let head = self.peer.load(HEAD, Acquire)?;
        let moved = head.wrapping_sub(self.head);
        if moved > self.shown.wrapping_sub(self.head) || head & 7 != 0 {
            return Err(Trouble::Corrupt);
        }
        self.head = head;
        Ok(())
    }

    /// What a message of `len` bytes takes: what is left at the end, if it does not fit
    /// there; and the record.
    fn needed(&self, len: usize) -> (usize, usize) {
        let record = record(len);
        let to_end = self.geometry.to_end(self.position);
        let pad = if record > to_end { to_end } else { 0 };
        (pad, record)
    }

    /// Whether there is room for a message of `len` bytes: at most the geometry's longest.
    fn has_room(&mut self, needed: u64) -> Result<bool, Trouble> {
        if self.free() < needed {
            self.look()?;
        }
        Ok(self.free() >= needed)
    }

    /// Room for a message of `len` bytes, at most the geometry's longest.
    ///
    /// # Errors
    ///
    /// `Wait` if the consumer has to make room first.
    #[inline]
    pub(crate) fn reserve(&mut self, len: usize) -> Result<Room, Trouble> {
        let (pad, record) = self.needed(len);
        let needed = pad.wrapping_add(record).wrapping_add(HEADER) as u64;
        if !self.has_room(needed)? {
            return Err(Trouble::Wait);
        }
        let start = self.position.wrapping_add(pad as u64);
        let offset = self.geometry.offset(start).wrapping_add(HEADER);
        Ok(Room { start, len, offset })
    }

    /// Makes a message of what was written to `room`: its first `len` bytes. It is not shown
    /// yet.
    #[inline]
    pub(crate) fn commit(&mut self, room: &Room, len: usize) -> Result<(), Trouble> {
        let len = len.min(room.len);
        let next = room.start.wrapping_add(record(len) as u64);
        // Cleared, before the consumer can come so far.
        self.own.store(self.geometry.offset(next), 0, Relaxed)?;
        if room.start != self.position {
            let pad = self.geometry.to_end(self.position).wrapping_sub(HEADER);
            self.put(self.position, header(Kind::Pad, pad, self.position))?;
        }
        self.put(room.start, header(Kind::Message, len, room.start))?;
        self.position = next;
        Ok(())
    }

    /// Writes a header: hidden if it is the first, else in its place, behind the first.
    #[inline]
    fn put(&mut self, position: u64, header: u64) -> Result<(), Trouble> {
        let offset = self.geometry.offset(position);
        if self.first.is_none() {
            self.first = Some((offset, header));
            return Ok(());
        }
        Ok(self.own.store(offset, header, Relaxed)?)
    }

    /// Shows all that was committed. Whether the consumer is to be woken.
    ///
    /// # Errors
    ///
    /// `Closed` if nobody will read it.
    #[inline]
    pub(crate) fn show(&mut self) -> Result<bool, Trouble> {
        let Some((offset, header)) = self.first.take() else {
            return Ok(false);
        };
        self.own.store(offset, header, Release)?;
        self.shown = self.position;
        if self.wakes == Wakes::IfItSleeps {
            // The header before the consumer's state, for the consumer does it the other way
            // round: one of the two sees what the other one did.
            self.own.fence();
        }
        self.consumer_sleeps()
    }

    /// Whether the consumer sleeps and was not woken from that.
    #[inline]
    fn consumer_sleeps(&mut self) -> Result<bool, Trouble> {
        let state = self.peer.load(CONSUMER_STATE, Relaxed)?;
        if state & CLOSED != 0 {
            return Err(Trouble::Closed);
        }
        if state & WAITING == 0 || state == self.woken {
            return Ok(false);
        }
        self.woken = state;
        Ok(true)
    }

    /// Says that the consumer could not be woken: it will be next time.
    pub(crate) fn was_not_woken(&mut self) {
        self.woken = 0;
    }

    /// How many bytes the consumer has not released yet, as it was seen last.
    pub(crate) fn used(&self) -> usize {
        usize::try_from(self.position.wrapping_sub(self.head)).unwrap_or(usize::MAX)
    }

    /// Says that this side is about to sleep until there is room for `len` bytes. Whether it
    /// may: not if there is by now.
    ///
    /// It asks for half of the ring, so that one wake is worth more than one message.
    pub(crate) fn arm(&mut self, len: usize) -> Result<bool, Trouble> {
        if self.peer.load(CONSUMER_STATE, Relaxed)? & CLOSED != 0 {
            return Err(Trouble::Closed);
        }
        let (pad, record) = self.needed(len);
        let needed = pad.wrapping_add(record).wrapping_add(HEADER);
        let wanted = needed.max(self.geometry.capacity() / 2);
        let used_then = self.geometry.capacity().wrapping_sub(wanted) as u64;
        let head = self.position.wrapping_sub(used_then);
        self.own.store(WANTED, head.min(self.shown), Relaxed)?;
        self.state = self.state.wrapping_add(ONE_SLEEP) | WAITING;
        self.own.store(PRODUCER_STATE, self.state, Release)?;
        self.own.fence();
        self.look()?;
        let wait = self.free() < needed as u64;
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

    /// Shows all that was committed, and that nothing will follow. Whether the consumer is to
    /// be woken.
    pub(crate) fn close(&mut self) -> Result<bool, Trouble> {
        // There is room: the word at `position` is one that is cleared.
        self.put(self.position, header(Kind::Close, 0, self.position))?;
        self.state |= CLOSED;
        self.own.store(PRODUCER_STATE, self.state, Relaxed)?;
        self.show()
    }
}
