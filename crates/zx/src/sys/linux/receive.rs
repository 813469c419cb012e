// SPDX-License-Identifier: MIT OR Apache-2.0
//! One packet, and every descriptor that the kernel opened with it.
//!
//! Whoever made a socket can have asked for more than was sent: a descriptor of the process that
//! sent it with each packet (`SO_PASSPIDFD`), its credentials, labels. rustix skips what it does
//! not know, and the descriptor would stay open; so the call is made here.
#![allow(
    unsafe_code,
    reason = "one system call, and the ownership of what it opened"
)]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use crate::sys::Received;

/// Room for all descriptors that can come with a packet (253), and for what else can. Those
/// without room the kernel would close itself, and closing can be made to wait.
const CONTROL: usize = 2048;

/// `SCM_PIDFD`, of Linux 6.5.
const SCM_PIDFD: i32 = 4;

/// What a control message begins with: its length, level and type.
const HEADER: usize = size_of::<usize>() + 8;

/// Receives a packet, if one is there; `fds` gets the descriptors that were sent with it.
pub(super) fn receive(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    fds: &mut Vec<OwnedFd>,
) -> Result<Received, Errno> {
    let mut control = [0_u8; CONTROL];
    let mut part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: it is made of numbers and pointers, and zeros are values of both.
    let mut header: libc::msghdr = unsafe { core::mem::zeroed() };
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    // `CONTROL`, of a type that depends on the C library.
    header.msg_controllen = 2048;
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the kernel writes into `buffer` and `control`, within their lengths, and into
    // `header`; all of them outlive the call.
    let len = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, flags) };
    let Ok(len) = usize::try_from(len) else {
        let error = std::io::Error::last_os_error();
        return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO));
    };
    let mut rest = control.as_slice();
    while let Some((kind, data, after)) = next(rest) {
        own(kind, data, fds);
        rest = after;
    }
    let lost = libc::MSG_TRUNC | libc::MSG_CTRUNC;
    let whole = header.msg_flags & lost == 0;
    Ok(Received { len, whole })
}

/// The first control message, by level and type, and what is behind it. Behind the last one are
/// zeros: a length that none has.
fn next(control: &[u8]) -> Option<([i32; 2], &[u8], &[u8])> {
    let (len, after) = control.split_first_chunk()?;
    let len = usize::from_ne_bytes(*len);
    let (level, after) = after.split_first_chunk()?;
    let (kind, _) = after.split_first_chunk()?;
    let kind = [i32::from_ne_bytes(*level), i32::from_ne_bytes(*kind)];
    let data = control.get(HEADER..len)?;
    let next = len.checked_next_multiple_of(size_of::<usize>())?;
    Some((kind, data, control.get(next..).unwrap_or_default()))
}

/// Owns the descriptors in a control message; those that nobody sent are closed.
fn own([level, kind]: [i32; 2], data: &[u8], fds: &mut Vec<OwnedFd>) {
    if level != libc::SOL_SOCKET || ![libc::SCM_RIGHTS, SCM_PIDFD].contains(&kind) {
        return;
    }
    for number in data.chunks_exact(size_of::<i32>()) {
        let number = <[u8; 4]>::try_from(number).map_or(-1, i32::from_ne_bytes);
        if number < 0 {
            continue;
        }
        // SAFETY: the kernel has just opened it and told nobody else its number.
        let fd = unsafe { OwnedFd::from_raw_fd(number) };
        if kind == libc::SCM_RIGHTS {
            fds.push(fd);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(len: usize, kind: i32, data: &[u8]) -> Vec<u8> {
        let kind = kind.to_ne_bytes();
        let level = libc::SOL_SOCKET.to_ne_bytes();
        let mut bytes = [&len.to_ne_bytes()[..], &level, &kind, data].concat();
        bytes.resize(bytes.len().next_multiple_of(size_of::<usize>()), 0);
        bytes
    }

    #[test]
    fn messages_are_found_one_after_the_other_and_none_beyond() {
        let two = [
            message(HEADER + 4, 1, &[1; 4]),
            message(HEADER + 8, 2, &[2; 8]),
        ]
        .concat();
        let (kind, data, rest) = next(&two).unwrap();
        assert_eq!((kind, data), ([libc::SOL_SOCKET, 1], &[1; 4][..]));
        let (kind, data, rest) = next(rest).unwrap();
        assert_eq!((kind, data), ([libc::SOL_SOCKET, 2], &[2; 8][..]));
        assert!(next(rest).is_none());
        for wrong in [0, 1, HEADER - 1, HEADER + 9, usize::MAX] {
            assert!(next(&message(wrong, 1, &[1; 8])).is_none(), "{wrong}");
        }
        assert!(next(&[0; 64]).is_none());
    }
}
