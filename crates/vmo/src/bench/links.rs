// SPDX-License-Identifier: MIT OR Apache-2.0
//! What carries messages: this side's end of each.

use core::hint::spin_loop;
use core::sync::atomic::Ordering::{Acquire, Release};
use core::time::Duration;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::time::Instant;

use mapped_vmo::zx::{Channel, HandleBased, MessageBuf, MonotonicDuration, MonotonicInstant, Vmo};
use mapped_vmo::{ReadOnlyMapping, WriterMapping};
use vmo_ring::{Receiver, RingOptions, Sender, Waiting, connect_both};

use super::task::Who;
use crate::Failure;

/// How long the other process may be silent.
pub(super) const PATIENCE_SECONDS: i32 = 10;

/// The clock is not to be in the way.
const LOOKS_PER_LOOK_AT_THE_CLOCK: u32 = 1 << 16;

/// How many messages are shown at once.
const BATCH: u32 = 16;

/// Where the words are on a page: the value, and what a futex sleeps on.
const VALUE: usize = 0;
const TURN: usize = 256;

pub(super) fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(PATIENCE_SECONDS.into()))
}

/// One end.
pub(super) trait Link {
    /// Sends one message, and waits for room.
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure>;
    /// Waits for a message; its length.
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure>;
    /// Shows what is held back.
    fn flush(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

/// This side's ends of everything.
#[derive(Debug)]
pub(super) struct Ends<W, R> {
    words: Words,
    rings: Vec<Ring>,
    pipe: Pipe<W, R>,
    socket: Socket,
}

/// The rings: the spinning one for small messages, the sleeping one, those for longer ones.
const RINGS: [(usize, Option<Waiting>); 5] = [
    (64 << 10, None),
    (64 << 10, Some(Waiting::Sleep { spins: 0 })),
    (256 << 10, None),
    (1 << 20, None),
    (4 << 20, None),
];

impl<W: Write, R: Read> Ends<W, R> {
    /// Makes them, together with the other side, over the channel.
    pub(super) fn new(
        channel: &Channel,
        spinning: Waiting,
        pipe: (W, R),
        socket: OwnedFd,
    ) -> Result<Self, Failure> {
        let words = Words::new(channel)?;
        let ring = |(capacity, waiting): (usize, Option<Waiting>)| {
            let options = RingOptions::new().capacity(capacity);
            let options = options.waiting(waiting.unwrap_or(spinning));
            connect_both(channel, options, soon()).map(Ring::new)
        };
        let rings = RINGS.into_iter().map(ring).collect::<Result<_, _>>()?;
        let (to, from) = pipe;
        let size = 8;
        Ok(Self {
            words,
            rings,
            pipe: Pipe { to, from, size },
            socket: Socket(socket),
        })
    }

    /// Lets a loop run over the link of a candidate.
    pub(super) fn run(&mut self, who: Who, size: usize, work: impl Work) -> Result<(), Failure> {
        let ring = match (who, size) {
            (Who::Sleep, _) => 1,
            (_, 4096) => 2,
            (_, 65_536) => 3,
            (_, 1_048_576) => 4,
            _ => 0,
        };
        let batch = match who {
            Who::Batched => BATCH,
            _ => 1,
        };
        match who {
            Who::Lines => work.on(&mut Lines(&mut self.words, Instant::now())),
            Who::Futex => work.on(&mut Futex(&mut self.words, soon())),
            Who::Pipe => {
                self.pipe.size = size;
                work.on(&mut self.pipe)
            }
            Who::Socket => work.on(&mut self.socket),
            Who::Spin | Who::Batched | Who::Sleep => {
                let ring = self.rings.get_mut(ring).ok_or("no such ring")?;
                (ring.batch, ring.staged, ring.deadline) = (batch, 0, soon());
                work.on(ring)
            }
        }
    }
}

/// A loop, compiled for each link.
pub(super) trait Work {
    fn on(self, link: &mut impl Link) -> Result<(), Failure>;
}

/// A page that this side writes, and one that the other side writes.
#[derive(Debug)]
struct Words {
    mine: WriterMapping,
    theirs: ReadOnlyMapping,
    /// The last that was seen there.
    value: u64,
    turn: u32,
    my_turn: u32,
}

impl Words {
    fn new(channel: &Channel) -> Result<Self, Failure> {
        const PAGE: usize = 4096;
        let (mine, vmo) = WriterMapping::allocate(PAGE)?;
        channel.write(b"words", &mut vec![vmo.into_handle()])?;
        let mut message = MessageBuf::new();
        channel.read_until(&mut message, soon())?;
        let vmo = message.take_handle(0).ok_or("no words came")?;
        let theirs = ReadOnlyMapping::create_from_vmo(&Vmo::try_from(vmo)?, PAGE)?;
        Ok(Self {
            mine,
            theirs,
            value: 0,
            turn: 0,
            my_turn: 0,
        })
    }
}

/// The value of a message of eight bytes.
fn value(bytes: &[u8]) -> Result<u64, Failure> {
    let bytes = bytes.first_chunk().ok_or("not eight bytes")?;
    Ok(u64::from_ne_bytes(*bytes))
}

fn take(value: u64, buffer: &mut [u8]) -> Result<usize, Failure> {
    *buffer.first_chunk_mut().ok_or("not eight bytes")? = value.to_ne_bytes();
    Ok(8)
}

/// Two cache lines, looked at again and again.
struct Lines<'a>(&'a mut Words, Instant);

impl Link for Lines<'_> {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.0
            .mine
            .atomic::<u64>(VALUE)?
            .store(value(bytes)?, Release);
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let word = self.0.theirs.read_only_atomic::<u64>(VALUE)?;
        let patience = Duration::from_secs(PATIENCE_SECONDS.unsigned_abs().into());
        let mut looks = 0_u32;
        loop {
            let value = word.load(Acquire);
            if value != self.0.value {
                self.0.value = value;
                return take(value, buffer);
            }
            spin_loop();
            looks = looks.wrapping_add(1);
            if looks % LOOKS_PER_LOOK_AT_THE_CLOCK == 0 && self.1.elapsed() > patience {
                return Err("the other process is silent".into());
            }
        }
    }
}

/// The same words, slept on.
struct Futex<'a>(&'a mut Words, MonotonicInstant);

impl Link for Futex<'_> {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let words = &mut *self.0;
        words.my_turn = words.my_turn.wrapping_add(1);
        words
            .mine
            .atomic::<u64>(VALUE)?
            .store(value(bytes)?, Release);
        words
            .mine
            .atomic::<u32>(TURN)?
            .store(words.my_turn, Release);
        words.mine.wake(TURN, 1)?;
        Ok(())
    }

    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let words = &mut *self.0;
        let turn = words.theirs.read_only_atomic::<u32>(TURN)?;
        while turn.load(Acquire) == words.turn {
            words.theirs.wait_while_equal(TURN, words.turn, self.1)?;
        }
        words.turn = turn.load(Acquire);
        let value = words.theirs.read_only_atomic::<u64>(VALUE)?.load(Acquire);
        words.value = value;
        take(value, buffer)
    }
}

/// Ours.
#[derive(Debug)]
struct Ring {
    to: Sender,
    from: Receiver,
    batch: u32,
    staged: u32,
    deadline: MonotonicInstant,
}

impl Ring {
    fn new((to, from): (Sender, Receiver)) -> Self {
        Self {
            to,
            from,
            batch: 1,
            staged: 0,
            deadline: soon(),
        }
    }
}

impl Link for Ring {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.batch == 1 {
            return Ok(self.to.send(bytes, self.deadline)?);
        }
        match self.to.try_stage(bytes) {
            // What is staged is shown by who waits for room.
            Err(vmo_ring::RingError::WouldBlock) => self.to.send(bytes, self.deadline)?,
            other => {
                other?;
                self.staged = self.staged.wrapping_add(1);
                if self.staged < self.batch {
                    return Ok(());
                }
                self.to.publish()?;
            }
        }
        self.staged = 0;
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        Ok(self.from.recv(buffer, self.deadline)?)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.staged = 0;
        Ok(self.to.publish()?)
    }
}

/// A pipe each way. Messages are as long as agreed.
#[derive(Debug)]
struct Pipe<W, R> {
    to: W,
    from: R,
    size: usize,
}

impl<W: Write, R: Read> Link for Pipe<W, R> {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.to.write_all(bytes)?)
    }

    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let buffer = buffer.get_mut(..self.size).ok_or("too small a buffer")?;
        self.from.read_exact(buffer)?;
        Ok(self.size)
    }
}

/// A socket that keeps messages apart.
#[derive(Debug)]
struct Socket(OwnedFd);

impl Link for Socket {
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match rustix::io::retry_on_intr(|| rustix::io::write(&self.0, bytes))? {
            len if len == bytes.len() => Ok(()),
            _ => Err("a message was cut".into()),
        }
    }

    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        Ok(rustix::io::retry_on_intr(|| {
            rustix::io::read(&self.0, &mut *buffer)
        })?)
    }
}
