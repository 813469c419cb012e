// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Socket`]: one end of a pair that carries packets and descriptors (Unix, seqpacket).
//!
//! Nothing here waits: `O_NONBLOCK` belongs to the description, which a peer may share, so each
//! call says `MSG_DONTWAIT` itself.

use core::mem::MaybeUninit;
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::{Errno, FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, Shutdown, SocketFlags,
    SocketType, getpeername, sendmsg, shutdown, socketpair, sockopt,
};

use crate::adopt::Reason;
use crate::sys::{Awaited, MAX_HANDLES, Ready, Received, Source};
use crate::{AdoptError, FdKind, MonotonicInstant, Status};

use super::errno::status;
use super::process::Process;
use super::receive::receive;
use super::unread::Queue;
use super::{creds, kind, peer, wait};

/// One end.
///
/// # Invariants
///
/// - **unix**: it is a connected Unix seqpacket socket, so no call on it waits for a server.
#[derive(Debug)]
pub(crate) struct Socket(Queue);

/// Room for the descriptors that are sent with a packet.
const SENT: usize = rustix::cmsg_space!(ScmRights(MAX_HANDLES));

/// How many packets are dropped at a time: more than a queue holds by default.
const MOST_PACKETS: u32 = 512;

impl Socket {
    /// Two ends.
    pub(crate) fn pair() -> Result<(Self, Self), Status> {
        let pair = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        );
        let (one, other) = pair.map_err(status)?;
        Ok((Self::connected(one), Self::connected(other)))
    }

    /// Takes `fd` if it is one end of such a pair; else closes it, without waiting for it.
    pub(crate) fn adopt(fd: OwnedFd) -> Result<Self, AdoptError> {
        match check(fd.as_fd()) {
            Ok(()) => Ok(Self::connected(fd)),
            Err(error) => {
                kind::close(fd, error.kind());
                Err(error)
            }
        }
    }

    /// One that is known to be one.
    pub(super) fn connected(fd: OwnedFd) -> Self {
        Self(Queue::new(fd))
    }

    /// Closes it, and takes nothing any more that comes.
    pub(crate) fn refuse(self) {
        let _ = shutdown(&self.0, Shutdown::Both);
    }

    /// Another descriptor of the same end.
    pub(crate) fn duplicate(&self) -> Result<Self, Status> {
        Ok(Self::connected(
            fcntl_dupfd_cloexec(&self.0, 0).map_err(status)?,
        ))
    }

    /// Sends one packet, now or not at all.
    ///
    /// # Errors
    ///
    /// `SHOULD_WAIT` if there is no room, `PEER_CLOSED`, `NO_RESOURCES` if too many
    /// descriptors are on their way, `OUT_OF_RANGE` if it is larger than the socket carries.
    pub(crate) fn send(&self, parts: [&[u8]; 2], fds: &[BorrowedFd<'_>]) -> Result<(), Status> {
        let mut space = [MaybeUninit::uninit(); SENT];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(Status::OUT_OF_RANGE);
        }
        let parts = parts.map(IoSlice::new);
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        loop {
            return match sendmsg(&self.0, &parts, &mut control, flags) {
                Ok(_) => Ok(()),
                Err(Errno::INTR) => continue,
                Err(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN) => Err(Status::PEER_CLOSED),
                Err(Errno::MSGSIZE) => Err(Status::OUT_OF_RANGE),
                Err(Errno::NOBUFS) => Err(Status::NO_MEMORY),
                Err(errno) => Err(status(errno)),
            };
        }
    }

    /// Receives one packet, if one is there, and owns every descriptor that came with it.
    ///
    /// # Errors
    ///
    /// `SHOULD_WAIT` if none is there, `PEER_CLOSED` if none will be.
    pub(crate) fn receive(
        &self,
        buffer: &mut [u8],
        fds: &mut Vec<OwnedFd>,
    ) -> Result<Received, Status> {
        let mut reset = false;
        loop {
            let received = match receive(self.as_fd(), buffer, fds) {
                Ok(received) => received,
                Err(Errno::INTR) => continue,
                // Said once, when the peer left something unread: packets may still be here.
                Err(Errno::CONNRESET) if !reset => {
                    reset = true;
                    continue;
                }
                Err(Errno::CONNRESET) => return Err(Status::PEER_CLOSED),
                Err(errno) => return Err(status(errno)),
            };
            // An empty packet looks like the end of all packets.
            let empty = received.len == 0 && received.whole && fds.is_empty();
            if empty && self.is_closed()? {
                return Err(Status::PEER_CLOSED);
            }
            return Ok(received);
        }
    }

    /// Whether the other end is closed.
    pub(crate) fn is_closed(&self) -> Result<bool, Status> {
        let mut item = Awaited::new(Source::Socket(self, None), Ready::CLOSED);
        wait::wait(&mut item, MonotonicInstant::INFINITE_PAST)?;
        Ok(item.is_closed())
    }

    /// Drops what is there to be received. Whether anything was.
    ///
    /// A peer that sends on and on is not waited for: what it sends later is there next time.
    ///
    /// # Errors
    ///
    /// `PEER_CLOSED` if nothing was there and nothing will be.
    pub(crate) fn drain(&self) -> Result<bool, Status> {
        let mut taken = false;
        let mut fds = Vec::new();
        for _ in 0..MOST_PACKETS {
            match self.receive(&mut [0; 1], &mut fds) {
                Ok(_) => taken = true,
                Err(Status::SHOULD_WAIT) => return Ok(taken),
                Err(Status::PEER_CLOSED) if taken => return Ok(true),
                Err(other) => return Err(other),
            }
            fds.drain(..).for_each(super::close_unknown);
        }
        Ok(true)
    }

    /// The process, user and group that made the other end.
    pub(crate) fn peer_credentials(&self) -> Result<[u32; 3], Status> {
        creds::of_peer(self.0.as_fd())
    }

    /// The process that made the other end, as a descriptor.
    pub(crate) fn peer_process(&self) -> Result<Process, Status> {
        Ok(Process::adopt(peer::pidfd(self.0.as_fd())?)?)
    }
}

/// Whether it is one end of a pair, by what the socket layer says: a file's server is never
/// asked.
fn check(fd: BorrowedFd<'_>) -> Result<(), AdoptError> {
    let refused = |reason| AdoptError::new(kind::of(fd), reason);
    let family = sockopt::socket_domain(fd).map_err(|_| refused(Reason::NotChannel))?;
    let kind = sockopt::socket_type(fd).map_err(|_| refused(Reason::NotChannel))?;
    if family != AddressFamily::UNIX || kind != SocketType::SEQPACKET || getpeername(fd).is_err() {
        return Err(refused(Reason::NotChannel));
    }
    let failed = |errno| AdoptError::new(FdKind::Socket, Reason::Failed(status(errno)));
    fcntl_setfd(fd, FdFlags::CLOEXEC).map_err(failed)
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<Socket> for OwnedFd {
    fn from(socket: Socket) -> Self {
        socket.0.into()
    }
}
