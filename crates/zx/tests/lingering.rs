// SPDX-License-Identifier: MIT OR Apache-2.0
//! Descriptors whose closing waits, sent by a peer to make this process wait: whatever becomes
//! of them, it waits for none.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::mem::MaybeUninit;
use core::time::Duration;
use std::io::{IoSlice, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sockopt};
use zx::{Address, Admit, Channel, EventPair, Listener, MessageBuf, MonotonicInstant, Status};

/// So long closing it waits, unless the other side reads or goes.
const LINGER: Duration = Duration::from_secs(8);

/// A connection whose closing waits, and the side that reads nothing.
fn lingering() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (other, _) = listener.accept().unwrap();
    one.set_nonblocking(true).unwrap();
    while one.write(&[0; 65_536]).is_ok() {}
    sockopt::set_socket_linger(&one, Some(LINGER)).unwrap();
    (one, other)
}

/// Sends it as the last of so many descriptors, and keeps none.
fn send(socket: impl AsFd, one: TcpStream, count: usize) {
    let null = std::fs::File::open("/dev/null").unwrap();
    let mut fds: Vec<BorrowedFd<'_>> = vec![null.as_fd(); count - 1];
    fds.push(one.as_fd());
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    let parts = [IoSlice::new(b"x")];
    rustix::net::sendmsg(socket, &parts, &mut control, SendFlags::DONTWAIT).unwrap();
}

/// The work does not wait for the connection that it is given.
fn assert_prompt(what: &str, work: impl FnOnce(TcpStream)) {
    let (one, _other) = lingering();
    let start = Instant::now();
    work(one);
    let took = start.elapsed();
    assert!(took < LINGER / 3, "{what}: {took:?}");
}

/// A name, who listens there, and who has connected.
fn meet(what: &str, admit: Admit) -> (Listener, Channel) {
    let name = format!("zx-test.{what}.{}", std::process::id());
    let address = Address::abstract_name(name).unwrap();
    let listener = Listener::bind_for(&address, admit).unwrap();
    let now = MonotonicInstant::INFINITE_PAST;
    let connected = Channel::connect(&address, &Admit::SameUser, now).unwrap();
    (listener, connected)
}

#[test]
fn closing_takes_time_as_these_tests_suppose() {
    let (one, other) = lingering();
    sockopt::set_socket_linger(&one, Some(Duration::from_secs(1))).unwrap();
    let start = Instant::now();
    drop(one);
    assert!(start.elapsed() >= Duration::from_millis(900));
    drop(other);
}

#[test]
fn a_bell_that_comes_with_one_is_taken_at_once() {
    assert_prompt("take", |one| {
        let (ours, theirs) = EventPair::create().unwrap();
        send(&theirs, one, 1);
        assert_eq!(ours.take(), Ok(true));
    });
}

#[test]
fn a_message_with_too_many_is_refused_at_once() {
    for count in [1, 65, 253] {
        assert_prompt("read", |one| {
            let (ours, theirs) = Channel::create().unwrap();
            send(&theirs, one, count);
            let read = ours.read(&mut MessageBuf::new());
            assert_eq!(read, Err(Status::IO_DATA_INTEGRITY), "{count}");
        });
    }
}

#[test]
fn an_end_with_one_in_its_queue_is_closed_at_once() {
    assert_prompt("channel", |one| {
        let (ours, theirs) = Channel::create().unwrap();
        send(&theirs, one, 1);
        drop(ours);
    });
    assert_prompt("event pair, the other end closed first", |one| {
        let (ours, theirs) = EventPair::create().unwrap();
        send(&theirs, one, 1);
        drop(theirs);
        drop(ours);
    });
}

#[test]
fn who_is_not_admitted_keeps_nobody_by_what_it_sends() {
    assert_prompt("refuse", |one| {
        let (listener, connected) = meet("refuse", Admit::Users(vec![1]));
        send(&connected, one, 1);
        let nobody = listener.try_accept().map(|_| ());
        assert_eq!(nobody, Err(Status::SHOULD_WAIT));
    });
}

#[test]
fn a_listener_goes_at_once_whatever_waits_to_be_accepted() {
    assert_prompt("listener", |one| {
        let (listener, connected) = meet("unaccepted", Admit::SameUser);
        send(&connected, one, 1);
        drop(listener);
    });
}
