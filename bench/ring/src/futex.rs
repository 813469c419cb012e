// SPDX-License-Identifier: MIT OR Apache-2.0
//! The napping ring: plain copies through shared slots, and who finds nothing sleeps on a
//! futex at once. With messages of eight bytes it is a bare futex.

use std::rc::Rc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::fence;

use rustix::io::Errno;
use rustix::thread::futex;

use crate::Failure;
use crate::candidate::Candidate;
use crate::link::{Link, Shape, Side};
use crate::shared::Shared;

/// Where the words of a count are: itself, and who sleeps until it changes.
#[derive(Clone, Copy, Debug)]
struct Count {
    value: usize,
    sleeper: usize,
}

/// One direction.
struct Way {
    shared: Rc<Shared>,
    sent: Count,
    received: Count,
    /// Where its slots are.
    data: usize,
    size: usize,
    /// A power of two.
    slots: u32,
    /// How many messages this side sent or received.
    mine: u32,
}

/// A futex, with the bytes beside it.
pub(crate) fn futex(name: &str) -> Candidate {
    Candidate::new(name, |shape: &Shape| {
        let (shape, shared) = (*shape, Shared::new(2 * shape.capacity())?);
        Ok(move |side| {
            let shared = Rc::new(shared);
            let there = Way::new(&shared, &shape, 0);
            let back = Way::new(&shared, &shape, 1);
            Ok(match side {
                Side::Near => Ways(there, back),
                Side::Far => Ways(back, there),
            })
        })
    })
}

/// What this side sends by, and what it receives by.
struct Ways(Way, Way);

impl Link for Ways {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.0.send(bytes)
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        self.1.recv(buffer)
    }
}

impl Way {
    fn new(shared: &Rc<Shared>, shape: &Shape, way: usize) -> Self {
        let count = |number: usize| Count {
            value: (4 * way + 2 * number) * 256,
            sleeper: (4 * way + 2 * number + 1) * 256,
        };
        Self {
            shared: Rc::clone(shared),
            sent: count(0),
            received: count(1),
            data: way * shape.capacity(),
            size: shape.size,
            slots: u32::try_from(shape.slots).unwrap_or(1 << 31),
            mine: 0,
        }
    }

    fn offset(&self) -> usize {
        self.data + (self.mine & (self.slots - 1)) as usize * self.size
    }

    /// Sleeps until the count is another one, or for no reason.
    ///
    /// The word that is slept on says that somebody does, so that a wake-up which comes before
    /// the sleep ends it.
    fn sleep(&self, count: Count, last: u32) -> Result<(), Failure> {
        let sleeper = self.shared.half(count.sleeper);
        sleeper.store(1, Relaxed);
        fence(SeqCst);
        if self.shared.half(count.value).load(Acquire) != last {
            return Ok(());
        }
        match futex::wait(sleeper, futex::Flags::empty(), 1, None) {
            Ok(()) | Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Publishes a count, and wakes who sleeps until then.
    fn publish(&self, count: Count, new: u32) -> Result<(), Failure> {
        let sleeper = self.shared.half(count.sleeper);
        self.shared.half(count.value).store(new, Release);
        fence(SeqCst);
        if sleeper.load(Relaxed) != 0 && sleeper.swap(0, Relaxed) != 0 {
            futex::wake(sleeper, futex::Flags::empty(), 1)?;
        }
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        loop {
            let received = self.shared.half(self.received.value).load(Acquire);
            if self.mine.wrapping_sub(received) < self.slots {
                break;
            }
            self.sleep(self.received, received)?;
        }
        self.shared.write(self.offset(), bytes);
        self.mine = self.mine.wrapping_add(1);
        self.publish(self.sent, self.mine)
    }

    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        loop {
            let sent = self.shared.half(self.sent.value).load(Acquire);
            if sent != self.mine {
                break;
            }
            self.sleep(self.sent, sent)?;
        }
        self.shared.read(self.offset(), &mut buffer[..self.size]);
        self.mine = self.mine.wrapping_add(1);
        // Who waits for room is told when there is a fair amount of it.
        if self.mine & ((self.slots / 4).max(1) - 1) == 0 {
            self.publish(self.received, self.mine)?;
        }
        Ok(self.size)
    }
}
