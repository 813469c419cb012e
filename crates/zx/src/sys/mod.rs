// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the objects ask of the kernel, and the one place where the kernel is chosen.
//!
//! | item | is |
//! |---|---|
//! | `Memory` | a VMO as the kernel knows it: a descriptor, and what of its seals can't change |
//! | `Memory::{create, adopt, duplicate}` | the only ways to one |
//! | `Memory::{size, set_size, read, write, commit, zero, next_data}` | its bytes, by system call: never a fault |
//! | `Memory::{read_some, write_some, can_grow}` | as many as are there, where the size can change |
//! | `Memory::{freeze, publish, tier}` | its seals |
//! | `Socket` | one end of a channel: packets and descriptors, by system call that never waits |
//! | `Listener`, `connect` | channels to processes that know a name |
//! | `user`, `is_one_user` | who this is, and whether a number says who another one is |
//! | `Events` | that something happens to a socket, whatever is the case with it |
//! | `Process` | a process, by what stays with it when its number goes to another one |
//! | `sleep`, `wait`, `wait_many` | the only calls that wait, until a deadline |
//! | `Counter` | an eventfd, by system call that never waits though a peer shares it |
//! | `map`, `unmap`, `protect`, `populate`, `dont_fork`, `root` | the address space |
//! | `write_memory` | bytes to an address, where a page may be missing |
//! | `address_space` | which side of a fork this is |
//! | `futex_wait`, `futex_wake` | to sleep until a word changes, by its address |
//! | `status_of_errno`, `page_size` | what it takes to talk |
//!
//! Rights and ranges are checked by the caller; what the kernel alone can know, here.

#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(not(target_os = "linux"), path = "unsupported.rs")]
mod kernel;

pub(crate) use kernel::{
    Counter, Events, Listener, Memory, Process, Socket, address_space, address_space_word,
    close_unknown, connect, dont_fork, futex_wait, futex_wake, is_one_user, map, monotonic_nanos,
    page_size, populate, protect, root, sleep, status_of_errno, unmap, user, wait, wait_many,
    write_memory,
};

use crate::{Extent, Name, SealPlan};

/// What to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'a> {
    /// What tools show.
    pub(crate) name: &'a Name,
    /// Which seals.
    pub(crate) seals: SealPlan,
    /// Where the memory ends.
    pub(crate) extent: Extent,
    /// In bytes.
    pub(crate) size: u64,
}

/// What a foreign descriptor turned out to be.
#[derive(Debug)]
pub(crate) struct Adopted {
    /// The VMO.
    pub(crate) memory: Memory,
    /// Whether the descriptor's mode and the seals permit to write.
    pub(crate) writable: bool,
    /// The exact size of the file.
    pub(crate) content_size: u64,
}

/// Who can find a listener that has a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Processes of its user.
    Owner,
    /// All that can enter the directory.
    Everybody,
}

/// How many handles one message carries.
pub(crate) const MAX_HANDLES: usize = 64;

/// What came in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    /// How many bytes.
    pub(crate) len: usize,
    /// Whether it was all of it, bytes and descriptors.
    pub(crate) whole: bool,
}

bitflags::bitflags! {
    /// What is the case with a socket.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Ready: u32 {
        /// A packet is there.
        const READABLE = 1 << 0;
        /// There is room for one.
        const WRITABLE = 1 << 1;
        /// The other end is closed.
        const CLOSED = 1 << 2;
    }
}

/// What is waited on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    /// A socket, and the process whose end closes it too.
    Socket(&'a Socket, Option<&'a Process>),
    /// A process: `CLOSED` when it has ended.
    Process(&'a Process),
}

/// Something that is waited on, what for, and what came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awaited<'a> {
    /// What is waited on.
    pub(crate) on: Source<'a>,
    /// What for.
    pub(crate) interest: Ready,
    /// What is the case with it.
    pub(crate) ready: Ready,
}

impl<'a> Awaited<'a> {
    /// Not yet looked at.
    pub(crate) fn new(on: Source<'a>, interest: Ready) -> Self {
        let ready = Ready::empty();
        Self {
            on,
            interest,
            ready,
        }
    }

    /// Whether something that is waited for is the case.
    pub(crate) fn is_met(&self) -> bool {
        self.ready.intersects(self.interest)
    }

    /// Whether nothing can come any more that is not there.
    pub(crate) fn is_closed(&self) -> bool {
        self.ready.contains(Ready::CLOSED)
    }
}

/// Where and how to map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    /// The first byte of the VMO: a multiple of the page.
    pub(crate) offset: u64,
    /// A multiple of the page, not 0.
    pub(crate) len: usize,
    /// What the pages permit.
    pub(crate) prot: Prot,
    /// Where they go.
    pub(crate) at: At,
}

/// An address to map at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    /// The kernel's choice, at a multiple of this power of two (a page at least).
    Anywhere {
        /// In bytes.
        align: usize,
    },
    /// This one, or an error if something is there.
    Exactly(usize),
}

/// What pages permit. Executing is never among it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prot {
    /// Nothing.
    None,
    /// Loads.
    Read,
    /// Loads and stores.
    ReadWrite,
}
