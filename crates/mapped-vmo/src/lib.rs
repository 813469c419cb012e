// SPDX-License-Identifier: MIT OR Apache-2.0
//! Safe mappings of memory that someone else can write.
//!
//! A [`Mapping`] is a VMO (on Linux: a memfd whose size is sealed) placed in this process's
//! memory. Other processes may map the same VMO and change its bytes at any moment, so a
//! `Mapping` never lends you a `&[u8]`: it copies, out or in, and what you check is your
//! copy.
//!
//! ```text
//!   Mapping::allocate ──► Vmo ──(the handle travels)──► Vmo ──► Mapping::create_from_vmo
//!        │                                                            │
//!        ▼                                                            ▼
//!    ┌────────┐                   the same pages                  ┌────────┐
//!    │ read   │ ◄───────────────────────────────────────────────► │ read   │
//!    │ write  │                                                   │ write  │
//!    └────────┘                                                   └────────┘
//! ```
//!
//! | to | use |
//! |---|---|
//! | make shared memory and map it | [`Mapping::allocate`], [`Mapping::allocate_with_name`] |
//! | map what somebody handed you | [`zx::Vmo::from_fd`], then [`Mapping::create_from_vmo`] |
//! | have memory that gets larger while it is mapped | [`GrowableMapping`] |
//! | let others read what only you write | [`WriterMapping`]; they use [`ReadOnlyMapping`] |
//! | read and write | the methods of [`SharedBuffer`], to which a `Mapping` dereferences |
//! | fill it from a file, a pipe or a socket, or send it there | [`Mapping::read_from_fd`], [`Mapping::write_to_fd`], [`fd`] |
//! | read and write memory that a peer can truncate | [`Guarded`] |
//! | get a `&[u8]` | [`ImmutableMapping`]: the VMO's own pages where they are sealed against writing, else a snapshot |
//! | make bytes that never change again, without a copy | [`Mapping::allocate_freezable`], [`ImmutableMapping::freeze`]; with the feature `bytes`, `bytes::Bytes` of it |
//! | tell the other side that bytes are ready | [`release_writes`], then your signal; after the signal arrived, [`acquire_writes`] |
//!
//! [`release_writes`]: SharedBuffer::release_writes
//! [`acquire_writes`]: SharedBuffer::acquire_writes
//!
//! # What a hostile peer can do
//!
//! It can change the bytes, always, and you will read something else than what was there a
//! moment ago. It can't make a copy of yours change after you checked it, can't take the
//! memory away by truncating it (the size is sealed), and can't make a call here panic,
//! except where a documented panic depends on an offset that you took from it: every such
//! call has a `try_` form. What remains is said in the guarantee table of the README.
//!
//! # Examples
//!
//! ```
//! use mapped_vmo::{Mapping, zx};
//!
//! let (mapping, vmo) = Mapping::allocate_with_name(4096, "greetings")?;
//! mapping.write_at(16, b"hello");
//!
//! // Somebody else maps the same VMO, in this process or in another one.
//! let flags = zx::VmarFlags::PERM_READ;
//! let reader = Mapping::create_from_vmo(&vmo, 4096, flags)?;
//! let mut word = [0; 5];
//! reader.read_at(16, &mut word);
//! assert_eq!(&word, b"hello");
//! # Ok::<(), zx::Status>(())
//! ```
#![deny(unsafe_code)]

pub mod fd;
mod fd_io;
mod futex;
mod growable;
mod guarded;
mod immutable;
mod mapping;
mod published;
mod read_only;

pub use growable::{GrowableMapping, GrowableView};
pub use guarded::{Guarded, GuardedError};
pub use immutable::{
    ImmutableMapping, ImmutableMappingError, TruncatedImmutableMapping,
    TruncatedImmutableMappingError,
};
pub use mapping::Mapping;
pub use published::WriterMapping;
pub use read_only::{ReadOnlyMapping, Writers};
pub use shared_buffer::{
    self, Access, AccessError, AtomicInt, ReadOnlyAtomic, ReadOnlyBuffer, SharedAtomic,
    SharedBuffer, SharedBufferSlice, SharedBufferSliceMut,
};
pub use zx;
