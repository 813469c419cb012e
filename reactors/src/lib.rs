// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the four programs of `src/bin` share: the same exchange with the same peer. What they
//! differ in is how they wait.
//!
//! ```text
//!   the program                                     its peer, another process
//!   ───────────                                     ─────────────────────────
//!   Channel    ── "count to 5 in this", a VMO ────►  reads one message
//!   EventPair  ◄───────────────── signal ──────────  writes the next number to the VMO
//!              ── signal ──────────────────────────► waits for it, and goes on
//!   Channel    ◄───────────── "done" ──────────────  ends
//! ```
//!
//! A wake says that it is time to look, and no more: a program looks until there is nothing to
//! see (`SHOULD_WAIT`, `take` says `false`), and waits again. That suits reactors that tell
//! once that something is ready (tokio, mio) and those that tell as long as it is (poll,
//! calloop).
#![deny(unsafe_code)]

mod exchange;

pub use exchange::{Exchange, Numbers, finish, is_last};

use std::io;

use zx::{
    Channel, EventPair, MessageBuf, MonotonicDuration, MonotonicInstant, Status, Vmo,
    take_startup_handle,
};

/// How far the peer is asked to count.
pub const NUMBERS: u64 = 5;

/// What makes a program the peer.
const PEER: &str = "--peer";

/// Whether this process is the peer. If so it has done its part.
///
/// # Errors
///
/// If the exchange failed.
///
/// # Examples
///
/// See `src/bin/on_poll.rs`.
pub fn was_peer() -> io::Result<bool> {
    if std::env::args().nth(1).as_deref() != Some(PEER) {
        return Ok(false);
    }
    let channel = Channel::try_from(take_startup_handle(0)?)?;
    let bell = EventPair::try_from(take_startup_handle(1)?)?;
    let mut message = MessageBuf::new();
    channel.read_until(&mut message, deadline())?;
    let numbers = message.bytes().try_into().map_err(io::Error::other)?;
    let vmo = message.take_handle(0).ok_or(Status::INVALID_ARGS)?;
    let vmo = Vmo::try_from(vmo)?;
    for number in 1..=u64::from_ne_bytes(numbers) {
        vmo.write(&number.to_ne_bytes(), 0)?;
        bell.signal()?;
        bell.wait(deadline())?;
    }
    channel.write_until(b"done", &mut Vec::new(), deadline())?;
    Ok(true)
}

/// No side waits for the other longer than this.
///
/// # Examples
///
/// ```
/// assert!(reactors::deadline() > zx::MonotonicInstant::get());
/// ```
#[must_use]
pub fn deadline() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(10))
}
