// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Consumer`]: the side that reads messages.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::area::{Area, OwnArea};
use super::layout::{
    CLOSED, CONSUMER_STATE, Geometry, HEAD, HEADER, Kind, ONE_SLEEP, PRODUCER_STATE, WAITING,
    WANTED, parse, record,
};
use super::{Trouble, Wakes};

/// Finds records and gives their room back.
#[derive(Debug)]
pub(crate) struct Consumer<O, P> {
    own: O,
    peer: P,
    geometry: Geometry,
    /// Where the next record begins.
    position: u64,
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

/// A message that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct Found {
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
            position: 0,
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
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Found, Trouble> {
        match self.record()? {
            (Kind::Message, len) => self.message(len),
            (Kind::Close, _) => Err(Trouble::Closed),
            (Kind::Pad, len) => self.skip(len),
        }
    }

    /// What the header at our position says.
    #[inline]
    fn record(&self) -> Result<(Kind, usize), Trouble> {
        let offset = self.geometry.offset(self.position);
        match self.peer.load(offset, Acquire)? {
            0 => Err(Trouble::Wait),
            header => parse(header, self.position).ok_or(Trouble::Corrupt),
        }
    }

    #[inline]
    fn message(&self, len: usize) -> Result<Found, Trouble> {
        let fits = record(len) <= self.geometry.to_end(self.position);
        if len > self.geometry.max_message() || !fits {
            return Err(Trouble::Corrupt);
        }
        let offset = self.geometry.offset(self.position).wrapping_add(HEADER);
        Ok(Found { offset, len })
    }

    /// Goes to the start of the area. What is there was shown together with the pad.
    #[cold]
    fn skip(&mut self, len: usize) -> Result<Found, Trouble> {
        let to_end = self.geometry.to_end(self.position);
        if len.wrapping_add(HEADER) != to_end || self.geometry.index(self.position) == 0 {
            return Err(Trouble::Corrupt);
        }
        self.position = self.position.wrapping_add(to_end as u64);
        match self.record()? {
            (Kind::Message, len) => self.message(len),
            _ => Err(Trouble::Corrupt),
        }
    }

    /// Gives back the room of the message that `next` found. Whether the producer is to be
    /// woken.
    ///
    /// The producer learns of it when an eighth of the ring was given back, or when this side
    /// finds nothing more: see [`show`](Self::show).
    #[inline]
    pub(crate) fn consume(&mut self, found: Found) -> Result<bool, Trouble> {
        self.position = self.position.wrapping_add(record(found.len) as u64);
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

    /// Says that the producer could not be woken: it will be next time.
    pub(crate) fn was_not_woken(&mut self) {
        self.woken = 0;
        self.wake_again = true;
    }

    /// Says that this side is about to sleep. Whether it may: not if something is there by now.
    ///
    /// All room was given back before ([`show`](Self::show)).
    pub(crate) fn arm(&mut self) -> Result<bool, Trouble> {
        self.state = self.state.wrapping_add(ONE_SLEEP) | WAITING;
        self.own.store(CONSUMER_STATE, self.state, Relaxed)?;
        // The state before the header: see `Producer::show`.
        self.own.fence();
        let offset = self.geometry.offset(self.position);
        let wait = self.peer.load(offset, Relaxed)? == 0;
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

    /// Says that nothing will be read any more. The producer is to be woken.
    pub(crate) fn close(&mut self) -> Result<(), Trouble> {
        self.state |= CLOSED;
        Ok(self.own.store(CONSUMER_STATE, self.state, Release)?)
    }
}
