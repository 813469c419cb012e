// SPDX-License-Identifier: MIT OR Apache-2.0
//! One producer and one consumer, in every order of what each sees of the other one.
//!
//! | model | what it shows |
//! |---|---|
//! | `batch` | two messages that are shown at once come whole, over the end of the area too |
//! | `room` | a message is overwritten only after it was read |
//! | `forged` | what an earlier message left behind is never taken for a header |
//! | `consumer_sleeps`, `producer_sleeps` | no wake is lost, in two sleeps one after the other |
//! | `closing` | who is about to sleep learns that the other side has ended |
//!
//! The bell is one that the model checker knows: who waits for it for ever is a deadlock.

use std::sync::Arc;

use loom::sync::Notify;
use loom::thread;

use crate::memory::{Memory, Own, View, in_every_order};
use crate::protocol::area::{Area, OwnArea};
use crate::protocol::consumer::Consumer;
use crate::protocol::layout::{
    CONSUMER_STATE, CONTROL, Geometry, HEAD, Kind, PRODUCER_STATE, WANTED, header,
};
use crate::protocol::producer::Producer;
use crate::protocol::{Trouble, Wakes};

const CAPACITY: usize = 4096;

type Sends = Producer<Own, View>;
type Receives = Consumer<Own, View>;

/// Which words of the records are watched: headers, and payloads that nobody races for.
struct Watched<'a> {
    headers: &'a [usize],
    payloads: &'a [usize],
}

/// Both sides. All words of control are watched.
fn ring(watched: &Watched<'_>, wakes: Wakes) -> (Sends, Receives) {
    let geometry = Geometry::new(CAPACITY).unwrap();
    let mut records = Memory::new(geometry.area());
    for word in [PRODUCER_STATE, WANTED] {
        records = records.racing(word..word + 8);
    }
    for index in watched.headers {
        records = records.racing(CONTROL + index..CONTROL + index + 8);
    }
    for index in watched.payloads {
        records = records.guarded(CONTROL + index..CONTROL + index + 8);
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

/// Moves both sides to a position, with nothing between them.
fn go_to(producer: &mut Sends, consumer: &mut Receives, lens: &[usize]) {
    for len in lens {
        let room = producer.reserve(*len).unwrap();
        producer.commit(&room, *len).unwrap();
        producer.show().unwrap();
        let found = consumer.next().unwrap();
        consumer.consume(found).unwrap();
        consumer.show().unwrap();
    }
}

/// Sends two messages at once from a position; the other side takes them as they come.
fn batch(watched: &'static Watched<'static>, before: &'static [usize]) {
    in_every_order(3, move || {
        let (mut producer, mut consumer) = ring(watched, Wakes::Never);
        go_to(&mut producer, &mut consumer, before);
        let sends = thread::spawn(move || {
            stage(&mut producer, 40, 11).unwrap();
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
        assert_eq!(got, [(40, 11), (8, 22)]);
    });
}

#[test]
fn two_messages_shown_at_once_come_whole() {
    static WATCHED: Watched<'_> = Watched {
        headers: &[0, 48, 64],
        payloads: &[8, 56],
    };
    batch(&WATCHED, &[]);
}

#[test]
fn two_messages_come_whole_when_a_pad_is_before_them() {
    // 2040 and 2016 bytes: 40 are left at the end, and the record has 48.
    static WATCHED: Watched<'_> = Watched {
        headers: &[4056, 0, 48, 64],
        payloads: &[8, 56],
    };
    batch(&WATCHED, &[2032, 2008]);
}

#[test]
fn two_messages_come_whole_when_the_first_one_ends_with_the_area() {
    // 2040 and 2008 bytes: 48 are left.
    static WATCHED: Watched<'_> = Watched {
        headers: &[4048, 0, 16],
        payloads: &[4056, 8],
    };
    batch(&WATCHED, &[2032, 2000]);
}

#[test]
fn a_message_is_overwritten_only_after_it_was_read() {
    static WATCHED: Watched<'_> = Watched {
        headers: &[0, 2040, 4080],
        payloads: &[8],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::Never);
        // All that there is: the next one needs the first one's room.
        send(&mut producer, 2032, 11).unwrap();
        send(&mut producer, 2032, 22).unwrap();
        let receives = thread::spawn(move || {
            assert_eq!(receive(&mut consumer).unwrap().0, (2032, 11));
            consumer
        });
        let mut sent = send(&mut producer, 1900, 33);
        if sent == Err(Trouble::Wait) {
            thread::yield_now();
            sent = send(&mut producer, 1900, 33);
        }
        let mut consumer = receives.join().unwrap();
        if sent.is_err() {
            send(&mut producer, 1900, 33).unwrap();
        }
        assert_eq!(receive(&mut consumer).unwrap().0, (2032, 22));
        assert_eq!(receive(&mut consumer).unwrap().0, (1900, 33));
    });
}

#[test]
fn what_an_earlier_message_left_is_never_taken_for_a_header() {
    static WATCHED: Watched<'_> = Watched {
        headers: &[0, 16],
        payloads: &[8],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::Never);
        // A round of the area, with a header in a payload that is right for the next round.
        let room = producer.reserve(2032).unwrap();
        let forged = header(Kind::Message, 8, 4096 + 16);
        producer
            .own_mut()
            .write(room.offset + 8, &forged.to_le_bytes())
            .unwrap();
        producer.commit(&room, 2032).unwrap();
        producer.show().unwrap();
        let found = consumer.next().unwrap();
        consumer.consume(found).unwrap();
        go_to(&mut producer, &mut consumer, &[2032, 8]);
        // Both are at 4096 now.
        let sends = thread::spawn(move || {
            send(&mut producer, 8, 11).unwrap();
            producer
        });
        let mut got = Vec::new();
        for _ in 0..2 {
            match receive(&mut consumer) {
                Ok((message, _)) => got.push(message),
                Err(trouble) => assert_eq!(trouble, Trouble::Wait),
            }
        }
        let _producer = sends.join().unwrap();
        while let Ok((message, _)) = receive(&mut consumer) {
            got.push(message);
        }
        assert_eq!(got, [(8, 11)]);
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
        if consumer.arm()? {
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
        headers: &[0, 16, 32],
        payloads: &[8, 24],
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
        if producer.arm(len)? {
            bell.wait();
            producer.disarm()?;
        }
    }
}

#[test]
fn no_wake_of_the_producer_is_lost() {
    static WATCHED: Watched<'_> = Watched {
        headers: &[],
        payloads: &[8],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        send(&mut producer, 2032, 11).unwrap();
        send(&mut producer, 2032, 22).unwrap();
        let bell = Arc::new(Notify::new());
        let rings = Arc::clone(&bell);
        let receives = thread::spawn(move || {
            for first in [11, 22] {
                let (message, wake) = receive(&mut consumer).unwrap();
                assert_eq!(message, (2032, first));
                if wake {
                    rings.notify();
                }
            }
            if consumer.show().unwrap() {
                rings.notify();
            }
            consumer
        });
        send_asleep(&mut producer, 1900, &bell).unwrap();
        let mut consumer = receives.join().unwrap();
        assert_eq!(receive(&mut consumer).unwrap().0, (1900, 33));
    });
}

#[test]
fn the_producer_is_woken_when_there_is_just_the_room_that_it_needs() {
    static WATCHED: Watched<'_> = Watched {
        headers: &[],
        payloads: &[8],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        send(&mut producer, 2032, 11).unwrap();
        send(&mut producer, 2032, 22).unwrap();
        let bell = Arc::new(Notify::new());
        let rings = Arc::clone(&bell);
        let receives = thread::spawn(move || {
            // One message, and then it does something else.
            if receive(&mut consumer).unwrap().1 {
                rings.notify();
            }
            consumer
        });
        // 16 to the end, 2032 and the next header: with the 16 that are free, the first's.
        send_asleep(&mut producer, 2024, &bell).unwrap();
        let mut consumer = receives.join().unwrap();
        assert_eq!(receive(&mut consumer).unwrap().0, (2032, 22));
        assert_eq!(receive(&mut consumer).unwrap().0, (2024, 33));
    });
}

#[test]
fn the_producer_is_woken_from_each_of_two_sleeps() {
    static WATCHED: Watched<'_> = Watched {
        headers: &[0, 2040, 4080],
        payloads: &[],
    };
    in_every_order(2, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        send(&mut producer, 2032, 11).unwrap();
        send(&mut producer, 2032, 22).unwrap();
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
        send_asleep(&mut producer, 2032, &bell).unwrap();
        send_asleep(&mut producer, 2032, &bell).unwrap();
        receives.join().unwrap();
    });
}

#[test]
fn a_consumer_that_goes_to_sleep_learns_that_the_producer_ends() {
    static WATCHED: Watched<'_> = Watched {
        headers: &[0, 16],
        payloads: &[8],
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
        headers: &[],
        payloads: &[],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::IfItSleeps);
        send(&mut producer, 2032, 11).unwrap();
        send(&mut producer, 2032, 22).unwrap();
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
        headers: &[0],
        payloads: &[],
    };
    in_every_order(3, || {
        let (mut producer, mut consumer) = ring(&WATCHED, Wakes::Never);
        send(&mut producer, 2032, 11).unwrap();
        send(&mut producer, 2032, 22).unwrap();
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
