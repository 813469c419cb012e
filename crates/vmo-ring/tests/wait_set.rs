// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many senders, one receiver: a ring each, one wait.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod pair;

use std::thread;

use pair::{NEVER, after, pair, soon};
use vmo_ring::{RingError, RingKey, RingOptions, Sender, WaitSet, Waiting};

fn set(count: usize, options: RingOptions) -> (WaitSet, Vec<(RingKey, Sender)>) {
    let mut set = WaitSet::new();
    let senders = (0..count).map(|_| {
        let (sender, receiver) = pair(options, options);
        (set.insert(receiver), sender)
    });
    let senders = senders.collect();
    (set, senders)
}

fn small() -> RingOptions {
    RingOptions::new().capacity(4096)
}

#[test]
fn every_message_of_many_senders_arrives_once_and_in_the_order_of_its_sender() {
    const MESSAGES: u64 = 2000;
    for waiting in [Waiting::Sleep { spins: 0 }, Waiting::Sleep { spins: 500 }] {
        let (mut set, senders) = set(8, small().waiting(waiting));
        let mut next: Vec<(RingKey, u64)> = senders.iter().map(|(key, _)| (*key, 0)).collect();
        let threads = senders.into_iter().map(|(_, mut sender)| {
            thread::spawn(move || {
                for number in 0..MESSAGES {
                    sender.send(&number.to_le_bytes(), soon()).unwrap();
                }
            })
        });
        let threads: Vec<_> = threads.collect();
        while !set.is_empty() {
            let key = set.wait(soon()).unwrap();
            let mut word = [0; 8];
            match set.get_mut(key).unwrap().try_recv(&mut word) {
                Ok(8) => {
                    let (_, expected) = next.iter_mut().find(|(known, _)| *known == key).unwrap();
                    assert_eq!(u64::from_le_bytes(word), *expected);
                    *expected += 1;
                }
                Err(RingError::PeerClosed) => drop(set.remove(key).unwrap()),
                other => panic!("{other:?}"),
            }
        }
        assert!(next.iter().all(|(_, count)| *count == MESSAGES));
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

#[test]
fn one_that_sends_without_end_keeps_no_other_one_waiting() {
    let (mut set, mut senders) = set(3, small());
    let fill = |sender: &mut Sender| while sender.try_send(b"noise").is_ok() {};
    let (quiet, _) = senders[2];
    for (_, sender) in &mut senders[..2] {
        fill(sender);
    }
    senders[2].1.try_send(b"a word").unwrap();
    let mut served = Vec::new();
    for _ in 0..3 {
        let key = set.wait(soon()).unwrap();
        set.get_mut(key).unwrap().try_recv(&mut [0; 16]).unwrap();
        senders
            .iter_mut()
            .filter(|(known, _)| *known == key)
            .for_each(|(_, sender)| fill(sender));
        served.push(key);
    }
    assert!(served.contains(&quiet), "{served:?}");
}

#[test]
fn a_wait_ends_at_its_deadline_and_when_a_ring_ends() {
    let (mut set, mut senders) = set(2, small().waiting(Waiting::Sleep { spins: 0 }));
    assert_eq!(set.wait(NEVER), Err(RingError::TimedOut));
    assert_eq!(set.wait(after(20)), Err(RingError::TimedOut));
    let (key, sender) = senders.pop().unwrap();
    let other = thread::spawn(move || {
        thread::sleep(core::time::Duration::from_millis(20));
        drop(sender);
    });
    assert_eq!(set.wait(soon()), Ok(key));
    other.join().unwrap();
    let end = set.get_mut(key).unwrap().try_recv(&mut []);
    assert_eq!(end, Err(RingError::PeerClosed));
    assert!(set.remove(key).is_some());
    assert_eq!(set.try_ready(), Err(RingError::WouldBlock));
    assert_eq!(set.len(), 1);
}

#[test]
fn a_sender_that_never_rings_is_heard() {
    let spins = small().waiting(Waiting::Spin);
    let sleeps = small().waiting(Waiting::Sleep { spins: 0 });
    let (mut sender, receiver) = pair(spins, sleeps);
    let mut set = WaitSet::new();
    let key = set.insert(receiver);
    let other = thread::spawn(move || {
        thread::sleep(core::time::Duration::from_millis(20));
        sender.try_send(b"no bell").unwrap();
        assert_eq!(sender.stats().wakes, 0);
        sender
    });
    let start = std::time::Instant::now();
    assert_eq!(set.wait(soon()), Ok(key));
    assert!(start.elapsed() < core::time::Duration::from_secs(10), "by the deadline only");
    drop(other.join().unwrap());
}

#[test]
fn nobody_to_wait_for_is_an_error() {
    let mut set = WaitSet::new();
    let none = set.wait(soon()).unwrap_err();
    assert_eq!(none.status(), vmo_ring::zx::Status::INVALID_ARGS);
}
