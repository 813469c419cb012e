// SPDX-License-Identifier: MIT OR Apache-2.0
//! A side that sleeps is woken. It looks by itself too, ten times a second, so a wake that is lost
//! shows as a wait of a tenth of a second: many of them are told by the clock.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod pair;

use core::time::Duration;
use std::thread;
use std::time::Instant;

use pair::{pair, soon};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use vmo_ring::{Receiver, RingOptions, Sender, Waiting};

/// How often it goes wrong if it does, a tenth of a second each.
const TIMES: u32 = 60;
/// Far less than that, far more than it takes.
const LIMIT: Duration = Duration::from_secs(4);

fn at_once() -> RingOptions {
    let sleeps = Waiting::Sleep { spins: 0 };
    RingOptions::new().capacity(4096).waiting(sleeps)
}

#[test]
fn a_receiver_that_sleeps_is_woken_by_each_message() {
    let ((mut to, mut far_from), (mut far_to, mut from)) =
        (pair(at_once(), at_once()), pair(at_once(), at_once()));
    let other = thread::spawn(move || {
        let mut word = [0; 8];
        while far_from.recv(&mut word, soon()).is_ok() {
            far_to.send(&word, soon()).unwrap();
        }
        far_from.stats().sleeps
    });
    let start = Instant::now();
    for number in 0..u64::from(TIMES) {
        // Long enough for the other side to be asleep.
        thread::sleep(Duration::from_millis(1));
        to.send(&number.to_le_bytes(), soon()).unwrap();
        let mut word = [0; 8];
        from.recv(&mut word, soon()).unwrap();
        assert_eq!(u64::from_le_bytes(word), number);
    }
    let took = start.elapsed();
    assert!(took < LIMIT, "{took:?} for {TIMES} round trips");
    drop(to);
    // It slept, and did not turn round and round.
    let sleeps = other.join().unwrap();
    assert!(sleeps <= u64::from(TIMES) * 4, "{sleeps} sleeps");
}

#[test]
fn a_sender_that_sleeps_is_woken_by_room() {
    let (mut sender, mut receiver): (Sender, Receiver) = pair(at_once(), at_once());
    let other = thread::spawn(move || {
        let mut count = 0_u32;
        let mut message = Vec::new();
        loop {
            // Long enough for the other side to be asleep.
            thread::sleep(Duration::from_millis(1));
            match receiver.recv_to_vec(&mut message, soon()) {
                Ok(()) => count += 1,
                Err(_) => return count,
            }
        }
    });
    let start = Instant::now();
    // One at a time: two do not fit.
    let message = vec![7; sender.max_message()];
    for _ in 0..TIMES {
        sender.send(&message, soon()).unwrap();
    }
    let took = start.elapsed();
    assert!(took < LIMIT, "{took:?} for {TIMES} messages");
    let sleeps = sender.stats().sleeps;
    let expected = u64::from(TIMES) / 2..=u64::from(TIMES) * 4;
    assert!(expected.contains(&sleeps), "{sleeps} sleeps");
    drop(sender);
    assert_eq!(other.join().unwrap(), TIMES);
}

#[test]
fn a_side_that_polls_is_woken_by_the_bell_after_it_slept_on_a_word() {
    let ((mut to, mut receiver), (mut answers, mut from)) =
        (pair(at_once(), at_once()), pair(at_once(), at_once()));
    let other = thread::spawn(move || {
        for number in 0..TIMES {
            thread::sleep(Duration::from_millis(1));
            to.send(&number.to_le_bytes(), soon()).unwrap();
            from.recv(&mut [0; 4], soon()).unwrap();
        }
    });
    let start = Instant::now();
    let mut word = [0; 4];
    for number in 0..TIMES {
        if number % 2 == 0 {
            receiver.recv(&mut word, soon()).unwrap();
        } else {
            while receiver.try_recv(&mut word).is_err() {
                if receiver.arm().unwrap() {
                    poll_for_a_second(&receiver);
                }
            }
        }
        assert_eq!(u32::from_le_bytes(word), number);
        answers.send(&word, soon()).unwrap();
    }
    let took = start.elapsed();
    assert!(took < LIMIT, "{took:?} for {TIMES} messages");
    other.join().unwrap();
}

/// What a loop of events does with a descriptor.
fn poll_for_a_second(receiver: &Receiver) {
    let most = Timespec {
        tv_sec: 1,
        tv_nsec: 0,
    };
    poll(&mut [PollFd::new(receiver, PollFlags::IN)], Some(&most)).unwrap();
}

#[test]
fn a_sender_that_polls_is_woken_by_the_bell_after_it_slept_on_a_word() {
    let (mut sender, mut receiver) = pair(at_once(), at_once());
    let other = thread::spawn(move || {
        let mut message = Vec::new();
        for _ in 0..TIMES {
            thread::sleep(Duration::from_millis(1));
            receiver.recv_to_vec(&mut message, soon()).unwrap();
        }
    });
    let start = Instant::now();
    // One at a time: two do not fit.
    let message = vec![7; sender.max_message()];
    for number in 0..TIMES {
        if number % 2 == 0 {
            sender.send(&message, soon()).unwrap();
        } else {
            while sender.try_send(&message).is_err() {
                if sender.arm(message.len()).unwrap() {
                    let most = Timespec {
                        tv_sec: 1,
                        tv_nsec: 0,
                    };
                    let fd = PollFd::new(&sender, PollFlags::IN);
                    poll(&mut [fd], Some(&most)).unwrap();
                }
            }
        }
    }
    let took = start.elapsed();
    assert!(took < LIMIT, "{took:?} for {TIMES} messages");
    other.join().unwrap();
}
