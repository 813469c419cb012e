// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`End`]: one end of a pair, which is what a channel and an event pair both are.
//!
//! What tells them apart is what they send, and what they call the case they are in: a table
//! of [`Names`] each.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use crate::in_flight::{self, InFlight};
use crate::sys::{self, Awaited, Ready, Received, Source};
use crate::{AdoptError, MonotonicInstant, Signals, Status, WaitResult};

/// One end. Rights are its holder's business.
#[derive(Debug)]
pub(crate) struct End {
    socket: sys::Socket,
    /// Whose end is that of the other end.
    watched: Option<Arc<sys::Process>>,
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

/// A process's.
pub(crate) const PROCESS: Names = &[(Signals::PROCESS_TERMINATED, Ready::CLOSED)];

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
        Self {
            socket,
            watched: None,
            in_flight: InFlight::default(),
        }
    }

    /// As [`sys::Socket::adopt`].
    pub(crate) fn adopt(fd: OwnedFd) -> Result<Self, AdoptError> {
        Ok(Self::new(sys::Socket::adopt(fd)?))
    }

    /// Another descriptor of the same end.
    pub(crate) fn duplicate(&self) -> Result<Self, Status> {
        Ok(Self {
            socket: self.socket.duplicate()?,
            watched: self.watched.clone(),
            in_flight: InFlight::default(),
        })
    }

    /// From now on, the other end is closed when this process has ended, too.
    pub(crate) fn watch(&mut self, process: sys::Process) {
        self.watched = Some(Arc::new(process));
    }

    /// What to wait on.
    pub(crate) fn source(&self) -> Source<'_> {
        Source::Socket(&self.socket, self.watched.as_deref())
    }

    /// Whether who was there to send has ended. What it sent is here then.
    fn is_orphaned(&self) -> Result<bool, Status> {
        let watched = self.watched.as_ref();
        watched.map_or(Ok(false), |process| process.is_terminated())
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

    /// As [`sys::Socket::receive`]; `PEER_CLOSED` also if nothing is there and the watched
    /// process has ended.
    pub(crate) fn receive(
        &self,
        buffer: &mut [u8],
        fds: &mut Vec<OwnedFd>,
    ) -> Result<Received, Status> {
        match self.socket.receive(buffer, fds) {
            Err(Status::SHOULD_WAIT) if self.is_orphaned()? => {}
            other => return other,
        }
        // Looked at again: it may have sent something after the first look, and ended then.
        match self.socket.receive(buffer, fds) {
            Err(Status::SHOULD_WAIT) => Err(Status::PEER_CLOSED),
            other => other,
        }
    }

    /// As [`sys::Socket::drain`]; `PEER_CLOSED` also as for [`receive`](Self::receive).
    pub(crate) fn drain(&self) -> Result<bool, Status> {
        if self.socket.drain()? {
            return Ok(true);
        }
        if !self.is_orphaned()? {
            return Ok(false);
        }
        match self.socket.drain()? {
            true => Ok(true),
            false => Err(Status::PEER_CLOSED),
        }
    }

    /// Whether the other end is closed.
    pub(crate) fn is_closed(&self) -> Result<bool, Status> {
        Ok(self.socket.is_closed()? || self.is_orphaned()?)
    }

    /// As [`sys::Socket::peer_process`].
    pub(crate) fn peer_process(&self) -> Result<sys::Process, Status> {
        self.socket.peer_process()
    }

    /// The process, user and group that made the other end.
    pub(crate) fn peer_credentials(&self) -> Result<[u32; 3], Status> {
        self.socket.peer_credentials()
    }

    /// Waits until a try to receive may say something new; whether the deadline is not over.
    pub(crate) fn sleep(&self, deadline: MonotonicInstant) -> Result<bool, Status> {
        sys::sleep(&Awaited::new(self.source(), Ready::READABLE), deadline)
    }

    /// Waits for what a call was refused for.
    ///
    /// # Errors
    ///
    /// `TIMED_OUT` if the deadline came first, `PEER_CLOSED` if it can't come any more.
    pub(crate) fn wait_for(&self, what: Ready, deadline: MonotonicInstant) -> Result<(), Status> {
        outcome(&self.wait(what, deadline)?)
    }

    /// Waits until something of `interest` is the case, or the deadline. What is the case.
    ///
    /// With as many handles on their way as may be there is no room.
    fn wait(&self, interest: Ready, deadline: MonotonicInstant) -> Result<Awaited<'_>, Status> {
        let mut events = None;
        loop {
            let mut item = Awaited::new(self.source(), interest);
            sys::wait(&mut item, deadline)?;
            if item.ready.contains(Ready::WRITABLE) && self.is_full()? {
                item.ready.remove(Ready::WRITABLE);
            }
            let over = deadline <= MonotonicInstant::get();
            if item.is_met() || item.is_closed() || over {
                return Ok(item);
            }
            // There is room for bytes only, so waiting for room would be no waiting. That the
            // peer reads is an event; what it did before is looked for once more.
            match &events {
                Some(events) => sys::Events::wait(events, deadline)?,
                None => events = Some(self.socket.events(self.watched.as_deref())?),
            }
        }
    }

    /// Whether as many handles are on their way as may be.
    fn is_full(&self) -> Result<bool, Status> {
        self.in_flight.is_full(|| self.socket.unread())
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
            Ok(item) => result(names, &item),
            Err(status) => WaitResult::Err(status),
        }
    }
}

/// Waits until one of `signals` is the case with `source`, or the deadline.
pub(crate) fn wait_one(
    source: Source<'_>,
    names: Names,
    signals: Signals,
    deadline: MonotonicInstant,
) -> WaitResult {
    let Some(interest) = interest(names, signals) else {
        return WaitResult::Err(Status::INVALID_ARGS);
    };
    let mut item = Awaited::new(source, interest);
    match sys::wait(&mut item, deadline) {
        Ok(()) => result(names, &item),
        Err(status) => WaitResult::Err(status),
    }
}

/// What came of waiting for one thing, by its names.
fn result(names: Names, item: &Awaited<'_>) -> WaitResult {
    let seen = seen(names, item.ready);
    match outcome(item) {
        Ok(()) => WaitResult::Ok(seen),
        Err(Status::TIMED_OUT) => WaitResult::TimedOut(seen),
        Err(status) => WaitResult::Err(status),
    }
}

/// What came of waiting for one thing.
fn outcome(item: &Awaited<'_>) -> Result<(), Status> {
    if item.is_met() {
        Ok(())
    } else if item.is_closed() {
        Err(Status::PEER_CLOSED)
    } else {
        Err(Status::TIMED_OUT)
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
