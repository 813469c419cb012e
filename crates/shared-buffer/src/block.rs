// SPDX-License-Identifier: MIT OR Apache-2.0
//! Block operations: what otherwise ends in a loop over one row, one byte or one copy.
//!
//! | to | use |
//! |---|---|
//! | clear, fill | `fill`, `fill_rows` |
//! | move shared bytes to shared bytes | `copy_from`, `copy_to`, `copy_within` |
//! | a rectangle of an image | `read_rows`, `write_rows`, with [`Rows`] |
//! | scatter and gather | `read_vectored`, `write_vectored` |
//! | look without a copy of your own | `eq_at`, `compare_at`, `find_byte`, `find` |
//! | write much that nobody reads soon | `write_streaming` |
//! | give it to the kernel or a device | `as_shared_ptr`, `as_shared_mut_ptr`: `unsafe` |
//!
//! All return an error instead of a panic, and touch nothing then. They are methods of the
//! four types, written once: what is checked and done is in `bulk`, `rows` and `search`.
#![allow(
    unsafe_code,
    reason = "the pointer for the kernel is an unsafe function"
)]
#![allow(
    single_use_lifetimes,
    reason = "in an `impl Trait` argument a lifetime must have a name"
)]

use core::cmp::Ordering;
use core::ops::RangeBounds;

use crate::{AccessError, ReadOnlyBuffer, SharedBuffer, SharedBufferSlice, SharedBufferSliceMut};

mod bulk;
#[macro_use]
mod read_methods;
mod rows;
mod search;
#[macro_use]
mod write_methods;

pub use rows::Rows;

impl SharedBuffer {
    block_read_methods!();
    block_write_methods!();
}

impl ReadOnlyBuffer {
    block_read_methods!();
}

impl SharedBufferSlice<'_> {
    block_read_methods!();
}

impl SharedBufferSliceMut<'_> {
    block_read_methods!();
    block_write_methods!();
}

/// All of the buffer, to read.
impl<'a> From<&'a SharedBuffer> for SharedBufferSlice<'a> {
    #[inline]
    fn from(buffer: &'a SharedBuffer) -> Self {
        Self::new(buffer.range)
    }
}

/// The same view.
impl<'a> From<&SharedBufferSlice<'a>> for SharedBufferSlice<'a> {
    #[inline]
    fn from(slice: &SharedBufferSlice<'a>) -> Self {
        Self::new(slice.range)
    }
}

/// All of the slice, to read.
impl<'a> From<&SharedBufferSliceMut<'a>> for SharedBufferSlice<'a> {
    #[inline]
    fn from(slice: &SharedBufferSliceMut<'a>) -> Self {
        Self::new(slice.range)
    }
}

/// The same part, to read.
impl<'a> From<SharedBufferSliceMut<'a>> for SharedBufferSlice<'a> {
    #[inline]
    fn from(slice: SharedBufferSliceMut<'a>) -> Self {
        Self::new(slice.range)
    }
}

/// All of the buffer, to write.
impl<'a> From<&'a mut SharedBuffer> for SharedBufferSliceMut<'a> {
    #[inline]
    fn from(buffer: &'a mut SharedBuffer) -> Self {
        Self::new(buffer.range)
    }
}

/// All of the slice, to write.
impl<'a> From<&'a mut SharedBufferSliceMut<'_>> for SharedBufferSliceMut<'a> {
    #[inline]
    fn from(slice: &'a mut SharedBufferSliceMut<'_>) -> Self {
        Self::new(slice.range)
    }
}
