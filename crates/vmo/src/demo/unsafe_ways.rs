// SPDX-License-Identifier: MIT OR Apache-2.0
//! What programs do without this library, for comparison: plain memcpy from shared memory,
//! and a mapping of what can be truncated. Run in processes that may die of it.
#![allow(
    unsafe_code,
    reason = "this is how it should not be done, to be measured"
)]

use core::ptr;
use std::os::fd::OwnedFd;

use mapped_vmo::SharedBuffer;
use rustix::mm::{MapFlags, ProtFlags, mmap};

/// How long the messages of the race are.
pub(super) const MESSAGE: usize = 4096;

/// Where in a message the peer flips a byte: late, so that a copy comes to it late.
pub(super) const FLAG: usize = 4001;

/// Whether a message may be used. A function of its own, as validators are: it only reads its
/// argument, so the compiler thinks that it may as well read the original.
#[inline(never)]
pub(super) fn valid(message: &[u8; MESSAGE]) -> bool {
    message[FLAG] == 0
}

/// The address of a buffer's bytes, from which plain memcpy reads.
///
/// # Invariants
///
/// - **there**: `len` bytes are mapped at `ptr` for as long as the buffer is borrowed.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    ptr: *const u8,
    len: usize,
    _buffer: core::marker::PhantomData<&'a SharedBuffer>,
}

impl<'a> Plain<'a> {
    pub(super) fn new(buffer: &'a mut SharedBuffer) -> Self {
        let (ptr, len) = buffer.as_ptr_len();
        let _buffer = core::marker::PhantomData;
        Self { ptr, len, _buffer }
    }

    /// Copies a message out, checks the copy, and hands it on. So it says: compilers read the
    /// shared bytes once more for what they hand on.
    #[inline(never)]
    pub(super) fn receive(&self, out: &mut [u8; MESSAGE]) -> bool {
        assert!(MESSAGE <= self.len, "the buffer is too small");
        let mut copy = [0; MESSAGE];
        // SAFETY: there. That another process writes meanwhile is the point.
        unsafe { ptr::copy_nonoverlapping(self.ptr, copy.as_mut_ptr(), MESSAGE) };
        if !valid(&copy) {
            return false;
        }
        *out = copy;
        true
    }

    /// memcpy of as much as fits into `dst`.
    #[inline]
    pub(super) fn copy_to(&self, dst: &mut [u8]) {
        let len = dst.len().min(self.len);
        // SAFETY: there, and `len` bytes fit into `dst`, which is no part of it.
        unsafe { ptr::copy_nonoverlapping(self.ptr, dst.as_mut_ptr(), len) };
    }
}

/// A page of a file that anybody can truncate, mapped without asking whether it can be.
#[derive(Debug)]
pub(super) struct Naive {
    page: *const u8,
}

impl Naive {
    pub(super) fn map(fd: &OwnedFd) -> Result<Self, rustix::io::Errno> {
        let nowhere = ptr::null_mut();
        // SAFETY: a new mapping at an address that the kernel picks harms nothing.
        let page = unsafe { mmap(nowhere, 4096, ProtFlags::READ, MapFlags::SHARED, fd, 0) }?;
        Ok(Self { page: page.cast() })
    }

    /// Reads the first byte, if it is still there; if not, this process ends.
    pub(super) fn first_byte(&self) -> u8 {
        // SAFETY: the page is mapped. Whether the file still has it, nobody knows: this runs
        // in a process that is there to show what happens.
        unsafe { self.page.read_volatile() }
    }
}
