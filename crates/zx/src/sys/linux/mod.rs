// SPDX-License-Identifier: MIT OR Apache-2.0
//! Linux: memfd and seals are the VMO, mmap is the VMAR, errno becomes [`Status`].

mod adopt;
mod bytes;
mod copy;
mod errno;
mod fork;
mod holes;
mod kind;
mod memfd;
mod mmap;
mod populate;
mod seal;
mod some;
mod writev;

pub(crate) use errno::status_of_errno;
pub(crate) use fork::address_space;
pub(crate) use memfd::Memory;
pub(crate) use mmap::{dont_fork, map, protect, root, unmap};
pub(crate) use populate::populate;
pub(crate) use rustix::param::page_size;
pub(crate) use writev::write_memory;
