// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ours: two rings, one each way.

use mapped_vmo::zx::{Channel, MonotonicDuration, MonotonicInstant};
use vmo_ring::{Receiver, RingError, RingOptions, Sender, Waiting, connect_both};

use crate::Failure;
use crate::candidate::Candidate;
use crate::link::{Link, Shape};

const FOREVER: MonotonicInstant = MonotonicInstant::INFINITE;
/// How many messages are shown at once, where they are not shown one by one.
const BATCH: u32 = 16;
/// The smallest ring.
const SMALLEST: usize = 4096;

/// A sender and a receiver, of two rings.
struct Ends {
    to: Sender,
    from: Receiver,
}

/// One that sends and receives by `Sender::send` and `Receiver::recv`.
pub(crate) fn plain(name: &str, waiting: Waiting) -> Candidate {
    candidate(name, waiting, Plain)
}

/// One that stages messages, and shows 16 at once.
pub(crate) fn batched(name: &str, waiting: Waiting) -> Candidate {
    candidate(name, waiting, |ends| Batched { ends, staged: 0 })
}

/// One that writes and reads where the messages are.
pub(crate) fn in_place(name: &str, waiting: Waiting) -> Candidate {
    candidate(name, waiting, InPlace)
}

/// One that tries again and again, and leaves the waiting to nobody.
pub(crate) fn tried(name: &str) -> Candidate {
    candidate(name, Waiting::Spin, Tried)
}

fn candidate<L: Link + 'static>(
    name: &str,
    waiting: Waiting,
    link: impl Fn(Ends) -> L + Copy + 'static,
) -> Candidate {
    Candidate::new(name, move |shape: &Shape| {
        let (near, far) = Channel::create()?;
        let options = RingOptions::new()
            .capacity(shape.capacity().next_power_of_two().max(SMALLEST))
            .waiting(waiting);
        Ok(move |side| {
            let mine = match side {
                crate::Side::Near => near,
                crate::Side::Far => far,
            };
            let soon = MonotonicInstant::after(MonotonicDuration::from_seconds(10));
            let (to, from) = connect_both(&mine, options, soon)?;
            Ok(link(Ends { to, from }))
        })
    })
}

struct Plain(Ends);

impl Link for Plain {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.0.to.send(bytes, FOREVER)?)
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        Ok(self.0.from.recv(buffer, FOREVER)?)
    }
}

struct Tried(Ends);

impl Link for Tried {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        loop {
            match self.0.to.try_send(bytes) {
                Err(RingError::WouldBlock) => core::hint::spin_loop(),
                other => return Ok(other?),
            }
        }
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        loop {
            match self.0.from.try_recv(buffer) {
                Err(RingError::WouldBlock) => core::hint::spin_loop(),
                other => return Ok(other?),
            }
        }
    }
}

struct Batched {
    ends: Ends,
    staged: u32,
}

impl Link for Batched {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self.ends.to.try_stage(bytes) {
            // What is staged is shown by who waits for room.
            Err(RingError::WouldBlock) => self.ends.to.send(bytes, FOREVER)?,
            other => {
                other?;
                self.staged += 1;
                if self.staged < BATCH {
                    return Ok(());
                }
                self.ends.to.publish()?;
            }
        }
        self.staged = 0;
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        Ok(self.ends.from.recv(buffer, FOREVER)?)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.staged = 0;
        Ok(self.ends.to.publish()?)
    }
}

struct InPlace(Ends);

impl Link for InPlace {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut room = self.0.to.reserve(bytes.len(), FOREVER)?;
        room.slice_mut().write_all_at(0, bytes)?;
        room.commit(bytes.len())?;
        Ok(self.0.to.publish()?)
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let message = self.0.from.peek(FOREVER)?;
        let len = message.len();
        let buffer = buffer.get_mut(..len).ok_or("the buffer is too small")?;
        message.slice().read_exact_at(0, buffer)?;
        Ok(len)
    }
}
