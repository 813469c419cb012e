// SPDX-License-Identifier: MIT OR Apache-2.0
//! Deadlines are kept, whatever the other side does; who sleeps is woken, who ends is noticed.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod pair;

use core::time::Duration;
use std::os::fd::AsFd;
use std::time::Instant;

use pair::{after, bytes, pair, soon};
use vmo_ring::zx::MonotonicInstant;
use vmo_ring::{Receiver, RingError, RingOptions, Sender, Waiting};

const SMALL: RingOptions = RingOptions::new().capacity(4096);
const WAYS: [Waiting; 4] = [
    Waiting::Sleep { spins: 0 },
    Waiting::Sleep { spins: 2000 },
    Waiting::Sleep { spins: u32::MAX },
    Waiting::Spin,
];

/// All pairs of ways to wait.
fn pairs() -> impl Iterator<Item = (RingOptions, RingOptions)> {
    let with = |waiting| SMALL.waiting(waiting);
    WAYS.iter()
        .flat_map(move |one| WAYS.iter().map(move |other| (with(*one), with(*other))))
}

fn fill(sender: &mut Sender) -> u32 {
    let mut sent = 0;
    while sender.try_send(&[7; 100]).is_ok() {
        sent += 1;
    }
    assert!(sent > 0);
    sent
}

/// Runs `call`, which is to say `TimedOut` in 20 ms and not much more.
fn times_out<T: core::fmt::Debug>(call: impl FnOnce(MonotonicInstant) -> Result<T, RingError>) {
    let start = Instant::now();
    let error = call(after(20)).unwrap_err();
    let took = start.elapsed();
    assert_eq!(error, RingError::TimedOut);
    assert!(took >= Duration::from_millis(19), "too early: {took:?}");
    assert!(took < Duration::from_millis(900), "too late: {took:?}");
}

#[test]
fn a_deadline_is_kept_by_every_way_to_wait() {
    for (sends, receives) in pairs() {
        let (mut sender, mut receiver) = pair(sends, receives);
        times_out(|deadline| receiver.recv(&mut [0; 8], deadline));
        times_out(|deadline| receiver.peek(deadline).map(|message| message.len()));
        fill(&mut sender);
        times_out(|deadline| sender.send(&[7; 100], deadline));
        times_out(|deadline| sender.reserve(100, deadline).map(|room| room.len()));
    }
}

/// Sends `count` messages of growing length, and sees whether they come as they were.
fn through(sends: RingOptions, receives: RingOptions, count: u64) {
    let (mut sender, mut receiver) = pair(sends, receives);
    let len = |n: u64| usize::try_from(n * 37 % 900).unwrap();
    let reader = std::thread::spawn(move || {
        let mut got = Vec::new();
        for n in 0..count {
            receiver.recv_to_vec(&mut got, soon()).unwrap();
            assert!(got == bytes(n, len(n)), "message {n}: not as sent");
        }
        assert_eq!(
            receiver.recv_to_vec(&mut got, soon()),
            Err(RingError::PeerClosed)
        );
        receiver.stats()
    });
    for n in 0..count {
        sender.send(&bytes(n, len(n)), soon()).unwrap();
    }
    let sent = sender.stats();
    drop(sender);
    let received = reader.join().unwrap();
    assert_eq!(
        (sent.messages, sent.bytes),
        (received.messages, received.bytes)
    );
}

#[test]
fn two_threads_that_wait_in_any_way_lose_nothing() {
    for (sends, receives) in pairs() {
        through(sends, receives, 3000);
    }
}

/// What a side says that waits while `end` ends the other one, 20 ms later.
fn ends_within_a_second(call: impl FnOnce() -> RingError, end: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            end();
        });
        let start = Instant::now();
        assert_eq!(call(), RingError::PeerClosed);
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
    });
}

#[test]
fn a_receiver_that_waits_notices_that_the_sender_was_dropped() {
    for (sends, receives) in pairs() {
        let (sender, mut receiver) = pair(sends, receives);
        ends_within_a_second(
            || receiver.recv(&mut [], soon()).unwrap_err(),
            || drop(sender),
        );
        assert_eq!(receiver.recv(&mut [], soon()), Err(RingError::PeerClosed));
    }
}

#[test]
fn a_sender_that_waits_for_room_notices_that_the_receiver_was_dropped() {
    for (sends, receives) in pairs() {
        let (mut sender, receiver) = pair(sends, receives);
        fill(&mut sender);
        ends_within_a_second(
            || sender.send(&[7; 100], soon()).unwrap_err(),
            || drop(receiver),
        );
        // For ever, by every call.
        assert_eq!(sender.try_send(b""), Err(RingError::PeerClosed));
        assert_eq!(sender.try_stage(b""), Err(RingError::PeerClosed));
        assert_eq!(sender.publish(), Err(RingError::PeerClosed));
        assert_eq!(sender.arm(1), Err(RingError::PeerClosed));
        assert_eq!(sender.try_reserve(1).unwrap_err(), RingError::PeerClosed);
    }
}

#[test]
fn a_full_ring_whose_receiver_was_dropped_is_closed_and_not_full() {
    let (mut sender, receiver) = pair(SMALL, SMALL);
    fill(&mut sender);
    drop(receiver);
    assert_eq!(sender.try_stage(&[7; 100]), Err(RingError::PeerClosed));
}

/// Whether the descriptor is readable within a second: somebody rang.
fn rings(side: &impl AsFd) -> bool {
    let bell = side.as_fd().try_clone_to_owned().unwrap();
    let bell = vmo_ring::zx::EventPair::from_fd(bell).unwrap();
    let signalled = vmo_ring::zx::Signals::EVENTPAIR_SIGNALED;
    bell.wait_one(signalled, after(1000)).is_ok()
}

#[test]
fn an_armed_side_is_rung_when_there_is_something_to_do() {
    let (mut sender, mut receiver) = pair(SMALL, SMALL);
    for _ in 0..100 {
        assert!(receiver.arm().unwrap());
        sender.try_send(b"hello").unwrap();
        assert!(rings(&receiver), "the receiver was not rung");
        assert!(!receiver.arm().unwrap());
        let sent = fill(&mut sender) + 1;
        assert!(sender.arm(100).unwrap());
        for _ in 0..sent {
            receiver.try_recv(&mut [0; 100]).unwrap();
        }
        assert_eq!(receiver.try_recv(&mut [0; 100]), Err(RingError::WouldBlock));
        assert!(rings(&sender), "the sender was not rung");
        assert!(!sender.arm(100).unwrap());
    }
}

#[test]
fn one_sleep_is_rung_once_and_who_is_awake_is_not() {
    let (mut sender, mut receiver): (Sender, Receiver) = pair(SMALL, SMALL);
    sender.try_send(b"awake").unwrap();
    assert_eq!(sender.stats().wakes, 0);
    receiver.try_recv(&mut [0; 8]).unwrap();
    assert!(receiver.arm().unwrap());
    for _ in 0..10 {
        sender.try_send(b"asleep").unwrap();
    }
    assert_eq!(sender.stats().wakes, 1);
}

#[test]
fn a_side_that_only_spins_never_rings() {
    let (spins, sleeps) = (SMALL.waiting(Waiting::Spin), SMALL);
    let (mut sender, mut receiver) = pair(spins, sleeps);
    assert!(receiver.arm().unwrap());
    fill(&mut sender);
    assert_eq!(
        sender.stats().wakes,
        0,
        "a sender that spins made a system call"
    );
    let (mut sender, mut receiver) = pair(sleeps, spins);
    let sent = fill(&mut sender);
    assert!(sender.arm(100).unwrap());
    for _ in 0..sent {
        receiver.try_recv(&mut [0; 100]).unwrap();
    }
    assert_eq!(receiver.try_recv(&mut [0; 100]), Err(RingError::WouldBlock));
    assert_eq!(
        receiver.stats().wakes,
        0,
        "a receiver that spins made a system call"
    );
}
