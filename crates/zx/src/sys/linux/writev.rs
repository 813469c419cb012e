// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writing without `RWF_NOAPPEND`, for Linux before 6.9.
//!
//! There `pwrite` obeys the `O_APPEND` that a peer can set on the shared description at any
//! moment. So the bytes go another way: a short-lived mapping of the range, and
//! `process_vm_writev` on ourselves. The kernel copies; a page that is gone is an error
//! (EFAULT) and no signal.
#![allow(
    unsafe_code,
    reason = "process_vm_writev, which rustix lacks, and a mapping for it"
)]

use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::Status;
use crate::sys::page_size;

use super::errno::status;
use super::memfd::Memory;

/// A writable mapping of one range, for one write.
///
/// # Invariants
///
/// - **own**: `len` bytes at `addr` are pages that were mapped here and nobody else knows.
struct Window {
    addr: *mut core::ffi::c_void,
    len: usize,
}

impl Window {
    fn new(memory: &Memory, offset: u64, len: usize) -> Result<Self, Status> {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        let fd = memory.as_fd();
        let nowhere = core::ptr::null_mut();
        // SAFETY: a new mapping at an address that the kernel picks harms nothing.
        let addr = unsafe { mmap(nowhere, len, prot, MapFlags::SHARED, fd, offset) };
        let addr = addr.map_err(status)?;
        Ok(Self { addr, len })
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
    let page = page_size();
    let inside = usize::try_from(offset).map_err(|_| Status::OUT_OF_RANGE)? % page;
    let start = offset.saturating_sub(u64::try_from(inside).map_err(|_| Status::INTERNAL)?);
    let len = inside.saturating_add(src.len()).next_multiple_of(page);
    let window = Window::new(memory, start, len)?;
    let mut done = 0;
    while let Some(rest) = src.get(done..).filter(|rest| !rest.is_empty()) {
        done += write_some(rest, window.addr.wrapping_byte_add(inside + done))?;
    }
    Ok(())
}

/// One call, which can stop early.
fn write_some(src: &[u8], dst: *mut core::ffi::c_void) -> Result<usize, Status> {
    let local = libc::iovec {
        iov_base: src.as_ptr().cast_mut().cast(),
        iov_len: src.len(),
    };
    let remote = libc::iovec {
        iov_base: dst,
        iov_len: src.len(),
    };
    let pid = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: the kernel reads `src`, which is borrowed for the call, and writes to the
    // window (own) or answers EFAULT; no pointer is used after the call.
    let done =
        unsafe { libc::process_vm_writev(pid, &raw const local, 1, &raw const remote, 1, 0) };
    match usize::try_from(done) {
        Ok(0) => Err(Status::OUT_OF_RANGE),
        Ok(done) => Ok(done),
        Err(_) => match Errno::from_io_error(&std::io::Error::last_os_error()) {
            // The page is beyond the end: somebody shrank the file.
            Some(Errno::FAULT) => Err(Status::OUT_OF_RANGE),
            Some(errno) => Err(status(errno)),
            None => Err(Status::INTERNAL),
        },
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
}
