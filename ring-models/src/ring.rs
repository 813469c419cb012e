// SPDX-License-Identifier: MIT OR Apache-2.0
//! One producer and one consumer, in every order of what each sees of the other one.
//!
//! | model | what it shows |
//! |---|---|
//! | `batch` | two messages that are shown at once come whole, padded and in old slots too |
//! | `overwritten` | data and slots are overwritten only after they were read |
//! | `wake`, `woken` | no wake is lost, in two sleeps one after the other |
//! | `learns` | who is about to sleep learns that the other side has ended |
//!
//! The bell is one that the model checker knows: who waits for it for ever is a deadlock.

use std::sync::Arc;

use loom::sync::Notify;
use loom::thread;

use crate::memory::{Memory, Own, View, in_every_order};
use crate::protocol::area::{Area, OwnArea};
use crate::protocol::consumer::Consumer;
use crate::protocol::layout::{
    CONSUMER_STATE, CONTROL, Geometry, HEAD, PRODUCER_STATE, Place, WANTED,
};
use crate::protocol::producer::Producer;
use crate::protocol::{Sleeps, Trouble, Wakes};

const CAPACITY: usize = 4096;

type Sends = Producer<Own, View>;
type Receives = Consumer<Own, View>;

/// The longest message: a bit less than half of the ring.
const LONG: usize = CAPACITY / 2 - 64;

/// What is watched: the slots of messages, with the bytes in them; and words of the data.
/// Nobody races for bytes.
struct Watched<'a> {
    slots: &'a [u64],
    data: &'a [u64],
}

/// Both sides. All words of control are watched.
fn ring(watched: &Watched<'_>, wakes: Wakes) -> (Sends, Receives) {
    let geometry = Geometry::new(CAPACITY).unwrap();
    let mut records = Memory::new(geometry.area());
    for word in [PRODUCER_STATE, WANTED] {
        records = records.racing(word..word + 8);
    }
    for number in watched.slots {
        let slot = geometry.slot(*number);
        records = records.racing(slot..slot + 8).guarded(slot + 8..slot + 16);
    }
    for start in watched.data {
        let word = geometry.bytes(0, Place::Here, *start);
        records = records.guarded(word..word + 8);
    }
    let mut control = Memory::new(CONTROL);
    for word in [HEAD, CONSUMER_STATE] {
        control = control.racing(word..word + 8);
    }
    let (own, seen) = records.share();
    let (own_head, head) = control.share();
    let producer = Producer::new(own, head, geometry, wakes);
    (producer, Consumer::new(own_head, seen, geometry, wakes))
}

/// Stages a message of `len` bytes that begins with `first`.
fn stage(producer: &mut Sends, len: usize, first: u64) -> Result<(), Trouble> {
    let room = producer.reserve(len)?;
    producer
        .own_mut()
        .write(room.offset, &first.to_le_bytes()[..len.min(8)])?;
    producer.commit(&room, len)
}

fn send(producer: &mut Sends, len: usize, first: u64) -> Result<bool, Trouble> {
    stage(producer, len, first)?;
    producer.show()
}

/// Takes the next message: how long it is, how it begins; and whether to wake the producer.
fn receive(consumer: &mut Receives) -> Result<((usize, u64), bool), Trouble> {
    let found = consumer.next()?;
    let mut first = [0; 8];
    let part = found.len.min(8);
    consumer.peer().read(found.offset, &mut first[..part])?;
    let wake = consumer.consume(found)?;
    Ok(((found.len, u64::from_le_bytes(first)), wake))
}

/// Sends messages of these lengths through the ring.
fn go_on(producer: &mut Sends, consumer: &mut Receives, lens: impl IntoIterator<Item = usize>) {
    for len in lens {
        let room = producer.reserve(len).unwrap();
        producer.commit(&room, len).unwrap();
        producer.show().unwrap();
        let found = consumer.next().unwrap();
        consumer.consume(found).unwrap();
    }
}

/// After these messages two more, of which the first has `len` bytes, are shown at once; the
/// other side takes them as they come.
fn batch(
    watched: &'static Watched<'static>,
    before: impl Fn() -> Vec<usize> + Send + Sync + 'static,
    len: usize,
) {
    in_every_order(3, move || {
        let (mut producer, mut consumer) = ring(watched, Wakes::Never);
        go_on(&mut producer, &mut consumer, before());
        consumer.show().unwrap();
        let sends = thread::spawn(move || {
            stage(&mut producer, len, 11).unwrap();
            stage(&mut producer, 8, 22).unwrap();
            producer.show().unwrap();
            producer
        });
        let mut got = Vec::new();
        for _ in 0..3 {
            match receive(&mut consumer) {
                Ok((message, _)) => got.push(message),
                Err(trouble) => assert_eq!(trouble, Trouble::Wait),
            }
        }
        let _producer = sends.join().unwrap();
        while let Ok((message, _)) = receive(&mut consumer) {
            got.push(message);
        }
        assert_eq!(got, [(len, 11), (8, 22)]);
    });
}

#[test]
fn two_messages_shown_at_once_come_whole() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[0, 1, 2],
        data: &[0],
    };
    batch(&WATCHED, Vec::new, 40);
}

#[test]
fn two_messages_come_whole_when_the_first_one_is_at_the_start_again() {
    // One line is left at the end, and the message has two.
    static WATCHED: Watched<'_> = Watched {
        slots: &[3, 4, 5],
        data: &[0],
    };
    batch(&WATCHED, || vec![LONG, LONG, 64], 100);
}

#[test]
fn two_messages_come_whole_in_slots_that_others_had() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[63, 0, 1],
        data: &[4032],
    };
    batch(&WATCHED, || vec![8; 63], 40);
    batch(&WATCHED, || vec![8; 64], 7);
}

/// Sends a message that needs the room of those that the other thread takes.
fn send_as_soon_as_there_is_room(producer: &mut Sends, len: usize, first: u64) -> bool {
    let mut sent = send(producer, len, first);
    if sent == Err(Trouble::Wait) {
        thread::yield_now();
        sent = send(producer, len, first);
    }
    sent.is_ok()
}

#[test]
fn data_is_overwritten_only_after_it_was_read() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[],
        data: &[0],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::Never);
        send(&mut producer, LONG, 11).unwrap();
        send(&mut producer, LONG, 22).unwrap();
        let receives = thread::spawn(move || {
            assert_eq!(receive(&mut consumer).unwrap().0, (LONG, 11));
            consumer
        });
        let sent = send_as_soon_as_there_is_room(&mut producer, 1900, 33);
        let mut consumer = receives.join().unwrap();
        if !sent {
            send(&mut producer, 1900, 33).unwrap();
        }
        assert_eq!(receive(&mut consumer).unwrap().0, (LONG, 22));
        assert_eq!(receive(&mut consumer).unwrap().0, (1900, 33));
    });
}

#[test]
fn a_slot_is_overwritten_only_after_it_was_read() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[0],
        data: &[],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::Never);
        // All slots but one: the one after it is the first one's.
        for number in 0..63 {
            send(&mut producer, 8, number).unwrap();
        }
        let receives = thread::spawn(move || {
            for number in 0..8 {
                assert_eq!(receive(&mut consumer).unwrap().0, (8, number));
            }
            consumer
        });
        let mut sent = 63;
        while sent < 65 && send_as_soon_as_there_is_room(&mut producer, 8, sent) {
            sent += 1;
        }
        let mut consumer = receives.join().unwrap();
        for number in 8..sent {
            assert_eq!(receive(&mut consumer).unwrap().0, (8, number));
        }
    });
}

/// Receives one message, asleep until it is there.
fn receive_asleep(consumer: &mut Receives, bell: &Notify) -> Result<(usize, u64), Trouble> {
    loop {
        match receive(consumer) {
            Ok((message, _)) => return Ok(message),
            Err(Trouble::Wait) => {}
            Err(other) => return Err(other),
        }
        assert!(!consumer.show().unwrap(), "the producer never sleeps here");
        if consumer.arm(Sleeps::OnWord)? {
            bell.wait();
            consumer.disarm()?;
        } else {
            // What it saw there is there.
            return receive(consumer).map(|(message, _)| message);
        }
    }
}

#[test]
fn no_wake_of_the_consumer_is_lost() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[0, 1, 2],
        data: &[],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        let bell = Arc::new(Notify::new());
        let rings = Arc::clone(&bell);
        let sends = thread::spawn(move || {
            for first in [11, 22] {
                if send(&mut producer, 8, first).unwrap() {
                    rings.notify();
                }
            }
            producer
        });
        assert_eq!(receive_asleep(&mut consumer, &bell), Ok((8, 11)));
        assert_eq!(receive_asleep(&mut consumer, &bell), Ok((8, 22)));
        let _producer = sends.join().unwrap();
    });
}

/// Sends one message, asleep until there is room.
fn send_asleep(producer: &mut Sends, len: usize, bell: &Notify) -> Result<(), Trouble> {
    loop {
        match send(producer, len, 33) {
            Err(Trouble::Wait) => {}
            other => return other.map(|wake| assert!(!wake, "the consumer never sleeps here")),
        }
        if producer.arm(len, Sleeps::OnWord)? {
            bell.wait();
            producer.disarm()?;
        }
    }
}

#[test]
fn no_wake_of_the_producer_is_lost() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[],
        data: &[0],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        send(&mut producer, LONG, 11).unwrap();
        send(&mut producer, LONG, 22).unwrap();
        let bell = Arc::new(Notify::new());
        let rings = Arc::clone(&bell);
        let receives = thread::spawn(move || {
            for first in [11, 22] {
                let (message, wake) = receive(&mut consumer).unwrap();
                assert_eq!(message, (LONG, first));
                if wake {
                    rings.notify();
                }
            }
            if consumer.show().unwrap() {
                rings.notify();
            }
            consumer
        });
        send_asleep(&mut producer, 1800, &bell).unwrap();
        let mut consumer = receives.join().unwrap();
        assert_eq!(receive(&mut consumer).unwrap().0, (1800, 33));
    });
}

#[test]
fn the_producer_is_woken_when_there_is_just_the_room_that_it_needs() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[],
        data: &[0],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        send(&mut producer, LONG, 11).unwrap();
        send(&mut producer, LONG, 22).unwrap();
        let bell = Arc::new(Notify::new());
        let rings = Arc::clone(&bell);
        let receives = thread::spawn(move || {
            // One message, and then it does something else.
            if receive(&mut consumer).unwrap().1 {
                rings.notify();
            }
            consumer
        });
        // With the two lines at the end: the first one's room and not a line less.
        send_asleep(&mut producer, 1900, &bell).unwrap();
        let mut consumer = receives.join().unwrap();
        assert_eq!(receive(&mut consumer).unwrap().0, (LONG, 22));
        assert_eq!(receive(&mut consumer).unwrap().0, (1900, 33));
    });
}

#[test]
fn the_producer_is_woken_from_each_of_two_sleeps() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[0, 1, 2, 3],
        data: &[],
    };
    in_every_order(2, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        send(&mut producer, LONG, 11).unwrap();
        send(&mut producer, LONG, 22).unwrap();
        let bell = Arc::new(Notify::new());
        let rings = Arc::clone(&bell);
        let receives = thread::spawn(move || {
            let mut got = 0;
            while got < 4 {
                let (received, wake) = match receive(&mut consumer) {
                    Ok((_, wake)) => (1, wake),
                    Err(trouble) => {
                        assert_eq!(trouble, Trouble::Wait);
                        (0, consumer.show().unwrap())
                    }
                };
                got += received;
                if wake {
                    rings.notify();
                }
                if received == 0 {
                    thread::yield_now();
                }
            }
        });
        send_asleep(&mut producer, LONG, &bell).unwrap();
        send_asleep(&mut producer, LONG, &bell).unwrap();
        receives.join().unwrap();
    });
}

#[test]
fn a_consumer_that_goes_to_sleep_learns_that_the_producer_ends() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[0, 1],
        data: &[],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        let bell = Arc::new(Notify::new());
        let rings = Arc::clone(&bell);
        let sends = thread::spawn(move || {
            // The last one is staged only.
            stage(&mut producer, 8, 11).unwrap();
            if producer.close().unwrap() {
                rings.notify();
            }
        });
        assert_eq!(receive_asleep(&mut consumer, &bell), Ok((8, 11)));
        assert_eq!(receive_asleep(&mut consumer, &bell), Err(Trouble::Closed));
        sends.join().unwrap();
    });
}

#[test]
fn a_producer_that_goes_to_sleep_learns_that_the_consumer_ends() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[],
        data: &[],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        send(&mut producer, LONG, 11).unwrap();
        send(&mut producer, LONG, 22).unwrap();
        let bell = Arc::new(Notify::new());
        let rings = Arc::clone(&bell);
        let receives = thread::spawn(move || {
            consumer.close().unwrap();
            // The end of the bell, which the kernel tells.
            rings.notify();
        });
        assert_eq!(send_asleep(&mut producer, 100, &bell), Err(Trouble::Closed));
        receives.join().unwrap();
    });
}

#[test]
fn who_never_sleeps_learns_that_the_other_side_ends() {
    static WATCHED: Watched<'_> = Watched {
        slots: &[0],
        data: &[],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::Never);
        send(&mut producer, LONG, 11).unwrap();
        send(&mut producer, LONG, 22).unwrap();
        let receives = thread::spawn(move || consumer.close().unwrap());
        let mut end = send(&mut producer, 100, 33);
        while end == Err(Trouble::Wait) {
            thread::yield_now();
            end = send(&mut producer, 100, 33);
        }
        assert_eq!(end, Err(Trouble::Closed));
        receives.join().unwrap();
    });
}
