// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a hostile process does with a descriptor, by raw mappings that the library would not
//! make.
#![allow(
    unsafe_code,
    reason = "a hostile peer maps what it likes, and asks the kernel to change it"
)]

use core::ffi::c_void;
use core::ptr;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mprotect, munmap};

/// The number of `memfd_secret` on all processors.
const MEMFD_SECRET: core::ffi::c_long = 447;

/// Memory that the kernel itself can't read.
pub(super) fn memfd_secret() -> Result<OwnedFd, Errno> {
    // SAFETY: the call has one number and touches no memory of ours.
    let fd = unsafe { libc::syscall(MEMFD_SECRET, libc::O_CLOEXEC) };
    match i32::try_from(fd) {
        // SAFETY: the kernel has just made it, and nobody else knows it.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::NOSYS)),
    }
}

/// A shared mapping that nobody but the kernel touches.
///
/// # Invariants
///
/// - **own**: `len` bytes at `addr` were mapped here, and nothing else knows the address.
pub(super) struct RawMapping {
    addr: *mut c_void,
    len: usize,
}

impl RawMapping {
    pub(super) fn new(fd: BorrowedFd<'_>, len: usize, prot: ProtFlags) -> Result<Self, Errno> {
        // SAFETY: a new mapping at an address that the kernel picks harms nothing.
        let addr = unsafe { mmap(ptr::null_mut(), len, prot, MapFlags::SHARED, fd, 0) }?;
        Ok(Self { addr, len })
    }

    /// Makes it writable.
    pub(super) fn make_writable(&self) -> Result<(), Errno> {
        let flags = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: our own pages (own).
        unsafe { mprotect(self.addr, self.len, flags) }
    }

    /// Takes its pages out of the file.
    pub(super) fn remove(&self) -> Result<(), Errno> {
        // SAFETY: our own pages (own), which no Rust code reads.
        unsafe { madvise(self.addr, self.len, Advice::LinuxRemove) }
    }

    /// Where its first byte is: for /proc/self/mem, where an address is an offset.
    pub(super) fn offset(&self) -> u64 {
        u64::try_from(self.addr.addr()).unwrap_or(u64::MAX)
    }

    /// Takes memory for all of it, by reading.
    pub(super) fn populate(&self) -> Result<(), Errno> {
        // SAFETY: our own pages (own); the kernel reads them, or says that it can't.
        unsafe { madvise(self.addr, self.len, Advice::LinuxPopulateRead) }
    }
}

impl Drop for RawMapping {
    fn drop(&mut self) {
        // SAFETY: our own pages (own), which go once.
        let _ = unsafe { munmap(self.addr, self.len) };
    }
}
