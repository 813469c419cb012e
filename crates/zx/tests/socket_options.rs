// SPDX-License-Identifier: MIT OR Apache-2.0
//! A socket whose maker asked for more than is sent. One test, because it counts what the
//! process has open.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    reason = "an option is set that rustix has no name for, and a test that fails may panic"
)]

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use zx::{Channel, EventPair, HandleBased, MessageBuf, Vmo};

const SO_PASSPIDFD: i32 = 76;

/// Sets an option; whether there is such a one.
fn set(socket: BorrowedFd<'_>, option: i32) -> bool {
    let on: i32 = 1;
    // SAFETY: the kernel reads four bytes, there.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            (&raw const on).cast(),
            4,
        )
    };
    result == 0
}

fn open() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn what_the_kernel_opens_with_each_packet_is_closed() {
    let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
    let (one, other) = socketpair(AddressFamily::UNIX, kind, flags, None).unwrap();
    for end in [one.as_fd(), other.as_fd()] {
        if !set(end, SO_PASSPIDFD) {
            eprintln!("SKIPPED: this kernel sends no pidfd with a packet");
            return;
        }
        assert!(set(end, libc::SO_PASSCRED) && set(end, libc::SO_TIMESTAMP));
    }
    let ours = Channel::from_fd(one).unwrap();
    let theirs = Channel::from_fd(other).unwrap();
    let mut message = MessageBuf::new();
    let before = open();
    for _ in 0..50 {
        let mut handles = vec![Vmo::create(4096).unwrap().into_handle()];
        ours.write(b"with a vmo", &mut handles).unwrap();
        theirs.read(&mut message).unwrap();
        assert_eq!(
            (message.bytes(), message.n_handles()),
            (&b"with a vmo"[..], 1)
        );
    }
    message.clear();
    let bell = EventPair::from_fd(theirs.into()).unwrap();
    for _ in 0..50 {
        ours.write(b"", &mut Vec::new()).unwrap();
        assert_eq!(bell.take(), Ok(true));
    }
    assert_eq!(open(), before);
}
