// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Area`]: a VMO, mapped, and a way to its bytes that no engine is part of.

use std::ops::Range;
use std::os::fd::AsFd;

use mapped_vmo::Mapping;
use mapped_vmo::zx::{Status, Vmo};
use rustix::io::{pread, pwrite};

/// Shared memory that every engine works on.
#[derive(Debug)]
pub struct Area {
    mapping: Mapping,
    vmo: Vmo,
    ptr: *mut u8,
}

impl Area {
    /// Makes one of `len` bytes, all of them touched.
    ///
    /// # Errors
    ///
    /// Those of [`Mapping::allocate`].
    pub fn new(len: usize) -> Result<Self, Status> {
        let (mut mapping, vmo) = Mapping::allocate(len)?;
        let (ptr, _) = mapping.as_ptr_len();
        mapping.write(&vec![0; len]);
        Ok(Self { mapping, vmo, ptr })
    }

    /// The mapping: what ours copies with.
    #[must_use]
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The VMO: what the kernel's calls copy with.
    #[must_use]
    pub fn vmo(&self) -> &Vmo {
        &self.vmo
    }

    /// The address: what all others copy with. It lives as long as the area.
    #[must_use]
    pub fn ptr(&self) -> *mut u8 {
        self.ptr
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.mapping.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mapping.is_empty()
    }

    /// The bytes of `range`, through the kernel.
    ///
    /// # Panics
    ///
    /// If they are not there.
    pub fn look(&self, range: Range<usize>) -> Vec<u8> {
        let mut bytes = vec![0; range.len()];
        let read = pread(self.vmo.as_fd(), &mut bytes, range.start as u64);
        assert_eq!(read, Ok(bytes.len()), "the area can be read");
        bytes
    }

    /// Sets the bytes from `at` on, through the kernel.
    ///
    /// # Panics
    ///
    /// If they do not fit.
    pub fn set(&self, at: usize, bytes: &[u8]) {
        let written = pwrite(self.vmo.as_fd(), bytes, at as u64);
        assert_eq!(written, Ok(bytes.len()), "the area can be written");
    }
}
