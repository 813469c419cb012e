// SPDX-License-Identifier: MIT OR Apache-2.0
//! A writer that does not wait, and readers that notice.
//!
//! Each message is filled with one byte, its number, so a torn one shows.

use std::sync::Arc;

use crate::kernel::Futex;
use crate::memory::{Memory, Own, View, in_every_order};
use crate::protocol::Trouble;
use crate::protocol::broadcast::{Reader, Writer};
use crate::protocol::layout::CONTROL;
use crate::protocol::published::{BELL, Bell, look_or_sleep};
use crate::protocol::records::{Kind, Records, header};

const CAPACITY: usize = 4096;
/// Two messages fill the ring.
const LONG: usize = 2032;
const FIRST: usize = CONTROL;
const SECOND: usize = CONTROL + 2040;
const END: usize = CONTROL + 4080;

fn records() -> Records {
    Records::new(CAPACITY).unwrap()
}

/// The words that tell what is old; of the first message its header and the bytes at its two
/// ends; the headers of the second and of what is behind it.
fn memory() -> Memory {
    Memory::new(records().area())
        .racing(128..152)
        .racing(FIRST..FIRST + 16)
        .racing(SECOND - 8..SECOND + 8)
        .racing(END..END + 8)
}

fn publish(writer: &mut Writer<Own>, number: u8, len: usize) {
    writer.publish(&[number; LONG][..len]).unwrap();
}

/// The next message, whole, and with the number that it should have; or why there is none.
fn receive(reader: &mut Reader<View>) -> Result<(), Trouble> {
    let found = reader.look()?;
    let number = reader.count();
    let mut bytes = [0xff; LONG];
    let len = found.len;
    reader.copy(found, &mut bytes[..len])?;
    assert_eq!(u64::from(bytes[0]), number, "the start");
    assert_eq!(u64::from(bytes[len - 1]), number, "the end");
    Ok(())
}

#[test]
fn a_copy_that_is_overtaken_is_thrown_away() {
    in_every_order(3, || {
        let (own, view) = memory().share();
        let mut writer = Writer::new(own, records());
        publish(&mut writer, 0, LONG);
        publish(&mut writer, 1, LONG);
        let mut reader = Reader::new(view, records()).unwrap();
        let other = loom::thread::spawn(move || {
            match receive(&mut reader) {
                Ok(()) => assert_eq!(reader.count(), 1),
                Err(Trouble::Lagged { lost: 2 }) => assert_eq!(reader.count(), 2),
                // It did not find out where to go on.
                Err(trouble) => assert_eq!((trouble, reader.count()), (Trouble::Wait, 0)),
            }
            reader
        });
        publish(&mut writer, 2, LONG);
        let mut reader = other.join().unwrap();
        if reader.count() < 2 {
            let lost = 2 - reader.count();
            assert_eq!(receive(&mut reader), Err(Trouble::Lagged { lost }));
        }
        assert_eq!(receive(&mut reader), Ok(()));
        assert_eq!(receive(&mut reader), Err(Trouble::Wait));
    });
}

#[test]
fn what_a_reader_goes_on_with_belongs_to_its_count() {
    in_every_order(3, || {
        let (own, view) = memory().share();
        let mut writer = Writer::new(own, records());
        let mut reader = Reader::new(view, records()).unwrap();
        for number in 0..3 {
            publish(&mut writer, number, LONG);
        }
        // It is late already, and the writer moves on while it finds out where to go on.
        let other = loom::thread::spawn(move || {
            let late = receive(&mut reader).unwrap_err();
            match (late, reader.count()) {
                (Trouble::Lagged { lost }, count) => assert_eq!(lost, count),
                (trouble, _) => assert_eq!(trouble, Trouble::Wait),
            }
            match receive(&mut reader) {
                Ok(()) | Err(Trouble::Lagged { .. } | Trouble::Wait) => {}
                Err(other) => panic!("{other:?}"),
            }
        });
        publish(&mut writer, 3, LONG);
        other.join().unwrap();
    });
}

#[test]
fn a_message_is_shown_whole_and_two_readers_see_the_same() {
    in_every_order(2, || {
        let memory = Memory::new(records().area()).racing(FIRST..FIRST + 40);
        let (own, view) = memory.share();
        let mut writer = Writer::new(own, records());
        let readers = [view.clone(), view].map(|view| {
            loom::thread::spawn(move || {
                let mut reader = Reader::new(view, records()).unwrap();
                for _ in 0..2 {
                    match receive(&mut reader) {
                        Ok(()) | Err(Trouble::Wait) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
            })
        });
        publish(&mut writer, 0, 5);
        publish(&mut writer, 1, 8);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn bytes_of_an_old_message_that_look_like_a_header_are_not_taken_for_one() {
    in_every_order(3, || {
        // The next message begins at the start of the area again, and is followed by bytes of
        // the first one, which somebody chose.
        let third: u64 = 4096;
        let behind = FIRST + 16;
        let memory = memory().racing(behind..behind + 8);
        let (own, view) = memory.share();
        let mut writer = Writer::new(own, records());
        let mut chosen = [0; LONG];
        let fake = header(Kind::Message, 5, third + 16);
        chosen[8..16].copy_from_slice(&fake.to_le_bytes());
        writer.publish(&chosen).unwrap();
        publish(&mut writer, 1, LONG);
        let mut reader = Reader::new(view, records()).unwrap();
        receive(&mut reader).unwrap();
        receive(&mut reader).unwrap();
        let other = loom::thread::spawn(move || {
            for _ in 0..2 {
                match receive(&mut reader) {
                    Ok(()) => assert_eq!(reader.count(), 3),
                    Err(trouble) => assert_eq!(trouble, Trouble::Wait),
                }
            }
        });
        publish(&mut writer, 2, 5);
        other.join().unwrap();
    });
}

#[test]
fn a_pad_shows_the_message_behind_it() {
    in_every_order(3, || {
        let (own, view) = memory().share();
        let mut writer = Writer::new(own, records());
        let mut reader = Reader::new(view, records()).unwrap();
        for number in 0..2 {
            publish(&mut writer, number, LONG);
            receive(&mut reader).unwrap();
        }
        let other = loom::thread::spawn(move || {
            for _ in 0..2 {
                match receive(&mut reader) {
                    Ok(()) => assert_eq!(reader.count(), 3),
                    Err(trouble) => assert_eq!(trouble, Trouble::Wait),
                }
            }
        });
        publish(&mut writer, 2, LONG);
        other.join().unwrap();
    });
}

#[test]
fn a_reader_that_sleeps_is_woken_by_a_message_and_by_the_end() {
    in_every_order(3, || {
        let memory = Memory::new(records().area())
            .racing(FIRST..FIRST + 24)
            .racing(BELL..BELL + 8);
        let (own, view) = memory.share();
        let futex = Arc::new(Futex::new());
        let mut writer = Writer::new(own, records());
        let other = loom::thread::spawn({
            let futex = Arc::clone(&futex);
            move || {
                let mut reader = Reader::new(view, records()).unwrap();
                loop {
                    match look_or_sleep(&mut reader, Reader::peer, receive) {
                        Ok(Ok(())) => {}
                        Ok(Err(seen)) => futex.wait(reader.peer(), seen),
                        Err(trouble) => {
                            assert_eq!(trouble, Trouble::Closed);
                            return reader.count();
                        }
                    }
                }
            }
        });
        let mut bell = Bell::default();
        publish(&mut writer, 0, 5);
        bell.ring(writer.own()).unwrap();
        futex.wake();
        writer.close().unwrap();
        bell.ring(writer.own()).unwrap();
        futex.wake();
        assert_eq!(other.join().unwrap(), 1);
    });
}
