// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages with descriptors over a Unix socket, and the receiver that owns all it is given.
//!
//! The kernel installs what a message carries, asked for or not, so a receiver that looks at
//! the count first has leaked already. Here every descriptor is owned before anything is
//! checked; what is then refused is closed by being dropped.

use core::mem::MaybeUninit;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use mapped_vmo::zx::{AdoptError, AdoptPolicy, Vmo};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg,
    sendmsg, socketpair,
};

/// How many descriptors one message can carry: the kernel's `SCM_MAX_FD`.
pub const MAX_FDS: usize = 253;

/// Room for the control data of [`MAX_FDS`] descriptors.
pub const CONTROL: usize = rustix::cmsg_space!(ScmRights(253));

/// What arrived.
#[derive(Debug)]
pub struct Message {
    /// The data.
    pub bytes: Vec<u8>,
    /// The descriptors, all of them ours now.
    pub fds: Vec<OwnedFd>,
    /// Whether there were more than the kernel could give us.
    pub truncated: bool,
}

/// Why a message gave no VMOs. Its descriptors are closed.
#[derive(Debug)]
pub enum Refused {
    /// Nothing came, or the other side is gone.
    Nothing(Errno),
    /// Some of its descriptors were lost on the way.
    Truncated,
    /// It carried another number of descriptors than this protocol says.
    Count(usize),
    /// One of them is no VMO that this policy takes.
    Gate(AdoptError),
}

/// A pair of sockets that keep messages apart.
///
/// # Panics
///
/// If there is none to be had.
#[must_use]
pub fn pair() -> (OwnedFd, OwnedFd) {
    let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
    socketpair(AddressFamily::UNIX, kind, flags, None).expect("a pair of sockets")
}

/// Sends, and does not wait for room.
///
/// # Errors
///
/// Those of sendmsg(2), `EAGAIN` among them where the other side does not keep up.
pub fn send(socket: impl AsFd, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> Result<(), Errno> {
    let mut room = [MaybeUninit::uninit(); CONTROL];
    let mut control = SendAncillaryBuffer::new(&mut room);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(Errno::INVAL);
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    sendmsg(socket, &[IoSlice::new(bytes)], &mut control, flags).map(|_| ())
}

/// Receives one message with room for `control` bytes of control data.
///
/// # Errors
///
/// Those of recvmsg(2); `EPIPE` where the other side is gone.
pub fn receive(socket: impl AsFd, control: usize, flags: RecvFlags) -> Result<Message, Errno> {
    let mut room = [MaybeUninit::uninit(); CONTROL];
    let mut control = RecvAncillaryBuffer::new(&mut room[..control.min(CONTROL)]);
    let mut bytes = [0; 64];
    let flags = flags | RecvFlags::CMSG_CLOEXEC;
    let got = recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut bytes)],
        &mut control,
        flags,
    )?;
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    if got.bytes == 0 && fds.is_empty() {
        return Err(Errno::PIPE);
    }
    Ok(Message {
        bytes: bytes[..got.bytes.min(bytes.len())].to_vec(),
        fds,
        truncated: got.flags.contains(ReturnFlags::CTRUNC),
    })
}

/// Receives one message that must carry exactly `count` VMOs.
///
/// # Errors
///
/// Why not; every descriptor that came is closed then.
pub fn receive_vmos(
    socket: impl AsFd,
    count: usize,
    policy: AdoptPolicy,
) -> Result<Vec<Vmo>, Refused> {
    // Room for all that a message can carry, so that one too many is seen as such.
    let message = receive(socket, CONTROL, RecvFlags::DONTWAIT).map_err(Refused::Nothing)?;
    vmos(message, count, policy)
}

/// The `count` VMOs of a message.
///
/// # Errors
///
/// As [`receive_vmos`].
pub fn vmos(message: Message, count: usize, policy: AdoptPolicy) -> Result<Vec<Vmo>, Refused> {
    if message.truncated {
        return Err(Refused::Truncated);
    }
    if message.fds.len() != count {
        return Err(Refused::Count(message.fds.len()));
    }
    let adopt = |fd| Vmo::from_fd(fd, policy).map_err(Refused::Gate);
    message.fds.into_iter().map(adopt).collect()
}
