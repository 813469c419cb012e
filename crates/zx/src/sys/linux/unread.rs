// SPDX-License-Identifier: MIT OR Apache-2.0
//! Closing a socket that has descriptors in its queue.
//!
//! The kernel closes them with it, in the thread that closes it, and closing one of them can
//! wait for as long as a hostile peer likes: a TCP connection with `SO_LINGER` whose other side
//! reads nothing. So a thread of its own does that.
#![allow(
    unsafe_code,
    reason = "a descriptor is moved out of what is being dropped"
)]

use core::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::kind;

/// A socket that is closed without waiting for what is in its queue.
///
/// A descriptor that arrives between the look and the close is not seen. Where nobody else has
/// the socket, shut it down first: then none arrives.
#[derive(Debug)]
pub(super) struct Queue(ManuallyDrop<OwnedFd>);

impl Queue {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self(ManuallyDrop::new(socket))
    }
}

impl From<Queue> for OwnedFd {
    fn from(queue: Queue) -> Self {
        let mut queue = ManuallyDrop::new(queue);
        // SAFETY: the queue is not dropped, nor used any more: this is the only time.
        unsafe { ManuallyDrop::take(&mut queue.0) }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: it is being dropped, so this is the only time.
        let socket = unsafe { ManuallyDrop::take(&mut self.0) };
        if has_descriptors(socket.as_fd()) {
            kind::close_apart(socket);
        }
    }
}

impl AsFd for Queue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether descriptors are in the queue, or in those of connections that nobody accepted.
/// Where the kernel does not tell: as if.
fn has_descriptors(socket: BorrowedFd<'_>) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(socket, PollFlags::IN)];
    let [polled] = match poll(&mut polled, Some(&Timespec::default())) {
        Ok(0) => return false,
        _ => polled,
    };
    if !polled.revents().contains(PollFlags::IN) {
        return false;
    }
    let path = format!("/proc/self/fdinfo/{}", socket.as_raw_fd());
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut counts = text
        .lines()
        .filter_map(|line| line.strip_prefix("scm_fds:"));
    counts.next().is_none_or(|count| count.trim() != "0")
}
