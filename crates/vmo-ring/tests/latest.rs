// SPDX-License-Identifier: MIT OR Apache-2.0
//! One writer, many readers, one value.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod child;

use core::time::Duration;
use std::time::Instant;

use child::{Random, after_millis, fill, finish, part, soon, start};
use mapped_vmo::{Mapping, WriterMapping};
use proptest::prelude::*;
use vmo_ring::zx::{Channel, HandleBased, MessageBuf, MonotonicInstant, Status, Vmo};
use vmo_ring::{
    BroadcastWriter, LatestReader, LatestWriter, Refusal, RingError, RingOptions, Waiting,
    WakeReaders,
};

const LEN: usize = 1000;

fn options() -> RingOptions {
    RingOptions::new()
}

fn pair() -> (LatestWriter, LatestReader) {
    let (writer, vmo) = LatestWriter::allocate(LEN, WakeReaders::Never).unwrap();
    (writer, LatestReader::open(&vmo, options()).unwrap())
}

/// The length of value `number`.
fn length(number: u64) -> usize {
    Random(number + 1).below(LEN as u64 + 1)
}

proptest! {
    #[test]
    fn a_reader_gets_the_last_value_that_was_set(
        lens in prop::collection::vec(prop::option::of(0..=LEN), 1..60)
    ) {
        let (mut writer, mut reader) = pair();
        let (mut last, mut number) = (None, 0);
        for len in lens {
            if let Some(len) = len {
                let mut value = Vec::new();
                fill(number, len, &mut value);
                number += 1;
                prop_assert_eq!(writer.set(&value), Ok(number));
                last = Some(value);
                continue;
            }
            let newer = reader.wait(MonotonicInstant::INFINITE_PAST);
            let expected = (reader.number() != number).then_some(()).ok_or(RingError::TimedOut);
            prop_assert_eq!(newer, expected);
            let mut value = Vec::new();
            match (&last, reader.read_to_vec(&mut value)) {
                (Some(last), Ok(())) => prop_assert_eq!(&value, last),
                (last, read) => {
                    prop_assert_eq!(read, Err(RingError::WouldBlock));
                    prop_assert!(last.is_none());
                }
            }
            prop_assert_eq!(reader.number(), number);
        }
        drop(writer);
        let mut value = Vec::new();
        prop_assert_eq!(reader.read_to_vec(&mut value).is_ok(), last.is_some());
        prop_assert_eq!(reader.wait(soon()), Err(RingError::PeerClosed));
    }
}

#[test]
fn a_value_of_the_longest_length_fits_and_a_longer_one_is_refused() {
    let (mut writer, mut reader) = pair();
    writer.set(&[7; LEN]).unwrap();
    let (len, max) = (LEN + 1, LEN);
    let refused = writer.set(&[7; LEN + 1]);
    assert_eq!(refused, Err(RingError::TooLong { len, max }));
    let small = reader.read(&mut [0; LEN - 1]);
    assert_eq!(small, Err(RingError::BufferTooSmall { len: LEN }));
    let mut value = [0; LEN];
    assert_eq!(reader.read(&mut value), Ok(LEN));
    assert_eq!(value, [7; LEN]);
    assert_eq!(writer.stats().messages, 1);
}

const VALUES: u64 = 200_000;

#[test]
fn readers_in_other_processes_see_whole_values_and_the_last_one() {
    let test = "readers_in_other_processes_see_whole_values_and_the_last_one";
    if let Some(part) = part() {
        let mut reader = LatestReader::open(&child::handle(), options()).unwrap();
        let (mut value, mut expected, mut seen) = (Vec::new(), Vec::new(), 0);
        loop {
            match reader.wait(soon()) {
                Ok(()) => {}
                Err(RingError::PeerClosed) => break,
                Err(other) => panic!("{other:?}"),
            }
            match reader.read_to_vec(&mut value) {
                Ok(()) => {}
                // Sixty-four times too slow: that is allowed, and rare.
                Err(RingError::WouldBlock) => continue,
                Err(other) => panic!("{other:?}"),
            }
            assert!(reader.number() > seen);
            seen = reader.number();
            fill(seen, length(seen), &mut expected);
            assert_eq!(value, expected, "value {seen}");
            if part == "stalled" {
                std::thread::sleep(Duration::from_millis(3));
            }
        }
        assert_eq!(seen, VALUES);
        return;
    }
    let (mut writer, vmo) = LatestWriter::allocate(LEN, WakeReaders::ByHand).unwrap();
    let children = ["stalled", "fast", "fast"].map(|part| {
        let handle = vmo.duplicate_handle(vmo.rights()).unwrap().into_handle();
        start(test, part, handle)
    });
    let mut value = Vec::new();
    for number in 1..=VALUES {
        fill(number, length(number), &mut value);
        assert_eq!(writer.set(&value), Ok(number));
        if number % 256 == 0 {
            writer.wake().unwrap();
        }
    }
    drop(writer);
    children.into_iter().for_each(finish);
}

#[test]
fn a_reader_that_sleeps_is_woken_by_a_value_and_by_the_end() {
    for wakes in [WakeReaders::EachTime, WakeReaders::Never] {
        let (mut writer, vmo) = LatestWriter::allocate(8, wakes).unwrap();
        let waiting = options().waiting(Waiting::Sleep { spins: 0 });
        let mut reader = LatestReader::open(&vmo, waiting).unwrap();
        let late = reader.wait(after_millis(20));
        assert_eq!(late, Err(RingError::TimedOut));
        let other = std::thread::spawn(move || {
            reader.wait(soon()).unwrap();
            assert_eq!(reader.read(&mut [0; 8]), Ok(3));
            let end = reader.wait(soon());
            (end, reader.stats().sleeps)
        });
        std::thread::sleep(Duration::from_millis(20));
        writer.set(b"one").unwrap();
        std::thread::sleep(Duration::from_millis(20));
        drop(writer);
        let (end, sleeps) = other.join().unwrap();
        assert_eq!(end, Err(RingError::PeerClosed));
        assert!(sleeps > 2, "{sleeps}");
    }
}

#[test]
fn memory_that_is_no_value_of_its_owner_alone_is_refused() {
    let open = |vmo: &Vmo| LatestReader::open(vmo, options()).unwrap_err();
    let (_mapping, shared) = Mapping::allocate(1 << 16).unwrap();
    let not_published = RingError::Refused(Refusal::Memory(Status::NOT_SUPPORTED));
    assert_eq!(open(&shared), not_published);
    let broadcast = RingOptions::new().capacity(4096);
    let (_writer, other) = BroadcastWriter::allocate(broadcast, WakeReaders::Never).unwrap();
    assert_eq!(open(&other), RingError::Refused(Refusal::Layout));
    let (_writer, small) = nonsense(4096 + 512, 4096);
    let too_small = RingError::Refused(Refusal::Memory(Status::BUFFER_TOO_SMALL));
    assert_eq!(open(&small), too_small);
    for capacity in [1 << 28, (1 << 28) + 1, 1 << 32, u64::MAX, u64::MAX - 7] {
        let (_writer, odd) = nonsense(4096 + 512, capacity);
        let refused = RingError::Refused(Refusal::Capacity { capacity });
        assert_eq!(open(&odd), refused);
    }
    let refused = LatestWriter::allocate((1 << 28) + 1, WakeReaders::Never);
    assert_eq!(
        refused.unwrap_err(),
        RingError::Failed(Status::INVALID_ARGS)
    );
}

/// Memory of a writer that is not this library's: it says that it is a value.
fn nonsense(size: usize, max_len: u64) -> (WriterMapping, Vmo) {
    let (memory, vmo) = WriterMapping::allocate(size).unwrap();
    memory.write_at(0, b"vmolast1");
    memory.write_at(8, &max_len.to_ne_bytes());
    memory.write_at(16, &1_u64.to_ne_bytes());
    (memory, vmo)
}

/// Whatever a hostile writer does, a call ends with one of these.
fn read_from_a_villain(reader: &mut LatestReader, value: &mut [u8]) -> bool {
    let over = MonotonicInstant::INFINITE_PAST;
    match (reader.wait(over), reader.read(value)) {
        (_, Ok(len)) => assert!(len <= value.len()),
        (_, Err(RingError::BufferTooSmall { len })) => assert!(len <= LEN),
        (_, Err(RingError::WouldBlock)) => {}
        (_, Err(RingError::Corrupt)) => {
            assert_eq!(reader.read(value), Err(RingError::Corrupt), "for ever");
            assert_eq!(reader.wait(soon()), Err(RingError::Corrupt), "for ever");
            return false;
        }
        other => panic!("{other:?}"),
    }
    true
}

#[test]
fn a_writer_that_scribbles_neither_hangs_nor_breaks_a_reader() {
    let test = "a_writer_that_scribbles_neither_hangs_nor_breaks_a_reader";
    if part().is_some() {
        let vmo: Vmo = child::handle();
        let (mut value, mut calls, mut readers) = ([0; 600], 0_u64, 0_u64);
        // On a slow machine fewer have to do.
        let end = after_millis(15_000);
        while MonotonicInstant::get() < end && (calls < 200_000 || readers < 200) {
            let mut reader = LatestReader::open(&vmo, options()).unwrap();
            readers += 1;
            let start = Instant::now();
            let enough = calls + 1000;
            while MonotonicInstant::get() < end
                && calls < enough
                && read_from_a_villain(&mut reader, &mut value)
            {
                calls += 1;
            }
            assert!(start.elapsed() < Duration::from_secs(10));
        }
        assert!(calls > 100 && readers > 10, "{calls}, {readers}");
        return;
    }
    let (memory, vmo) = nonsense(4096 + 4 * 1024, LEN as u64);
    let mut child = start(test, "reader", vmo.into_handle());
    let mut random = Random(4711);
    while child.try_wait().unwrap().is_none() {
        for _ in 0..1000 {
            let place = match random.below(3) {
                0 => [128, 136, 144, 256][random.below(4)],
                1 => 4096 + random.below(4) * 1024,
                _ => 4096 + random.below(512) * 8,
            };
            let value = match random.below(8) {
                0 => random.next(),
                1 => 0,
                _ => random.next() % 1100,
            };
            memory.write_at(place, &value.to_ne_bytes());
            if random.below(3) == 0 {
                // As an honest one would.
                let number = (random.next() % 1000).to_ne_bytes();
                memory.write_at(136, &number);
                memory.write_at(128, &number);
            }
        }
    }
    finish(child);
}

#[test]
fn a_writer_that_is_killed_in_the_middle_of_a_value_leaves_a_whole_one() {
    let test = "a_writer_that_is_killed_in_the_middle_of_a_value_leaves_a_whole_one";
    // Large, so that most kills hit the middle of one.
    const LARGE: usize = 1 << 20;
    if part().is_some() {
        let channel: Channel = child::handle();
        let (mut writer, vmo) = LatestWriter::allocate(LARGE, WakeReaders::EachTime).unwrap();
        channel
            .write(b"ready", &mut vec![vmo.into_handle()])
            .unwrap();
        for number in 1..u64::MAX {
            let byte = u8::try_from(number % 251).unwrap();
            writer.set(&vec![byte; LARGE]).unwrap();
        }
        return;
    }
    let mut whole = 0;
    for round in 0..30 {
        let (ours, theirs) = Channel::create().unwrap();
        let mut child = start(test, "writer", theirs.into_handle());
        let mut message = MessageBuf::new();
        ours.read_until(&mut message, soon()).unwrap();
        let vmo = Vmo::try_from(message.take_handle(0).unwrap()).unwrap();
        let mut reader = LatestReader::open(&vmo, options()).unwrap();
        std::thread::sleep(Duration::from_micros(3000 + round * 173));
        child.kill().unwrap();
        child.wait().unwrap();
        let mut value = Vec::new();
        match reader.read_to_vec(&mut value) {
            Ok(()) => {
                let byte = u8::try_from(reader.number() % 251).unwrap();
                assert_eq!(value.len(), LARGE);
                assert!(value.iter().all(|b| *b == byte), "torn");
                whole += 1;
            }
            Err(error) => assert_eq!((error, reader.number()), (RingError::WouldBlock, 0)),
        }
        if reader.number() > 0 {
            let late = reader.wait(after_millis(5));
            assert_eq!(late, Err(RingError::TimedOut));
        }
    }
    assert!(whole > 5, "{whole} values");
}
