// SPDX-License-Identifier: MIT OR Apache-2.0
//! What bounds a ring: the fewest cache lines that can carry a message.

use std::hint::spin_loop;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::Failure;
use crate::candidate::Candidate;
use crate::link::{Link, Shape, Side};
use crate::shared::Shared;

/// Where near's words are, and far's: two lines apart, as neighbours are fetched together.
const NEAR: usize = 256;
const FAR: usize = 512;

/// Eight bytes bounced between two caches: each side has a line that only it writes.
pub(crate) fn two_lines(name: &str) -> Candidate {
    lines(name, NEAR, FAR)
}

/// The same in one line, which no two queues could share.
pub(crate) fn one_line(name: &str) -> Candidate {
    lines(name, NEAR, NEAR + 8)
}

fn lines(name: &str, near: usize, far: usize) -> Candidate {
    Candidate::new(name, move |_| {
        let shared = Shared::new(0)?;
        Ok(move |side| {
            let (mine, theirs) = match side {
                Side::Near => (near, far),
                Side::Far => (far, near),
            };
            let last = 0;
            Ok(Line {
                shared,
                mine,
                theirs,
                last,
            })
        })
    })
}

struct Line {
    shared: Shared,
    mine: usize,
    theirs: usize,
    last: u64,
}

impl Link for Line {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let value = bytes.first_chunk().ok_or("too short")?;
        let value = u64::from_ne_bytes(*value);
        self.shared.word(self.mine).store(value, Release);
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let word = self.shared.word(self.theirs);
        let value = loop {
            let value = word.load(Acquire);
            if value != self.last {
                break value;
            }
            spin_loop();
        };
        self.last = value;
        *buffer.first_chunk_mut().ok_or("too short")? = value.to_ne_bytes();
        Ok(8)
    }
}

/// Two plain copies through shared slots: no framing, no checks, no bells. The message
/// is seen once the count of those sent goes up, every `batch` messages.
pub(crate) fn slots(name: &str, batch: u64) -> Candidate {
    Candidate::new(name, move |shape: &Shape| {
        let (shape, shared) = (*shape, Shared::new(shape.capacity())?);
        Ok(move |_| Ok(Slots::new(shared, &shape, batch)))
    })
}

struct Slots {
    shared: Shared,
    size: usize,
    /// A power of two, as is `batch`.
    slots: u64,
    batch: u64,
    /// How many messages this side sent or received.
    mine: u64,
    /// What it last saw of the other side's count.
    theirs: u64,
}

impl Slots {
    fn new(shared: Shared, shape: &Shape, batch: u64) -> Self {
        let (mine, theirs) = (0, 0);
        Self {
            shared,
            size: shape.size,
            slots: shape.slots as u64,
            batch,
            mine,
            theirs,
        }
    }

    fn offset(&self) -> usize {
        (self.mine & (self.slots - 1)) as usize * self.size
    }

    #[inline]
    fn wait(&mut self, word: usize, ready: impl Fn(u64) -> bool) {
        while !ready(self.theirs) {
            spin_loop();
            self.theirs = self.shared.word(word).load(Acquire);
        }
    }
}

impl Link for Slots {
    #[inline]
    fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let (mine, slots) = (self.mine, self.slots);
        if mine - self.theirs == slots {
            self.flush()?;
            self.wait(FAR, |received| mine - received < slots);
        }
        self.shared.write(self.offset(), bytes);
        self.mine += 1;
        if self.mine & (self.batch - 1) == 0 {
            self.shared.word(NEAR).store(self.mine, Release);
        }
        Ok(())
    }

    #[inline]
    fn recv(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let mine = self.mine;
        self.wait(NEAR, |sent| sent != mine);
        self.shared.read(self.offset(), &mut buffer[..self.size]);
        self.mine += 1;
        // Few tell of room: the line is the sender's most of the time.
        if self.mine & ((self.slots / 4).max(1) - 1) == 0 {
            self.shared.word(FAR).store(self.mine, Release);
        }
        Ok(self.size)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if self.shared.word(NEAR).load(Relaxed) != self.mine {
            self.shared.word(NEAR).store(self.mine, Release);
        }
        Ok(())
    }
}
