// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RawRange`]: an address, a length and a permission; and every bounds check.
//!
//! The only struct in this crate that holds a pointer to shared bytes, but for the atomics,
//! which hold one that was checked here. The three public types each hold a range and add who
//! owns the memory and for how long it is borrowed.
#![allow(unsafe_code, reason = "what was checked here is copied here")]
#![warn(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use core::fmt;
use core::mem::MaybeUninit;
use core::ops::{Bound, RangeBounds};

use crate::{Access, AccessError, border};

/// A range of shared bytes, and what they permit.
///
/// # Invariants
///
/// - **live**: the bytes that `access` permits to touch are mapped for as long as the public
///   type that holds this range allows calls on it.
/// - **size**: `len` fits in `isize`, and `ptr + len` does not wrap.
/// - **border**: no Rust reference points at those bytes, and only `border` touches them.
///
/// A null or dangling pointer is fine while nothing is accessed, as in a slice of a slice.
#[derive(Clone, Copy)]
pub(crate) struct RawRange {
    ptr: *mut u8,
    len: usize,
    access: Access,
}

impl RawRange {
    /// # Safety
    ///
    /// **live**, **size** and **border** hold until the last use of the range.
    #[inline]
    pub(crate) const unsafe fn new(ptr: *mut u8, len: usize, access: Access) -> Self {
        Self { ptr, len, access }
    }

    #[inline]
    pub(crate) const fn ptr(self) -> *mut u8 {
        self.ptr
    }

    #[inline]
    pub(crate) const fn len(self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) const fn access(self) -> Access {
        self.access
    }

    /// How many of `wanted` bytes there are from `offset` on. `offset == len` is legal: none.
    #[inline(always)]
    fn clip(self, offset: usize, wanted: usize) -> Result<usize, AccessError> {
        match self.len.checked_sub(offset) {
            Some(rest) => Ok(rest.min(wanted)),
            None => Err(AccessError::OutOfBounds {
                offset,
                len: wanted,
                size: self.len,
            }),
        }
    }

    /// That all of `offset .. offset + len` is there.
    #[inline(always)]
    fn check(self, offset: usize, len: usize) -> Result<(), AccessError> {
        match self.len.checked_sub(offset) {
            Some(rest) if len <= rest => Ok(()),
            _ => Err(AccessError::OutOfBounds {
                offset,
                len,
                size: self.len,
            }),
        }
    }

    /// That `needed` is permitted.
    #[inline(always)]
    fn permit(self, needed: Access) -> Result<(), AccessError> {
        if self.access.contains(needed) {
            Ok(())
        } else {
            Err(AccessError::Denied {
                needed,
                held: self.access,
            })
        }
    }

    /// Where `offset` is. Never an `add`: that would ask for a Rust allocation.
    #[inline(always)]
    fn at(self, offset: usize) -> *mut u8 {
        self.ptr.wrapping_add(offset)
    }

    /// The address of `len` readable bytes at `offset`.
    #[inline(always)]
    pub(crate) fn readable(self, offset: usize, len: usize) -> Result<*const u8, AccessError> {
        self.check(offset, len)?;
        self.permit(Access::READ)?;
        Ok(self.at(offset).cast_const())
    }

    /// The address of `len` writable bytes at `offset`.
    #[inline(always)]
    pub(crate) fn writable(self, offset: usize, len: usize) -> Result<*mut u8, AccessError> {
        self.check(offset, len)?;
        self.permit(Access::WRITE)?;
        Ok(self.at(offset))
    }

    /// The address of a `W` at `offset`, at a multiple of its size, with `needed` permitted.
    #[inline]
    pub(crate) fn word<W>(self, offset: usize, needed: Access) -> Result<*mut W, AccessError> {
        let size = size_of::<W>();
        self.check(offset, size)?;
        self.permit(needed)?;
        let ptr = self.at(offset);
        // The address counts, not the offset: a range may start anywhere.
        match ptr.addr().checked_rem(size) {
            Some(0) => Ok(ptr.cast()),
            excess => Err(AccessError::Misaligned {
                offset,
                align: size,
                excess: excess.unwrap_or(0),
            }),
        }
    }

    /// Copies out what there is, up to `dst.len()` bytes, and returns how many.
    #[inline(always)]
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn read_at(
        self,
        offset: usize,
        dst: &mut [MaybeUninit<u8>],
    ) -> Result<usize, AccessError> {
        let len = self.clip(offset, dst.len())?;
        self.permit(Access::READ)?;
        // SAFETY: `clip` checked that `len` bytes are there (live) and fit into `dst`, which
        // is a reference and so by **border** does not overlap them; reading is permitted.
        unsafe { border::from_shared(self.at(offset), dst.as_mut_ptr().cast(), len) };
        Ok(len)
    }

    /// Copies out exactly `dst.len()` bytes.
    #[inline(always)]
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn read_exact_at(
        self,
        offset: usize,
        dst: &mut [MaybeUninit<u8>],
    ) -> Result<(), AccessError> {
        let src = self.readable(offset, dst.len())?;
        // SAFETY: `readable` checked that `dst.len()` bytes are there (live); `dst` is a
        // reference and so by **border** does not overlap them.
        unsafe { border::from_shared(src, dst.as_mut_ptr().cast(), dst.len()) };
        Ok(())
    }

    /// Copies in what fits, up to `src.len()` bytes, and returns how many.
    #[inline(always)]
    pub(crate) fn write_at(self, offset: usize, src: &[u8]) -> Result<usize, AccessError> {
        let len = self.clip(offset, src.len())?;
        self.permit(Access::WRITE)?;
        // SAFETY: `clip` checked that `len` bytes are there (live) and in `src`, which is a
        // reference and so by **border** does not overlap them; writing is permitted.
        unsafe { border::to_shared(src.as_ptr(), self.at(offset), len) };
        Ok(len)
    }

    /// Copies in exactly `src.len()` bytes.
    #[inline(always)]
    pub(crate) fn write_all_at(self, offset: usize, src: &[u8]) -> Result<(), AccessError> {
        let dst = self.writable(offset, src.len())?;
        // SAFETY: `writable` checked that `src.len()` bytes are there (live); `src` is a
        // reference and so by **border** does not overlap them.
        unsafe { border::to_shared(src.as_ptr(), dst, src.len()) };
        Ok(())
    }

    /// A part of the range. `start == end == len` is legal: an empty one.
    #[inline]
    pub(crate) fn slice(self, range: impl RangeBounds<usize>) -> Result<Self, AccessError> {
        let (start, end) = self.resolve(&range)?;
        match end.checked_sub(start) {
            Some(len) if end <= self.len => {
                // SAFETY: the part lies inside this range, so all three invariants carry over.
                Ok(unsafe { Self::new(self.at(start), len, self.access) })
            }
            _ => Err(self.bad_range(start, end, range.end_bound())),
        }
    }

    /// The two parts before and from `idx` on. `idx == len` is legal: the second is empty.
    #[inline]
    pub(crate) fn split_at(self, idx: usize) -> Result<(Self, Self), AccessError> {
        // First, since the error should name `idx` and not a part that nobody asked for.
        self.check(idx, 0)?;
        Ok((self.slice(..idx)?, self.slice(idx..)?))
    }

    /// The bounds as half-open offsets. A bound past `usize::MAX` is no offset at all.
    #[inline]
    fn resolve(self, range: &impl RangeBounds<usize>) -> Result<(usize, usize), AccessError> {
        let start = match range.start_bound() {
            Bound::Unbounded => Some(0),
            Bound::Included(&start) => Some(start),
            Bound::Excluded(&before) => before.checked_add(1),
        };
        let end = match range.end_bound() {
            Bound::Unbounded => Some(self.len),
            Bound::Included(&last) => last.checked_add(1),
            Bound::Excluded(&end) => Some(end),
        };
        match (start, end) {
            (Some(start), Some(end)) => Ok((start, end)),
            _ => Err(self.bad_range(
                start.unwrap_or(usize::MAX),
                end.unwrap_or(usize::MAX),
                range.end_bound(),
            )),
        }
    }

    /// What is wrong with a range: it starts past the end, ends past it, or ends too early.
    #[cold]
    fn bad_range(self, start: usize, end: usize, asked: Bound<&usize>) -> AccessError {
        let size = self.len;
        let outside = |len| AccessError::OutOfBounds {
            offset: start,
            len,
            size,
        };
        match (asked, end.checked_sub(start)) {
            (_, Some(len)) => outside(len),
            // Nobody named an end that could be too early.
            (Bound::Unbounded, None) => outside(0),
            (_, None) => AccessError::Reversed { start, end, size },
        }
    }
}

/// Shows where the bytes are and what they permit, and none of them.
impl fmt::Debug for RawRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes at {:p}, {}", self.len, self.ptr, self.access)
    }
}

/// A destination that is initialised already, as one that need not be.
///
/// # Safety
///
/// Nothing uninitialised is written to the result. The copies of this module only initialise.
#[inline]
pub(crate) unsafe fn as_uninit(dst: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let (ptr, len) = (dst.as_mut_ptr().cast(), dst.len());
    // SAFETY: the same bytes, for the same lifetime; `MaybeUninit<u8>` has the layout of `u8`,
    // and the caller keeps them initialised.
    unsafe { core::slice::from_raw_parts_mut(ptr, len) }
}

/// The first `len` bytes of a destination, which a copy has initialised.
///
/// # Safety
///
/// The first `len` bytes of `dst` are initialised, and `len <= dst.len()`.
#[inline]
pub(crate) unsafe fn initialised(dst: &mut [MaybeUninit<u8>], len: usize) -> &mut [u8] {
    let ptr = dst.as_mut_ptr().cast();
    // SAFETY: `len` initialised bytes of private memory, for the lifetime of `dst`.
    unsafe { core::slice::from_raw_parts_mut(ptr, len) }
}

/// The result of a call that panics where another returns an error, with both numbers.
#[inline]
#[track_caller]
pub(crate) fn or_panic<T>(result: Result<T, AccessError>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => refuse(error),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn refuse(error: AccessError) -> ! {
    panic!("{error}")
}
