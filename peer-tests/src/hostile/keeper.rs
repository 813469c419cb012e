// SPDX-License-Identifier: MIT OR Apache-2.0
//! The raw system calls of the hostile run: leases, and who is left over.
#![allow(unsafe_code, reason = "F_SETLEASE, prctl and waitpid by number")]

use std::os::fd::{AsRawFd, BorrowedFd};

/// Takes a lease of one of three kinds, or gives it up.
pub(super) fn lease(fd: BorrowedFd<'_>, kind: usize) {
    let kinds = [libc::F_RDLCK, libc::F_WRLCK, libc::F_UNLCK];
    // SAFETY: a number for a descriptor that is open while it is borrowed.
    let _ = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETLEASE, kinds[kind % 3]) };
}

/// Orphans of this process's children become its own, to be counted.
pub(super) fn adopt_orphans() {
    // SAFETY: a flag of this process, no memory involved.
    let done = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
    assert_eq!(done, 0, "a flag of this process");
}

/// How many children there are, dead or alive; the dead ones are reaped.
pub(super) fn children() -> u64 {
    let mut count = 0;
    loop {
        let mut status = 0;
        // SAFETY: our own children, and a place for a status.
        match unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) } {
            -1 => return count,
            0 => return count + 1,
            _ => count += 1,
        }
    }
}
