// SPDX-License-Identifier: MIT OR Apache-2.0
//! A sender has one room at a time, sends nothing meanwhile, and outlives it.
use vmo_ring::{Reservation, RingError, Sender};

// refused:
fn two_rooms(sender: &mut Sender) -> Result<(), RingError> {
    let first = sender.try_reserve(8)?;
    let second = sender.try_reserve(8)?; //~ E0499
    first.commit(8)?;
    second.commit(8)
}

fn sent_meanwhile(sender: &mut Sender) -> Result<(), RingError> {
    let room = sender.try_reserve(8)?;
    sender.try_send(b"before")?; //~ E0499
    room.commit(8)
}

fn committed_twice(sender: &mut Sender) -> Result<(), RingError> {
    let room = sender.try_reserve(8)?;
    room.commit(4)?;
    room.commit(8) //~ E0382
}

fn kept(mut sender: Sender) -> Result<Reservation<'static>, RingError> {
    sender.try_reserve(8) //~ E0515
}

// accepted:
fn two_rooms(sender: &mut Sender) -> Result<(), RingError> {
    sender.try_reserve(8)?.commit(8)?;
    sender.try_reserve(8)?.commit(8)
}

fn sent_meanwhile(sender: &mut Sender) -> Result<(), RingError> {
    sender.try_reserve(8)?.commit(8)?;
    sender.try_send(b"after")
}

fn committed_twice(sender: &mut Sender) -> Result<(), RingError> {
    let room = sender.try_reserve(8)?;
    room.commit(4)
}

fn kept(sender: &mut Sender) -> Result<Reservation<'_>, RingError> {
    sender.try_reserve(8)
}
