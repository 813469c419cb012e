// SPDX-License-Identifier: MIT OR Apache-2.0
//! Adding to an eventfd where Linux AIO can't be had: a thread writes, and if a peer makes it
//! wait, it alone waits.
//!
//! ```text
//!   notify: pending = true, unpark ─► the thread: is there room? ─ no ─► it is signalled
//!                                                     └─ yes ─► write(2)
//! ```
//!
//! The write waits only if a peer clears `O_NONBLOCK` and fills the counter between the look
//! and the write. Then the eventfd is signalled, too: what is notified meanwhile is lost in
//! no sense.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::thread::Thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, fcntl_dupfd_cloexec};

use crate::Status;

use super::errno::status;
use super::fork::address_space;

/// How many of these threads there may be: a peer that makes one wait for ever has won one,
/// and can go on with another eventfd.
const MOST_THREADS: usize = 64;

/// How many there are.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// The thread of one eventfd.
#[derive(Debug)]
pub(super) struct Notifier {
    shared: Arc<Shared>,
    thread: Thread,
    /// A child has the memory, and not the thread.
    space: u64,
}

#[derive(Debug)]
struct Shared {
    fd: OwnedFd,
    pending: AtomicBool,
    ended: AtomicBool,
}

/// One of [`THREADS`].
struct Counted;

impl Notifier {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// `NO_RESOURCES` if there are too many, or no more can be had.
    pub(super) fn start(fd: BorrowedFd<'_>) -> Result<Self, Status> {
        let counted = Counted::one_more()?;
        let shared = Arc::new(Shared {
            fd: fcntl_dupfd_cloexec(fd, 0).map_err(status)?,
            pending: AtomicBool::new(false),
            ended: AtomicBool::new(false),
        });
        let its = Arc::clone(&shared);
        let named = std::thread::Builder::new().name("vmo-notify".to_owned());
        let started = named.spawn(move || {
            let _counted = counted;
            its.serve();
        });
        let handle = started.map_err(|_| Status::NO_RESOURCES)?;
        Ok(Self {
            shared,
            thread: handle.thread().clone(),
            space: address_space(),
        })
    }

    /// Has the eventfd signalled, soon. Waits for nobody.
    ///
    /// # Errors
    ///
    /// `BAD_STATE` in a child of the process that started the thread.
    pub(super) fn notify(&self) -> Result<(), Status> {
        if self.space != address_space() {
            return Err(Status::BAD_STATE);
        }
        // Releases what the caller wrote before to the thread, which writes to the eventfd.
        if !self.shared.pending.swap(true, Ordering::AcqRel) {
            self.thread.unpark();
        }
        Ok(())
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        if self.space == address_space() {
            self.thread.unpark();
        }
    }
}

impl Shared {
    /// Until the end, and what was notified before it.
    fn serve(&self) {
        loop {
            let ended = self.ended.load(Ordering::Acquire);
            if self.pending.swap(false, Ordering::AcqRel) {
                self.signal();
            } else if ended {
                return;
            } else {
                std::thread::park();
            }
        }
    }

    /// Adds 1, or nothing where the counter is at its end: then it is signalled already. An
    /// error has nobody to hear it, and what the gate let in gives none.
    fn signal(&self) {
        let now = Timespec::default();
        let mut polled = [PollFd::new(&self.fd, PollFlags::OUT)];
        while poll(&mut polled, Some(&now)) == Err(Errno::INTR) {}
        let room = polled
            .iter()
            .any(|fd| fd.revents().contains(PollFlags::OUT));
        if room {
            while rustix::io::write(&self.fd, &1_u64.to_ne_bytes()) == Err(Errno::INTR) {}
        }
    }
}

impl Counted {
    fn one_more() -> Result<Self, Status> {
        let more = |threads: usize| threads.checked_add(1).filter(|more| *more <= MOST_THREADS);
        let counted = THREADS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        counted.map_or(Err(Status::NO_RESOURCES), |_| Ok(Self))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        THREADS.fetch_sub(1, Ordering::Relaxed);
    }
}
