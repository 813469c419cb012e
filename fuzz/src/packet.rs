// SPDX-License-Identifier: MIT OR Apache-2.0
//! A packet that comes over a channel, with descriptors, from somebody who has the socket.

use core::mem::MaybeUninit;
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use vmo_ring::zx::{Channel, MessageBuf, Status, Vmo};

/// The first byte says how many descriptors come, the second one of which kinds; then the packet,
/// behind the first bytes of a good one if the third byte says so.
pub(crate) fn body(data: &[u8]) {
    let [count, kinds, good, rest @ ..] = data else {
        return;
    };
    let (ours, theirs) = Channel::create().expect("a channel");
    let theirs = OwnedFd::from(theirs);
    let vmo = OwnedFd::from(Vmo::create(4096).expect("memory"));
    let null = OwnedFd::from(std::fs::File::open("/dev/null").expect("a device"));
    let all = [vmo.as_fd(), theirs.as_fd(), null.as_fd(), vmo.as_fd()];
    let fds = (0..count & 7).map(|at| all[usize::from(kinds >> (at % 4 * 2)) & 3]);
    let fds: Vec<BorrowedFd<'_>> = fds.collect();
    let mut packet = b"vmo\x01".to_vec();
    packet.extend([count & 7, 0, 0, 0]);
    packet.truncate(usize::from(*good).min(8));
    packet.extend(rest);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    sendmsg(&theirs, &[IoSlice::new(&packet)], &mut control, flags).expect("room");
    let mut message = MessageBuf::new();
    if ours.read(&mut message).is_ok() {
        assert!(message.bytes().len() <= packet.len() && message.n_handles() <= fds.len());
        (0..=fds.len()).for_each(|index| drop(message.take_handle(index)));
    }
    assert_eq!(
        ours.read(&mut message),
        Err(Status::SHOULD_WAIT),
        "one packet, one message"
    );
}
