// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes to an address by system call: a page that is not there is a count and no signal.

use super::Vmar;
use crate::{Status, sys};

impl Vmar {
    /// Writes `bytes` to `addr`, as many as there is room for, and returns how many.
    ///
    /// The kernel copies. At a page that is not mapped, does not permit it, can't be had or is
    /// past the end of what is mapped there, the copy stops, and nobody is killed. On Zircon
    /// the call belongs to a process (`zx_process_write_memory`), which may be another one;
    /// here it is this address space.
    ///
    /// # Hostile peer
    ///
    /// Can truncate the VMO behind the pages at any moment: the count is then less, or counts
    /// bytes that are gone already. The VMO never grows by this.
    ///
    /// # Errors
    ///
    /// [`Status::NOT_SUPPORTED`] if this process may not call process_vm_writev(2), which some
    /// sandboxes forbid.
    ///
    /// # Safety
    ///
    /// What is at `addr .. addr + bytes.len()` is nothing that Rust relies on: pages of a VMO
    /// that no reference points into, or nothing at all.
    ///
    /// # Cost
    ///
    /// Two system calls, about two microseconds, and a copy.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{VmarFlags, Vmo, VmoOptions, vmar_root_self};
    ///
    /// let vmo = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096)?;
    /// let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE | VmarFlags::ALLOW_FAULTS;
    /// let addr = vmar_root_self().map(0, &vmo, 0, 8192, flags)?;
    /// // SAFETY: nothing of Rust's is there, and no reference points there.
    /// let count = unsafe { vmar_root_self().write_memory(addr + 4092, b"the end")? };
    /// assert_eq!(count, 4);
    /// # // SAFETY: nobody else knows the address.
    /// # unsafe { vmar_root_self().unmap(addr, 8192)? };
    /// # Ok::<(), zx::Status>(())
    /// ```
    ///
    /// Source: process_vm_writev(2).
    pub unsafe fn write_memory(&self, addr: usize, bytes: &[u8]) -> Result<usize, Status> {
        // SAFETY: the caller's contract.
        unsafe { sys::write_memory(addr, bytes) }
    }
}
