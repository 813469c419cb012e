// SPDX-License-Identifier: MIT OR Apache-2.0
//! Handles for a program that is started: given by who starts it, taken by the program.
//!
//! ```text
//!   Command::startup_handle(0, channel) ─► spawn ─► take_startup_handle(0)
//!     the descriptor, inherited by this child and no other;
//!     VMO_STARTUP_HANDLE_0: its number, and what it is
//! ```
#![allow(
    unsafe_code,
    reason = "a child's descriptor is kept open, and owned again by its number"
)]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};

use crate::message::Record;
use crate::{AdoptOptions, AdoptPolicy, Handle, Rights, Status};

/// What the environment calls the handle of a slot.
fn variable(slot: u16) -> String {
    format!("VMO_STARTUP_HANDLE_{slot}")
}

/// Gives handles to a program that is started.
///
/// # Examples
///
/// ```
/// use std::process::Command;
/// use zx::{Channel, HandleBased, MonotonicInstant, Signals, StartupHandles};
///
/// let (ours, theirs) = Channel::create()?;
/// let mut program = Command::new("true");
/// program.startup_handle(0, theirs.into_handle())?;
/// let status = program.status().unwrap(); // it would say `zx::take_startup_handle(0)`
/// # assert!(status.success());
/// drop(program); // holds the handle, for the next time that it is started
/// let closed = ours.wait_one(Signals::CHANNEL_PEER_CLOSED, MonotonicInstant::INFINITE);
/// assert!(closed.is_ok());
/// # Ok::<(), zx::Status>(())
/// ```
pub trait StartupHandles {
    /// Puts a handle into a slot. Every program that this command starts gets it, by the same
    /// description; no other child of this process does, whenever it is made.
    ///
    /// The command keeps the handle until it is dropped. To learn that the child has ended
    /// whoever has the handle, let the other end watch it, right after `spawn`:
    /// `ours.watch(Process::of_child(&child)?)?` ([`Channel::watch`](crate::Channel::watch),
    /// [`EventPair::watch`](crate::EventPair::watch)).
    ///
    /// # Errors
    ///
    /// [`Status::ACCESS_DENIED`] if the handle lacks the right `TRANSFER`.
    ///
    /// # Cost
    ///
    /// The command starts programs by fork and exec then, where it might have used a faster
    /// way.
    fn startup_handle(&mut self, slot: u16, handle: Handle) -> Result<&mut Self, Status>;
}

impl StartupHandles for Command {
    fn startup_handle(&mut self, slot: u16, handle: Handle) -> Result<&mut Self, Status> {
        handle.rights().require(Rights::TRANSFER)?;
        let record = Record::describing(&handle);
        let fd = OwnedFd::from(handle);
        self.env(variable(slot), format!("{} {record}", fd.as_raw_fd()));
        // SAFETY: the closure makes one system call, which is safe to make after a fork: it
        // allocates nothing, takes no lock and touches no memory of this process.
        unsafe { self.pre_exec(move || Ok(fcntl_setfd(&fd, FdFlags::empty())?)) };
        Ok(self)
    }
}

/// Takes the handle that the program was started with in a slot: once.
///
/// A VMO comes through the gate with [`AdoptPolicy::Shrink`];
/// [`take_startup_handle_with`] takes another policy.
///
/// # Hostile peer
///
/// Whoever starts a program decides what it is and what it has. What comes as a handle is
/// checked as a message would be all the same.
///
/// # Errors
///
/// - [`Status::NOT_FOUND`]: none was given, or it was taken before.
/// - [`Status::INVALID_ARGS`]: what the environment says of it makes no sense.
/// - [`Status::WRONG_TYPE`], [`Status::NOT_SUPPORTED`] and others of the gate: it is not what
///   it is said to be. It is closed.
///
/// # Examples
///
/// ```
/// // This program was started without any.
/// assert_eq!(zx::take_startup_handle(7).unwrap_err(), zx::Status::NOT_FOUND);
/// ```
pub fn take_startup_handle(slot: u16) -> Result<Handle, Status> {
    take_startup_handle_with(slot, AdoptPolicy::default())
}

/// [`take_startup_handle`] with what the gate asks of a VMO.
///
/// # Errors
///
/// As [`take_startup_handle`].
///
/// # Examples
///
/// ```
/// use zx::{AdoptPolicy, Status};
/// let taken = zx::take_startup_handle_with(7, AdoptPolicy::Strict);
/// assert_eq!(taken.unwrap_err(), Status::NOT_FOUND);
/// ```
pub fn take_startup_handle_with(
    slot: u16,
    vmos: impl Into<AdoptOptions>,
) -> Result<Handle, Status> {
    let text = std::env::var(variable(slot)).map_err(|_| Status::NOT_FOUND)?;
    let (number, record) = text.split_once(' ').ok_or(Status::INVALID_ARGS)?;
    let number: RawFd = number.parse().map_err(|_| Status::INVALID_ARGS)?;
    let record: Record = record.parse()?;
    record.adopt(inherited(number)?, vmos.into())
}

/// Owns a descriptor that was inherited and that nobody has taken yet.
fn inherited(number: RawFd) -> Result<OwnedFd, Status> {
    /// Two threads must not both find it untaken.
    static TAKING: Mutex<()> = Mutex::new(());
    if number <= 2 {
        // Those are the standard library's.
        return Err(Status::INVALID_ARGS);
    }
    let _taking = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: borrowed for two system calls, which answer EBADF where nothing is open.
    let fd = unsafe { BorrowedFd::borrow_raw(number) };
    // What Rust opens closes on exec. What does not was inherited, and nobody owns it: here it
    // gets the flag, so it is taken once.
    match fcntl_getfd(fd) {
        Ok(flags) if !flags.contains(FdFlags::CLOEXEC) => {}
        _ => return Err(Status::NOT_FOUND),
    }
    fcntl_setfd(fd.as_fd(), FdFlags::CLOEXEC).map_err(|_| Status::NOT_FOUND)?;
    // SAFETY: it is open, was given to this program by name, and is taken once, as the flag
    // says; nothing else owns what was inherited.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
