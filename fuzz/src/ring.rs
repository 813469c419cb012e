// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both sides of a ring over words that the other side makes up, between any two calls.
#![allow(
    clippy::unit_arg,
    reason = "an attack is a store, and what it gives is that it never fails"
)]

use core::cell::Cell;
use core::sync::atomic::Ordering;
use std::rc::Rc;

use shared_buffer::AccessError;

use crate::protocol::area::{Area, OwnArea};
use crate::protocol::consumer::Consumer;
use crate::protocol::layout::{
    CONSUMER_STATE, CONTROL, Geometry, HEAD, PRODUCER_STATE, Place, WANTED, end, header,
};
use crate::protocol::producer::Producer;
use crate::protocol::{Sleeps, Trouble, Wakes};

/// An area in which nothing outside is ever asked for.
#[derive(Clone)]
struct Words(Rc<[Cell<u64>]>);

impl Words {
    fn new(bytes: usize) -> Self {
        Self((0..bytes / 8).map(|_| Cell::new(0)).collect())
    }

    fn word(&self, offset: usize) -> &Cell<u64> {
        assert_eq!(offset % 8, 0);
        &self.0[offset / 8]
    }

    fn has(&self, offset: usize, len: usize) {
        assert!(offset + len <= self.0.len() * 8, "{offset}, {len}");
    }
}

impl Area for Words {
    fn load(&self, offset: usize, _: Ordering) -> Result<u64, AccessError> {
        Ok(self.word(offset).get())
    }

    fn read(&self, offset: usize, dst: &mut [u8]) -> Result<(), AccessError> {
        self.has(offset, dst.len());
        Ok(())
    }

    fn fence(&self) {}
}

impl OwnArea for Words {
    fn store(&self, offset: usize, value: u64, _: Ordering) -> Result<(), AccessError> {
        self.word(offset).set(value);
        Ok(())
    }

    fn write(&self, offset: usize, src: &[u8]) -> Result<(), AccessError> {
        self.has(offset, src.len());
        Ok(())
    }
}

/// What the peer stores and what is called, one after the other.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn word(&mut self) -> u64 {
        let mut word = [0; 8];
        let len = self.0.len().min(8);
        word[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        u64::from_le_bytes(word)
    }

    fn small(&mut self) -> u64 {
        self.byte().unwrap_or(0).into()
    }
}

/// Follows a script: the first byte says which side is ours.
pub(crate) fn body(data: &[u8]) {
    let mut script = Script(data);
    let geometry = Geometry::new(4096).expect("a capacity");
    match script.small() & 1 {
        0 => consumer(&mut script, geometry),
        _ => producer(&mut script, geometry),
    }
}

fn consumer(script: &mut Script<'_>, geometry: Geometry) {
    let (records, head) = (Words::new(geometry.area()), Words::new(CONTROL));
    let mut ours = Consumer::new(head, records.clone(), geometry, Wakes::IfItSleeps);
    let mut number = 0;
    while let Some(step) = script.byte() {
        let slot = geometry.slot(number);
        let over = match step % 10 {
            0 => Ok(records.word(slot).set(script.word())),
            1 => Ok(records
                .word(slot)
                .set(header(number, script.small() as usize, Place::Here))),
            2 => Ok(records.word(slot).set(header(
                number,
                script.small() as usize * 16,
                Place::Padded,
            ))),
            3 => Ok(records.word(slot).set(header(
                number,
                script.small() as usize & 15,
                Place::Inline,
            ))),
            4 => Ok(records.word(slot).set(end(number ^ script.small()))),
            5 => Ok(records.word(PRODUCER_STATE).set(script.word())),
            6 => Ok(records.word(WANTED).set(script.word())),
            7 => ours.show().map(drop),
            8 => ours.arm(Sleeps::OnBell).map(drop),
            _ => ours.next().and_then(|found| {
                assert!(found.len <= geometry.max_message());
                records.has(found.offset, found.len);
                number += 1;
                ours.consume(found).map(drop)
            }),
        };
        if !matches!(over, Ok(()) | Err(Trouble::Wait)) {
            return;
        }
    }
}

fn producer(script: &mut Script<'_>, geometry: Geometry) {
    let (records, head) = (Words::new(geometry.area()), Words::new(CONTROL));
    let mut ours = Producer::new(records.clone(), head.clone(), geometry, Wakes::IfItSleeps);
    while let Some(step) = script.byte() {
        let over = match step % 8 {
            0 => Ok(head.word(HEAD).set(script.word())),
            1 => Ok(head
                .word(HEAD)
                .set(head.word(HEAD).get().wrapping_add(script.small() * 64))),
            2 => Ok(head.word(CONSUMER_STATE).set(script.word())),
            3 => Ok(head.word(CONSUMER_STATE).set(script.small() & !2)),
            4 => ours.show().map(drop),
            5 => ours.show().and_then(|_| {
                ours.arm(script.small() as usize * 7, Sleeps::OnWord)
                    .map(drop)
            }),
            6 => ours.send(&[0; 300][..script.small() as usize]).map(drop),
            _ => {
                let len = (script.word() % (geometry.max_message() as u64 + 1)) as usize;
                ours.reserve(len).and_then(|room| {
                    records.has(room.offset, len);
                    ours.commit(&room, len / 3)
                })
            }
        };
        assert!(ours.used() < geometry.capacity());
        if !matches!(over, Ok(()) | Err(Trouble::Wait)) {
            return;
        }
    }
}
