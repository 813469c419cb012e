// SPDX-License-Identifier: MIT OR Apache-2.0
//! The latest value: whole, or noticed to be torn.

use std::sync::Arc;

use crate::kernel::Futex;
use crate::memory::{Memory, Own, View, in_every_order};
use crate::protocol::Trouble;
use crate::protocol::latest::{Places, Reader, Writer};
use crate::protocol::layout::CONTROL;
use crate::protocol::published::{BELL, Bell, look_or_sleep};

const LEN: usize = 16;

fn places() -> Places {
    Places::new(LEN).unwrap()
}

/// The numbers, and the place of values 0, 4 and 8.
fn memory() -> Memory {
    Memory::new(places().area())
        .racing(128..152)
        .racing(CONTROL..CONTROL + 24)
}

/// Each value is filled with its number.
fn set(writer: &mut Writer<Own>, number: u8) {
    assert_eq!(writer.set(&[number; LEN]).unwrap(), u64::from(number));
}

/// The number of the value, if it is whole.
fn read(reader: &mut Reader<View>) -> Result<Option<u64>, Trouble> {
    let found = reader.look()?;
    assert_eq!(found.len, LEN);
    let mut bytes = [0xff; LEN];
    if !reader.copy(found, &mut bytes)? {
        return Ok(None);
    }
    for byte in [bytes[0], bytes[LEN - 1]] {
        assert_eq!(u64::from(byte), found.number, "torn");
    }
    Ok(Some(found.number))
}

#[test]
fn a_value_that_is_overtaken_is_noticed() {
    in_every_order(4, || {
        let (own, view) = memory().share();
        let mut writer = Writer::new(own, places());
        for number in 1..5 {
            set(&mut writer, number);
        }
        let mut reader = Reader::new(view, places());
        let found = reader.look().unwrap();
        for number in 5..8 {
            set(&mut writer, number);
        }
        // Value 8 has the place that value 4 is copied from.
        let other = loom::thread::spawn(move || {
            let mut bytes = [0xff; LEN];
            if reader.copy(found, &mut bytes).unwrap() {
                assert_eq!(bytes, [4; LEN]);
            }
            let latest = read(&mut reader).unwrap();
            assert!(matches!(latest, Some(7 | 8)), "{latest:?}");
        });
        set(&mut writer, 8);
        other.join().unwrap();
    });
}

#[test]
fn a_first_value_is_whole_or_not_there_and_never_older_than_the_last_read() {
    in_every_order(3, || {
        let memory = memory().racing(CONTROL + 128..CONTROL + 128 + 24);
        let (own, view) = memory.share();
        let mut writer = Writer::new(own, places());
        let readers = [view.clone(), view].map(|view| {
            loom::thread::spawn(move || {
                let mut reader = Reader::new(view, places());
                let mut before = 0;
                for _ in 0..2 {
                    match read(&mut reader) {
                        Ok(number) => {
                            let number = number.unwrap();
                            assert!(number >= before);
                            before = number;
                        }
                        Err(trouble) => assert_eq!((trouble, before), (Trouble::Wait, 0)),
                    }
                }
            })
        });
        set(&mut writer, 1);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn a_reader_that_sleeps_gets_the_last_value_before_the_end() {
    in_every_order(3, || {
        let memory = memory()
            .racing(CONTROL + 128..CONTROL + 128 + 24)
            .racing(BELL..BELL + 8);
        let (own, view) = memory.share();
        let futex = Arc::new(Futex::new());
        let mut writer = Writer::new(own, places());
        let other = loom::thread::spawn({
            let futex = Arc::clone(&futex);
            move || {
                let mut reader = Reader::new(view, places());
                let mut last = None;
                loop {
                    let newer = |reader: &mut Reader<View>| reader.is_newer();
                    match look_or_sleep(&mut reader, Reader::peer, newer) {
                        Ok(Ok(())) => last = read(&mut reader).unwrap(),
                        Ok(Err(seen)) => futex.wait(reader.peer(), seen),
                        Err(trouble) => {
                            assert_eq!(trouble, Trouble::Closed);
                            return last;
                        }
                    }
                }
            }
        });
        let mut bell = Bell::default();
        set(&mut writer, 1);
        bell.ring(writer.own()).unwrap();
        futex.wake();
        writer.close().unwrap();
        bell.ring(writer.own()).unwrap();
        futex.wake();
        assert_eq!(other.join().unwrap(), Some(1));
    });
}
