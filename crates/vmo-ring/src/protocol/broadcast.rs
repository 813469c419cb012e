// SPDX-License-Identifier: MIT OR Apache-2.0
//! One writer, many readers: a ring that never waits for a reader.
//!
//! ```text
//!   the writer's area: only it stores there, and it loads nothing
//!    128  oldest: all before this position may be overwritten at any moment
//!    136  how many messages were before it; stored before `oldest`
//!    144  the same; stored after `oldest`
//!   4096  records, `capacity` bytes
//!
//!         ├── may be overwritten ──┤├────────── whole ──────────┤0│
//!                                  oldest                  the next header
//! ```
//!
//! The writer keeps positions, counts and where records begin to itself. When a record would
//! run into the oldest ones, it first gives up a sixteenth of the ring: it moves `oldest`, and
//! then, behind a release fence, overwrites. It can't be disturbed, for it reads nothing.
//!
//! A reader copies a record and *then* looks at `oldest`, behind an acquire fence. If its copy
//! has a byte of an overwriting record, the two fences order the move of `oldest` before that
//! look; so a copy from at or after `oldest` is whole, and any other is thrown away. The reader
//! then goes on at `oldest`, with the count that belongs to it. The two are read together by
//! reading the count on either side of the position, in the other order than they are stored.
//!
//! A header that is 0 says that nothing is there yet. Each record is shown by its header, a
//! release store, after the place of the next header was cleared. So at a position that was not
//! given up there is a header of this position, or 0: anything else is the work of a writer
//! that is not honest.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use shared_buffer::AccessError;

use super::Trouble;
use super::area::{Area, OwnArea};
use super::published::{OWN_WORDS, TRIES};
use super::records::{HEADER, Kind, Records, header, parse, record, wide};

/// The kind and version in the first word.
pub(crate) const KIND: [u8; 8] = *b"vmocast1";

const OLDEST: usize = OWN_WORDS;
const COUNT_BEFORE: usize = OWN_WORDS + 8;
const COUNT_AFTER: usize = OWN_WORDS + 16;

/// In how many parts the writer gives up what is old.
const PARTS: usize = 16;

/// More than this is no distance forward but one back.
const FAR: u64 = 1 << 63;

/// Where a record begins, and how many messages were before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    position: u64,
    count: u64,
}

/// Writes records, and reads nothing.
///
/// # Invariants
///
/// - **room**: `oldest <= now.position`, and `now.position + 8 - oldest <= capacity`.
/// - **cleared**: the word at `now.position` is 0.
/// - **marks**: for each of the last [`PARTS`] parts that a record has begun in or after, the
///   place of `parts` that its number falls on has the first record at or after its start.
#[derive(Debug)]
pub(crate) struct Writer<O> {
    own: O,
    records: Records,
    /// Where the next record begins.
    now: Mark,
    /// All before it may be overwritten.
    oldest: u64,
    parts: [Mark; PARTS],
    /// The number of the first part that has no mark.
    unmarked: u64,
}

impl<O: OwnArea> Writer<O> {
    /// Over an area of 0, of `records.area()` bytes.
    pub(crate) fn new(own: O, records: Records) -> Self {
        Self {
            own,
            records,
            now: Mark::default(),
            oldest: 0,
            parts: [Mark::default(); PARTS],
            unmarked: 0,
        }
    }

    pub(crate) fn own(&self) -> &O {
        &self.own
    }

    pub(crate) fn records(&self) -> Records {
        self.records
    }

    /// Writes a message, of at most the longest length, and shows it.
    #[inline]
    pub(crate) fn publish(&mut self, bytes: &[u8]) -> Result<(), AccessError> {
        let record = record(bytes.len());
        let to_end = self.records.to_end(self.now.position);
        let pad = if record > to_end { to_end } else { 0 };
        let start = after(self.now.position, pad);
        let next = after(start, record);
        self.make_room(after(next, HEADER))?;
        self.own.store(self.records.offset(next), 0, Relaxed)?;
        let offset = self.records.offset(start);
        self.own.write(offset.wrapping_add(HEADER), bytes)?;
        self.mark();
        let message = header(Kind::Message, bytes.len(), start);
        if pad == 0 {
            self.own.store(offset, message, Release)?;
        } else {
            // The pad is what shows the message behind it.
            self.own.store(offset, message, Relaxed)?;
            let offset = self.records.offset(self.now.position);
            let pad = header(Kind::Pad, pad.wrapping_sub(HEADER), self.now.position);
            self.own.store(offset, pad, Release)?;
            self.now.position = start;
            self.mark();
        }
        self.now.position = next;
        self.now.count = self.now.count.wrapping_add(1);
        Ok(())
    }

    /// Sees to it that nothing whole is expected before `end - capacity`.
    #[inline]
    fn make_room(&mut self, end: u64) -> Result<(), AccessError> {
        let limit = end.wrapping_sub(wide(self.records.capacity()));
        if limit.wrapping_sub(self.oldest).wrapping_sub(1) >= FAR {
            return Ok(()); // It is not after `oldest`.
        }
        self.give_up(limit)
    }

    /// Moves `oldest` to the first record of the first part that begins at or after `limit`.
    #[cold]
    fn give_up(&mut self, limit: u64) -> Result<(), AccessError> {
        let part = self.part();
        let number = limit.wrapping_add(part.wrapping_sub(1)) / part;
        let mark = self.parts.get(place(number)).copied();
        let span = self.now.position.wrapping_sub(limit);
        // No record has begun there: then the next one is the oldest.
        let mark = mark.filter(|mark| mark.position.wrapping_sub(limit) <= span);
        let mark = mark.unwrap_or(self.now);
        self.own.store(COUNT_BEFORE, mark.count, Relaxed)?;
        self.own.store(OLDEST, mark.position, Release)?;
        self.own.store(COUNT_AFTER, mark.count, Release)?;
        // Before any byte that is overwritten from now on.
        self.own.fence_release();
        self.oldest = mark.position;
        Ok(())
    }

    /// The bytes of a part.
    fn part(&self) -> u64 {
        wide(self.records.capacity() / PARTS).max(1)
    }

    /// Notes that a record begins at our position.
    #[inline]
    fn mark(&mut self) {
        let reached = self.now.position / self.part();
        while self.unmarked <= reached {
            if let Some(mark) = self.parts.get_mut(place(self.unmarked)) {
                *mark = self.now;
            }
            self.unmarked = self.unmarked.wrapping_add(1);
        }
    }

    /// Shows that nothing will follow.
    pub(crate) fn close(&mut self) -> Result<(), AccessError> {
        // There is room: the word is one that is cleared.
        let offset = self.records.offset(self.now.position);
        let close = header(Kind::Close, 0, self.now.position);
        self.own.store(offset, close, Release)
    }
}

/// A message that was there when it was looked for.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) struct Sighting {
    /// Where its bytes are.
    offset: usize,
    /// How many: they are inside the area.
    pub(crate) len: usize,
}

/// Copies records, and stores nothing.
#[derive(Debug)]
pub(crate) struct Reader<P> {
    peer: P,
    records: Records,
    /// Where the next record begins.
    now: Mark,
}

impl<P: Area> Reader<P> {
    /// Over an area of `records.area()` bytes; begins with the oldest message.
    ///
    /// # Errors
    ///
    /// `Wait` if the writer moved on too often, or is in the midst of it. The area comes back.
    pub(crate) fn new(peer: P, records: Records) -> Result<Self, (P, Trouble)> {
        match oldest(&peer) {
            Ok(now) => Ok(Self { peer, records, now }),
            Err(trouble) => Err((peer, trouble)),
        }
    }

    pub(crate) fn peer(&self) -> &P {
        &self.peer
    }

    pub(crate) fn records(&self) -> Records {
        self.records
    }

    /// How many messages were before the next one.
    pub(crate) fn count(&self) -> u64 {
        self.now.count
    }

    /// Looks for the next message. It may be overwritten already, or while it is copied.
    ///
    /// # Errors
    ///
    /// `Wait` if none is there, `Closed` if none will be; `Lagged`, and the next one is the
    /// oldest.
    #[inline]
    pub(crate) fn look(&mut self) -> Result<Sighting, Trouble> {
        let offset = self.records.offset(self.now.position);
        let header = self.peer.load(offset, Acquire)?;
        match parse(header, self.now.position) {
            Some((Kind::Message, len)) => self.message(len),
            parsed => self.look_closer(header, parsed),
        }
    }

    #[inline]
    fn message(&mut self, len: usize) -> Result<Sighting, Trouble> {
        let fits = record(len) <= self.records.to_end(self.now.position);
        if len > self.records.max_message() || !fits {
            self.check()?;
            return Err(Trouble::Corrupt);
        }
        let offset = self.records.offset(self.now.position);
        let offset = offset.wrapping_add(HEADER);
        Ok(Sighting { offset, len })
    }

    /// What is there is no message. If it is what the writer put there for this position, it
    /// has to make sense.
    fn look_closer(
        &mut self,
        header: u64,
        parsed: Option<(Kind, usize)>,
    ) -> Result<Sighting, Trouble> {
        self.check()?;
        if header == 0 {
            return Err(Trouble::Wait);
        }
        match parsed {
            Some((Kind::Close, _)) => return Err(Trouble::Closed),
            Some((Kind::Pad, len)) => self.skip_pad(len)?,
            _ => return Err(Trouble::Corrupt),
        }
        let offset = self.records.offset(self.now.position);
        let header = self.peer.load(offset, Acquire)?;
        match parse(header, self.now.position) {
            Some((Kind::Message, len)) => self.message(len),
            _ => {
                self.check()?;
                Err(Trouble::Corrupt)
            }
        }
    }

    /// Goes to the start of the area, where a message was shown together with the pad.
    fn skip_pad(&mut self, len: usize) -> Result<(), Trouble> {
        let to_end = self.records.to_end(self.now.position);
        if len.wrapping_add(HEADER) != to_end || self.records.index(self.now.position) == 0 {
            return Err(Trouble::Corrupt);
        }
        self.now.position = after(self.now.position, to_end);
        Ok(())
    }

    /// Copies the message that was found, and goes on to the next one. `dst` has its length.
    ///
    /// # Errors
    ///
    /// `Lagged`: it was overwritten, and `dst` has bytes of whatever was there.
    #[inline]
    pub(crate) fn copy(&mut self, found: Sighting, dst: &mut [u8]) -> Result<(), Trouble> {
        self.peer.read(found.offset, dst)?;
        self.peer.fence_acquire();
        self.check()?;
        self.now.position = after(self.now.position, record(found.len));
        self.now.count = self.now.count.wrapping_add(1);
        Ok(())
    }

    /// Whether what was loaded at our position was what belongs there.
    ///
    /// # Errors
    ///
    /// `Lagged`: it may have been overwritten.
    #[inline]
    pub(crate) fn check(&mut self) -> Result<(), Trouble> {
        let oldest = self.peer.load(OLDEST, Relaxed)?;
        if oldest.wrapping_sub(self.now.position).wrapping_sub(1) >= FAR {
            return Ok(()); // It is not after our position.
        }
        Err(self.go_on_at_the_oldest())
    }

    #[cold]
    fn go_on_at_the_oldest(&mut self) -> Trouble {
        let oldest = match oldest(&self.peer) {
            Ok(oldest) => oldest,
            Err(trouble) => return trouble,
        };
        let moved = oldest.position.wrapping_sub(self.now.position);
        let lost = oldest.count.wrapping_sub(self.now.count);
        // A message takes a header at least.
        if moved == 0 || moved > FAR || lost > moved / wide(HEADER) {
            return Trouble::Corrupt;
        }
        self.now = oldest;
        Trouble::Lagged { lost }
    }
}

/// The oldest position, and the count that belongs to it.
fn oldest(peer: &impl Area) -> Result<Mark, Trouble> {
    for _ in 0..TRIES {
        let count = peer.load(COUNT_AFTER, Acquire)?;
        let position = peer.load(OLDEST, Acquire)?;
        if peer.load(COUNT_BEFORE, Relaxed)? == count {
            let aligned = position % wide(HEADER) == 0;
            let mark = Mark { position, count };
            return aligned.then_some(mark).ok_or(Trouble::Corrupt);
        }
    }
    Err(Trouble::Wait)
}

/// The position so many bytes later.
fn after(position: u64, bytes: usize) -> u64 {
    position.wrapping_add(wide(bytes))
}

/// Where the mark of a part is.
fn place(number: u64) -> usize {
    usize::try_from(number % wide(PARTS)).unwrap_or(0)
}
