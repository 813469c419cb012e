// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing by `process_vm_writev` on ourselves, into a mapping: the kernel copies, a page that
//! is gone is a count and no signal, and no file grows by it.
//!
//! For files that a peer can shrink and grow, where `pwrite` past an end that just moved would
//! make the file larger; for huge pages, which take no `pwrite`; and before Linux 6.9, where
//! `pwrite` obeys the `O_APPEND` that a peer can set on the shared description at any moment.
#![allow(
    unsafe_code,
    reason = "process_vm_writev, which rustix lacks, and a mapping for it"
)]

use core::ffi::c_void;
use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap, mprotect, munmap};

use crate::Status;

use super::bytes::to_u64;
use super::errno::status;
use super::memfd::Memory;

/// A writable mapping of one range, for one write.
///
/// # Invariants
///
/// - **own**: `len` bytes at `addr` are pages that were mapped here and nobody else knows.
struct Window {
    addr: *mut c_void,
    len: usize,
}

impl Window {
    /// `offset` and `len` are multiples of the file's pages.
    fn new(memory: &Memory, offset: u64, len: usize) -> Result<Self, Status> {
        // A shared mapping of huge pages that is writable from the start makes the file as
        // large as itself, and reserves pages unless it is told not to.
        let prot = ProtFlags::READ;
        let flags = MapFlags::SHARED | MapFlags::NORESERVE;
        let fd = memory.as_fd();
        let nowhere = core::ptr::null_mut();
        // SAFETY: a new mapping at an address that the kernel picks harms nothing.
        let addr = unsafe { mmap(nowhere, len, prot, flags, fd, offset) };
        let addr = addr.map_err(status)?;
        let window = Self { addr, len };
        let prot = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: own: nobody relies on what these pages permit.
        unsafe { mprotect(addr, len, prot) }.map_err(status)?;
        Ok(window)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: own: nobody else uses these pages, and they go once.
        let unmapped = unsafe { munmap(self.addr, self.len) };
        debug_assert!(unmapped.is_ok(), "a window was not unmapped: {unmapped:?}");
    }
}

/// Writes `src` at `offset`, which the caller has checked against the size.
pub(super) fn write(memory: &Memory, src: &[u8], offset: u64) -> Result<(), Status> {
    match write_some(memory, src, offset)? {
        count if count == src.len() => Ok(()),
        // Somebody shrank the file.
        _ => Err(Status::OUT_OF_RANGE),
    }
}

/// Writes `src` at `offset`, up to the first page that is not there, and returns how much of
/// it. In the last page of a file the bytes past its end are there, and mean nothing.
///
/// ```text
///   start          offset             offset + src.len()
///   ├───── skip ─────┼──────── src ──────────┤
///   ├──────────────────── window ───────────────────┤   in whole pages of the file
/// ```
pub(super) fn write_some(memory: &Memory, src: &[u8], offset: u64) -> Result<usize, Status> {
    let page = memory.page_len();
    let inside = offset.checked_rem(to_u64(page)).ok_or(Status::INTERNAL)?;
    let start = offset.checked_sub(inside).ok_or(Status::INTERNAL)?;
    let skip = usize::try_from(inside).map_err(|_| Status::INTERNAL)?;
    let len = skip.checked_add(src.len());
    let len = len.and_then(|len| len.checked_next_multiple_of(page));
    let window = Window::new(memory, start, len.ok_or(Status::OUT_OF_RANGE)?)?;
    let dst = window.addr.wrapping_byte_add(skip);
    let mut done = 0_usize;
    while let Some(rest) = src.get(done..).filter(|rest| !rest.is_empty()) {
        // SAFETY: own: the range is inside the window, of which nobody else knows.
        match unsafe { copy_to(dst.wrapping_byte_add(done), rest)? } {
            0 => break,
            count => done = done.saturating_add(count),
        }
    }
    Ok(done)
}

/// Writes `bytes` to an address of this process, up to the first page that is not there.
///
/// # Safety
///
/// What is there is nothing that Rust relies on.
pub(crate) unsafe fn write_memory(addr: usize, bytes: &[u8]) -> Result<usize, Status> {
    // SAFETY: the caller's contract.
    unsafe { copy_to(core::ptr::with_exposed_provenance_mut(addr), bytes) }
}

/// One call, which can stop early: at a page that is not there, or in mid-way.
///
/// # Safety
///
/// What is at `dst` is nothing that Rust relies on.
unsafe fn copy_to(dst: *mut c_void, src: &[u8]) -> Result<usize, Status> {
    let local = libc::iovec {
        iov_base: src.as_ptr().cast_mut().cast(),
        iov_len: src.len(),
    };
    let remote = libc::iovec {
        iov_base: dst,
        iov_len: src.len(),
    };
    loop {
        // Asked each time: after a fork it is another one.
        let pid = rustix::process::getpid().as_raw_nonzero().get();
        // SAFETY: the kernel reads `src`, which is borrowed for the call, and writes to `dst`
        // (the caller's contract) or answers EFAULT; no pointer is used after the call.
        let done =
            unsafe { libc::process_vm_writev(pid, &raw const local, 1, &raw const remote, 1, 0) };
        if let Ok(done) = usize::try_from(done) {
            return Ok(done);
        }
        match Errno::from_io_error(&std::io::Error::last_os_error()) {
            Some(Errno::INTR) => {}
            // Past the end of the file, or no memory for the page.
            Some(Errno::FAULT | Errno::NOMEM) => return Ok(0),
            // A process may always write to itself, so it is a sandbox that says no.
            Some(Errno::PERM | Errno::NOSYS) => return Err(Status::NOT_SUPPORTED),
            Some(errno) => return Err(status(errno)),
            None => return Err(Status::INTERNAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::Plan;
    use crate::{Extent, Name, SealPlan};

    fn memory(seals: SealPlan) -> Memory {
        let name = Name::default();
        let extent = Extent::Pages;
        let plan = Plan {
            name: &name,
            seals,
            extent,
            size: 3 * 4096,
        };
        Memory::create(plan).unwrap()
    }

    fn contents(memory: &Memory) -> Vec<u8> {
        let mut bytes = vec![core::mem::MaybeUninit::new(0xaa); 3 * 4096];
        memory.read(&mut bytes, 0).unwrap();
        // SAFETY: all of them were initialised, and `read` succeeded besides.
        bytes
            .iter()
            .map(|byte| unsafe { byte.assume_init() })
            .collect()
    }

    #[test]
    fn every_byte_lands_where_it_should_and_no_other() {
        for (offset, len) in [(0, 1), (4095, 2), (100, 9000), (8191, 4097), (0, 12288)] {
            let memory = memory(SealPlan::Fixed);
            write(&memory, &vec![7; len], offset).unwrap();
            let start = usize::try_from(offset).unwrap();
            for (i, byte) in contents(&memory).into_iter().enumerate() {
                let inside = (start..start + len).contains(&i);
                assert_eq!(byte, if inside { 7 } else { 0 }, "{len} at {offset}: {i}");
            }
        }
    }

    #[test]
    fn o_append_does_not_redirect_it() {
        let memory = memory(SealPlan::Resizable);
        rustix::fs::fcntl_setfl(&memory, rustix::fs::OFlags::APPEND).unwrap();
        write(&memory, b"here", 0).unwrap();
        assert_eq!(&contents(&memory)[..4], b"here");
        assert_eq!(memory.file_size(), Ok(3 * 4096));
    }

    #[test]
    fn a_page_that_is_gone_is_an_error_and_no_signal() {
        let memory = memory(SealPlan::Resizable);
        memory.set_size(4096).unwrap();
        assert_eq!(write(&memory, b"gone", 8192), Err(Status::OUT_OF_RANGE));
    }

    #[test]
    fn an_immutable_vmo_is_refused() {
        let memory = memory(SealPlan::Freezable);
        memory.freeze().unwrap();
        assert_eq!(write(&memory, b"no", 0), Err(Status::ACCESS_DENIED));
    }

    #[test]
    fn a_window_past_the_end_makes_no_file_larger_not_one_of_huge_pages_either() {
        use crate::{AdoptOptions, AdoptPolicy};
        use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
        let huge = MemfdFlags::HUGETLB | MemfdFlags::HUGE_2MB;
        for (flags, len) in [(MemfdFlags::empty(), 4096), (huge, 2 << 20)] {
            let Ok(fd) = memfd_create("window", flags | MemfdFlags::CLOEXEC) else {
                continue; // This kernel has no huge pages.
            };
            ftruncate(&fd, len).unwrap();
            let options = AdoptOptions::new(AdoptPolicy::Guarded).allow_huge_pages();
            let memory = Memory::adopt(fd, &options).unwrap().memory;
            for offset in [len, len + 5, 3 * len - 1] {
                assert_eq!(write_some(&memory, b"gone", offset), Ok(0), "{offset}");
                assert_eq!(memory.file_size(), Ok(len), "it grew: {offset}");
            }
        }
    }
}
