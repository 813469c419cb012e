// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writers of a broadcast that lie, scribble or are killed; and memory that is none.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod child;

use core::time::Duration;
use std::time::Instant;

use child::{Random, after_millis, fill, finish, length, part, soon, start};
use mapped_vmo::{Mapping, ReadOnlyMapping, WriterMapping};
use proptest::prelude::*;
use vmo_ring::zx::{Channel, HandleBased, MessageBuf, MonotonicInstant, Status, Vmo};
use vmo_ring::{
    BroadcastReader, BroadcastWriter, LatestWriter, Refusal, RingError, RingOptions, WakeReaders,
};

const CAPACITY: usize = 4096;

fn options() -> RingOptions {
    RingOptions::new().capacity(CAPACITY)
}

#[test]
fn memory_that_is_no_broadcast_of_its_owner_alone_is_refused() {
    let open = |vmo: &Vmo| BroadcastReader::open(vmo, options()).unwrap_err();
    let not_published = RingError::Refused(Refusal::Memory(Status::NOT_SUPPORTED));
    let (_mapping, shared) = Mapping::allocate(CAPACITY + 4096).unwrap();
    assert_eq!(open(&shared), not_published);
    let (_writer, other) = LatestWriter::allocate(64, WakeReaders::Never).unwrap();
    assert_eq!(open(&other), RingError::Refused(Refusal::Layout));
    let (_writer, empty) = WriterMapping::allocate(CAPACITY + 4096).unwrap();
    assert_eq!(open(&empty), RingError::Refused(Refusal::Layout));
    // It says that it is larger than it is.
    let (_writer, small) = nonsense(CAPACITY, 2 * CAPACITY as u64);
    let too_small = RingError::Refused(Refusal::Memory(Status::BUFFER_TOO_SMALL));
    assert_eq!(open(&small), too_small);
    for capacity in [0, 1, 4095, 12288, 1 << 31, u64::MAX] {
        let (_writer, odd) = nonsense(CAPACITY, capacity);
        assert_eq!(
            open(&odd),
            RingError::Refused(Refusal::Capacity { capacity })
        );
    }
    let (_writer, vmo) = BroadcastWriter::allocate(options(), WakeReaders::Never).unwrap();
    let refused = BroadcastReader::open(&vmo, options().max_capacity(2048)).unwrap_err();
    let capacity = CAPACITY as u64;
    assert_eq!(refused, RingError::Refused(Refusal::Capacity { capacity }));
}

/// Memory of a writer that is not this library's: it says that it is a broadcast.
fn nonsense(size: usize, capacity: u64) -> (WriterMapping, Vmo) {
    let (memory, vmo) = WriterMapping::allocate(size + 4096).unwrap();
    memory.write_at(0, b"vmocast1");
    memory.write_at(8, &capacity.to_ne_bytes());
    memory.write_at(16, &1_u64.to_ne_bytes());
    (memory, vmo)
}

/// Whatever a hostile writer does, a call ends with one of these.
fn receive_from_a_villain(reader: &mut BroadcastReader, message: &mut [u8]) -> bool {
    match reader.try_recv(message) {
        Ok(len) => assert!(len <= message.len()),
        Err(RingError::WouldBlock | RingError::Lagged { .. } | RingError::PeerClosed) => {}
        Err(RingError::BufferTooSmall { len }) => assert!(len <= reader.max_message()),
        Err(RingError::Corrupt) => {
            assert_eq!(
                reader.try_recv(message),
                Err(RingError::Corrupt),
                "for ever"
            );
            return false;
        }
        Err(other) => panic!("{other:?}"),
    }
    true
}

/// A word that a broadcast could have at this place, or one that it could not.
fn word(random: &mut Random, position: u64) -> u64 {
    let stamp = ((position >> 3) & ((1 << 30) - 1)) << 34;
    match random.below(8) {
        0 => 0,
        1 => random.next(),
        2 => random.next() % 5000,
        3 => (random.next() % 512) * 8,
        4 => stamp | (3 << 32),
        kind => stamp | (kind as u64 % 3 + 1) << 32 | (random.next() % 3000),
    }
}

proptest! {
    #[test]
    fn no_words_of_a_hostile_writer_panic_or_lead_outside(seed in 1_u64..) {
        let mut random = Random(seed);
        let (memory, vmo) = nonsense(CAPACITY, CAPACITY as u64);
        let Ok(mut reader) = BroadcastReader::open(&vmo, options()) else {
            unreachable!("it is whole so far");
        };
        let mut message = [0; 600];
        for round in 0..200_u64 {
            let words = [128, 136, 144, 256].map(|offset| (offset, word(&mut random, round * 8)));
            let header = (random.below(4) * 8) as u64;
            let ring = [header, random.below(512) as u64 * 8]
                .map(|at| (4096 + at as usize, word(&mut random, at)));
            for (offset, value) in words.into_iter().chain(ring) {
                if random.below(3) == 0 {
                    memory.write_at(offset, &value.to_ne_bytes());
                }
            }
            if !receive_from_a_villain(&mut reader, &mut message) {
                // Another one, at whatever the memory says now.
                match BroadcastReader::open(&vmo, options()) {
                    Ok(next) => reader = next,
                    Err(RingError::Corrupt | RingError::WouldBlock) => return Ok(()),
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    }
}

/// The other process: reads what is scribbled, again and again.
fn read_scribbles() {
    let vmo: Vmo = child::handle();
    let (mut message, mut calls, mut readers) = (vec![0; 2032], 0_u64, 0_u64);
    // On a slow machine fewer have to do.
    let end = after_millis(15_000);
    while MonotonicInstant::get() < end && (calls < 200_000 || readers < 200) {
        let Ok(mut reader) = BroadcastReader::open(&vmo, options()) else {
            continue; // No place to begin that makes sense.
        };
        readers += 1;
        let start = Instant::now();
        let enough = calls + 1000;
        while MonotonicInstant::get() < end
            && calls < enough
            && receive_from_a_villain(&mut reader, &mut message)
        {
            calls += 1;
            if calls % 64 == 0 {
                let waited = reader.recv(&mut message, after_millis(1));
                assert!(!matches!(waited, Err(RingError::Failed(_))), "{waited:?}");
            }
        }
        assert!(start.elapsed() < Duration::from_secs(10));
    }
    assert!(
        calls > 100 && readers > 10,
        "{calls} calls, {readers} readers"
    );
}

#[test]
fn a_writer_that_scribbles_neither_hangs_nor_breaks_a_reader() {
    let test = "a_writer_that_scribbles_neither_hangs_nor_breaks_a_reader";
    if part().is_some() {
        return read_scribbles();
    }
    let (memory, vmo) = nonsense(CAPACITY, CAPACITY as u64);
    let mut child = start(test, "reader", vmo.into_handle());
    let mut random = Random(4711);
    while child.try_wait().unwrap().is_none() {
        for _ in 0..1000 {
            let place = match random.below(4) {
                0 => [128, 136, 144, 256][random.below(4)],
                1 => 4096 + random.below(8) * 8,
                _ => 4096 + random.below(512) * 8,
            };
            let position = (place as u64).saturating_sub(4096);
            memory.write_at(place, &word(&mut random, position).to_ne_bytes());
            // The counts that a reader wants to be the same.
            if random.below(4) == 0 {
                let (count, oldest) = (random.next() % 64, (random.next() % 600) * 8);
                memory.write_at(128, &oldest.to_ne_bytes());
                memory.write_at(136, &count.to_ne_bytes());
                memory.write_at(144, &count.to_ne_bytes());
            }
        }
    }
    finish(child);
}

/// The writer runs on, and may lose its core in the midst of saying where the oldest message is.
fn open_in_time(vmo: &Vmo) -> BroadcastReader {
    let deadline = soon();
    loop {
        match BroadcastReader::open(vmo, options()) {
            Err(RingError::WouldBlock) if MonotonicInstant::get() < deadline => {}
            opened => return opened.unwrap(),
        }
    }
}

#[test]
fn a_writer_that_is_killed_leaves_whole_messages_and_no_wait_past_the_deadline() {
    let test = "a_writer_that_is_killed_leaves_whole_messages_and_no_wait_past_the_deadline";
    if part().is_some() {
        let channel: Channel = child::handle();
        let (mut writer, vmo) =
            BroadcastWriter::allocate(options(), WakeReaders::EachTime).unwrap();
        let mut handles = vec![vmo.into_handle()];
        channel.write(b"ready", &mut handles).unwrap();
        let mut message = Vec::new();
        for number in 0.. {
            fill(number, length(number), &mut message);
            writer.send(&message).unwrap();
        }
        return;
    }
    let mut received = 0;
    for round in 0..30 {
        let (ours, theirs) = Channel::create().unwrap();
        let mut child = start(test, "writer", theirs.into_handle());
        let mut message = MessageBuf::new();
        ours.read_until(&mut message, soon()).unwrap();
        let vmo = Vmo::try_from(message.take_handle(0).unwrap()).unwrap();
        let mut reader = open_in_time(&vmo);
        let other = std::thread::spawn(move || {
            let (mut message, mut expected, mut received) = (Vec::new(), Vec::new(), 0);
            loop {
                let number = reader.next_number();
                let deadline = after_millis(100);
                match reader.recv_to_vec(&mut message, deadline) {
                    Ok(()) => {
                        fill(number, length(number), &mut expected);
                        assert_eq!(message, expected, "message {number}");
                        received += 1;
                    }
                    Err(RingError::Lagged { .. }) => {}
                    Err(RingError::TimedOut) => {
                        let late = MonotonicInstant::get() - deadline;
                        assert!(late.into_nanos() < 1_000_000_000, "{late:?}");
                        return received;
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
        });
        std::thread::sleep(Duration::from_micros(500 + round * 173));
        child.kill().unwrap();
        child.wait().unwrap();
        received += other.join().unwrap();
    }
    assert!(received > 30, "{received} messages");
}

#[test]
fn readers_have_no_byte_that_they_could_write() {
    let (_writer, vmo) = BroadcastWriter::allocate(options(), WakeReaders::Never).unwrap();
    assert!(vmo.write(b"no", 0).is_err());
    let flags = vmo_ring::zx::VmarFlags::PERM_READ | vmo_ring::zx::VmarFlags::PERM_WRITE;
    assert!(Mapping::create_from_vmo(&vmo, 4096, flags).is_err());
    assert!(ReadOnlyMapping::create_from_vmo(&vmo, 4096).is_ok());
}

#[test]
fn a_writer_that_says_what_can_not_be_ends_the_ring() {
    // The oldest position, and how many messages were before it.
    let claims = [
        (800, 101), // no message takes less than 8 bytes
        (804, 1),   // no position
        (800, u64::MAX),
    ];
    for (oldest, count) in claims {
        let (memory, vmo) = nonsense(CAPACITY, CAPACITY as u64);
        let mut reader = BroadcastReader::open(&vmo, options()).unwrap();
        let nothing = reader.try_recv(&mut [0; 8]);
        assert_eq!(nothing, Err(RingError::WouldBlock));
        for (offset, value) in [(128, oldest), (136, count), (144, count)] {
            memory.write_at(offset, &u64::to_ne_bytes(value));
        }
        let got = reader.try_recv(&mut [0; 8]);
        assert_eq!(got, Err(RingError::Corrupt), "{oldest}, {count}");
    }
    // Headers at the first position: longer than any message, past the end, odd kinds.
    for header in [
        (1 << 32) | 2033,
        (1 << 32) | 0xffff_ffff,
        2 << 32,
        (2 << 32) | 4088,
        5,
        1 << 34,
        u64::MAX,
    ] {
        let (memory, vmo) = nonsense(CAPACITY, CAPACITY as u64);
        memory.write_at(4096, &u64::to_ne_bytes(header));
        let mut reader = BroadcastReader::open(&vmo, options()).unwrap();
        let got = reader.try_recv(&mut [0; 8]);
        assert_eq!(got, Err(RingError::Corrupt), "{header:#x}");
        assert_eq!(reader.try_recv(&mut [0; 8]), Err(RingError::Corrupt));
        assert_eq!(reader.recv(&mut [0; 8], soon()), Err(RingError::Corrupt));
    }
}

#[test]
fn counts_that_never_agree_end_in_would_block() {
    let (memory, vmo) = nonsense(CAPACITY, CAPACITY as u64);
    let mut reader = BroadcastReader::open(&vmo, options()).unwrap();
    memory.write_at(128, &800_u64.to_ne_bytes());
    memory.write_at(136, &7_u64.to_ne_bytes());
    for _ in 0..3 {
        let got = reader.try_recv(&mut [0; 8]);
        assert_eq!(got, Err(RingError::WouldBlock));
    }
    let late = reader.recv(&mut [0; 8], after_millis(20));
    assert_eq!(late, Err(RingError::TimedOut));
    let refused = BroadcastReader::open(&vmo, options());
    assert_eq!(refused.unwrap_err(), RingError::WouldBlock);
}

#[test]
fn a_wait_for_a_message_that_is_being_given_up_ends_at_its_deadline_only() {
    let (memory, vmo) = nonsense(CAPACITY, CAPACITY as u64);
    let mut reader = BroadcastReader::open(&vmo, options()).unwrap();
    // A message of 8 bytes at the first place, which was given up; by how many, the writer is
    // about to say.
    let message: u64 = (1 << 32) | 8;
    for (offset, value) in [(4096, message), (128, 800), (136, 7)] {
        memory.write_at(offset, &u64::to_ne_bytes(value));
    }
    assert_eq!(reader.try_recv(&mut [0; 8]), Err(RingError::WouldBlock));
    let start = Instant::now();
    let late = reader.recv(&mut [0; 8], after_millis(30));
    assert_eq!(late, Err(RingError::TimedOut));
    assert!(start.elapsed() >= Duration::from_millis(30));
    let late = reader.recv_to_vec(&mut Vec::new(), after_millis(1));
    assert_eq!(late, Err(RingError::TimedOut));
    // Now it has: a hundred messages of 8 bytes were lost at most.
    memory.write_at(144, &7_u64.to_ne_bytes());
    let lagged = reader.recv(&mut [0; 8], soon());
    assert_eq!(lagged, Err(RingError::Lagged { lost: 7 }));
}
