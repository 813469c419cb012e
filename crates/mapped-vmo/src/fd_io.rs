// SPDX-License-Identifier: MIT OR Apache-2.0
//! `readv` and `writev` by address.
//!
//! The calls of the standard library and of rustix take an `IoSlice`, which is a reference to
//! the bytes, and no reference points into shared memory. So the system call gets the address
//! itself. Nothing in this process touches the bytes: the kernel does, as a peer would.
//!
//! A page that can't be had is an error of the call (`EFAULT`) and no signal.
#![allow(
    unsafe_code,
    reason = "two system calls that take the address of shared bytes"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use shared_buffer::{Access, AccessError, SharedBufferSlice};

/// `readv` or `writev`.
type Call = unsafe extern "C" fn(libc::c_int, *const libc::iovec, libc::c_int) -> libc::ssize_t;

/// From the descriptor to the bytes of `part`, of which `access` says that they may be
/// written.
pub(crate) fn read(fd: impl AsFd, part: &SharedBufferSlice<'_>) -> io::Result<usize> {
    permit(part, Access::WRITE)?;
    // SAFETY: `readv` writes to the bytes, which they permit.
    unsafe { transfer(libc::readv, fd, part) }
}

/// From the bytes of `part` to the descriptor.
pub(crate) fn write(fd: impl AsFd, part: &SharedBufferSlice<'_>) -> io::Result<usize> {
    permit(part, Access::READ)?;
    // SAFETY: `writev` reads the bytes, which they permit.
    unsafe { transfer(libc::writev, fd, part) }
}

/// That the pages permit what the kernel is asked to do.
fn permit(part: &SharedBufferSlice<'_>, needed: Access) -> Result<(), AccessError> {
    let held = part.access();
    if held.contains(needed) {
        Ok(())
    } else {
        Err(AccessError::Denied { needed, held })
    }
}

/// One call for one part. No bytes: no call.
///
/// # Safety
///
/// `call` does nothing else to the bytes than what their pages permit.
unsafe fn transfer(call: Call, fd: impl AsFd, part: &SharedBufferSlice<'_>) -> io::Result<usize> {
    if part.is_empty() {
        return Ok(0);
    }
    let vector = libc::iovec {
        // SAFETY: the address goes to the kernel, which uses it during the call: `part`
        // borrows the buffer for longer. It uses it for what the pages permit, says the
        // caller, and for `iov_len` bytes, which are those of the part.
        iov_base: unsafe { part.as_shared_ptr() }.cast_mut().cast(),
        iov_len: part.len(),
    };
    let fd = fd.as_fd();
    // SAFETY: the descriptor is open for as long as it is borrowed; one vector, which lives
    // until the call returns and describes mapped bytes. The story of the call: the kernel
    // reads or writes each of the bytes, in an unspecified order, like any peer; no memory of
    // Rust's but the vector is touched, and that is only read.
    let count = unsafe { call(fd.as_raw_fd(), &raw const vector, 1) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}
