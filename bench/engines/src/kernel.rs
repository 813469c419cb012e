// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies by system call, which can't fault whatever the peer does.

use std::ffi::c_void;
use std::os::fd::AsFd;

use rustix::io::{pread, pwrite};

use crate::{Area, Engine};

/// pread and pwrite on the VMO.
#[derive(Debug)]
pub struct Pread<'a>(&'a Area);

/// process_vm_readv and process_vm_writev on this process.
#[derive(Debug)]
pub struct ProcessVm<'a> {
    area: &'a Area,
    pid: libc::pid_t,
}

impl<'a> Pread<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        Self(area)
    }
}

impl Engine for Pread<'_> {
    const NAME: &'static str = "pread";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        let len = dst.len();
        let read = pread(self.0.vmo().as_fd(), dst, at as u64);
        assert_eq!(read, Ok(len), "the area can be read");
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        let written = pwrite(self.0.vmo().as_fd(), src, at as u64);
        assert_eq!(written, Ok(src.len()), "the area can be written");
    }
}

impl<'a> ProcessVm<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        // SAFETY: asks for a number.
        let pid = unsafe { libc::getpid() };
        Self { area, pid }
    }

    fn remote(&self, at: usize, len: usize) -> libc::iovec {
        range(self.area.ptr().wrapping_add(at), len)
    }
}

fn range(ptr: *const u8, len: usize) -> libc::iovec {
    libc::iovec {
        iov_base: ptr.cast_mut().cast::<c_void>(),
        iov_len: len,
    }
}

impl Engine for ProcessVm<'_> {
    const NAME: &'static str = "process_vm_readv";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        let (len, local) = (dst.len(), range(dst.as_mut_ptr(), dst.len()));
        let remote = self.remote(at, len);
        // SAFETY: the local range is `dst`, and nothing else is written.
        let read = unsafe { libc::process_vm_readv(self.pid, &local, 1, &remote, 1, 0) };
        assert_eq!(usize::try_from(read), Ok(len), "the area can be read");
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        let (local, remote) = (range(src.as_ptr(), src.len()), self.remote(at, src.len()));
        // SAFETY: the caller says that the remote range lies in the area, which is no Rust
        // memory; the local one is only read.
        let written = unsafe { libc::process_vm_writev(self.pid, &local, 1, &remote, 1, 0) };
        assert_eq!(
            usize::try_from(written),
            Ok(src.len()),
            "the area can be written"
        );
    }
}
