// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who made the other end of a socket.
//!
//! A process that this one can't see, in another PID namespace, has the number 0. rustix takes
//! the number for one that is never 0, so the call is made here.
#![allow(unsafe_code, reason = "one system call that rustix can't make")]

use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::Errno;

use crate::Status;

use super::errno::status;

/// The process, user and group, as the kernel noted them when the socket was made.
pub(super) fn of_peer(socket: BorrowedFd<'_>) -> Result<[u32; 3], Status> {
    let mut creds = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut len = libc::socklen_t::try_from(size_of::<libc::ucred>()).unwrap_or(0);
    // SAFETY: the kernel writes at most `len` bytes, the size of `creds`, and the new length;
    // any bytes are a `ucred`.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut creds).cast(),
            &raw mut len,
        )
    };
    if result != 0 {
        let error = std::io::Error::last_os_error();
        return Err(Errno::from_io_error(&error).map_or(Status::INTERNAL, status));
    }
    Ok([u32::try_from(creds.pid).unwrap_or(0), creds.uid, creds.gid])
}
