// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Consumer`]: the side that reads messages.

use core::hint::black_box;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::area::{Area, OwnArea};
use super::layout::{
    CLOSED, CONSUMER_STATE, Geometry, HEAD, ON_WORD, ONE_SLEEP, PRODUCER_STATE, Place, Slot,
    WAITING, WANTED, record,
};
use super::{Half, Sleeps, Trouble, Wakes};

/// Finds messages and gives their room back.
#[derive(Debug)]
pub(crate) struct Consumer<O, P> {
    own: O,
    peer: P,
    geometry: Geometry,
    /// Which message is the next one.
    number: u64,
    /// Where the data of the next message begins.
    position: u64,
    /// What is in its slot as long as it is not there, once that was seen.
    old: u64,
    /// The head that the producer was shown last.
    shown: u64,
    /// How many bytes are consumed before the producer is shown the head.
    slack: u64,
    /// Whether the producer is woken.
    wakes: Wakes,
    /// The producer's state that it was woken for last.
    woken: u64,
    /// Whether it could not be woken, and is to be.
    wake_again: bool,
    state: u64,
}

/// No header, old or new.
const NOT_SEEN: u64 = 1;

/// A message that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct Found {
    /// Where its data begins.
    start: u64,
    /// Where its bytes are, in the producer's area.
    pub(crate) offset: usize,
    /// How many.
    pub(crate) len: usize,
}

impl<O: OwnArea, P: Area> Consumer<O, P> {
    /// Over areas that are empty: `peer` of `geometry.area()` bytes.
    pub(crate) fn new(own: O, peer: P, geometry: Geometry, wakes: Wakes) -> Self {
        Self {
            own,
            peer,
            geometry,
            number: 0,
            position: 0,
            old: NOT_SEEN,
            shown: 0,
            slack: (geometry.capacity() / 8) as u64,
            wakes,
            woken: 0,
            wake_again: false,
            state: 0,
        }
    }

    pub(crate) fn peer(&self) -> &P {
        &self.peer
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The next message, which stays where it is.
    ///
    /// # Errors
    ///
    /// `Wait` if none is there, `Closed` if none will be.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Found, Trouble> {
        let header = self.peer.load(self.geometry.slot(self.number), Acquire)?;
        if header == self.old {
            return Err(Trouble::Wait);
        }
        self.look(header)
    }

    /// Looks so many times whether something came, as fast as is good.
    ///
    /// Each look waits for the one before: looks that overlap would all be thrown away when
    /// the line changes, and that costs more than they save.
    pub(crate) fn poll(&self, times: u32) -> Result<bool, Trouble> {
        let slot = self.geometry.slot(self.number);
        let mut zero = 0;
        for _ in 0..times {
            let header = self.peer.load(slot | zero, Acquire)?;
            if header != self.old {
                return Ok(true);
            }
            zero = black_box(header ^ self.old) as usize;
        }
        Ok(false)
    }

    /// What came.
    #[inline]
    fn look(&mut self, header: u64) -> Result<Found, Trouble> {
        let (number, position) = (self.number, self.position);
        // A branch each and no choice between addresses: the processor need not know the
        // header to fetch the bytes.
        if let Some(len) = self.geometry.message(header, number, Place::Here) {
            if record(len) <= self.geometry.to_end(position) {
                return Ok(self.found(len, Place::Here, position));
            }
        }
        if let Some(len) = self.geometry.message(header, number, Place::Inline) {
            return Ok(self.found(len, Place::Inline, position));
        }
        self.other(header)
    }

    #[inline]
    fn found(&self, len: usize, place: Place, start: u64) -> Found {
        let offset = self.geometry.bytes(self.number, place, start);
        Found { start, offset, len }
    }

    #[cold]
    fn other(&mut self, header: u64) -> Result<Found, Trouble> {
        match self.geometry.parse(header, self.number) {
            Some(Slot::Message(len, place)) => {
                let start = self.geometry.start(self.position, len, place);
                Ok(self.found(len, place, start.ok_or(Trouble::Corrupt)?))
            }
            Some(Slot::Old) => {
                self.old = header;
                Err(Trouble::Wait)
            }
            Some(Slot::End) => Err(Trouble::Closed),
            None => Err(Trouble::Corrupt),
        }
    }

    /// Gives back the room of the message that `next` found. Whether the producer is to be
    /// woken.
    ///
    /// The producer learns of it when an eighth of the ring was given back, or when this side
    /// finds nothing more: see [`show`](Self::show).
    #[inline]
    pub(crate) fn consume(&mut self, found: Found) -> Result<bool, Trouble> {
        self.number = self.number.wrapping_add(1);
        self.old = NOT_SEEN;
        self.position = found.start.wrapping_add(record(found.len) as u64);
        if self.position.wrapping_sub(self.shown) < self.slack {
            return Ok(false);
        }
        self.show()
    }

    /// Shows the producer how far this side is. Whether it is to be woken.
    pub(crate) fn show(&mut self) -> Result<bool, Trouble> {
        if self.shown == self.position && !self.wake_again {
            return Ok(false);
        }
        self.wake_again = false;
        self.own.store(HEAD, self.position, Release)?;
        self.shown = self.position;
        if self.wakes == Wakes::Never {
            return Ok(false);
        }
        self.own.fence();
        let state = self.peer.load(PRODUCER_STATE, Acquire)?;
        if state & WAITING == 0 || state == self.woken {
            return Ok(false);
        }
        // It says how far this side has to be. If that makes no sense, it is woken.
        let wanted = self.peer.load(WANTED, Relaxed)?;
        let missing = wanted.wrapping_sub(self.position);
        if missing != 0 && missing <= self.geometry.capacity() as u64 {
            return Ok(false);
        }
        self.woken = state;
        Ok(true)
    }

    /// The word on which the producer sleeps, if that is how it sleeps: in this side's area.
    pub(crate) fn word_of_producer(&self) -> Option<usize> {
        (self.woken & ON_WORD != 0).then(|| Half::lower(HEAD, 0).offset)
    }

    /// The word on which this side sleeps: the header that is not there yet.
    pub(crate) fn word(&self) -> Half {
        Half::upper(self.geometry.slot(self.number), self.old)
    }

    pub(crate) fn own(&self) -> &O {
        &self.own
    }

    /// Says that the producer could not be woken: it will be next time.
    pub(crate) fn was_not_woken(&mut self) {
        self.woken = 0;
        self.wake_again = true;
    }

    /// Says that this side is about to sleep. Whether it may: not if something is there by now.
    ///
    /// All room was given back before ([`show`](Self::show)).
    pub(crate) fn arm(&mut self, on: Sleeps) -> Result<bool, Trouble> {
        self.state = (self.state & !ON_WORD).wrapping_add(ONE_SLEEP) | on.bits();
        self.own.store(CONSUMER_STATE, self.state, Relaxed)?;
        // The state before the header: see `Producer::show`.
        self.own.fence();
        let header = self.peer.load(self.geometry.slot(self.number), Relaxed)?;
        let wait = self.geometry.parse(header, self.number) == Some(Slot::Old);
        if wait {
            self.old = header;
        }
        if !wait {
            self.disarm()?;
        }
        Ok(wait)
    }

    /// Says that this side is awake.
    pub(crate) fn disarm(&mut self) -> Result<(), Trouble> {
        self.state &= !WAITING;
        Ok(self.own.store(CONSUMER_STATE, self.state, Relaxed)?)
    }

    /// Says that nothing will be read any more. The word on which the producer sleeps, if that
    /// is how it sleeps: it is to be woken. One that is about to sleep may not be seen.
    pub(crate) fn close(&mut self) -> Result<Option<usize>, Trouble> {
        self.state |= CLOSED;
        self.own.store(CONSUMER_STATE, self.state, Release)?;
        if self.wakes == Wakes::Never {
            return Ok(None);
        }
        self.own.fence();
        self.woken = self.peer.load(PRODUCER_STATE, Relaxed)?;
        Ok(self.word_of_producer())
    }
}
