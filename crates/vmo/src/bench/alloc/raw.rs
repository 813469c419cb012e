// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fewest calls that give mapped memory which can't shrink, as one makes them by hand.
//!
//! They are functions that are not inlined, as those of libc are not.
#![allow(unsafe_code, reason = "the raw calls that are the yardstick")]

use core::ffi::c_void;
use core::hint::black_box;
use core::ptr::null_mut;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{
    MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create,
};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// The size can't change, and nobody can add a seal.
const SEALS: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::SEAL);

/// What [`Raw::touch`] writes.
pub(super) const TOUCH: u8 = 0x42;

/// A mapping made by hand.
///
/// # Invariants
///
/// - **own**: `len` bytes at `ptr`, at least one, were mapped here for writing, and nobody else
///   knows where.
#[derive(Debug)]
pub(super) struct Raw {
    ptr: *mut c_void,
    len: usize,
}

impl Raw {
    #[inline(never)]
    pub(super) fn map(memory: &impl AsFd, len: usize) -> Result<Self, Errno> {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address that the kernel picks harms nothing.
        let ptr = unsafe { mmap(null_mut(), len, prot, MapFlags::SHARED, memory, 0) }?;
        Ok(Self { ptr, len })
    }

    /// Writes its first byte.
    pub(super) fn touch(&self) {
        // SAFETY: own.
        unsafe { self.ptr.cast::<u8>().write_volatile(TOUCH) };
    }
}

impl Drop for Raw {
    #[inline(never)]
    fn drop(&mut self) {
        // SAFETY: own; it goes once. It fails only for what was not mapped.
        let _ = unsafe { munmap(self.ptr, self.len) };
    }
}

/// Makes, sizes, seals and maps.
#[inline(never)]
pub(super) fn allocate(len: usize) -> Result<(Raw, OwnedFd), Errno> {
    let memory = memfd_create(c"", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&memory, u64::try_from(len).unwrap_or(u64::MAX))?;
    fcntl_add_seals(&memory, SEALS)?;
    let raw = Raw::map(&memory, len)?;
    Ok((raw, memory))
}

/// What the most careless one asks who takes what can't make it fault: the seals, the size.
#[inline(never)]
pub(super) fn adopt(fd: OwnedFd) -> Result<(OwnedFd, i64), Errno> {
    if !fcntl_get_seals(&fd)?.contains(SealFlags::SHRINK) {
        return Err(Errno::PERM);
    }
    let size = fstat(&fd)?.st_size;
    Ok((fd, black_box(size)))
}
