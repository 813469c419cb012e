// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fills, copies inside shared memory, and copies from and to several private places.
#![allow(unsafe_code, reason = "what was checked here is copied here")]
#![warn(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use core::ops::RangeBounds;

use crate::raw::{RawRange, as_uninit};
use crate::{AccessError, border};

impl RawRange {
    /// Sets a part to one value.
    #[inline]
    pub(crate) fn fill(self, part: impl RangeBounds<usize>, value: u8) -> Result<(), AccessError> {
        let part = self.slice(part)?;
        let dst = part.writable(0, part.len())?;
        // SAFETY: `writable` checked that all of the part is there (live).
        unsafe { border::fill(dst, value, part.len()) };
        Ok(())
    }

    /// Copies all of `src` to `offset`. They may be the same bytes, in part or all.
    #[inline]
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn copy_from(self, offset: usize, src: Self) -> Result<(), AccessError> {
        let from = src.readable(0, src.len())?;
        let to = self.writable(offset, src.len())?;
        // SAFETY: `readable` and `writable` checked that `src.len()` bytes are on both sides
        // (live); they may overlap.
        unsafe { border::between(from, to, src.len()) };
        Ok(())
    }

    /// Copies in all of `src`, past the caches.
    #[inline]
    pub(crate) fn write_streaming(self, offset: usize, src: &[u8]) -> Result<(), AccessError> {
        let dst = self.writable(offset, src.len())?;
        // SAFETY: `writable` checked that `src.len()` bytes are there (live); `src` is a
        // reference and so by **border** does not overlap them.
        unsafe { border::to_shared_streaming(src.as_ptr(), dst, src.len()) };
        Ok(())
    }

    /// Fills all of `dsts`, one after the other.
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn read_vectored(
        self,
        offset: usize,
        dsts: &mut [&mut [u8]],
    ) -> Result<(), AccessError> {
        let len = self.total(offset, dsts.iter().map(|dst| dst.len()))?;
        self.readable(offset, len)?;
        let mut at = offset;
        for dst in dsts {
            // SAFETY: `read_exact_at` writes only initialised bytes.
            let uninit = unsafe { as_uninit(dst) };
            self.read_exact_at(at, uninit)?; // never: the sum was checked
            at = at.saturating_add(dst.len());
        }
        Ok(())
    }

    /// Copies in all of `srcs`, one after the other.
    pub(crate) fn write_vectored(self, offset: usize, srcs: &[&[u8]]) -> Result<(), AccessError> {
        let len = self.total(offset, srcs.iter().map(|src| src.len()))?;
        self.writable(offset, len)?;
        let mut at = offset;
        for src in srcs {
            self.write_all_at(at, src)?; // never: the sum was checked
            at = at.saturating_add(src.len());
        }
        Ok(())
    }

    /// A sum of lengths; one that is no number is out of bounds.
    fn total(
        self,
        offset: usize,
        mut lens: impl Iterator<Item = usize>,
    ) -> Result<usize, AccessError> {
        lens.try_fold(0, usize::checked_add)
            .ok_or(AccessError::OutOfBounds {
                offset,
                len: usize::MAX,
                size: self.len(),
            })
    }
}
