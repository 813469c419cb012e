// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Rows`]: a rectangle of bytes, and the accesses to it.
//!
//! ```text
//!   offset                pitch
//!     │◄────────────────────────────────────►│
//!     ▼                                      ▼
//!   ──┬───────────────────┬──────────────────┬───────────────────┬──
//!     │ row 0             │ (left alone)     │ row 1             │ …
//!   ──┴───────────────────┴──────────────────┴───────────────────┴──
//!     │◄─────────────────►│
//!            row_len
//! ```
#![allow(unsafe_code, reason = "what was checked here is copied here")]
#![warn(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use crate::raw::RawRange;
use crate::{AccessError, border};

/// Where the rows of a rectangle are: a part of an image, a column of a table of records.
///
/// The numbers may come from a peer. They are checked when they are used: rows that overlap
/// are refused, so no call works longer than the buffer is large, whatever the numbers are.
///
/// # Examples
///
/// ```
/// use shared_buffer::Rows;
///
/// // 3 by 2 pixels of 4 bytes at (8, 16) of an image that is 64 pixels wide.
/// let rows = Rows { offset: (16 * 64 + 8) * 4, pitch: 64 * 4, row_len: 3 * 4, rows: 2 };
/// assert_eq!(rows.extent(), Some(64 * 4 + 12));
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Where the first row starts, in bytes from the start of the buffer.
    pub offset: usize,
    /// From the start of one row to the start of the next, in bytes; `row_len` at least.
    /// With one row it does not matter.
    pub pitch: usize,
    /// How long each row is, in bytes.
    pub row_len: usize,
    /// How many rows there are.
    pub rows: usize,
}

impl Rows {
    /// From the start of the first row to the end of the last, in bytes; `None` if that is
    /// more than a `usize` can say.
    ///
    /// # Examples
    ///
    /// ```
    /// use shared_buffer::Rows;
    ///
    /// let rows = Rows { offset: 0, pitch: 100, row_len: 10, rows: 3 };
    /// assert_eq!(rows.extent(), Some(210));
    /// assert_eq!(Rows { pitch: usize::MAX, ..rows }.extent(), None);
    /// ```
    #[must_use]
    pub const fn extent(self) -> Option<usize> {
        extent(self.rows, self.row_len, self.pitch)
    }

    /// What one pass goes over: none where nothing is in a row, or one where rows touch.
    const fn joined(self, other_pitch: usize) -> (usize, usize) {
        if self.row_len == 0 {
            (0, 0)
        } else if self.pitch == self.row_len && other_pitch == self.row_len {
            // `check` saw that this is the extent.
            (1, self.rows.saturating_mul(self.row_len))
        } else {
            (self.rows, self.row_len)
        }
    }
}

/// From the start of the first of `rows` to the end of the last.
const fn extent(rows: usize, row_len: usize, pitch: usize) -> Option<usize> {
    match rows.checked_sub(1) {
        Some(steps) if row_len > 0 => match steps.checked_mul(pitch) {
            Some(start) => start.checked_add(row_len),
            None => None,
        },
        _ => Some(0),
    }
}

/// That rows do not overlap. Where they could not, the pitch says nothing.
fn apart(rows: Rows, pitch: usize) -> Result<(), AccessError> {
    if pitch < rows.row_len && rows.rows > 1 {
        return Err(AccessError::Overlap {
            pitch,
            row_len: rows.row_len,
        });
    }
    Ok(())
}

/// That private memory of `given` bytes holds rows that start `pitch` bytes apart.
fn fits(rows: Rows, pitch: usize, given: usize) -> Result<(), AccessError> {
    apart(rows, pitch)?;
    match extent(rows.rows, rows.row_len, pitch) {
        Some(needed) if needed <= given => Ok(()),
        needed => Err(AccessError::Length {
            needed: needed.unwrap_or(usize::MAX),
            given,
        }),
    }
}

impl RawRange {
    /// The extent of rows, of which `readable` or `writable` says whether it is there.
    fn rows(self, rows: Rows) -> Result<usize, AccessError> {
        apart(rows, rows.pitch)?;
        rows.extent().ok_or(AccessError::OutOfBounds {
            offset: rows.offset,
            len: usize::MAX,
            size: self.len(),
        })
    }

    /// Copies rows out to `dst`, where they start `pitch` bytes apart.
    #[cfg_attr(feature = "chaos", track_caller)]
    pub(crate) fn read_rows(
        self,
        rows: Rows,
        dst: &mut [u8],
        pitch: usize,
    ) -> Result<(), AccessError> {
        let src = self.readable(rows.offset, self.rows(rows)?)?;
        fits(rows, pitch, dst.len())?;
        let dst = dst.as_mut_ptr();
        let (count, len) = rows.joined(pitch);
        for row in 0..count {
            let from = src.wrapping_add(row.wrapping_mul(rows.pitch));
            let to = dst.wrapping_add(row.wrapping_mul(pitch));
            // SAFETY: `readable` checked the extent of the rows in shared memory (live), of
            // which this is one; `fits` checked that of `dst`, which is a reference and so by
            // **border** does not overlap them.
            unsafe { border::from_shared(from, to, len) };
        }
        Ok(())
    }

    /// Copies rows in from `src`, where they start `pitch` bytes apart.
    pub(crate) fn write_rows(
        self,
        rows: Rows,
        src: &[u8],
        pitch: usize,
    ) -> Result<(), AccessError> {
        let dst = self.writable(rows.offset, self.rows(rows)?)?;
        fits(rows, pitch, src.len())?;
        let src = src.as_ptr();
        let (count, len) = rows.joined(pitch);
        for row in 0..count {
            let from = src.wrapping_add(row.wrapping_mul(pitch));
            let to = dst.wrapping_add(row.wrapping_mul(rows.pitch));
            // SAFETY: `writable` checked the extent of the rows in shared memory (live), of
            // which this is one; `fits` checked that of `src`, which is a reference and so by
            // **border** does not overlap them.
            unsafe { border::to_shared(from, to, len) };
        }
        Ok(())
    }

    /// Sets all bytes of all rows.
    pub(crate) fn fill_rows(self, rows: Rows, value: u8) -> Result<(), AccessError> {
        let dst = self.writable(rows.offset, self.rows(rows)?)?;
        let (count, len) = rows.joined(rows.pitch);
        for row in 0..count {
            let to = dst.wrapping_add(row.wrapping_mul(rows.pitch));
            // SAFETY: `writable` checked the extent of the rows (live), of which this is one.
            unsafe { border::fill(to, value, len) };
        }
        Ok(())
    }
}
