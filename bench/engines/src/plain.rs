// SPDX-License-Identifier: MIT OR Apache-2.0
//! The yardstick: the platform's memcpy, as Rust code calls it.

use crate::{Area, Engine};

/// `ptr::copy_nonoverlapping`: where the length is not known, a call of the platform's memcpy.
#[derive(Debug)]
pub struct Memcpy<'a>(&'a Area);

impl<'a> Memcpy<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        Self(area)
    }
}

impl Engine for Memcpy<'_> {
    const NAME: &'static str = "memcpy";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        let src = self.0.ptr().wrapping_add(at);
        // SAFETY: the caller says that the bytes lie in the area. Nobody else writes here:
        // in this benchmark both sides of the memory are one thread's.
        unsafe { dst.as_mut_ptr().copy_from_nonoverlapping(src, dst.len()) };
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        let dst = self.0.ptr().wrapping_add(at);
        // SAFETY: as above.
        unsafe { dst.copy_from_nonoverlapping(src.as_ptr(), src.len()) };
    }
}
