// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Process`]: to know that a process has ended; and which one this is.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::process::Child;

use crate::object::{Object, ObjectRef};
use crate::sys::Source;
use crate::{
    AdoptError, AsHandleRef, Handle, HandleBased, HandleRef, MonotonicInstant, Rights, Signals,
    Status, WaitResult, end, sys,
};

/// A process: to wait for its end, here or wherever the handle is sent to.
///
/// It is the descriptor that Linux calls a pidfd. It stays with its process, whoever gets the
/// number of that later, and keeps nothing alive.
///
/// # Hostile peer
///
/// Can send the handle of any process: of one that never ends, or of a child of its own that
/// ends when it likes. What such a handle says is true of that process, and nothing says that
/// it is the peer. See [`EventPair::watch`](crate::EventPair::watch).
///
/// Whoever gets the handle of a process may do no more to it than its user might: a pidfd
/// does not let anybody send signals or take descriptors who could not with the number.
///
/// # Examples
///
/// ```
/// use std::process::Command;
/// use zx::{MonotonicInstant, Process, Signals};
///
/// let mut child = Command::new("true").spawn().unwrap();
/// let process = Process::of_child(&child)?;
/// let ended = process.wait_one(Signals::PROCESS_TERMINATED, MonotonicInstant::INFINITE);
/// assert!(ended.is_ok() && process.is_terminated()?);
/// child.wait().unwrap(); // it is still the child of who started it
/// # Ok::<(), zx::Status>(())
/// ```
///
/// Sources: <https://fuchsia.dev/reference/kernel_objects/process>, pidfd_open(2).
#[derive(Debug)]
pub struct Process {
    rights: Rights,
    process: sys::Process,
}

impl Process {
    fn new(process: sys::Process) -> Self {
        let rights = Rights::PROCESS_DEFAULT;
        Self { rights, process }
    }

    /// The process that calls. A child that is forked from it later is another one.
    ///
    /// # Errors
    ///
    /// [`Status::NO_RESOURCES`] if this process is at its limit of open files,
    /// [`Status::NO_MEMORY`], [`Status::NOT_SUPPORTED`] or [`Status::ACCESS_DENIED`] where a
    /// sandbox forbids it.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, HandleBased, MessageBuf, Process};
    ///
    /// let (ours, theirs) = Channel::create()?;
    /// ours.write(b"", &mut vec![Process::current()?.into_handle()])?;
    /// // … in the other process:
    /// let mut message = MessageBuf::new();
    /// theirs.read(&mut message)?;
    /// let who = Process::try_from(message.take_handle(0).unwrap())?;
    /// assert!(!who.is_terminated()?);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn current() -> Result<Self, Status> {
        Ok(Self::new(sys::Process::current()?))
    }

    /// A child that was started and not waited for yet: ask right after `spawn`.
    ///
    /// # Errors
    ///
    /// [`Status::NOT_FOUND`] if it was waited for already, for then the number may be that of
    /// a stranger; else as [`current`](Self::current). (A number that has gone to another child
    /// of this process meanwhile is not noticed.)
    ///
    /// # Examples
    ///
    /// ```
    /// use std::process::Command;
    /// use zx::{Process, Status};
    ///
    /// let mut child = Command::new("true").spawn().unwrap();
    /// let process = Process::of_child(&child)?;
    /// child.wait().unwrap();
    /// assert!(process.is_terminated()?);
    /// assert_eq!(Process::of_child(&child).unwrap_err(), Status::NOT_FOUND);
    /// # Ok::<(), Status>(())
    /// ```
    pub fn of_child(child: &Child) -> Result<Self, Status> {
        Ok(Self::new(sys::Process::of_child(child.id())?))
    }

    /// Takes a descriptor that somebody else made: a pidfd.
    ///
    /// # Hostile peer
    ///
    /// Nothing else is taken for one: the kernel is asked, not the name of the descriptor, and
    /// no server behind it. Pidfds of a single thread and directories of /proc are refused.
    ///
    /// # Errors
    ///
    /// [`AdoptError`], which says what it is instead. The descriptor is closed without waiting
    /// for whoever is behind it.
    ///
    /// # Cost
    ///
    /// Three system calls.
    ///
    /// # Examples
    ///
    /// ```
    /// let file = std::fs::File::open("/dev/null").unwrap();
    /// let refused = zx::Process::from_fd(file.into()).unwrap_err();
    /// assert!(refused.to_string().contains("not a process"));
    /// ```
    pub fn from_fd(fd: OwnedFd) -> Result<Self, AdoptError> {
        Ok(Self::new(sys::Process::adopt(fd)?))
    }

    /// Waits until the process has ended, or the deadline.
    ///
    /// # Errors
    ///
    /// In the result: [`Status::INVALID_ARGS`] for signals other than `PROCESS_TERMINATED`,
    /// [`Status::ACCESS_DENIED`] without the right `WAIT`.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{MonotonicInstant, Process, Signals, WaitResult};
    /// let this = Process::current()?;
    /// let seen = this.wait_one(Signals::PROCESS_TERMINATED, MonotonicInstant::INFINITE_PAST);
    /// assert_eq!(seen, WaitResult::TimedOut(Signals::NONE));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn wait_one(&self, signals: Signals, deadline: MonotonicInstant) -> WaitResult {
        if let Err(status) = self.rights.require(Rights::WAIT) {
            return WaitResult::Err(status);
        }
        end::wait_one(
            Source::Process(&self.process),
            end::PROCESS,
            signals,
            deadline,
        )
    }

    /// Whether the process has ended: all its threads, whether its parent knows or not.
    ///
    /// # Errors
    ///
    /// [`Status::NO_MEMORY`].
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!zx::Process::current()?.is_terminated()?);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn is_terminated(&self) -> Result<bool, Status> {
        self.process.is_terminated()
    }

    /// Its number here, for messages; 0 if it has none here, being in another PID namespace.
    ///
    /// The number goes to another process when this one has ended: use the handle.
    ///
    /// # Errors
    ///
    /// - [`Status::NOT_FOUND`]: it has ended and its parent has waited for it; or /proc, which
    ///   is asked, is not there.
    /// - [`Status::ACCESS_DENIED`]: the right `INSPECT` is missing.
    /// - [`Status::NO_RESOURCES`], [`Status::NO_MEMORY`].
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Process::current()?.pid()?, std::process::id());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn pid(&self) -> Result<u32, Status> {
        self.rights.require(Rights::INSPECT)?;
        self.process.pid()
    }

    /// What the holder may do.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Process, Rights};
    /// assert_eq!(Process::current()?.rights(), Rights::PROCESS_DEFAULT);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// That of the other end of `end`.
    pub(crate) fn of_peer(end: &end::End) -> Result<Self, Status> {
        Ok(Self::new(end.peer_process()?))
    }

    /// To be watched.
    pub(crate) fn into_watched(self) -> Result<sys::Process, Status> {
        self.rights.require(Rights::WAIT)?;
        Ok(self.process)
    }
}

impl AsHandleRef for Process {
    fn as_handle_ref(&self) -> HandleRef<'_> {
        HandleRef::new(self.rights, ObjectRef::Process(&self.process))
    }
}

impl HandleBased for Process {}

impl From<Process> for Handle {
    fn from(process: Process) -> Self {
        Self {
            rights: process.rights,
            object: Object::Process(process.process),
        }
    }
}

impl TryFrom<Handle> for Process {
    type Error = Status;

    /// `WRONG_TYPE` if the handle is one of another object.
    fn try_from(handle: Handle) -> Result<Self, Status> {
        let Handle { rights, object } = handle;
        match object {
            Object::Process(process) => Ok(Self { rights, process }),
            _ => Err(Status::WRONG_TYPE),
        }
    }
}

impl TryFrom<OwnedFd> for Process {
    type Error = AdoptError;

    /// [`Process::from_fd`].
    fn try_from(fd: OwnedFd) -> Result<Self, AdoptError> {
        Self::from_fd(fd)
    }
}

impl From<Process> for OwnedFd {
    fn from(process: Process) -> Self {
        process.process.into()
    }
}

/// To be polled for reading, by whatever polls: it is readable when the process has ended.
impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }
}

impl AsRawFd for Process {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// A number that this process's address space has, and none that was forked from it.
///
/// For values that own pages which are kept from children
/// ([`Vmar::dont_fork`](crate::Vmar::dont_fork)): note it when they are made, and compare when
/// they are dropped, since in a child something else may be where the pages were. It says
/// nothing about processes that do not come from each other by `fork`.
///
/// A process id says less: the first process of a PID namespace and a child that is the first
/// one of another have the same.
///
/// # Cost
///
/// A load. The first call in a process takes a page and two system calls.
///
/// # Examples
///
/// ```
/// assert_eq!(zx::address_space_number(), zx::address_space_number());
/// ```
///
/// Source: MADV_WIPEONFORK in madvise(2).
#[must_use]
pub fn address_space_number() -> u64 {
    sys::address_space()
}
