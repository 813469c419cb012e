// SPDX-License-Identifier: MIT OR Apache-2.0
//! How guarded bytes are moved: by system calls that stop where the memory does.
//!
//! | to | by |
//! |---|---|
//! | read | `Vmo::read_some` |
//! | write memory that can't grow, or has huge pages | `Vmo::write_some` |
//! | write memory that can grow | `Vmar::write_memory` into a mapping that is kept |
//!
//! Nothing of this shows outside, so that another way can take its place.
#![allow(
    unsafe_code,
    reason = "a mapping is written to by address, and unmapped"
)]

use core::mem::MaybeUninit;

use zx::{Rights, Status, VmarFlags, Vmo, vmar_root_self};

/// The bytes of a VMO as system calls see them. Whoever calls has checked bounds and access.
#[derive(Debug)]
pub(super) struct Engine {
    vmo: Vmo,
    window: Option<Window>,
}

impl Engine {
    /// With a handle of its own, to whatever of `vmo` there is and will be.
    pub(super) fn new(vmo: &Vmo, size: usize, flags: VmarFlags) -> Result<Self, Status> {
        let vmo = vmo.duplicate_handle(rights(vmo, flags)?)?;
        let window = match flags.contains(VmarFlags::PERM_WRITE) && vmo.can_grow() {
            true => match Window::new(&vmo, size) {
                // Huge pages: each write makes a mapping of its own.
                Err(Status::NOT_SUPPORTED) => None,
                other => Some(other?),
            },
            false => None,
        };
        Ok(Self { vmo, window })
    }

    /// Fills `dst` from `offset` on, up to where the memory ends, and returns how much of it.
    pub(super) fn read(&self, dst: &mut [MaybeUninit<u8>], offset: usize) -> Result<usize, Status> {
        let offset = u64::try_from(offset).map_err(|_| Status::OUT_OF_RANGE)?;
        self.vmo.read_some(dst, offset)
    }

    /// Writes `src` at `offset`, up to where the memory ends, and returns how much of it.
    pub(super) fn write(&self, src: &[u8], offset: usize) -> Result<usize, Status> {
        let Some(window) = &self.window else {
            let offset = u64::try_from(offset).map_err(|_| Status::OUT_OF_RANGE)?;
            return self.vmo.write_some(src, offset);
        };
        let mut done = 0_usize;
        while let Some(rest) = src.get(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.checked_add(done).ok_or(Status::OUT_OF_RANGE)?;
            // Past the end there is still the rest of its page, which is not the file's.
            let there = rest.get(..self.there(at)?).unwrap_or(rest);
            match window.write(there, at)? {
                0 => break,
                count => done = done.saturating_add(count),
            }
        }
        Ok(done)
    }

    /// How many bytes there are from `offset` on, just now.
    fn there(&self, offset: usize) -> Result<usize, Status> {
        let size = self.vmo.exact_size()?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        Ok(size.saturating_sub(offset))
    }
}

/// What the handle has to have, and the duplicate gets.
fn rights(vmo: &Vmo, flags: VmarFlags) -> Result<Rights, Status> {
    let mut rights = Rights::MAP;
    rights.set(Rights::READ, flags.contains(VmarFlags::PERM_READ));
    rights.set(Rights::WRITE, flags.contains(VmarFlags::PERM_WRITE));
    match vmo.rights().contains(rights | Rights::DUPLICATE) {
        true => Ok(rights),
        false => Err(Status::ACCESS_DENIED),
    }
}

/// A writable mapping that no instruction of this process reads or writes: only the kernel
/// goes there, and stops where pages are missing. It may be longer than the memory is.
///
/// # Invariants
///
/// - **own**: `len` bytes at `addr` were mapped here. Nobody else knows the address, and the
///   one who drops the value unmaps them: there is no way to swap two of them from outside.
/// - **untouched**: no pointer is made of `addr`, so no load and no store can fault there.
#[derive(Debug)]
struct Window {
    addr: usize,
    len: usize,
}

impl Window {
    fn new(vmo: &Vmo, len: usize) -> Result<Self, Status> {
        let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE | VmarFlags::ALLOW_FAULTS;
        let addr = vmar_root_self().map(0, vmo, 0, len, flags)?;
        Ok(Self { addr, len })
    }

    /// Writes `src` at `offset`, up to a page that is not there.
    fn write(&self, src: &[u8], offset: usize) -> Result<usize, Status> {
        let end = offset.checked_add(src.len());
        let addr = self.addr.checked_add(offset);
        match (addr, end) {
            // SAFETY: the range is inside the mapping (the check of `end`), which is of a VMO
            // and which no reference points into (own, untouched).
            (Some(addr), Some(end)) if end <= self.len => unsafe {
                vmar_root_self().write_memory(addr, src)
            },
            _ => Err(Status::OUT_OF_RANGE),
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and nobody else uses these pages (own). In a child after
        // fork they are the child's own copy of the mapping, and go there as well.
        let result = unsafe { vmar_root_self().unmap(self.addr, self.len) };
        debug_assert!(
            result.is_ok(),
            "a whole mapping could not be unmapped: {result:?}"
        );
    }
}
