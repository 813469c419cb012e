// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Counter`]: an eventfd of which a peer may have the same description, so that nothing can
//! rest on `O_NONBLOCK`: each call says for itself that it does not wait.

use core::time::Duration;
use std::io::IoSliceMut;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{Errno, FdFlags, ReadWriteFlags, fcntl_setfd, preadv2};

use crate::adopt::Reason;
use crate::{AdoptError, FdKind, MonotonicInstant, Status};

use super::errno::status;
use super::notifier::Notifier;
use super::{aio, kind};

/// An eventfd.
///
/// # Invariants
///
/// - **eventfd**: `fd` is one, so no call on it waits for a server.
#[derive(Debug)]
pub(crate) struct Counter {
    fd: OwnedFd,
    /// Who writes where AIO can't be had.
    thread: OnceLock<Notifier>,
}

impl Counter {
    /// A new one, at 0.
    pub(crate) fn create() -> Result<Self, Status> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Self::new(eventfd(0, flags).map_err(status)?))
    }

    fn new(fd: OwnedFd) -> Self {
        let thread = OnceLock::new();
        Self { fd, thread }
    }

    /// Takes `fd` if it is an eventfd; else closes it, without waiting for it.
    pub(crate) fn adopt(fd: OwnedFd) -> Result<Self, AdoptError> {
        match check(fd.as_fd()) {
            Ok(()) => Ok(Self::new(fd)),
            Err(error) => {
                kind::close(fd, error.kind());
                Err(error)
            }
        }
    }

    /// Adds 1, or nothing where the counter is at its end. Never waits.
    ///
    /// # Errors
    ///
    /// `NO_RESOURCES` where neither AIO nor a thread can be had, `BAD_STATE` where only the
    /// thread can be and this is a child of the process that has it.
    pub(crate) fn notify(&self) -> Result<(), Status> {
        if self.thread.get().is_none() && aio::signal(self.fd.as_fd()).is_ok() {
            return Ok(());
        }
        self.by_thread()?.notify()
    }

    /// Has a thread write from now on.
    pub(crate) fn use_thread(&self) -> Result<(), Status> {
        self.by_thread().map(|_| ())
    }

    fn by_thread(&self) -> Result<&Notifier, Status> {
        if let Some(thread) = self.thread.get() {
            return Ok(thread);
        }
        let started = Notifier::start(self.fd.as_fd())?;
        // Where another thread was faster, this one ends.
        Ok(self.thread.get_or_init(|| started))
    }

    /// Takes what the counter has (1 of it, if it is a semaphore), or 0. Never waits.
    pub(crate) fn take(&self) -> Result<u64, Status> {
        let mut bytes = [0; 8];
        let current = u64::MAX;
        loop {
            let mut parts = [IoSliceMut::new(&mut bytes)];
            return match preadv2(&self.fd, &mut parts, current, ReadWriteFlags::NOWAIT) {
                Ok(_) => Ok(u64::from_ne_bytes(bytes)),
                Err(Errno::AGAIN) => Ok(0),
                Err(Errno::INTR) => continue,
                // A sandbox that does not know the call. `read` would wait.
                Err(Errno::PERM | Errno::NOSYS) => Err(Status::NOT_SUPPORTED),
                Err(errno) => Err(status(errno)),
            };
        }
    }

    /// Waits until there is something to take, or the deadline; takes it.
    ///
    /// # Errors
    ///
    /// `TIMED_OUT`, also if others take all that comes.
    pub(crate) fn wait(&self, deadline: MonotonicInstant) -> Result<u64, Status> {
        loop {
            let left = deadline.left();
            match self.take()? {
                0 if left == Some(Duration::ZERO) => return Err(Status::TIMED_OUT),
                0 => {}
                count => return Ok(count),
            }
            let left = left.map(Timespec::try_from).transpose();
            let left = left.map_err(|_| Status::INVALID_ARGS)?;
            let mut polled = [PollFd::from_borrowed_fd(self.fd.as_fd(), PollFlags::IN)];
            match poll(&mut polled, left.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(status(errno)),
            }
        }
    }
}

/// Whether it is an eventfd, by the name that the kernel gives it: a file's name starts with
/// another letter.
fn check(fd: BorrowedFd<'_>) -> Result<(), AdoptError> {
    match kind::of(fd) {
        FdKind::Eventfd => {}
        other => return Err(AdoptError::new(other, Reason::NotEventfd)),
    }
    let failed = |errno| AdoptError::new(FdKind::Eventfd, Reason::Failed(status(errno)));
    // One that was opened through /proc has the name, and nothing else.
    if fcntl_getfl(fd).map_err(failed)?.contains(OFlags::PATH) {
        return Err(AdoptError::new(FdKind::PathOnly, Reason::NotEventfd));
    }
    fcntl_setfd(fd, FdFlags::CLOEXEC).map_err(failed)
}

impl AsFd for Counter {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<Counter> for OwnedFd {
    fn from(counter: Counter) -> Self {
        counter.fd
    }
}
