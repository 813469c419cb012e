// SPDX-License-Identifier: MIT OR Apache-2.0
//! Adding to an eventfd without ever waiting for room: the kernel itself does it, when an
//! asynchronous read completes (io_submit(2), `IOCB_FLAG_RESFD`).
//!
//! ```text
//!   io_submit: read 0 bytes of an empty file of ours
//!      └─ completes before the call returns
//!           ├─ eventfd_signal: adds 1, or nothing where the counter is at its end
//!           └─ an event in a ring of ours, which nobody wants: dropped when it is full
//! ```
//!
//! `write(2)` waits for room unless `O_NONBLOCK` is set on the description, which the peer
//! shares and can change at any moment; a kernel that signals can't wait, so it does not.
#![allow(unsafe_code, reason = "the calls of Linux AIO, which rustix lacks")]

use core::ffi::{c_long, c_ulong};
use core::mem::MaybeUninit;
use core::ptr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::OnceLock;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;

use super::fork::address_space;

/// What is done with a file: read.
const PREAD: u16 = 0;

/// Says that `resfd` is an eventfd to be signalled on completion.
const RESFD: u32 = 1;

/// How many completions may lie in the ring at least. The kernel makes it a page or two.
const EVENTS: c_long = 64;

/// How often a full ring is emptied for one signal: each time, other threads of this process
/// have filled it again in between.
const TRIES: u32 = 1000;

/// `struct iocb` of linux/aio_abi.h. On big-endian machines `key` and `rw_flags` change
/// places; both are 0 here.
#[repr(C)]
#[derive(Default)]
struct Request {
    data: u64,
    key: u32,
    rw_flags: u32,
    opcode: u16,
    priority: i16,
    fd: u32,
    buffer: u64,
    len: u64,
    offset: i64,
    reserved: u64,
    flags: u32,
    resfd: u32,
}

/// `struct io_event`: nobody looks into one.
type Event = MaybeUninit<[u64; 4]>;

/// A ring of completions.
///
/// # Invariants
///
/// - **ours**: `id` was given by io_setup in the address space `space`. In another one (a
///   child's, after a fork) it means nothing, and the kernel answers `EINVAL`.
/// - **empty**: `file` has no bytes, and no one but this process has it.
#[derive(Debug)]
struct Context {
    id: c_ulong,
    space: u64,
    file: OwnedFd,
    /// That of a child, which inherits this one and can't use it.
    next: OnceLock<Box<Context>>,
}

/// One for the process: taking a context down takes the kernel some 30 ms.
static FIRST: OnceLock<Box<Context>> = OnceLock::new();

/// Adds 1 to the counter of the eventfd `fd`, or nothing if that is at its end. Never waits.
///
/// # Errors
///
/// `INVAL` if it is no eventfd; what io_setup and io_submit answer where they can't be had.
pub(super) fn signal(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let context = Context::current()?;
    for _ in 0..TRIES {
        match context.submit(fd) {
            Err(Errno::AGAIN) => context.reap()?,
            done => return done,
        }
    }
    Err(Errno::AGAIN)
}

impl Context {
    /// The one of this address space, made if there is none yet.
    fn current() -> Result<&'static Self, Errno> {
        let space = address_space();
        let mut slot = &FIRST;
        loop {
            match slot.get() {
                Some(context) if context.space == space => return Ok(context),
                Some(inherited) => slot = &inherited.next,
                None => {
                    // Where another thread is faster, its context is used and this one goes.
                    let _ = slot.set(Box::new(Self::new(space)?));
                }
            }
        }
    }

    fn new(space: u64) -> Result<Self, Errno> {
        let file = memfd_create("vmo-notify", MemfdFlags::CLOEXEC)?;
        let mut id: c_ulong = 0;
        // SAFETY: the kernel writes one number to `id`, which is 0 as it asks, and maps its
        // ring where nothing is.
        let made = unsafe { libc::syscall(libc::SYS_io_setup, EVENTS, &raw mut id) };
        check(made)?;
        let next = OnceLock::new();
        Ok(Self {
            id,
            space,
            file,
            next,
        })
    }

    /// Has `fd` signalled. `AGAIN` where the ring has no room for the completion.
    fn submit(&self, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        let mut request = Request {
            opcode: PREAD,
            fd: number(self.file.as_raw_fd())?,
            flags: RESFD,
            resfd: number(fd.as_raw_fd())?,
            ..Request::default()
        };
        let mut list = [&raw mut request];
        let one: c_long = 1;
        // SAFETY: `list` has one pointer, to a request that outlives the call; the kernel
        // reads both, and writes the request's `key`. The request reads 0 bytes: no buffer is
        // touched, now or later.
        let taken = unsafe { libc::syscall(libc::SYS_io_submit, self.id, one, list.as_mut_ptr()) };
        check(taken)
    }

    /// Drops completions, as many as are there and fit.
    fn reap(&self) -> Result<(), Errno> {
        let mut events: [Event; 64] = [MaybeUninit::uninit(); 64];
        let (at_least, at_most): (c_long, c_long) = (0, 64);
        let (into, no_timeout) = (events.as_mut_ptr(), ptr::null::<libc::timespec>());
        // SAFETY: the kernel writes at most 64 events to `events`, which has room for them.
        // For none at least it waits for none, so it needs no timeout.
        let reaped = unsafe {
            libc::syscall(
                libc::SYS_io_getevents,
                self.id,
                at_least,
                at_most,
                into,
                no_timeout,
            )
        };
        match check(reaped) {
            Err(Errno::INTR) => Ok(()),
            other => other,
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: ours: it goes once; nothing of it is under way, as each request completes
        // within its call.
        let gone = unsafe { libc::syscall(libc::SYS_io_destroy, self.id) };
        debug_assert_eq!(gone, 0, "a context was not taken down");
    }
}

/// A descriptor as AIO writes it.
fn number(fd: RawFd) -> Result<u32, Errno> {
    u32::try_from(fd).map_err(|_| Errno::BADF)
}

/// What a call answered.
fn check(answer: c_long) -> Result<(), Errno> {
    if answer >= 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    Err(Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{EventfdFlags, eventfd};
    use std::os::fd::AsFd;

    #[test]
    fn the_ring_is_emptied_when_it_is_full_and_no_signal_is_lost() {
        let counter = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
        for _ in 0..5000 {
            signal(counter.as_fd()).unwrap();
        }
        let mut count = [0; 8];
        rustix::io::read(&counter, &mut count).unwrap();
        assert_eq!(u64::from_ne_bytes(count), 5000);
    }

    #[test]
    fn what_is_no_eventfd_is_told() {
        let file = memfd_create("x", MemfdFlags::CLOEXEC).unwrap();
        assert_eq!(signal(file.as_fd()), Err(Errno::INVAL));
    }
}
