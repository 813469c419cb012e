// SPDX-License-Identifier: MIT OR Apache-2.0
//! One writer, many readers: who is slow is told so, and nobody else is.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod child;

use core::time::Duration;
use std::time::Instant;

use child::{after_millis, fill, finish, length, part, soon, start};
use proptest::prelude::*;
use vmo_ring::zx::{HandleBased, MonotonicInstant};
use vmo_ring::{BroadcastReader, BroadcastWriter, RingError, RingOptions, Waiting, WakeReaders};

const CAPACITY: usize = 4096;

fn options() -> RingOptions {
    RingOptions::new().capacity(CAPACITY)
}

fn pair() -> (BroadcastWriter, BroadcastReader) {
    let (writer, vmo) = BroadcastWriter::allocate(options(), WakeReaders::Never).unwrap();
    let reader = BroadcastReader::open(&vmo, options()).unwrap();
    (writer, reader)
}

/// Reads until the writer says that it has ended; checks each message and the count. How many
/// were lost.
fn follow(reader: &mut BroadcastReader, mut pause: impl FnMut(u64)) -> u64 {
    let (mut message, mut expected) = (Vec::new(), Vec::new());
    loop {
        let number = reader.next_number();
        match reader.recv_to_vec(&mut message, soon()) {
            Ok(()) => {
                fill(number, length(number), &mut expected);
                assert_eq!(message, expected, "message {number}");
                pause(number);
            }
            Err(RingError::Lagged { lost }) => {
                assert_eq!(reader.next_number(), number + lost);
                assert!(lost > 0 && message.is_empty());
            }
            Err(RingError::PeerClosed) => return reader.stats().lost,
            Err(other) => panic!("{other:?} at {number}"),
        }
    }
}

/// The next message without a wait; `None` if there is none.
fn try_next(reader: &mut BroadcastReader) -> Result<Option<Vec<u8>>, u64> {
    let mut message = Vec::new();
    match reader.try_recv_to_vec(&mut message) {
        Ok(()) => Ok(Some(message)),
        Err(RingError::WouldBlock) => Ok(None),
        Err(RingError::Lagged { lost }) => Err(lost),
        Err(other) => panic!("{other:?}"),
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send(usize),
    Receive(usize),
}

/// Many short messages, some of the longest, and readers that can't keep up.
fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_usize..120).prop_map(Step::Send),
        1 => (1900_usize..=2032).prop_map(Step::Send),
        2 => (0_usize..3).prop_map(Step::Receive),
    ]
}

proptest! {
    #[test]
    fn each_reader_gets_what_was_sent_or_the_count_of_what_it_lost(
        steps in prop::collection::vec(step(), 1..400)
    ) {
        let (mut writer, vmo) = BroadcastWriter::allocate(options(), WakeReaders::Never).unwrap();
        let mut readers: Vec<_> = (0..3)
            .map(|_| (BroadcastReader::open(&vmo, options()).unwrap(), 0_usize))
            .collect();
        let mut sent: Vec<Vec<u8>> = Vec::new();
        let received_after = |readers: &mut Vec<(BroadcastReader, usize)>, i: usize, sent: &[Vec<u8>]| {
            let (reader, next) = &mut readers[i];
            match try_next(reader) {
                Ok(Some(message)) => {
                    assert_eq!(&message, &sent[*next]);
                    *next += 1;
                }
                Ok(None) => assert_eq!(*next, sent.len()),
                Err(lost) => {
                    let behind: usize = sent[*next..].iter().map(|m| (m.len() + 15) & !7).sum();
                    // Not sooner than that it was fifteen sixteenths behind, less what a long
                    // message leaves free at the end.
                    assert!(behind + 2040 > CAPACITY / 16 * 15, "{behind} bytes behind");
                    *next += usize::try_from(lost).unwrap();
                    assert!(lost > 0 && *next <= sent.len());
                }
            }
            assert_eq!(reader.next_number(), *next as u64);
        };
        for step in steps {
            match step {
                Step::Send(len) => {
                    let mut message = Vec::new();
                    fill(sent.len() as u64, len, &mut message);
                    writer.send(&message).unwrap();
                    sent.push(message);
                }
                Step::Receive(i) => received_after(&mut readers, i, &sent),
            }
        }
        // The last one can always be read.
        for i in 0..3 {
            while readers[i].1 < sent.len() {
                received_after(&mut readers, i, &sent);
            }
            let (reader, _) = &readers[i];
            let last = sent.last().map_or(0, |_| 1);
            prop_assert!(reader.stats().messages >= last);
            prop_assert_eq!(reader.stats().messages + reader.stats().lost, sent.len() as u64);
        }
    }
}

#[test]
fn a_message_of_any_length_is_read_where_the_ring_begins_again() {
    let (mut writer, mut reader) = pair();
    let (mut message, mut received) = (Vec::new(), Vec::new());
    for len in 0..=writer.max_message() {
        for _ in 0..3 {
            fill(reader.next_number(), len, &mut message);
            writer.send(&message).unwrap();
            reader.try_recv_to_vec(&mut received).unwrap();
            assert_eq!(received, message, "{len} bytes");
        }
    }
    assert_eq!(reader.stats().lost, 0);
}

#[test]
fn a_reader_that_comes_late_begins_with_the_oldest_that_is_left() {
    let (mut writer, vmo) = BroadcastWriter::allocate(options(), WakeReaders::Never).unwrap();
    for number in 0..1000_u64 {
        writer.send(&number.to_le_bytes()).unwrap();
    }
    let mut reader = BroadcastReader::open(&vmo, options()).unwrap();
    let first = reader.next_number();
    // A record has 16 bytes: 256 fill the ring, 16 are a part of it.
    assert!((1000 - 256..=1000 - 240 + 1).contains(&first), "{first}");
    for number in first..1000 {
        let message = try_next(&mut reader).unwrap().unwrap();
        assert_eq!(message, number.to_le_bytes());
    }
    assert_eq!(reader.stats().lost, 0);
}

#[test]
fn bytes_that_look_like_the_message_that_was_overwritten_are_not_received() {
    for buffer in [4, 600] {
        let (mut writer, mut reader) = pair();
        for _ in 0..2 {
            writer.send(b"8 bytes.").unwrap();
        }
        assert_eq!(reader.try_recv(&mut [0; 8]), Ok(8));
        // The next one begins 16 bytes behind the start. In the second round a message lies
        // over that place, and has the bytes of a header there: a message of 500 bytes.
        let mut chosen = [0; 100];
        let header: u64 = (2 << 34) | (1 << 32) | 500;
        chosen[8..16].copy_from_slice(&header.to_ne_bytes());
        for _ in 0..4096 / 112 + 1 {
            writer.send(&chosen).unwrap();
        }
        let got = reader.try_recv(&mut vec![0; buffer]);
        assert!(matches!(got, Err(RingError::Lagged { .. })), "{got:?}");
    }
}

#[test]
fn a_buffer_that_is_too_small_loses_nothing() {
    let (mut writer, mut reader) = pair();
    writer.send(b"five!").unwrap();
    let small = reader.try_recv(&mut [0; 4]);
    assert_eq!(small, Err(RingError::BufferTooSmall { len: 5 }));
    for _ in 0..100 {
        writer.send(&[1; 100]).unwrap();
    }
    let lagged = reader.try_recv(&mut [0; 4]);
    assert!(
        matches!(lagged, Err(RingError::Lagged { .. })),
        "{lagged:?}"
    );
    let small = reader.try_recv(&mut [0; 4]);
    assert_eq!(small, Err(RingError::BufferTooSmall { len: 100 }));
    assert_eq!(reader.try_recv(&mut [0; 100]), Ok(100));
}

const STREAM: u64 = 100_000;

/// A reader that is started late begins late, and then there is nothing to be late for.
fn until_it_has_mapped_it(child: &std::process::Child) {
    let start = Instant::now();
    let maps = format!("/proc/{}/maps", child.id());
    let has = || std::fs::read_to_string(&maps).is_ok_and(|maps| maps.contains("/memfd:"));
    while !has() {
        assert!(start.elapsed() < Duration::from_secs(20), "{maps}: not yet");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_stalled_reader_in_another_process_harms_neither_the_writer_nor_the_others() {
    let test = "a_stalled_reader_in_another_process_harms_neither_the_writer_nor_the_others";
    let large = RingOptions::new().capacity(1 << 20);
    match part().as_deref() {
        None => {}
        Some("stalled") => {
            let waiting = Waiting::Sleep { spins: 0 };
            let mut reader =
                BroadcastReader::open(&child::handle(), large.waiting(waiting)).unwrap();
            let first = reader.next_number();
            let lost = follow(&mut reader, |number| {
                if number % 500 == 0 {
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
            assert!(lost > 0, "it was not late");
            assert_eq!(first + reader.stats().messages + lost, STREAM);
            return;
        }
        Some(_) => {
            let mut reader = BroadcastReader::open(&child::handle(), large).unwrap();
            let first = reader.next_number();
            let lost = follow(&mut reader, |_| {});
            assert_eq!(first + reader.stats().messages + lost, STREAM);
            return;
        }
    }
    let (mut writer, vmo) = BroadcastWriter::allocate(large, WakeReaders::ByHand).unwrap();
    let children = ["stalled", "fast", "fast"].map(|part| {
        let handle = vmo.duplicate_handle(vmo.rights()).unwrap().into_handle();
        start(test, part, handle)
    });
    children.iter().for_each(until_it_has_mapped_it);
    let mut message = Vec::new();
    let mut longest = Duration::ZERO;
    for number in 0..STREAM {
        fill(number, length(number), &mut message);
        let start = Instant::now();
        writer.send(&message).unwrap();
        longest = longest.max(start.elapsed());
        if number % 64 == 0 {
            writer.wake().unwrap();
            // Readers on the same core get their turn.
            std::thread::yield_now();
        }
    }
    // It shared its core with them, and yet never waited: not for a stall, in any case.
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    drop(writer);
    children.into_iter().for_each(finish);
}

#[test]
fn a_reader_that_sleeps_is_woken_and_does_not_find_out_by_itself() {
    let test = "a_reader_that_sleeps_is_woken_and_does_not_find_out_by_itself";
    const MESSAGES: usize = 15;
    if part().is_some() {
        let waiting = options().waiting(Waiting::Sleep { spins: 0 });
        let mut reader = BroadcastReader::open(&child::handle(), waiting).unwrap();
        let mut delays = Vec::new();
        let mut sent = [0; 8];
        while reader.recv(&mut sent, soon()) == Ok(8) {
            delays.push(MonotonicInstant::get().into_nanos() - i64::from_le_bytes(sent));
        }
        assert_eq!(delays.len(), MESSAGES);
        assert!(reader.stats().sleeps >= 10, "{:?}", reader.stats());
        delays.sort_unstable();
        // By itself it would look each 100 ms: 50 in the median.
        let median = delays[MESSAGES / 2];
        assert!(median < 40_000_000, "{delays:?}");
        return;
    }
    let (mut writer, vmo) = BroadcastWriter::allocate(options(), WakeReaders::EachTime).unwrap();
    let child = start(test, "reader", vmo.into_handle());
    for i in 0..MESSAGES {
        // The first ones may be there before it is.
        std::thread::sleep(Duration::from_millis(if i == 0 { 300 } else { 33 }));
        let now = MonotonicInstant::get().into_nanos();
        writer.send(&now.to_le_bytes()).unwrap();
    }
    drop(writer);
    finish(child);
}

#[test]
fn the_end_wakes_and_a_deadline_ends_a_wait() {
    for wakes in [
        WakeReaders::EachTime,
        WakeReaders::ByHand,
        WakeReaders::Never,
    ] {
        let (mut writer, vmo) = BroadcastWriter::allocate(options(), wakes).unwrap();
        let waiting = options().waiting(Waiting::Sleep { spins: 10 });
        let mut reader = BroadcastReader::open(&vmo, waiting).unwrap();
        let start = Instant::now();
        let late = reader.recv(&mut [0; 8], after_millis(30));
        assert_eq!(late, Err(RingError::TimedOut));
        assert!(start.elapsed() >= Duration::from_millis(30));
        let other = std::thread::spawn(move || {
            assert_eq!(reader.recv(&mut [0; 8], soon()), Ok(3));
            reader.recv(&mut [0; 8], soon())
        });
        writer.send(b"one").unwrap();
        std::thread::sleep(Duration::from_millis(20));
        drop(writer);
        assert_eq!(other.join().unwrap(), Err(RingError::PeerClosed));
    }
}

#[test]
fn who_is_not_woken_looks_by_itself() {
    for wakes in [WakeReaders::ByHand, WakeReaders::Never] {
        let (mut writer, vmo) = BroadcastWriter::allocate(options(), wakes).unwrap();
        let waiting = options().waiting(Waiting::Sleep { spins: 0 });
        let mut reader = BroadcastReader::open(&vmo, waiting).unwrap();
        let other = std::thread::spawn(move || {
            let received = reader.recv(&mut [0; 8], soon());
            (received, reader.stats().sleeps)
        });
        std::thread::sleep(Duration::from_millis(50));
        writer.send(b"one").unwrap();
        let (received, sleeps) = other.join().unwrap();
        assert_eq!(received, Ok(3));
        // By hand: each 100 ms. Never: each millisecond.
        assert_eq!(sleeps < 10, wakes == WakeReaders::ByHand, "{sleeps}");
        assert_eq!(writer.stats().wakes, 0);
    }
}

#[test]
fn a_real_time_reader_waits_without_a_sleep() {
    let (writer, vmo) = BroadcastWriter::allocate(options(), WakeReaders::Never).unwrap();
    let mut reader = BroadcastReader::open(&vmo, options().waiting(Waiting::Spin)).unwrap();
    let late = reader.recv(&mut [0; 8], after_millis(10));
    assert_eq!((late, reader.stats().sleeps), (Err(RingError::TimedOut), 0));
    drop(writer);
    let end = reader.recv(&mut [0; 8], soon());
    assert_eq!(end, Err(RingError::PeerClosed));
}

#[test]
fn a_large_number_of_looks_does_not_outlast_the_deadline() {
    let options = RingOptions::new().capacity(4096);
    let (_writer, vmo) = BroadcastWriter::allocate(options, WakeReaders::EachTime).unwrap();
    let spins = u32::MAX;
    let patient = options.waiting(Waiting::Sleep { spins });
    let mut reader = BroadcastReader::open(&vmo, patient).unwrap();
    let start = Instant::now();
    let late = reader.recv(&mut [0; 8], after_millis(20));
    assert_eq!(late, Err(RingError::TimedOut));
    let took = start.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
}
