// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Process`]: a process as the kernel knows it, by a descriptor (pidfd) that stays with it
//! when its number goes to another one.
//!
//! Linux 6.1 has all that is used here. Whether a descriptor is a pidfd is asked with a wait
//! that takes nothing: the kernel looks at the descriptor first, and nobody behind it is asked.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::{Errno, FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::process::{Pid, PidfdFlags, WaitId, WaitIdOptions, getpid, pidfd_open, waitid};

use crate::adopt::Reason;
use crate::sys::{Awaited, Ready, Source};
use crate::{AdoptError, MonotonicInstant, Status};

use super::errno::status;
use super::{kind, wait};

/// A process.
///
/// # Invariants
///
/// - **pidfd**: it is a pidfd of a whole process, so it polls as readable when that has ended,
///   and no call on it waits for anybody.
#[derive(Debug)]
pub(crate) struct Process(OwnedFd);

/// How a pidfd of a single thread says that it is one (`PIDFD_THREAD`).
const THREAD: OFlags = OFlags::EXCL;

impl Process {
    /// The one that calls.
    pub(crate) fn current() -> Result<Self, Status> {
        open(getpid()).map_err(status)
    }

    /// A child of this process that nobody has waited for yet.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` if there is no such child.
    pub(crate) fn of_child(pid: u32) -> Result<Self, Status> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let child = open(pid.ok_or(Status::NOT_FOUND)?).map_err(status)?;
        match peek(child.as_fd()) {
            Ok(()) => Ok(child),
            // The number is that of a stranger by now.
            Err(Errno::CHILD) => Err(Status::NOT_FOUND),
            Err(errno) => Err(status(errno)),
        }
    }

    /// Takes `fd` if it is a pidfd; else closes it, without waiting for it.
    pub(crate) fn adopt(fd: OwnedFd) -> Result<Self, AdoptError> {
        match check(fd.as_fd()) {
            Ok(()) => Ok(Self(fd)),
            Err(error) => {
                kind::close(fd, error.kind());
                Err(error)
            }
        }
    }

    /// Another descriptor of the same process.
    pub(crate) fn duplicate(&self) -> Result<Self, Status> {
        Ok(Self(fcntl_dupfd_cloexec(&self.0, 0).map_err(status)?))
    }

    /// Whether it has ended.
    pub(crate) fn is_terminated(&self) -> Result<bool, Status> {
        let mut item = Awaited::new(Source::Process(self), Ready::CLOSED);
        wait::wait(&mut item, MonotonicInstant::INFINITE_PAST)?;
        Ok(item.is_met())
    }

    /// Its number where /proc was mounted; 0 if it has none there.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` if it has ended and its parent has noted that.
    pub(crate) fn pid(&self) -> Result<u32, Status> {
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", self.0.as_raw_fd()))?;
        let line = info.lines().find_map(|line| line.strip_prefix("Pid:"));
        let number = line.and_then(|number| number.trim().parse::<i64>().ok());
        u32::try_from(number.ok_or(Status::NOT_SUPPORTED)?).map_err(|_| Status::NOT_FOUND)
    }
}

fn open(pid: Pid) -> Result<Process, Errno> {
    Ok(Process(pidfd_open(pid, PidfdFlags::empty())?))
}

/// Looks whether a child has ended, and leaves that to be waited for.
fn peek(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    waitid(WaitId::PidFd(fd), options).map(|_| ())
}

/// Whether it is a pidfd, of a whole process.
fn check(fd: BorrowedFd<'_>) -> Result<(), AdoptError> {
    let refused = |reason| AdoptError::new(kind::of(fd), reason);
    let failed = |errno| refused(Reason::Failed(status(errno)));
    match peek(fd) {
        // A pidfd, most often of a process that is no child of this one.
        Ok(()) | Err(Errno::CHILD) => {}
        Err(Errno::BADF) => return Err(refused(Reason::NotProcess)),
        Err(errno) => return Err(failed(errno)),
    }
    if fcntl_getfl(fd).map_err(failed)?.contains(THREAD) {
        return Err(refused(Reason::NotProcess));
    }
    fcntl_setfd(fd, FdFlags::CLOEXEC).map_err(failed)
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<Process> for OwnedFd {
    fn from(process: Process) -> Self {
        process.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_went_to_a_stranger_is_no_child() {
        let stranger = Process::of_child(std::process::id());
        assert_eq!(stranger.unwrap_err(), Status::NOT_FOUND);
        assert_eq!(Process::of_child(0).unwrap_err(), Status::NOT_FOUND);
        assert_eq!(Process::of_child(u32::MAX).unwrap_err(), Status::NOT_FOUND);
    }
}
