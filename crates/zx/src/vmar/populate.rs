// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pages are there before they are needed.

use super::Vmar;
use crate::{Status, sys};

impl Vmar {
    /// Brings in the pages that are mapped at `addr`, as reading each of them would; but a
    /// page that can't be had is an error here, and no signal. `len` is rounded up to the
    /// page.
    ///
    /// Changes no byte: a hole of a VMO gets a page of zeros. So it is safe for any range.
    ///
    /// # Errors
    ///
    /// - [`Status::INVALID_ARGS`]: `addr` is not a multiple of the page, or `len` is 0.
    /// - [`Status::NO_MEMORY`]: a page can't be had, or nothing is mapped in a part of the
    ///   range. Pages before that part may be there now.
    /// - [`Status::NOT_SUPPORTED`]: the kernel can't say (before Linux 5.14).
    ///
    /// # Cost
    ///
    /// One system call. 0.1 microseconds for a page that is resident, about two for a hole.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{VmarFlags, Vmo, vmar_root_self};
    /// let vmo = Vmo::create(8192)?;
    /// let addr = vmar_root_self().map(0, &vmo, 0, 8192, VmarFlags::PERM_READ)?;
    /// assert_eq!(vmo.next_data(0)?, None);
    /// vmar_root_self().populate(addr, 8192)?;
    /// assert_eq!(vmo.next_data(0)?, Some(0..8192));
    /// # // SAFETY: nobody else knows the address.
    /// # unsafe { vmar_root_self().unmap(addr, 8192)? };
    /// # Ok::<(), zx::Status>(())
    /// ```
    ///
    /// Source: MADV_POPULATE_READ in madvise(2).
    pub fn populate(&self, addr: usize, len: usize) -> Result<(), Status> {
        let len = self.whole_range(addr, len)?;
        sys::populate(addr, len)
    }
}
