// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`EventFd`]: a doorbell that somebody else prescribes (PipeWire, vhost, KVM).
//!
//! ```text
//!   write the bytes ─► notify ══ a counter, and its flags, that both sides have ══► wait
//! ```

use core::sync::atomic::{Ordering, fence};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::sys;
use crate::{AdoptError, MonotonicInstant, Status};

/// An eventfd(2), where a protocol asks for one; between programs of your own an
/// [`EventPair`](crate::EventPair) is the better doorbell, for it knows when its peer is gone.
///
/// # Hostile peer
///
/// An eventfd is one counter with one set of flags, shared by all who have it. A peer can add
/// what it likes, take what others are to see, and clear `O_NONBLOCK`: then `write(2)` waits
/// for as long as the peer keeps the counter full, and `read(2)` for as long as it keeps it
/// empty. The calls here wait for neither. What the peer can always do is to signal without
/// reason and to take signals away; so a wait has a deadline, and after it one looks.
///
/// # Ordering
///
/// What was written to shared memory before [`notify`](Self::notify) is seen after
/// [`wait`](Self::wait) or [`take`](Self::take) on the other side.
///
/// # Cost
///
/// | | |
/// |---|---|
/// | `notify` | 0.85 µs where `write(2)` takes 0.29: a call of Linux AIO, and one more per 200 or so |
/// | `take` | 0.42 µs where `read(2)` takes 0.25: a `preadv2` |
/// | the first `notify` of a process | 0.1 ms; and the process ends about 30 ms later than it would, as the kernel takes its AIO context down |
///
/// Where AIO can't be had (a kernel without it, a sandbox, `fs.aio-max-nr` used up), a thread
/// of its own writes for each eventfd that is notified: 64 of them at most.
///
/// # Examples
///
/// ```
/// use std::os::fd::AsFd;
/// use zx::{EventFd, MonotonicInstant, Status};
///
/// let ours = EventFd::create()?;
/// let fd = ours.as_fd().try_clone_to_owned().unwrap();
/// // … which a protocol carries to a peer:
/// let theirs = EventFd::from_fd(fd).unwrap();
/// ours.notify()?;
/// ours.notify()?;
/// assert_eq!(theirs.wait(MonotonicInstant::INFINITE)?, 2);
/// assert_eq!(theirs.take()?, 0);
/// # Ok::<(), Status>(())
/// ```
///
/// Sources: eventfd(2), io_submit(2).
#[derive(Debug)]
pub struct EventFd {
    counter: sys::Counter,
}

impl EventFd {
    /// Makes one, at 0.
    ///
    /// # Errors
    ///
    /// [`Status::NO_RESOURCES`] if this process is at its limit of open files,
    /// [`Status::NO_MEMORY`].
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::EventFd::create()?.take()?, 0);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create() -> Result<Self, Status> {
        let counter = sys::Counter::create()?;
        Ok(Self { counter })
    }

    /// Takes a descriptor that somebody else made: an eventfd, with any flags.
    ///
    /// # Errors
    ///
    /// [`AdoptError`], which says what it is instead; also where no /proc is mounted, as the
    /// kernel says there what it is. The descriptor is closed without waiting for whoever is
    /// behind it.
    ///
    /// # Examples
    ///
    /// ```
    /// let file = std::fs::File::open("/dev/null").unwrap();
    /// let refused = zx::EventFd::from_fd(file.into()).unwrap_err();
    /// assert!(refused.to_string().contains("not an eventfd"));
    /// ```
    pub fn from_fd(fd: OwnedFd) -> Result<Self, AdoptError> {
        let counter = sys::Counter::adopt(fd)?;
        Ok(Self { counter })
    }

    /// Has a thread of its own write to this eventfd, without trying Linux AIO, and starts it
    /// now: for a process whose sandbox kills for `io_setup`, or that starts no thread later.
    ///
    /// Notifications that come while the thread is at work become one.
    ///
    /// # Hostile peer
    ///
    /// One that clears `O_NONBLOCK` and wins a race can keep the thread waiting, with its
    /// descriptor, for as long as it keeps the counter full: also after this is dropped.
    ///
    /// # Errors
    ///
    /// [`Status::NO_RESOURCES`] if no thread can be had, or 64 eventfds have one.
    ///
    /// # Examples
    ///
    /// ```
    /// let eventfd = zx::EventFd::create()?;
    /// eventfd.notify_by_thread()?;
    /// eventfd.notify()?;
    /// assert_eq!(eventfd.wait(zx::MonotonicInstant::INFINITE)?, 1);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn notify_by_thread(&self) -> Result<(), Status> {
        self.counter.use_thread()
    }

    /// Adds 1 to the counter: tells whoever waits that something happened.
    ///
    /// # Hostile peer
    ///
    /// Can't make the call wait: where the counter is full, it is signalled already, and
    /// nothing is added.
    ///
    /// # Ordering
    ///
    /// Releases: what was written before is seen by who waited for this.
    ///
    /// # Errors
    ///
    /// - [`Status::NO_RESOURCES`]: neither AIO nor a thread can be had.
    /// - [`Status::BAD_STATE`]: a thread is used, and this is a child of its process.
    ///
    /// # Cost
    ///
    /// One system call, three times as long as `write(2)`; with a thread, a wake-up at most.
    ///
    /// # Examples
    ///
    /// ```
    /// let eventfd = zx::EventFd::create()?;
    /// eventfd.notify()?;
    /// assert_eq!(eventfd.take()?, 1);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn notify(&self) -> Result<(), Status> {
        fence(Ordering::Release);
        self.counter.notify()
    }

    /// Takes what the counter has; 0 if nothing was notified. Never waits.
    ///
    /// Of an eventfd made with `EFD_SEMAPHORE` it is 1 each time.
    ///
    /// # Hostile peer
    ///
    /// The number is what the peer wants it to be. That it is not 0 says that it is time to
    /// look, and no more.
    ///
    /// # Ordering
    ///
    /// Acquires, if it is not 0.
    ///
    /// # Errors
    ///
    /// [`Status::NOT_SUPPORTED`] where a sandbox refuses `preadv2`.
    ///
    /// # Cost
    ///
    /// One system call.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::EventFd::create()?.take()?, 0);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn take(&self) -> Result<u64, Status> {
        let count = self.counter.take()?;
        fence(Ordering::Acquire);
        Ok(count)
    }

    /// Waits until the counter is not 0, or the deadline; and takes what it has.
    ///
    /// # Hostile peer
    ///
    /// That nobody is there to notify any more can't be told from an eventfd. Choose a
    /// deadline, or wait for the peer's process, or for a channel to it, at the same time.
    ///
    /// # Ordering
    ///
    /// Acquires: what the peer wrote before it notified is seen.
    ///
    /// # Errors
    ///
    /// - [`Status::TIMED_OUT`]: the deadline came first, or others took all there was.
    /// - [`Status::NOT_SUPPORTED`]: as [`take`](Self::take).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{EventFd, MonotonicInstant, Status};
    /// let eventfd = EventFd::create()?;
    /// let waited = eventfd.wait(MonotonicInstant::INFINITE_PAST);
    /// assert_eq!(waited, Err(Status::TIMED_OUT));
    /// # Ok::<(), Status>(())
    /// ```
    pub fn wait(&self, deadline: MonotonicInstant) -> Result<u64, Status> {
        let count = self.counter.wait(deadline)?;
        fence(Ordering::Acquire);
        Ok(count)
    }
}

impl TryFrom<OwnedFd> for EventFd {
    type Error = AdoptError;

    /// [`EventFd::from_fd`].
    fn try_from(fd: OwnedFd) -> Result<Self, AdoptError> {
        Self::from_fd(fd)
    }
}

impl From<EventFd> for OwnedFd {
    fn from(eventfd: EventFd) -> Self {
        eventfd.counter.into()
    }
}

/// To be polled for reading, by whatever polls: then [`EventFd::take`].
impl AsFd for EventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.counter.as_fd()
    }
}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}
