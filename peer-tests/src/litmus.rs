// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two litmus tests, played by two processes over the atomics of a mapping they share.
//!
//! ```text
//!   store buffering                          message passing
//!   X = round        Y = round               message = round         flag (acquire)
//!   read Y           read X                  flag = round (release)  read message
//!   never: both read an older round          never: a message older than the flag
//! ```
//!
//! Each round of store buffering starts as soon as both sides have announced it, so both do
//! their two accesses at nearly the same time. Message passing needs no such meeting: the
//! writer writes on and on, and a message may be newer than the flag, but not older.

use core::hint::spin_loop;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use core::sync::atomic::fence;
use core::time::Duration;
use std::time::Instant;

use mapped_vmo::SharedBuffer;
use mapped_vmo::shared_buffer::SharedAtomicU64;

/// How many bytes of the mapping are used.
pub const SIZE: usize = 4096;

/// In how many pairs of words each round stores and loads.
const PAIRS: usize = 16;

/// What is on a cache line of its own.
const LINE: usize = 64;
const X: usize = 0;
const Y: usize = X + PAIRS * LINE;
const AT: [usize; 2] = [Y + PAIRS * LINE, Y + (PAIRS + 1) * LINE];
/// The round in which it is over.
const STOP: usize = AT[1] + LINE;
/// What the second side read, in the last four rounds.
const READ: usize = STOP + LINE;
const FLAG: usize = 3072;
const MESSAGE: usize = FLAG + LINE;
const WORDS: usize = 13;

/// How many pairs tell something.
const ENOUGH: u64 = 1_000_000;

/// How long one side waits for the other.
const PATIENCE: Duration = Duration::from_secs(10);

/// The announcement that no round follows.
const OVER: u64 = u64::MAX;

fn word(buffer: &SharedBuffer, offset: usize) -> SharedAtomicU64<'_> {
    buffer.atomic(offset).expect("a word of the mapping")
}

/// The words of one side, a cache line apart.
type Words<'a> = [SharedAtomicU64<'a>; PAIRS];

fn words(buffer: &SharedBuffer, offset: usize) -> Words<'_> {
    core::array::from_fn(|pair| word(buffer, offset + pair * LINE))
}

/// Where the second side tells what it read in a round, long enough for the first to look.
fn reads(buffer: &SharedBuffer, round: u64) -> Words<'_> {
    let slot = READ + (round % 4) as usize * PAIRS * size_of::<u64>();
    core::array::from_fn(|pair| word(buffer, slot + pair * size_of::<u64>()))
}

/// Lets some time pass, another in each round, so that now one side is ahead and now the
/// other.
fn stagger(round: u64, by: u64) {
    (0..round.wrapping_mul(by) % 13).for_each(|_| spin_loop());
}

/// How the store and the load of store buffering are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Not at all: every processor may let the load pass the store.
    Relaxed,
    /// Both are sequentially consistent.
    SeqCst,
    /// Both are relaxed, with a fence between them.
    Fenced,
}

impl Strength {
    /// The one of that name, as [`name`](Self::name) gives it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Relaxed, Self::SeqCst, Self::Fenced];
        all.into_iter().find(|strength| strength.name() == name)
    }

    /// What it is called on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Relaxed => "relaxed",
            Self::SeqCst => "seq-cst",
            Self::Fenced => "fenced",
        }
    }

    /// One side's part in a round: in each pair, a store to one word, then a load of the other.
    #[inline(always)]
    fn store_then_load(self, sides: &[Words<'_>; 2], round: u64) -> [u64; PAIRS] {
        let sequential = self == Self::SeqCst;
        let order = if sequential { SeqCst } else { Relaxed };
        core::array::from_fn(|pair| {
            sides[0][pair].store(round, order);
            if self == Self::Fenced {
                fence(SeqCst);
            }
            sides[1][pair].load(order)
        })
    }
}

/// Waits, at first without letting go of the processor, and not for ever.
fn wait(busy: impl Fn() -> bool) {
    let since = Instant::now();
    let mut tries = 0_u32;
    while busy() {
        tries += 1;
        if tries % 20_000 == 0 {
            assert!(since.elapsed() < PATIENCE, "the other side is gone");
            std::thread::yield_now();
        }
        spin_loop();
    }
}

/// What came of store buffering.
#[derive(Clone, Copy, Debug, Default)]
pub struct Buffered {
    /// How often a pair was played.
    pub pairs: u64,
    /// How often each side missed the store of the other.
    pub both_old: u64,
    /// How often neither did, so that the two were close to each other.
    pub both_new: u64,
}

impl Buffered {
    fn count(&mut self, round: u64, ours: &[u64; PAIRS], theirs: &Words<'_>) {
        for (ours, theirs) in ours.iter().zip(theirs) {
            let old = [*ours < round, theirs.load(Relaxed) < round];
            self.pairs += 1;
            self.both_old += u64::from(old == [true; 2]);
            self.both_new += u64::from(old == [false; 2]);
        }
    }
}

/// The first side of store buffering, which counts, for `time`; for twice as long where other
/// work keeps the two from meeting often.
#[must_use]
pub fn store_buffering(buffer: &SharedBuffer, strength: Strength, time: Duration) -> Buffered {
    let sides = [words(buffer, X), words(buffer, Y)];
    let [ours, theirs] = AT.map(|offset| word(buffer, offset));
    let (start, mut result, mut last) = (Instant::now(), Buffered::default(), [0; PAIRS]);
    for round in 1.. {
        let enough = if result.pairs < ENOUGH {
            2 * time
        } else {
            time
        };
        let over = round % 64 == 0 && start.elapsed() > enough;
        if over {
            word(buffer, STOP).store(round, Release);
        }
        ours.store(round, Release);
        wait(|| theirs.load(Acquire) < round);
        if over {
            break;
        }
        stagger(round, 7);
        let read = strength.store_then_load(&sides, round);
        if round > 1 {
            // The other side announced this round, so it had told of the last one.
            result.count(round - 1, &last, &reads(buffer, round - 1));
        }
        last = read;
    }
    result
}

/// The second side of store buffering, until the first one says that it is over.
pub fn store_buffering_peer(buffer: &SharedBuffer, strength: Strength) {
    let sides = [words(buffer, Y), words(buffer, X)];
    let [theirs, ours] = AT.map(|offset| word(buffer, offset));
    for round in 1.. {
        ours.store(round, Release);
        wait(|| theirs.load(Acquire) < round);
        if word(buffer, STOP).load(Relaxed) == round {
            break;
        }
        stagger(round, 11);
        let read = strength.store_then_load(&sides, round);
        for (word, read) in reads(buffer, round).iter().zip(read) {
            word.store(read, Relaxed);
        }
    }
}

/// Sends messages for `time`, each by a copy and then a store of the flag; gives how many.
#[must_use]
pub fn send_messages(buffer: &SharedBuffer, time: Duration) -> u64 {
    let (start, flag) = (Instant::now(), word(buffer, FLAG));
    let mut round = 0_u64;
    while round % 256 != 0 || start.elapsed() < time {
        round += 1;
        let words = [round.to_ne_bytes(); WORDS];
        buffer.write_at(MESSAGE, words.as_flattened());
        flag.store(round, Release);
    }
    flag.store(OVER, Release);
    round
}

/// What came of message passing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passed {
    /// How often the flag had a new value.
    pub new: u64,
    /// How many messages had a word that was older than the flag.
    pub stale: u64,
}

/// Receives messages, by a load of the flag and then a copy, until the flag says that it is
/// over. Reading is all that it needs.
///
/// # Panics
///
/// If the buffer has not [`SIZE`] bytes that can be read.
#[must_use]
pub fn receive_messages(buffer: &SharedBuffer) -> Passed {
    let flag = buffer.read_only_atomic::<u64>(FLAG).expect("the flag");
    let (mut passed, mut last) = (Passed::default(), 0);
    loop {
        let round = flag.load(Acquire);
        if round == OVER {
            return passed;
        }
        let mut words = [[0; size_of::<u64>()]; WORDS];
        buffer
            .read_exact_at(MESSAGE, words.as_flattened_mut())
            .expect("the message");
        let oldest = words.into_iter().map(u64::from_ne_bytes).min();
        passed.stale += u64::from(oldest < Some(round));
        passed.new += u64::from(round != last);
        last = round;
    }
}
