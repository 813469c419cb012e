// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`EventPair`]: a doorbell between two processes.
//!
//! ```text
//!   write the bytes ─► signal_peer ═══════► wait ─► read the bytes
//!                      (release)           (acquire)
//! ```

use core::sync::atomic::{Ordering, fence};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::end::{self, End};
use crate::object::{Object, ObjectRef};
use crate::{
    AdoptError, AsHandleRef, Handle, HandleBased, HandleRef, MonotonicInstant, Rights, Signals,
    Status, WaitResult,
};

/// One end of a pair of events: each end can tell the other one that something happened, and
/// that it is gone.
///
/// It is a hint, and no count: signals that nobody has waited for yet are one signal. State
/// that both sides can look at decides; a wake says that it is time to look.
///
/// # Ordering
///
/// What was written to shared memory before [`signal_peer`](Self::signal_peer) is seen after
/// [`wait`](Self::wait) or [`take`](Self::take) on the other side: both issue the fence that
/// this needs.
///
/// # Hostile peer
///
/// Can signal without reason, as often as it likes, or never. It can't make a call wait past
/// its deadline, whatever it does to the descriptor: nothing rests on a flag that it can
/// change. What it attaches to a signal (bytes, descriptors) is dropped by the kernel.
///
/// # Examples
///
/// ```
/// use zx::{EventPair, MonotonicDuration, MonotonicInstant, Status};
///
/// let (ours, theirs) = EventPair::create()?;
/// ours.signal()?;
/// ours.signal()?; // still one
/// let soon = MonotonicInstant::after(MonotonicDuration::from_seconds(1));
/// theirs.wait(soon)?;
/// assert_eq!(theirs.take()?, false);
/// drop(ours);
/// assert_eq!(theirs.wait(soon), Err(Status::PEER_CLOSED));
/// # Ok::<(), Status>(())
/// ```
///
/// Source: <https://fuchsia.dev/reference/kernel_objects/eventpair>.
#[derive(Debug)]
pub struct EventPair {
    rights: Rights,
    pub(crate) end: End,
}

impl EventPair {
    /// Makes both ends.
    ///
    /// # Errors
    ///
    /// [`Status::NO_RESOURCES`] if this process is at its limit of open files,
    /// [`Status::NO_MEMORY`].
    ///
    /// # Examples
    ///
    /// ```
    /// let (ours, theirs) = zx::EventPair::create()?;
    /// # let _ = (ours, theirs);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create() -> Result<(Self, Self), Status> {
        let (one, other) = End::pair()?;
        Ok((Self::new(one), Self::new(other)))
    }

    fn new(end: End) -> Self {
        let rights = Rights::EVENTPAIR_DEFAULT;
        Self { rights, end }
    }

    /// Takes a descriptor that somebody else made: a connected Unix socket of type
    /// `SOCK_SEQPACKET`.
    ///
    /// # Errors
    ///
    /// As [`Channel::from_fd`](crate::Channel::from_fd).
    ///
    /// # Examples
    ///
    /// ```
    /// let file = std::fs::File::open("/dev/null").unwrap();
    /// assert!(zx::EventPair::from_fd(file.into()).is_err());
    /// ```
    pub fn from_fd(fd: OwnedFd) -> Result<Self, AdoptError> {
        Ok(Self::new(End::adopt(fd)?))
    }

    /// Tells the other end that something happened.
    ///
    /// # Hostile peer
    ///
    /// One that never waits changes nothing: what is pending already need not be sent again.
    ///
    /// # Ordering
    ///
    /// Releases: what was written before is seen by who waited for this.
    ///
    /// # Errors
    ///
    /// - [`Status::PEER_CLOSED`]: the other end is closed.
    /// - [`Status::ACCESS_DENIED`]: the right `SIGNAL_PEER` is missing.
    /// - [`Status::NO_MEMORY`].
    ///
    /// # Cost
    ///
    /// One system call.
    ///
    /// # Examples
    ///
    /// ```
    /// let (ours, theirs) = zx::EventPair::create()?;
    /// ours.signal()?;
    /// assert!(theirs.take()?);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn signal(&self) -> Result<(), Status> {
        self.rights.require(Rights::SIGNAL_PEER)?;
        fence(Ordering::Release);
        match self.end.send([&[1], &[]], &[]) {
            // So many signals are pending that there is no room for another one.
            Err(Status::SHOULD_WAIT) => Ok(()),
            other => other,
        }
    }

    /// [`signal`](Self::signal) by its Zircon name.
    ///
    /// # Errors
    ///
    /// As [`signal`](Self::signal), and [`Status::NOT_SUPPORTED`] for anything to clear, which
    /// only the end that waits can do here, and for signals other than `EVENTPAIR_SIGNALED`.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{EventPair, Signals};
    /// let (ours, theirs) = EventPair::create()?;
    /// ours.signal_peer(Signals::NONE, Signals::EVENTPAIR_SIGNALED)?;
    /// assert!(theirs.take()?);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn signal_peer(&self, clear: Signals, set: Signals) -> Result<(), Status> {
        if clear != Signals::NONE || !Signals::EVENTPAIR_SIGNALED.contains(set) {
            return Err(Status::NOT_SUPPORTED);
        }
        if set == Signals::NONE {
            return Ok(());
        }
        self.signal()
    }

    /// Whether the other end signalled since the last time that this said so. Never waits.
    ///
    /// # Ordering
    ///
    /// Acquires, if it says `true`.
    ///
    /// # Errors
    ///
    /// [`Status::PEER_CLOSED`] if it did not, and the other end is closed.
    ///
    /// # Cost
    ///
    /// One system call, and one for each signal that is pending.
    ///
    /// # Examples
    ///
    /// ```
    /// let (_ours, theirs) = zx::EventPair::create()?;
    /// assert!(!theirs.take()?);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn take(&self) -> Result<bool, Status> {
        let taken = self.end.drain()?;
        fence(Ordering::Acquire);
        Ok(taken)
    }

    /// Waits until the other end signals, or the deadline; and takes the signal.
    ///
    /// # Ordering
    ///
    /// Acquires: what the other end wrote before it signalled is seen.
    ///
    /// # Errors
    ///
    /// - [`Status::TIMED_OUT`]: the deadline came first.
    /// - [`Status::PEER_CLOSED`]: no signal is pending and none will be.
    /// - [`Status::ACCESS_DENIED`]: the right `WAIT` is missing.
    ///
    /// # Cost
    ///
    /// One system call that waits, and those of a [`take`](Self::take).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{EventPair, MonotonicInstant, Status};
    /// let (_ours, theirs) = EventPair::create()?;
    /// assert_eq!(theirs.wait(MonotonicInstant::INFINITE_PAST), Err(Status::TIMED_OUT));
    /// # Ok::<(), Status>(())
    /// ```
    pub fn wait(&self, deadline: MonotonicInstant) -> Result<(), Status> {
        self.rights.require(Rights::WAIT)?;
        loop {
            // Nothing is there most times: the first look is that of the sleep.
            let over = !self.end.sleep(deadline)?;
            if self.take()? {
                return Ok(());
            }
            if over {
                return Err(Status::TIMED_OUT);
            }
        }
    }

    /// Waits until one of `signals` is the case, or the deadline. Takes nothing.
    ///
    /// # Errors
    ///
    /// In the result: as [`Channel::wait_one`](crate::Channel::wait_one).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{EventPair, MonotonicInstant, Signals};
    /// let (ours, theirs) = EventPair::create()?;
    /// ours.signal()?;
    /// let signalled = Signals::EVENTPAIR_SIGNALED;
    /// assert!(theirs.wait_one(signalled, MonotonicInstant::INFINITE).is_ok());
    /// assert!(theirs.take()?);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn wait_one(&self, signals: Signals, deadline: MonotonicInstant) -> WaitResult {
        if let Err(status) = self.rights.require(Rights::WAIT) {
            return WaitResult::Err(status);
        }
        self.end.wait_one(end::EVENTPAIR, signals, deadline)
    }

    /// Whether the other end is closed.
    ///
    /// # Errors
    ///
    /// None that a peer can cause.
    ///
    /// # Examples
    ///
    /// ```
    /// let (ours, theirs) = zx::EventPair::create()?;
    /// drop(theirs);
    /// assert!(ours.is_closed()?);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn is_closed(&self) -> Result<bool, Status> {
        self.end.is_closed()
    }

    /// What the holder may do.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{EventPair, Rights};
    /// assert_eq!(EventPair::create()?.0.rights(), Rights::EVENTPAIR_DEFAULT);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights
    }
}

impl AsHandleRef for EventPair {
    fn as_handle_ref(&self) -> HandleRef<'_> {
        HandleRef::new(self.rights, ObjectRef::EventPair(&self.end))
    }
}

impl HandleBased for EventPair {}

impl From<EventPair> for Handle {
    fn from(pair: EventPair) -> Self {
        Self {
            rights: pair.rights,
            object: Object::EventPair(pair.end),
        }
    }
}

impl TryFrom<Handle> for EventPair {
    type Error = Status;

    /// `WRONG_TYPE` if the handle is one of another object.
    fn try_from(handle: Handle) -> Result<Self, Status> {
        let Handle { rights, object } = handle;
        match object {
            Object::EventPair(end) => Ok(Self { rights, end }),
            _ => Err(Status::WRONG_TYPE),
        }
    }
}

impl TryFrom<OwnedFd> for EventPair {
    type Error = AdoptError;

    /// [`EventPair::from_fd`].
    fn try_from(fd: OwnedFd) -> Result<Self, AdoptError> {
        Self::from_fd(fd)
    }
}

impl From<EventPair> for OwnedFd {
    fn from(pair: EventPair) -> Self {
        pair.end.into()
    }
}

/// To be polled for reading, by whatever polls: then [`EventPair::take`].
impl AsFd for EventPair {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}

impl AsRawFd for EventPair {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}
