// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting until something happens to a socket, whatever is the case with it; and how much of
//! what it sent is unread.
//!
//! `poll` waits for what is the case, and a socket with room for bytes is writable. An epoll of
//! edges reports each time that the kernel wakes who waits, as it does when a peer has read a
//! packet and there is room.
#![allow(unsafe_code, reason = "one system call that rustix can't make")]

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use crate::{MonotonicInstant, Status};

use super::errno::status;
use super::process::Process;
use super::socket::Socket;

/// What happens to one socket.
#[derive(Debug)]
pub(crate) struct Events(OwnedFd);

impl Socket {
    /// What happens from now on, to it and to the process whose end closes it. What is the case
    /// now is the first event.
    pub(crate) fn events(&self, process: Option<&Process>) -> Result<Events, Status> {
        let events = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(status)?;
        let flags = epoll::EventFlags::IN
            | epoll::EventFlags::OUT
            | epoll::EventFlags::RDHUP
            | epoll::EventFlags::ET;
        epoll::add(&events, self, epoll::EventData::new_u64(0), flags).map_err(status)?;
        if let Some(process) = process {
            let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
            epoll::add(&events, process, epoll::EventData::new_u64(1), flags).map_err(status)?;
        }
        Ok(Events(events))
    }

    /// How many bytes its packets take that nobody has read, with what the kernel adds to each.
    pub(crate) fn unread(&self) -> Result<u64, Status> {
        let mut unread: libc::c_int = 0;
        let fd = self.as_fd().as_raw_fd();
        // SAFETY: this request writes one `int`, there.
        let result = unsafe { libc::ioctl(fd, libc::TIOCOUTQ, &raw mut unread) };
        if result != 0 {
            let error = std::io::Error::last_os_error();
            return Err(Errno::from_io_error(&error).map_or(Status::INTERNAL, status));
        }
        Ok(u64::try_from(unread).unwrap_or(0))
    }
}

impl Events {
    /// Waits until something happened since the last time, or the deadline.
    pub(crate) fn wait(&self, deadline: MonotonicInstant) -> Result<(), Status> {
        let nothing = epoll::Event {
            flags: epoll::EventFlags::empty(),
            data: epoll::EventData::new_u64(0),
        };
        loop {
            let left = deadline.left().map(Timespec::try_from).transpose();
            let left = left.map_err(|_| Status::INVALID_ARGS)?;
            match epoll::wait(&self.0, &mut [nothing], left.as_ref()) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(status(errno)),
            }
        }
    }
}
