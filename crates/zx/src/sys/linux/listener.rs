// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Listener`]: a Unix socket that others connect to; and connecting to one.

use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, connect as dial,
    listen, socket_with, sockopt,
};

use crate::address::Place;
use crate::sys::Reach;
use crate::{MonotonicInstant, Status};

use super::errno::status;
use super::place::SocketFile;
use super::socket::Socket;
use super::unread::Queue;

/// How many may have connected and not be accepted yet.
const BACKLOG: i32 = 128;

/// The first and the longest pause between two looks for a listener that is not there.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// For so long one call waits at most for room among those that wait to be accepted.
const TURN: Duration = Duration::from_secs(60);

/// Where others connect to.
#[derive(Debug)]
pub(crate) struct Listener {
    /// Taken away before the socket is closed, by the order of the fields: while it is there,
    /// the socket is alive, so nobody replaces the file.
    _file: Option<SocketFile>,
    /// Its own description, which nobody else has a reason to change: non-blocking.
    socket: Queue,
}

impl Listener {
    pub(crate) fn bind(place: &Place, reach: Reach) -> Result<Self, Status> {
        let socket = new_socket()?;
        let file = match place {
            Place::Abstract(_) => {
                bind(&socket, &address(place)?).map_err(|errno| match errno {
                    Errno::ADDRINUSE => Status::ALREADY_BOUND,
                    errno => status(errno),
                })?;
                None
            }
            Place::Path(path) => {
                let bound = || bind(&socket, &SocketAddrUnix::new(path.as_path())?);
                Some(SocketFile::make(path, reach, bound)?)
            }
        };
        // From here on an error takes the file away.
        let listener = Self {
            _file: file,
            socket: Queue::new(socket),
        };
        listen(&listener.socket, BACKLOG).map_err(status)?;
        Ok(listener)
    }

    /// The next one that has connected.
    ///
    /// # Errors
    ///
    /// `SHOULD_WAIT` if there is none.
    pub(crate) fn accept(&self) -> Result<Socket, Status> {
        loop {
            return match accept_with(&self.socket, SocketFlags::CLOEXEC) {
                Ok(fd) => Ok(Socket::connected(fd)),
                Err(Errno::INTR | Errno::CONNABORTED) => continue,
                Err(errno) => Err(status(errno)),
            };
        }
    }

    /// Waits until somebody has connected, or the deadline.
    pub(crate) fn wait(&self, deadline: MonotonicInstant) -> Result<(), Status> {
        loop {
            let left = deadline.left().map(Timespec::try_from).transpose();
            let left = left.map_err(|_| Status::INVALID_ARGS)?;
            let polled = PollFd::new(&self.socket, PollFlags::IN);
            match poll(&mut [polled], left.as_ref()) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(status(errno)),
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn new_socket() -> Result<OwnedFd, Status> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    socket_with(family, kind, flags, None).map_err(status)
}

fn address(place: &Place) -> Result<SocketAddrUnix, Status> {
    match place {
        Place::Path(path) => SocketAddrUnix::new(path.as_path()),
        Place::Abstract(name) => SocketAddrUnix::new_abstract_name(name),
    }
    .map_err(status)
}

/// Connects to who listens there, as soon as somebody does, until the deadline.
pub(crate) fn connect(place: &Place, deadline: MonotonicInstant) -> Result<Socket, Status> {
    let address = address(place)?;
    let socket = new_socket()?;
    let (mut pause, longest) = PAUSES;
    loop {
        let left = deadline.left().unwrap_or(TURN);
        match dial(&socket, &address) {
            Ok(()) => break,
            Err(Errno::INTR) => {}
            Err(Errno::NOENT | Errno::CONNREFUSED) if left.is_zero() => {
                return Err(Status::NOT_FOUND);
            }
            Err(Errno::NOENT | Errno::CONNREFUSED) => {
                std::thread::sleep(pause.min(left));
                pause = pause.saturating_mul(2).min(longest);
            }
            // So many are waiting that there is no room for one more.
            Err(Errno::AGAIN) if left.is_zero() => return Err(Status::TIMED_OUT),
            Err(Errno::AGAIN) => wait_for_room(&socket, left)?,
            Err(Errno::PROTOTYPE) => return Err(Status::WRONG_TYPE),
            Err(errno) => return Err(status(errno)),
        }
    }
    // As the ends of a pair are.
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, None).map_err(status)?;
    fcntl_setfl(&socket, OFlags::empty()).map_err(status)?;
    Ok(Socket::connected(socket))
}

/// Lets the next try to connect wait for room, so long at most: no `poll` tells of it.
fn wait_for_room(socket: &OwnedFd, left: Duration) -> Result<(), Status> {
    let turn = left.clamp(Duration::from_millis(1), TURN);
    sockopt::set_socket_timeout(socket, sockopt::Timeout::Send, Some(turn)).map_err(status)?;
    fcntl_setfl(socket, OFlags::empty()).map_err(status)
}
