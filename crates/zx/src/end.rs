// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`End`]: one end of a pair, which is what a channel and an event pair both are.
//!
//! What tells them apart is what they send, and what they call the case they are in: a table
//! of [`Names`] each.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::in_flight::{self, InFlight};
use crate::sys::{self, Ready, Received};
use crate::{AdoptError, MonotonicInstant, Signals, Status, WaitResult};

/// One end. Rights are its holder's business.
#[derive(Debug)]
pub(crate) struct End {
    socket: sys::Socket,
    /// Of a channel: what was sent, as far as this process sent it by this handle.
    in_flight: InFlight,
}

/// What a type of object calls what can be the case with its socket.
pub(crate) type Names = &'static [(Signals, Ready)];

/// A channel's.
pub(crate) const CHANNEL: Names = &[
    (Signals::CHANNEL_READABLE, Ready::READABLE),
    (Signals::CHANNEL_WRITABLE, Ready::WRITABLE),
    (Signals::CHANNEL_PEER_CLOSED, Ready::CLOSED),
];

/// An event pair's.
pub(crate) const EVENTPAIR: Names = &[
    (Signals::EVENTPAIR_SIGNALED, Ready::READABLE),
    (Signals::EVENTPAIR_PEER_CLOSED, Ready::CLOSED),
];

/// What to wait for, if `names` has all of `signals`.
pub(crate) fn interest(names: Names, signals: Signals) -> Option<Ready> {
    let asked = || names.iter().filter(|(name, _)| signals.contains(*name));
    let known = asked().fold(Signals::NONE, |known, (name, _)| known | *name);
    let interest = asked().fold(Ready::empty(), |all, (_, ready)| all | *ready);
    (known == signals).then_some(interest)
}

/// What is the case, by its names.
pub(crate) fn seen(names: Names, ready: Ready) -> Signals {
    let present = names.iter().filter(|(_, what)| ready.contains(*what));
    present.fold(Signals::NONE, |seen, (name, _)| seen | *name)
}

impl End {
    /// Both ends.
    pub(crate) fn pair() -> Result<(Self, Self), Status> {
        let (one, other) = sys::Socket::pair()?;
        Ok((Self::new(one), Self::new(other)))
    }

    /// One that has sent nothing yet.
    pub(crate) fn new(socket: sys::Socket) -> Self {
        let in_flight = InFlight::default();
        Self { socket, in_flight }
    }

    /// As [`sys::Socket::adopt`].
    pub(crate) fn adopt(fd: OwnedFd) -> Result<Self, AdoptError> {
        Ok(Self::new(sys::Socket::adopt(fd)?))
    }

    /// Another descriptor of the same end.
    pub(crate) fn duplicate(&self) -> Result<Self, Status> {
        Ok(Self::new(self.socket.duplicate()?))
    }

    /// As [`sys::Socket::send`].
    pub(crate) fn send(&self, parts: [&[u8]; 2], fds: &[BorrowedFd<'_>]) -> Result<(), Status> {
        self.socket.send(parts, fds)
    }

    /// [`send`](Self::send) for messages with handles, of which so many can be on their way.
    ///
    /// # Errors
    ///
    /// As `send`; `SHOULD_WAIT` also if too many are.
    pub(crate) fn send_message(
        &self,
        parts: [&[u8]; 2],
        fds: &[BorrowedFd<'_>],
    ) -> Result<(), Status> {
        self.in_flight.reserve(fds.len(), || self.socket.unread())?;
        let sent = self.send_measured(parts, fds);
        match sent {
            Ok(takes) => self.in_flight.sent(takes, fds.len()),
            Err(_) => self.in_flight.not_sent(fds.len()),
        }
        sent.map(|_| ())
    }

    /// Sends a packet. What it takes in the queue, at least.
    fn send_measured(&self, parts: [&[u8]; 2], fds: &[BorrowedFd<'_>]) -> Result<u64, Status> {
        let len = parts.iter().map(|part| part.len()).sum();
        let least = in_flight::least(len);
        if fds.is_empty() {
            self.socket.send(parts, fds)?;
            return Ok(least);
        }
        // What is read meanwhile makes it less. Another thread that sends makes it more, and
        // the limit a little higher.
        let before = self.socket.unread()?;
        self.socket.send(parts, fds)?;
        let after = self.socket.unread().unwrap_or(0);
        Ok(after.saturating_sub(before).max(least))
    }

    /// As [`sys::Socket::receive`].
    pub(crate) fn receive(
        &self,
        buffer: &mut [u8],
        fds: &mut Vec<OwnedFd>,
    ) -> Result<Received, Status> {
        self.socket.receive(buffer, fds)
    }

    /// As [`sys::Socket::drain`].
    pub(crate) fn drain(&self) -> Result<bool, Status> {
        self.socket.drain()
    }

    /// Whether the other end is closed.
    pub(crate) fn is_closed(&self) -> Result<bool, Status> {
        self.socket.is_closed()
    }

    /// The process, user and group that made the other end.
    pub(crate) fn peer_credentials(&self) -> Result<[u32; 3], Status> {
        self.socket.peer_credentials()
    }

    /// Waits until something of `interest` is the case, or the deadline. What is the case.
    ///
    /// With as many handles on their way as may be there is no room.
    pub(crate) fn wait(
        &self,
        interest: Ready,
        deadline: MonotonicInstant,
    ) -> Result<Ready, Status> {
        let mut events = None;
        loop {
            let mut ready = self.socket.wait(interest, deadline)?;
            if ready.contains(Ready::WRITABLE) && self.is_full()? {
                ready.remove(Ready::WRITABLE);
            }
            let found = ready.intersects(interest | Ready::CLOSED);
            if found || deadline <= MonotonicInstant::get() {
                return Ok(ready);
            }
            // There is room for bytes only, so waiting for room would be no waiting. That the
            // peer reads is an event; what it did before is looked for once more.
            match &events {
                Some(events) => sys::Events::wait(events, deadline)?,
                None => events = Some(self.socket.events()?),
            }
        }
    }

    /// Whether as many handles are on their way as may be.
    fn is_full(&self) -> Result<bool, Status> {
        self.in_flight.is_full(|| self.socket.unread())
    }

    /// Waits for what a call was refused for. A closed end is left to the next try.
    ///
    /// # Errors
    ///
    /// `TIMED_OUT` if the deadline came first.
    pub(crate) fn wait_for(&self, what: Ready, deadline: MonotonicInstant) -> Result<(), Status> {
        let ready = self.wait(what, deadline)?;
        if ready.intersects(what | Ready::CLOSED) {
            Ok(())
        } else {
            Err(Status::TIMED_OUT)
        }
    }

    /// Waits until one of `signals` is the case, or the deadline.
    pub(crate) fn wait_one(
        &self,
        names: Names,
        signals: Signals,
        deadline: MonotonicInstant,
    ) -> WaitResult {
        let Some(interest) = interest(names, signals) else {
            return WaitResult::Err(Status::INVALID_ARGS);
        };
        match self.wait(interest, deadline) {
            Ok(ready) if ready.intersects(interest) => WaitResult::Ok(seen(names, ready)),
            Ok(ready) if ready.contains(Ready::CLOSED) => WaitResult::Err(Status::PEER_CLOSED),
            Ok(ready) => WaitResult::TimedOut(seen(names, ready)),
            Err(status) => WaitResult::Err(status),
        }
    }
}

impl AsFd for End {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl From<End> for OwnedFd {
    fn from(end: End) -> Self {
        end.socket.into()
    }
}
