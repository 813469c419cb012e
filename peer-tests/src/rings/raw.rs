// SPDX-License-Identifier: MIT OR Apache-2.0
//! The handshake of a ring by hand, as somebody writes it who means no good; and the layout.

use core::cell::Cell;
use core::sync::atomic::Ordering::{Acquire, Relaxed};

use mapped_vmo::{ReadOnlyMapping, WriterMapping};
use vmo_ring::zx::{
    AdoptPolicy, Channel, EventPair, Handle, HandleBased, MessageBuf, Signals, Vmo,
};

use super::after;

/// What a side says that it does.
pub mod flags {
    /// It sends.
    pub const SENDS: u32 = 1;
    /// It receives.
    pub const RECEIVES: u32 = 2;
    /// It may sleep.
    pub const SLEEPS: u32 = 4;
    /// It rings.
    pub const RINGS: u32 = 8;
}

/// Where the slots begin.
pub const CONTROL: usize = 4096;
/// Where a consumer says how far it is, and the producer its state.
pub const HEAD: usize = 0;
/// Where a consumer says what it is about to do.
pub const CONSUMER_STATE: usize = 128;

/// A handshake.
#[must_use]
pub fn hello(flags: u32, capacity: u64) -> Vec<u8> {
    let mut bytes = b"vmoring1".to_vec();
    bytes.extend(flags.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(capacity.to_le_bytes());
    bytes
}

/// A header: the number of its message, where the bytes are, how many.
#[must_use]
pub fn header(number: u64, place: u64, len: usize) -> u64 {
    1 << 63 | (number & ((1 << 29) - 1)) << 34 | place << 32 | (len as u64 & 0xffff_ffff)
}

/// The bytes are in the slot.
pub const INLINE: u64 = 1;
/// They are where the message before ended.
pub const HERE: u64 = 0;
/// They are at the start of the data.
pub const PADDED: u64 = 2;

/// The bytes of data that a message takes.
#[must_use]
pub fn record(len: usize) -> u64 {
    (len as u64).next_multiple_of(64).max(64)
}

/// The bytes of a sender's memory.
#[must_use]
pub fn area(capacity: usize) -> usize {
    CONTROL + capacity / 64 * 16 + capacity
}

/// One side of a ring, without any of its manners.
#[derive(Debug)]
pub struct Raw {
    /// What only we write.
    pub own: WriterMapping,
    /// What the victim writes.
    pub peer: ReadOnlyMapping,
    /// To wake it.
    pub bell: EventPair,
    /// Of the data.
    pub capacity: usize,
    /// How often something was stored.
    pub stores: Cell<u64>,
}

impl Raw {
    /// Stores a word of ours.
    #[inline]
    pub fn store(&self, offset: usize, word: u64) {
        if let Ok(place) = self.own.atomic::<u64>(offset & !7) {
            place.store(word, Relaxed);
            self.stores.set(self.stores.get() + 1);
        }
    }

    /// Loads a word of the victim's.
    #[must_use]
    #[inline]
    pub fn load(&self, offset: usize) -> u64 {
        let place = self.peer.read_only_atomic::<u64>(offset & !7);
        place.map_or(0, |place| place.load(Acquire))
    }

    /// Where the slot of a message is.
    #[must_use]
    #[inline]
    pub fn slot(&self, number: u64) -> usize {
        CONTROL + (number as usize & (self.capacity / 64 - 1)) * 16
    }

    /// Connects as the side that sends.
    ///
    /// # Panics
    ///
    /// If the victim does not.
    #[must_use]
    pub fn sends(channel: &Channel, flags: u32, capacity: usize) -> Self {
        let (own, vmo) = WriterMapping::allocate(area(capacity)).expect("memory");
        let (bell, far) = EventPair::create().expect("a bell");
        let handles = vec![vmo.into_handle(), far.into_handle()];
        let mut theirs = exchange(channel, flags | flags::SENDS, capacity, handles);
        let peer = memory(&mut theirs, CONTROL);
        Self {
            own,
            peer,
            bell,
            capacity,
            stores: Cell::new(0),
        }
    }

    /// Connects as the side that receives.
    ///
    /// # Panics
    ///
    /// If the victim does not.
    #[must_use]
    pub fn receives(channel: &Channel, flags: u32, capacity: usize) -> Self {
        let (own, vmo) = WriterMapping::allocate(CONTROL).expect("memory");
        let handles = vec![vmo.into_handle()];
        let mut theirs = exchange(channel, flags | flags::RECEIVES, 0, handles);
        let peer = memory(&mut theirs, area(capacity));
        let bell = theirs.take_handle(1).expect("a bell");
        let bell = EventPair::try_from(bell).expect("a bell");
        Self {
            own,
            peer,
            bell,
            capacity,
            stores: Cell::new(0),
        }
    }
}

fn exchange(
    channel: &Channel,
    flags: u32,
    capacity: usize,
    mut handles: Vec<Handle>,
) -> MessageBuf {
    let hello = hello(flags, capacity as u64);
    channel
        .write(&hello, &mut handles)
        .expect("the victim's end");
    let mut theirs = MessageBuf::new();
    let readable = channel.wait_one(Signals::CHANNEL_READABLE, after(10_000));
    assert!(readable.is_ok(), "the victim sends no handshake");
    channel
        .read_with(&mut theirs, AdoptPolicy::Strict)
        .expect("a handshake");
    theirs
}

fn memory(message: &mut MessageBuf, size: usize) -> ReadOnlyMapping {
    let vmo = Vmo::try_from(message.take_handle(0).expect("memory")).expect("memory");
    ReadOnlyMapping::create_from_vmo(&vmo, size).expect("published memory")
}
