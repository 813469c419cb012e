// SPDX-License-Identifier: MIT OR Apache-2.0
//! The address space: mmap, munmap, mprotect.
#![allow(
    unsafe_code,
    reason = "mmap and its kin, the address space's only interface"
)]

use core::ffi::c_void;
use core::ptr;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::io::Errno;
use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, munmap,
};

use crate::Status;
use crate::sys::{At, Placement, Prot, page_size};

use super::errno::status;
use super::memfd::Memory;

/// The lowest address that is ever used: below it, pointers are most likely mistakes.
const LOWEST: usize = 2 << 20;

/// The first address and the length of what a process may map.
pub(crate) fn root() -> (usize, usize) {
    // The kernel keeps the program's path at the very top of the stack, and the stack at the
    // top of the address space, whose size is a power of two less one page.
    let top = rustix::param::linux_execfn().as_ptr().addr();
    let end = top.next_power_of_two().saturating_sub(page_size());
    (LOWEST, end.saturating_sub(LOWEST))
}

/// Places a part of a VMO in the address space.
///
/// # Errors
///
/// `ACCESS_DENIED` if the descriptor or a seal forbids it, `ALREADY_EXISTS` if something is
/// at the address asked for, `NO_RESOURCES` at the limit of mappings, else `NO_MEMORY`.
pub(crate) fn map(memory: &Memory, placement: Placement) -> Result<usize, Status> {
    let page = page_size();
    match placement.at {
        At::Anywhere { align } if align <= page => {
            place(memory, placement, ptr::null_mut(), MapFlags::SHARED)
        }
        At::Anywhere { align } => map_aligned(memory, placement, align),
        At::Exactly(addr) => {
            let flags = MapFlags::SHARED | MapFlags::FIXED_NOREPLACE;
            let addr = ptr::without_provenance_mut(addr);
            place(memory, placement, addr, flags)
        }
    }
}

/// How often another thread may be faster in taking an address that was found.
const TRIES: u32 = 16;

/// Finds an aligned place by reserving more than is needed, gives it back and maps there,
/// unless another thread was faster: then again.
///
/// ```text
///   ├── head ──┼──────── len ────────┼── tail ──┤
///   found      aligned                          found + len + align
/// ```
fn map_aligned(memory: &Memory, placement: Placement, align: usize) -> Result<usize, Status> {
    let flags = MapFlags::SHARED | MapFlags::FIXED_NOREPLACE;
    let mut result = Err(Status::NO_RESOURCES);
    for _ in 0..TRIES {
        let aligned = find_aligned(placement.len, align)?;
        result = place(
            memory,
            placement,
            ptr::without_provenance_mut(aligned),
            flags,
        );
        if result != Err(Status::ALREADY_EXISTS) {
            return result;
        }
    }
    result.map_err(|_| Status::NO_RESOURCES)
}

/// An aligned address at which `len` bytes were free a moment ago.
fn find_aligned(len: usize, align: usize) -> Result<usize, Status> {
    let total = len.checked_add(align).ok_or(Status::NO_RESOURCES)?;
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let found = unsafe { mmap_anonymous(ptr::null_mut(), total, ProtFlags::empty(), flags) };
    let found = found.map_err(no_room)?;
    // SAFETY: these pages were reserved in the line above, and nobody was told.
    unsafe { munmap(found, total) }.map_err(status)?;
    Ok(found.addr().next_multiple_of(align))
}

/// One mmap, at null or with `FIXED_NOREPLACE` in `flags`.
fn place(
    memory: &Memory,
    placement: Placement,
    addr: *mut c_void,
    flags: MapFlags,
) -> Result<usize, Status> {
    let Placement { len, offset, .. } = placement;
    let prot = match placement.prot {
        Prot::None => ProtFlags::empty(),
        Prot::Read => ProtFlags::READ,
        Prot::ReadWrite => ProtFlags::READ | ProtFlags::WRITE,
    };
    let fd = memory.as_fd();
    // SAFETY: neither null nor FIXED_NOREPLACE replaces a mapping that exists.
    let mut result = unsafe { mmap(addr, len, prot, flags, fd, offset) };
    if result == Err(Errno::PERM) && placement.prot == Prot::Read && memory.is_immutable() {
        // Older kernels refuse a shared mapping of write-sealed memory through a writable
        // descriptor. Nobody can write, so a private one shows the same bytes.
        let flags = flags.difference(MapFlags::SHARED) | MapFlags::PRIVATE;
        // SAFETY: as above: it replaces nothing.
        result = unsafe { mmap(addr, len, prot, flags, fd, offset) };
    }
    // The address leaves this function as a number; whoever makes a pointer of it again
    // needs the provenance to be exposed.
    result.map(|addr| addr.expose_provenance()).map_err(no_room)
}

/// Why there was no place.
fn no_room(errno: Errno) -> Status {
    match errno {
        Errno::NOMEM if at_mapping_limit() => Status::NO_RESOURCES,
        other => status(other),
    }
}

/// Whether this process has as many mappings as it may have. Slow, and asked after ENOMEM
/// only, which does not tell.
fn at_mapping_limit() -> bool {
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count");
    let limit = limit.ok().and_then(|text| text.trim().parse().ok());
    let maps = std::fs::read("/proc/self/maps");
    match (limit, maps) {
        (Some(limit), Ok(maps)) => maps.iter().filter(|byte| **byte == b'\n').count() >= limit,
        _ => false,
    }
}

/// Takes pages out of the address space.
///
/// # Safety
///
/// Nothing uses those pages any more.
pub(crate) unsafe fn unmap(addr: usize, len: usize) -> Result<(), Status> {
    let addr = ptr::with_exposed_provenance_mut(addr);
    // SAFETY: the caller's contract.
    unsafe { munmap(addr, len) }.map_err(no_room)
}

/// Keeps pages out of the children that fork makes.
///
/// # Safety
///
/// Nothing in a child relies on them.
pub(crate) unsafe fn dont_fork(addr: usize, len: usize) -> Result<(), Status> {
    let addr = ptr::with_exposed_provenance_mut(addr);
    // SAFETY: the caller's contract; in this process nothing changes.
    unsafe { madvise(addr, len, Advice::LinuxDontFork) }.map_err(no_room)
}

/// Takes memory for the holes of a file, which is `len` bytes long, a multiple of the page.
pub(super) fn fill_holes(fd: BorrowedFd<'_>, len: u64) -> Result<(), Status> {
    let len = usize::try_from(len).map_err(|_| Status::OUT_OF_RANGE)?;
    // Private, so that no kernel minds the seals; the pages are those of the file until
    // somebody writes, and nobody does.
    let (prot, flags) = (ProtFlags::READ, MapFlags::PRIVATE);
    // SAFETY: a new mapping at an address that the kernel picks harms nothing.
    let pages = unsafe { mmap(ptr::null_mut(), len, prot, flags, fd, 0) }.map_err(no_room)?;
    // SAFETY: the pages were mapped in the line above; the kernel reads them, or fails.
    let filled = unsafe { madvise(pages, len, Advice::LinuxPopulateRead) };
    // SAFETY: the same pages, of which nobody was told.
    unsafe { munmap(pages, len) }.map_err(status)?;
    match filled {
        // What the toucher would get as a signal.
        Err(Errno::FAULT) => Err(Status::NO_MEMORY),
        other => other.map_err(status),
    }
}

/// Changes what pages permit.
///
/// # Safety
///
/// Nothing relies on what is taken away.
pub(crate) unsafe fn protect(addr: usize, len: usize, prot: Prot) -> Result<(), Status> {
    let flags = match prot {
        Prot::None => MprotectFlags::empty(),
        Prot::Read => MprotectFlags::READ,
        Prot::ReadWrite => MprotectFlags::READ | MprotectFlags::WRITE,
    };
    let addr = ptr::with_exposed_provenance_mut(addr);
    // SAFETY: the caller's contract.
    match unsafe { mprotect(addr, len, flags) } {
        // Something in the range is not mapped; or a mapping would have to be split.
        Err(Errno::NOMEM) if !at_mapping_limit() => Err(Status::NOT_FOUND),
        other => other.map_err(no_room),
    }
}
