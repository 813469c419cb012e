// SPDX-License-Identifier: MIT OR Apache-2.0
//! As many bytes of a [`Vmo`] as are there: for memory whose size a peer controls.
//!
//! ```text
//!   offset                      offset + len
//!   ├──────────────┬─────────────────┤
//!    what is there │ not there
//!    ────────────► the count
//! ```

use core::mem::MaybeUninit;

use super::Vmo;
use crate::{Rights, Status};

impl Vmo {
    /// Copies bytes out from `offset` on, as many as are there, at most `dst.len()`. Returns
    /// how many; that many bytes of `dst` are initialised now.
    ///
    /// The end is that of the file, to the byte. Holes are zeros, and stay holes. Where `offset`
    /// is past the end, the count is 0.
    ///
    /// # Hostile peer
    ///
    /// Can make the VMO smaller at any moment, also during the call: the count is then less.
    /// Nothing here is a signal. The bytes are a snapshot of no single moment.
    ///
    /// # Errors
    ///
    /// - [`Status::ACCESS_DENIED`]: the right `READ` is missing.
    /// - [`Status::IO`]: the disk behind a file failed. A part of `dst` may be filled.
    ///
    /// # Cost
    ///
    /// One system call, about 0.6 microseconds, and a copy; one more where not all is there.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::mem::MaybeUninit;
    ///
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// vmo.write(b"end", 4093)?;
    /// let mut space = [MaybeUninit::uninit(); 8];
    /// assert_eq!(vmo.read_some(&mut space, 4093)?, 3);
    /// assert_eq!(vmo.read_some(&mut space, 4096)?, 0);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn read_some(&self, dst: &mut [MaybeUninit<u8>], offset: u64) -> Result<usize, Status> {
        self.require(Rights::READ)?;
        self.memory().read_some(dst, offset)
    }

    /// Copies bytes of `src` in at `offset`, as many as there is room for. Returns how many.
    ///
    /// The room ends with the file, to the byte, or before the first page for which the kernel
    /// has no memory. **The VMO never grows by this**, whoever changes its size meanwhile.
    ///
    /// # Hostile peer
    ///
    /// Can make the VMO smaller at any moment, also during the call: the count is then less, or
    /// counts bytes that are gone already. It can't redirect the write by setting `O_APPEND`.
    ///
    /// # Errors
    ///
    /// - [`Status::ACCESS_DENIED`]: the right `WRITE` is missing, or a seal forbids it.
    /// - [`Status::NOT_SUPPORTED`]: the VMO can grow, and this process may not call
    ///   process_vm_writev(2), which some sandboxes forbid. No other call writes to such a VMO
    ///   and never makes it larger.
    /// - [`Status::NO_RESOURCES`]: the VMO can't grow, and the end of the write is past what
    ///   this process may write (`RLIMIT_FSIZE`).
    /// - [`Status::NO_MEMORY`], [`Status::NO_RESOURCES`]: there is no place for the mapping that
    ///   is made for a moment.
    ///
    /// # Cost
    ///
    /// Where `GROW` is sealed, one to three system calls: about 0.7 microseconds, and a copy.
    /// Else, and on Linux before 6.9, six: a mapping is made and goes again, about six
    /// microseconds. `mapped_vmo::Guarded` keeps that mapping.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// assert_eq!(vmo.write_some(b"too long", 4093)?, 3);
    /// assert_eq!(vmo.read_to_array::<u8, 3>(4093)?, *b"too");
    /// assert_eq!(vmo.get_size()?, 4096);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn write_some(&self, src: &[u8], offset: u64) -> Result<usize, Status> {
        self.require(Rights::WRITE)?;
        self.memory().write_some(src, offset)
    }

    /// Whether it can get larger: no seal says otherwise, or it has huge pages, with which
    /// the seal does not hold.
    ///
    /// # Hostile peer
    ///
    /// Can add the seal, and can't take it away: `true` may be out of date, `false` never is.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Vmo, VmoOptions};
    /// assert!(!Vmo::create(4096)?.can_grow());
    /// assert!(Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096)?.can_grow());
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn can_grow(&self) -> bool {
        self.memory().can_grow()
    }
}
