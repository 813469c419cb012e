// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`AccessError`]: why an access to a buffer was refused.

use core::fmt;

use crate::Access;

/// Why an access was refused. Nothing was touched: not the buffer, not the destination.
///
/// The numbers describe the request, never what is in the memory, so printing an error shows
/// nobody anything.
#[non_exhaustive]
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum AccessError {
    /// The bytes asked for are not all inside the buffer; or, where `len` is 0, the offset
    /// asked for is past its end.
    OutOfBounds {
        /// Where they start, in bytes from the start of the buffer.
        offset: usize,
        /// How many they are. 0 where the call named an offset only, as a split does.
        len: usize,
        /// How many bytes the buffer has.
        size: usize,
    },
    /// The range ends before it starts.
    Reversed {
        /// Where it starts.
        start: usize,
        /// Where it ends.
        end: usize,
        /// How many bytes the buffer has.
        size: usize,
    },
    /// The buffer does not permit it.
    Denied {
        /// What the call needs.
        needed: Access,
        /// What the buffer was mapped with.
        held: Access,
    },
    /// The address is not a multiple of the size of the word that an atomic access asks for.
    Misaligned {
        /// Where the word starts, in bytes from the start of the buffer. The buffer itself
        /// may start anywhere.
        offset: usize,
        /// What its address has to be a multiple of.
        align: usize,
        /// How far its address is past such a multiple.
        excess: usize,
    },
    /// Rows overlap: the next one starts before the one before it ends.
    Overlap {
        /// From the start of one row to the start of the next, in bytes.
        pitch: usize,
        /// How long a row is, in bytes.
        row_len: usize,
    },
    /// The private memory is too small for what is to be read or written.
    Length {
        /// How many bytes it should have.
        needed: usize,
        /// How many it has.
        given: usize,
    },
}

impl AccessError {
    /// The number of Zircon's status for this: `OUT_OF_RANGE` (-14), `ACCESS_DENIED` (-30) or
    /// `INVALID_ARGS` (-10).
    ///
    /// # Examples
    ///
    /// ```
    /// use shared_buffer::AccessError;
    ///
    /// let error = AccessError::OutOfBounds { offset: 9, len: 1, size: 9 };
    /// assert_eq!(error.raw_status(), -14);
    /// ```
    #[must_use]
    pub const fn raw_status(self) -> i32 {
        match self {
            Self::OutOfBounds { .. } | Self::Reversed { .. } => -14,
            Self::Denied { .. } => -30,
            Self::Misaligned { .. } | Self::Overlap { .. } | Self::Length { .. } => -10,
        }
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            // No bytes are wanted: what is wrong is the offset alone.
            Self::OutOfBounds {
                offset,
                len: 0,
                size,
            } => {
                write!(
                    f,
                    "offset {offset} is past the end of a buffer of {size} bytes"
                )
            }
            Self::OutOfBounds { offset, len, size } => {
                write!(
                    f,
                    "{len} bytes at offset {offset} are not inside a buffer of {size} bytes"
                )
            }
            Self::Reversed { start, end, size } => {
                write!(
                    f,
                    "the range {start}..{end} of a buffer of {size} bytes ends before it starts"
                )
            }
            Self::Denied { needed, held } => denied(f, needed, held),
            Self::Misaligned {
                offset,
                align,
                excess,
            } => {
                write!(
                    f,
                    "offset {offset} is at an address {excess} past a multiple of {align}: an \
                     atomic access needs that multiple"
                )
            }
            Self::Overlap { pitch, row_len } => {
                write!(
                    f,
                    "rows of {row_len} bytes that start every {pitch} bytes overlap"
                )
            }
            Self::Length { needed, given } => {
                write!(
                    f,
                    "{needed} bytes of private memory are needed, {given} are given"
                )
            }
        }
    }
}

/// What can't be done, and what to map with.
fn denied(f: &mut fmt::Formatter<'_>, needed: Access, held: Access) -> fmt::Result {
    let verb = if needed.can_write() && !held.can_write() {
        "write to"
    } else {
        "read from"
    };
    let all = held.union(needed);
    write!(
        f,
        "{verb} a buffer that was mapped with {held}: map it with {all} for that"
    )
}

impl core::error::Error for AccessError {}
