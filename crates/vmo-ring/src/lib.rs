// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages through a mapping, with a peer you do not trust.
//!
//! A [`Sender`] in one process and a [`Receiver`] in another one share a ring of bytes. A
//! message is copied in, and out; no system call is made as long as nobody has to wait. There
//! is no lock, no shared counter and nothing that a peer could leave half done: each side
//! writes its own memory only, which the kernel guards for it, and believes nothing that it
//! reads from the other one.
//!
//! ```text
//!            Channel: one message each way, then it is free again
//!   Sender::connect ◄──────────────────────────────────────► Receiver::connect
//!
//!   ┌────────┐  writes  ┌──────────────────────┐  reads  ┌──────────┐
//!   │ Sender │ ───────► │ records              │ ──────► │ Receiver │
//!   │        │          └──────────────────────┘         │          │
//!   │        │  reads   ┌──────────────────────┐  writes │          │
//!   │        │ ◄─────── │ how far it has read  │ ◄────── │          │
//!   └───┬────┘          └──────────────────────┘         └────┬─────┘
//!       └──────────── a bell, for who sleeps ─────────────────┘
//! ```
//!
//! | to | use |
//! |---|---|
//! | make a ring | [`Sender::connect`] here and [`Receiver::connect`] there; [`connect_both`] for one in each direction |
//! | send | [`Sender::try_send`], [`Sender::send`]; many at once: [`Sender::try_stage`], [`Sender::publish`] |
//! | write in place | [`Sender::try_reserve`], [`Reservation::slice_mut`], [`Reservation::commit`] |
//! | receive | [`Receiver::try_recv`], [`Receiver::recv`]; look first: [`Receiver::try_peek`] |
//! | send to many, and wait for none | [`BroadcastWriter`], [`BroadcastReader`] |
//! | show many the latest value | [`LatestWriter`], [`LatestReader`] |
//! | never make a system call | [`Waiting::Spin`] |
//! | receive from many senders | a ring for each, and a [`WaitSet`] |
//! | wait in a task of tokio | the feature `tokio`: `async_io` |
//! | wait in a loop of your own | [`Sender::arm`], [`Receiver::arm`], and their descriptors |
//!
//! # What a hostile peer can do
//!
//! It can send you anything, or nothing; change a message while you copy it; stop reading; say
//! that it is awake while it sleeps, and miss your messages. It can end the ring. It can't make
//! a call here panic, fault, write to its own advantage or wait past its deadline, and your
//! copy of a message does not change.
//!
//! # Examples
//!
//! See [`Sender`] and [`connect_both`].
#![deny(unsafe_code)]

mod area;
#[cfg(feature = "tokio")]
pub mod async_io;
mod broadcast;
mod connect;
mod error;
mod follow;
mod latest;
mod message;
mod options;
mod protocol;
mod publish;
mod receiver;
mod reservation;
mod sender;
mod side;
mod spin;
mod stats;
mod wait_set;

pub use broadcast::{BroadcastReader, BroadcastWriter};
pub use connect::connect_both;
pub use error::{Refusal, RingError};
pub use latest::{LatestReader, LatestWriter};
pub use message::Message;
pub use options::{RingOptions, Waiting};
pub use publish::WakeReaders;
pub use receiver::Receiver;
pub use reservation::Reservation;
pub use sender::Sender;
pub use stats::RingStats;
pub use wait_set::{RingKey, WaitSet};
pub use zx;

/// Both sides of a ring in one process, for examples.
#[doc(hidden)]
#[must_use]
#[allow(clippy::unwrap_used, reason = "an example that fails may panic")]
pub fn doc_pair() -> (Sender, Receiver) {
    let (ours, theirs) = zx::Channel::create().unwrap();
    let deadline = zx::MonotonicInstant::after(zx::MonotonicDuration::from_seconds(20));
    let options = RingOptions::new().capacity(1 << 16);
    let other = std::thread::spawn(move || Receiver::connect(&theirs, options, deadline).unwrap());
    let sender = Sender::connect(&ours, options, deadline).unwrap();
    (sender, other.join().unwrap())
}

/// A broadcast and a reader of it in one process, for examples.
#[doc(hidden)]
#[must_use]
#[allow(clippy::unwrap_used, reason = "an example that fails may panic")]
pub fn doc_broadcast() -> (BroadcastWriter, BroadcastReader) {
    let options = RingOptions::new().capacity(4096);
    let (writer, vmo) = BroadcastWriter::allocate(options, WakeReaders::EachTime).unwrap();
    (writer, BroadcastReader::open(&vmo, options).unwrap())
}

/// The README's code, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[derive(Debug)]
pub struct Readme;
