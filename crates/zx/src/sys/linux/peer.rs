// SPDX-License-Identifier: MIT OR Apache-2.0
//! The process that made the other end of a socket, as a pidfd (Linux 6.5).
#![allow(unsafe_code, reason = "one system call that rustix lacks")]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use crate::Status;

use super::errno::status;

/// A new descriptor of it, closed on exec.
///
/// # Errors
///
/// `NOT_SUPPORTED` by an older kernel, `NOT_FOUND` if the process is gone.
pub(super) fn pidfd(socket: BorrowedFd<'_>) -> Result<OwnedFd, Status> {
    let mut fd: libc::c_int = -1;
    let mut len = libc::socklen_t::try_from(size_of::<libc::c_int>()).unwrap_or(0);
    // SAFETY: the kernel writes at most `len` bytes, the size of `fd`, and the new length; any
    // bytes are an integer.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERPIDFD,
            (&raw mut fd).cast(),
            &raw mut len,
        )
    };
    if result != 0 {
        let error = std::io::Error::last_os_error();
        return Err(match Errno::from_io_error(&error) {
            Some(Errno::NOPROTOOPT) => Status::NOT_SUPPORTED,
            // Which of them depends on the version.
            Some(Errno::SRCH | Errno::INVAL | Errno::NODATA) => Status::NOT_FOUND,
            Some(errno) => status(errno),
            None => Status::INTERNAL,
        });
    }
    if fd < 0 {
        return Err(Status::INTERNAL);
    }
    // SAFETY: the kernel opened it in the call above, so nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
