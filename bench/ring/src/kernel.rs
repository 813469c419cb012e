// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel carries: pipes, Unix sockets, eventfds.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{Errno, read, write};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair, sockopt};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};

use crate::Failure;
use crate::candidate::Candidate;
use crate::link::{Link, Shape, Side};

/// The most that anybody may ask of a pipe, as the kernel has it.
const PIPE: usize = 1 << 20;

/// What this side writes to, and what it reads from. Messages are as long as agreed.
struct Bytes {
    to: OwnedFd,
    from: OwnedFd,
    size: usize,
}

impl Link for Bytes {
    fn send(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        while !bytes.is_empty() {
            match write(&self.to, bytes) {
                Ok(len) => bytes = &bytes[len..],
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let mut got = 0;
        while got < self.size {
            match read(&self.from, &mut buffer[got..self.size]) {
                Ok(0) => return Err("the other end is closed".into()),
                Ok(len) => got += len,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(got)
    }
}

/// Two pipes, as large as they may be.
pub(crate) fn pipe(name: &str) -> Candidate {
    Candidate::new(name, |shape: &Shape| {
        let size = shape.size;
        let (there, back) = (one_pipe(shape)?, one_pipe(shape)?);
        Ok(move |side| {
            let ((from, to), (other_from, other_to)) = (there, back);
            Ok(match side {
                Side::Near => Bytes {
                    to,
                    from: other_from,
                    size,
                },
                Side::Far => Bytes {
                    to: other_to,
                    from,
                    size,
                },
            })
        })
    })
}

fn one_pipe(shape: &Shape) -> Result<(OwnedFd, OwnedFd), Failure> {
    let (from, to) = pipe_with(PipeFlags::CLOEXEC)?;
    // A limit of the user may be lower. Then it stays as it is.
    let _ = fcntl_setpipe_size(&to, shape.capacity().clamp(4096, PIPE));
    Ok((from, to))
}

/// A pair of stream sockets.
pub(crate) fn unix_stream(name: &str) -> Candidate {
    sockets(name, SocketType::STREAM)
}

/// A pair of seqpacket sockets: what a channel is made of.
pub(crate) fn unix_seqpacket(name: &str) -> Candidate {
    sockets(name, SocketType::SEQPACKET)
}

fn sockets(name: &str, kind: SocketType) -> Candidate {
    Candidate::new(name, move |shape: &Shape| {
        let size = shape.size;
        let (near, far) = socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
        let room = 2 * shape.capacity();
        for end in [near.as_fd(), far.as_fd()] {
            if force_send_buffer(end, room).is_err() {
                sockopt::set_socket_send_buffer_size(end, room)?;
            }
        }
        if kind == SocketType::SEQPACKET && sockopt::socket_send_buffer_size(&near)? < 2 * size {
            return Err("a message is longer than a socket may hold here".into());
        }
        Ok(move |side| {
            let mine = match side {
                Side::Near => near,
                Side::Far => far,
            };
            let from = mine.try_clone()?;
            Ok(Bytes {
                to: mine,
                from,
                size,
            })
        })
    })
}

/// More than the system's limit, which some may ask for.
#[allow(unsafe_code, reason = "SO_SNDBUFFORCE, which rustix does not have")]
fn force_send_buffer(end: std::os::fd::BorrowedFd<'_>, bytes: usize) -> Result<(), Failure> {
    use std::os::fd::AsRawFd;
    let value = libc::c_int::try_from(bytes)?;
    let len = libc::socklen_t::try_from(size_of_val(&value))?;
    let (fd, option) = (end.as_raw_fd(), libc::SO_SNDBUFFORCE);
    let value: *const libc::c_int = &raw const value;
    // SAFETY: the socket is open, and the option is an int that lives until the call is over.
    match unsafe { libc::setsockopt(fd, libc::SOL_SOCKET, option, value.cast(), len) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error().into()),
    }
}

/// Two eventfds: eight bytes are all that they carry.
pub(crate) fn eventfds(name: &str) -> Candidate {
    Candidate::new(name, |shape: &Shape| {
        if shape.size != 8 {
            return Err("an eventfd carries eight bytes".into());
        }
        let (there, back) = (
            eventfd(0, EventfdFlags::CLOEXEC)?,
            eventfd(0, EventfdFlags::CLOEXEC)?,
        );
        Ok(move |side| {
            let (to, from) = match side {
                Side::Near => (there, back),
                Side::Far => (back, there),
            };
            Ok(Bytes { to, from, size: 8 })
        })
    })
}
