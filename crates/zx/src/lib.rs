// SPDX-License-Identifier: MIT OR Apache-2.0
//! Zircon's objects on Linux: VMOs, VMARs, handles, rights and [`Status`].
//!
//! The names and signatures are those of Fuchsia's crate `zx`, so that source written for it
//! compiles here; what stands behind them is Linux. A [`Vmo`] is a memfd whose size is
//! sealed, the root [`Vmar`] is the process's address space, a [`Handle`] is a descriptor
//! with [`Rights`] beside it.
//!
//! ```text
//!   your process                          another process
//!   ┌───────────────┐                     ┌───────────────┐
//!   │ Vmo           │      the memfd      │ Vmo           │
//!   │  └ descriptor ─┼──────►┌─────┐◄─────┼─ descriptor   │◄── Vmo::from_fd, the gate
//!   └───────────────┘       │pages│       └───────────────┘
//!                           └─────┘
//! ```
//!
//! | to | use |
//! |---|---|
//! | make memory | [`Vmo::create`], or [`Vmo::create_planned`] for more choice |
//! | give it away | [`OwnedFd::from`](std::os::fd::OwnedFd), or [`AsFd`](std::os::fd::AsFd) |
//! | take what somebody sent | [`Vmo::from_fd`] |
//! | copy bytes by system call | [`Vmo::read`], [`Vmo::write`] |
//! | send bytes and handles to another process | [`Channel`] |
//! | tell it that something happened | [`EventPair`] |
//! | meet one that you did not start | [`Listener`], [`Channel::connect`] |
//! | know that a process has ended | [`Process`], and [`EventPair::watch`], [`Channel::watch`] |
//! | wait for many things at once | [`object_wait_many`] |
//! | do so by an eventfd that others prescribe | [`EventFd`] |
//! | sleep until a word in shared memory changes | [`futex_wait`], [`futex_wake`] |
//! | give either to a program that you start | [`StartupHandles`], [`take_startup_handle`] |
//! | have the bytes in memory | `mapped_vmo::Mapping`, which stands on [`Vmar::map`] |
//!
//! What Zircon does and this crate does not is listed in PLATFORM.md, a row each.
//!
//! # Examples
//!
//! ```
//! use std::os::fd::OwnedFd;
//! use zx::{AdoptPolicy, Vmo};
//!
//! let vmo = Vmo::create(4096)?;
//! vmo.write(b"hello", 0)?;
//! // … the descriptor travels to another process, which trusts nobody:
//! let adopted = Vmo::from_fd(OwnedFd::from(vmo), AdoptPolicy::Strict).unwrap();
//! assert_eq!(adopted.read_to_array::<u8, 5>(0)?, *b"hello");
//! # Ok::<(), zx::Status>(())
//! ```
#![deny(unsafe_code)]

mod address;
mod address_space;
mod adopt;
#[cfg(feature = "tokio")]
pub mod async_io;
mod channel;
mod end;
mod eventfd;
mod eventpair;
mod futex;
mod handle;
mod in_flight;
mod listener;
mod message;
mod name;
mod object;
mod options;
mod process;
mod rights;
mod signals;
mod startup;
mod status;
mod sys;
mod time;
mod value;
mod vmar;
mod vmar_flags;
mod vmo;
mod wait;
mod watch;

pub use address::{Address, Admit};
pub use address_space::AddressSpace;
pub use adopt::{AdoptError, AdoptOptions, AdoptPolicy, FdKind, Tier};
pub use channel::{Channel, PeerCredentials};
pub use eventfd::EventFd;
pub use eventpair::EventPair;
pub use futex::{futex_wait, futex_wake};
pub use handle::{AsHandleRef, Handle, HandleBased, HandleRef, Unowned};
pub use listener::Listener;
pub use message::MessageBuf;
pub use name::{AsName, Name};
pub use object::ObjectType;
pub use options::{Extent, SealPlan, VmoOp, VmoOptions};
pub use process::{Process, address_space_number};
pub use rights::Rights;
pub use signals::{Signals, WaitResult};
pub use startup::{StartupHandles, take_startup_handle, take_startup_handle_with};
pub use status::{Status, ok};
pub use time::{MonotonicDuration, MonotonicInstant};
pub use value::FromBytes;
pub use vmar::{Vmar, VmarInfo, vmar_root_self};
pub use vmar_flags::VmarFlags;
pub use vmo::Vmo;
pub use wait::{WaitItem, object_wait_many};

/// The size of a page, in bytes: what sizes are rounded up to.
///
/// # Examples
///
/// ```
/// let page = u64::from(zx::system_get_page_size());
/// assert_eq!(zx::Vmo::create(1)?.get_size()?, page);
/// # Ok::<(), zx::Status>(())
/// ```
#[must_use]
pub fn system_get_page_size() -> u32 {
    // No kernel has pages of 4 GiB.
    u32::try_from(sys::page_size()).unwrap_or(u32::MAX)
}
