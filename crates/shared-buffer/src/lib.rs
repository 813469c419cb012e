// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes that a hostile process may change: hold them, slice them, copy them.
//!
//! Everything in this crate rests on one rule. **No Rust reference ever points into shared
//! memory.** A `&u8` promises the compiler that the byte holds still, and the peer never
//! signed that promise. We hold an address, and bytes cross the border only through
//! [`border`].
//!
//! ```text
//!      the peer            shared bytes                     your bytes
//!   ┌────────────┐      ┌───────────────┐   read_at(…)   ┌──────────────┐
//!   │  changes   │ ───► │ SharedBuffer  │ ─────────────► │ &mut [u8]    │
//!   │  anything, │      │   .slice(…)   │     copies     │ check these, │
//!   │  any time  │ ───► │   .split_at(…)│ ◄───────────── │ use these    │
//!   └────────────┘      └───────────────┘   write_at(…)  └──────────────┘
//! ```
//!
//! | you have | and want | use |
//! |---|---|---|
//! | an offset of your own | what there is | [`read_at`](SharedBuffer::read_at), [`write_at`](SharedBuffer::write_at): count, or panic |
//! | an offset that a peer gave you | what there is | [`try_read_at`](SharedBuffer::try_read_at), [`try_write_at`](SharedBuffer::try_write_at) |
//! | any offset | all or an error | [`read_exact_at`](SharedBuffer::read_exact_at), [`write_all_at`](SharedBuffer::write_all_at) |
//! | memory without a value yet | not to fill it twice | [`read_uninit_at`](SharedBuffer::read_uninit_at) and its two sisters |
//! | a number at an offset | a copy of it, in one piece | [`read_value`](SharedBuffer::read_value), [`read_le`](SharedBuffer::read_le), [`read_be`](SharedBuffer::read_be) and `write_…` |
//! | much to look at | the cost of a cache, not of memory | [`for_each_chunk`](SharedBuffer::for_each_chunk), [`chunks`](SharedBuffer::chunks), [`records`](SharedBuffer::records) |
//! | an image, a log, two buffers | rows, fills, copies, searches | [`read_rows`](SharedBuffer::read_rows), [`fill`](SharedBuffer::fill), [`copy_from`](SharedBuffer::copy_from), [`find`](SharedBuffer::find) |
//! | written, and a signal to send | the peer to see it | [`release_writes`](SharedBuffer::release_writes), then the signal |
//! | got a signal | to see what was written | [`acquire_writes`](SharedBuffer::acquire_writes), then read |
//! | a word that both sides agree on | to signal, count or lock | [`atomic`](SharedBuffer::atomic), [`read_only_atomic`](SharedBuffer::read_only_atomic) |
//! | memory of your own kind | only the copies | [`border`] |
//!
//! The crate has no dependencies and needs neither `std` nor an allocator; the feature `std`
//! adds cursors that implement the traits of `std::io`. Where shared
//! memory comes from is not its business: see the crate `mapped-vmo`.
//!
//! # Examples
//!
//! ```
//! use shared_buffer::SharedBuffer;
//!
//! let mut memory = [0u8; 64]; // stands for 64 bytes that are mapped from elsewhere
//! // SAFETY: 64 bytes are there, and nothing else touches them while the buffer lives.
//! let mut buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr(), 64) };
//!
//! let (header, body) = buffer.split_at_mut(8);
//! body.write(b"a message");
//! header.write(&9u64.to_le_bytes());
//!
//! let mut len = [0; 8];
//! buffer.read_exact_at(0, &mut len)?;
//! let len = u64::from_le_bytes(len); // a copy: nobody can change it now
//! assert!(len <= 56, "check the copy, use the copy");
//! # Ok::<(), shared_buffer::AccessError>(())
//! ```
#![no_std]
#![deny(unsafe_code)]

#[macro_use]
#[allow(
    clippy::unnecessary_safety_comment,
    reason = "the comment it finds is in the example above"
)]
mod methods;

mod access;
#[macro_use]
mod arch;
#[macro_use]
mod atomic;
mod block;
#[allow(unsafe_code, reason = "the contract of crossing the border, published")]
pub mod border;
mod buffer;
#[cfg(feature = "chaos")]
#[allow(unsafe_code, reason = "memory of its own stands in for shared memory")]
pub mod chaos;
mod chunks;
#[cfg(feature = "std")]
mod cursor;
mod error;
pub mod ordering;
mod raw;
mod read_only;
mod slice;
mod slice_mut;
mod value;

pub use access::Access;
pub use atomic::{AtomicInt, ReadOnlyAtomic, SharedAtomic};
pub use atomic::{SharedAtomicI8, SharedAtomicI16, SharedAtomicI32};
pub use atomic::{SharedAtomicU8, SharedAtomicU16, SharedAtomicU32};
pub use block::Rows;
pub use buffer::SharedBuffer;
pub use chunks::{CHUNK_LEN, Chunks, Records};
#[cfg(feature = "std")]
pub use cursor::{Cursor, CursorMut};
pub use error::AccessError;
pub use read_only::ReadOnlyBuffer;
pub use slice::SharedBufferSlice;
pub use slice_mut::SharedBufferSliceMut;
pub use value::Value;

if_wide_atomics! {
    pub use atomic::{SharedAtomicI64, SharedAtomicU64};
}
