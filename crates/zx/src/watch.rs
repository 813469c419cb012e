// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is at the other end, and that it is gone: [`EventPair::watch`] and [`Channel::watch`].
//!
//! ```text
//!   ours ◄═══════════════► theirs ── the peer, which is watched
//!                             └───── a duplicate, in some other process
//! ```
//!
//! The kernel says that an end is closed when the last duplicate is. A peer that was killed
//! may have left one with a child; then only the end of the process tells.

use crate::{Channel, EventPair, Process, Status};

impl EventPair {
    /// Takes the end of `process` for the end of the peer: from now on
    /// [`wait`](Self::wait), [`wait_one`](Self::wait_one), [`take`](Self::take) and
    /// [`is_closed`](Self::is_closed) say `PEER_CLOSED` when it has ended, too, although some
    /// other process holds a duplicate of the other end. A signal that it sent before is still
    /// delivered first.
    ///
    /// Another call puts another process in its place. Duplicates that are made later watch
    /// too; an end that was sent to another process does not, until it is told to there.
    /// [`AsFd`](std::os::fd::AsFd) stays the descriptor of this end: whoever polls it by
    /// itself polls the process as well.
    ///
    /// Which process? The child that was started ([`Process::of_child`]), the one that made the
    /// other end ([`peer_process`](Self::peer_process)), or one that the peer has sent
    /// ([`Process::current`], over a channel).
    ///
    /// # Hostile peer
    ///
    /// One that sends the handle of a process that never ends only loses the notice: waiting
    /// is as it was without. One that sends that of a short-lived child only fakes its own
    /// death, as it might have closed its end.
    ///
    /// # Errors
    ///
    /// [`Status::ACCESS_DENIED`]: `process` lacks the right `WAIT`. It is closed.
    ///
    /// # Cost
    ///
    /// Waiting polls one descriptor more; a [`take`](Self::take) that finds nothing makes one
    /// system call more, and [`signal`](Self::signal) none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::process::Command;
    /// use zx::{EventPair, HandleBased, MonotonicInstant, Process, StartupHandles, Status};
    ///
    /// let (mut ours, theirs) = EventPair::create()?;
    /// let mut program = Command::new("true");
    /// program.startup_handle(0, theirs.into_handle())?;
    /// let mut child = program.spawn().unwrap();
    /// ours.watch(Process::of_child(&child)?)?;
    ///
    /// // `program` still holds the other end.
    /// assert_eq!(ours.wait(MonotonicInstant::INFINITE), Err(Status::PEER_CLOSED));
    /// # child.wait().unwrap();
    /// # Ok::<(), Status>(())
    /// ```
    pub fn watch(&mut self, process: Process) -> Result<(), Status> {
        self.end.watch(process.into_watched()?);
        Ok(())
    }

    /// The process that made the other end. Of a pair that one process made, it is that
    /// process, whoever holds the ends now: the child that was given an end learns of its
    /// parent so, and the parent only of itself.
    ///
    /// # Errors
    ///
    /// - [`Status::NOT_SUPPORTED`]: the kernel is older than Linux 6.5.
    /// - [`Status::NOT_FOUND`]: the process is gone.
    /// - [`Status::NO_RESOURCES`], [`Status::NO_MEMORY`].
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{EventPair, Status};
    /// let (ours, _theirs) = EventPair::create()?;
    /// match ours.peer_process() {
    ///     Ok(process) => assert_eq!(process.pid()?, std::process::id()),
    ///     Err(status) => assert_eq!(status, Status::NOT_SUPPORTED),
    /// }
    /// # Ok::<(), Status>(())
    /// ```
    ///
    /// Source: SO_PEERPIDFD in unix(7).
    pub fn peer_process(&self) -> Result<Process, Status> {
        Process::of_peer(&self.end)
    }
}

impl Channel {
    /// Takes the end of `process` for the end of the peer: from now on
    /// [`read`](Self::read), [`read_until`](Self::read_until), [`wait_one`](Self::wait_one) and
    /// [`is_closed`](Self::is_closed) say `PEER_CLOSED` when it has ended, too, although some
    /// other process holds a duplicate of the other end. Messages that it sent before are
    /// still delivered first.
    ///
    /// Writing goes on as long as anybody holds the other end and there is room;
    /// [`write_until`](Self::write_until) does not wait for room any more.
    ///
    /// For the rest as [`EventPair::watch`].
    ///
    /// # Hostile peer
    ///
    /// As for [`EventPair::watch`].
    ///
    /// # Errors
    ///
    /// [`Status::ACCESS_DENIED`]: `process` lacks the right `WAIT`. It is closed.
    ///
    /// # Cost
    ///
    /// Waiting polls one descriptor more; a [`read`](Self::read) that finds nothing makes one
    /// system call more.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::process::Command;
    /// use zx::{Channel, HandleBased, MessageBuf, MonotonicInstant, Process, Status};
    /// use zx::StartupHandles;
    ///
    /// let (mut ours, theirs) = Channel::create()?;
    /// let mut program = Command::new("true");
    /// program.startup_handle(0, theirs.into_handle())?;
    /// let mut child = program.spawn().unwrap();
    /// ours.watch(Process::of_child(&child)?)?;
    ///
    /// // `program` still holds the other end.
    /// let read = ours.read_until(&mut MessageBuf::new(), MonotonicInstant::INFINITE);
    /// assert_eq!(read, Err(Status::PEER_CLOSED));
    /// # child.wait().unwrap();
    /// # Ok::<(), Status>(())
    /// ```
    pub fn watch(&mut self, process: Process) -> Result<(), Status> {
        self.end.watch(process.into_watched()?);
        Ok(())
    }

    /// The process that made the other end: as [`EventPair::peer_process`].
    ///
    /// # Errors
    ///
    /// As [`EventPair::peer_process`].
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, Status};
    /// let (ours, _theirs) = Channel::create()?;
    /// match ours.peer_process() {
    ///     Ok(process) => assert_eq!(process.pid()?, ours.peer_credentials()?.pid),
    ///     Err(status) => assert_eq!(status, Status::NOT_SUPPORTED),
    /// }
    /// # Ok::<(), Status>(())
    /// ```
    pub fn peer_process(&self) -> Result<Process, Status> {
        Process::of_peer(&self.end)
    }
}
