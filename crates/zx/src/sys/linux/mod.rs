// SPDX-License-Identifier: MIT OR Apache-2.0
//! Linux: memfd and seals are the VMO, mmap is the VMAR, errno becomes [`Status`].

mod adopt;
mod aio;
mod bytes;
mod copy;
mod creds;
mod errno;
mod eventfd;
mod events;
mod fork;
mod futex;
mod holes;
mod kind;
mod listener;
mod memfd;
mod mmap;
mod notifier;
mod peer;
mod place;
mod populate;
mod process;
mod receive;
mod seal;
mod socket;
mod some;
mod unread;
mod user;
mod wait;
mod writev;

pub(crate) use errno::status_of_errno;
pub(crate) use eventfd::Counter;
pub(crate) use events::Events;
pub(crate) use fork::{address_space, address_space_word};
pub(crate) use futex::{futex_wait, futex_wake};
pub(crate) use listener::{Listener, connect};
pub(crate) use memfd::Memory;
pub(crate) use mmap::{dont_fork, map, protect, root, unmap};
pub(crate) use populate::populate;
pub(crate) use process::Process;
pub(crate) use rustix::param::page_size;
pub(crate) use socket::Socket;
pub(crate) use user::{effective as user, is_one_user};
pub(crate) use wait::{sleep, wait, wait_many};
pub(crate) use writev::write_memory;

/// Closes a descriptor of which nothing is known, without waiting for whoever is behind it.
pub(crate) fn close_unknown(fd: std::os::fd::OwnedFd) {
    use std::os::fd::AsFd;
    let kind = kind::of(fd.as_fd());
    kind::close(fd, kind);
}

/// CLOCK_MONOTONIC, in nanoseconds.
pub(crate) fn monotonic_nanos() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec
        .saturating_mul(1_000_000_000)
        .saturating_add(now.tv_nsec)
}
