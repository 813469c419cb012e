// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`BroadcastReader`]: the messages of a writer that does not wait.

use core::hint::spin_loop;
use core::time::Duration;

use mapped_vmo::ReadOnlyMapping;
use zx::{MonotonicInstant, Vmo};

use crate::follow::{Follower, open};
use crate::protocol::Trouble;
use crate::protocol::broadcast::{KIND, Reader, Sighting};
use crate::protocol::published::TRIES;
use crate::protocol::records::Records;
use crate::spin::is_over;
use crate::{Refusal, RingError, RingOptions, RingStats};

/// Reads the messages of a [`BroadcastWriter`](crate::BroadcastWriter), each one once.
///
/// One that is too slow is told how many messages it did not get
/// ([`Lagged`](RingError::Lagged)), and goes on with the oldest that is left. A message that was
/// overwritten while it was copied counts as one of those: no call returns a torn one.
///
/// # Hostile peer
///
/// Other readers can do nothing, to the writer or to this one. The writer can send any bytes,
/// and change them at any moment: what was copied out does not change any more. It can write
/// nonsense: a header that can't be right, at a place that was not given up, ends the ring
/// ([`Corrupt`](RingError::Corrupt)). It can claim that messages were lost. It can wake without
/// reason. Its memory can't shrink and its pages can't go away. It can't keep a call longer
/// than its deadline.
///
/// # The writer's end
///
/// A writer that is dropped says so, and readers get
/// [`PeerClosed`](RingError::PeerClosed) when they have read all. One that was killed says
/// nothing, and there is no descriptor that would: calls end with their deadlines. Who has to
/// know asks the kernel: watch the channel that the VMO came over, or the process.
///
/// # In a loop of your own
///
/// There is nothing to poll: the readers sleep on a word of memory (a futex), which is no
/// descriptor, because a reader has nothing by which it could ask for more than that. So one
/// thread waits in [`recv`](Self::recv) and passes messages on; or the writer also signals an
/// [`EventPair`](zx::EventPair) per reader, which is then the writer's to keep.
///
/// # After a fork
///
/// Parent and child go on by themselves, from the same place.
///
/// # Examples
///
/// The process that reads, with the VMO that came over a channel, from whomever:
///
/// ```
/// use vmo_ring::{BroadcastReader, RingError, RingOptions, zx};
/// # use vmo_ring::{BroadcastWriter, WakeReaders};
/// # let options = RingOptions::new();
/// # let (mut writer, vmo) = BroadcastWriter::allocate(options, WakeReaders::EachTime)?;
/// # writer.send(b"hello")?;
/// # drop(writer);
/// let mut reader = BroadcastReader::open(&vmo, RingOptions::new())?;
/// let mut message = Vec::new();
/// loop {
///     let soon = zx::MonotonicInstant::after(zx::MonotonicDuration::from_seconds(5));
///     match reader.recv_to_vec(&mut message, soon) {
///         Ok(()) => assert_eq!(message, b"hello"),
///         Err(RingError::Lagged { lost }) => eprintln!("{lost} messages were lost"),
///         Err(RingError::PeerClosed) => break,
///         Err(error) => return Err(error), // nobody is there, or nobody honest
///     }
/// }
/// # Ok::<(), RingError>(())
/// ```
#[derive(Debug)]
pub struct BroadcastReader {
    reader: Reader<ReadOnlyMapping>,
    follower: Follower,
}

/// How often, and how long each time, a writer is waited for that is in the midst of telling
/// where the oldest message is. It may have lost its core there.
const WAITS: u32 = 100;
const WAIT: Duration = Duration::from_micros(100);

/// Begins with the oldest message.
fn begin(
    mut memory: ReadOnlyMapping,
    records: Records,
) -> Result<Reader<ReadOnlyMapping>, RingError> {
    for _ in 0..WAITS {
        memory = match Reader::new(memory, records) {
            Ok(reader) => return Ok(reader),
            Err((memory, Trouble::Wait)) => memory,
            Err((_, trouble)) => return Err(trouble.into()),
        };
        std::thread::sleep(WAIT);
    }
    Err(RingError::WouldBlock)
}

impl BroadcastReader {
    /// Maps the ring, and begins with the oldest message that is left in it.
    ///
    /// Of `options`, [`max_capacity`](RingOptions::max_capacity) and
    /// [`waiting`](RingOptions::waiting) count.
    ///
    /// # Hostile peer
    ///
    /// The kernel is asked whether only the VMO's owner can write it, and whether it can
    /// shrink. Its size is what the kernel says, not what the memory says.
    ///
    /// # Errors
    ///
    /// [`Refused`](RingError::Refused): the memory is not what a broadcast needs (others can
    /// write it, or take its pages away), is no broadcast, or is larger than `options` permit.
    /// [`Failed`](RingError::Failed) if it can't be mapped. [`WouldBlock`](RingError::WouldBlock)
    /// if no place to begin was found within some hundredths of a second: the writer was stopped,
    /// or killed, in the midst of saying where that is. Try again, or give up.
    ///
    /// # Cost
    ///
    /// Some ten system calls.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{BroadcastReader, Refusal, RingError, RingOptions, zx};
    /// // Memory that anybody can write:
    /// let vmo = zx::Vmo::create(1 << 20)?;
    /// let refused = BroadcastReader::open(&vmo, RingOptions::new());
    /// assert!(matches!(refused, Err(RingError::Refused(Refusal::Memory(_)))));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn open(vmo: &Vmo, options: RingOptions) -> Result<Self, RingError> {
        let mut chosen = None;
        let opened = open(vmo, KIND, |capacity| {
            let records = usize::try_from(capacity).ok().and_then(Records::new);
            let records = records.filter(|found| found.capacity() <= options.max_capacity);
            chosen = records;
            let refused = RingError::Refused(Refusal::Capacity { capacity });
            Ok(records.ok_or(refused)?.area())
        })?;
        let records = chosen.ok_or(RingError::Refused(Refusal::Layout))?;
        let reader = begin(opened.memory, records)?;
        let follower = Follower::new(options.waiting, opened.description);
        Ok(Self { reader, follower })
    }

    /// Copies the next message to the start of `dst`, if one is there. How long it is.
    ///
    /// # Ordering
    ///
    /// An acquire: what the writer wrote before is seen.
    ///
    /// # Errors
    ///
    /// After an error `dst` may have bytes of a message that was overwritten.
    ///
    /// - [`WouldBlock`](RingError::WouldBlock): none is there.
    /// - [`Lagged`](RingError::Lagged): some were overwritten; the next call goes on.
    /// - [`BufferTooSmall`](RingError::BufferTooSmall): it is still there, until it is
    ///   overwritten.
    /// - [`PeerClosed`](RingError::PeerClosed): all was read, and the writer was dropped.
    /// - [`Corrupt`](RingError::Corrupt).
    ///
    /// # Cost
    ///
    /// One copy. No system call, no allocation.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut writer, mut reader) = vmo_ring::doc_broadcast();
    /// let mut message = [0; 16];
    /// assert_eq!(reader.try_recv(&mut message), Err(vmo_ring::RingError::WouldBlock));
    /// writer.send(b"hello")?;
    /// assert_eq!(reader.try_recv(&mut message)?, 5);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[inline]
    pub fn try_recv(&mut self, dst: &mut [u8]) -> Result<usize, RingError> {
        self.follower.check()?;
        let found = look(&mut self.reader);
        let found = self.follower.note(found)?;
        self.copy(found, dst)
    }

    /// [`try_recv`](Self::try_recv) that waits for a message until the deadline.
    ///
    /// Who sleeps looks by itself ten times a second; a thousand times, if the writer said that
    /// it never wakes.
    ///
    /// # Errors
    ///
    /// As [`try_recv`](Self::try_recv), with [`TimedOut`](RingError::TimedOut) in place of
    /// `WouldBlock`; [`Failed`](RingError::Failed) where the kernel can't put it to sleep.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{RingError, zx::MonotonicInstant};
    /// # let (mut writer, mut reader) = vmo_ring::doc_broadcast();
    /// writer.send(b"last words")?;
    /// drop(writer);
    /// let mut message = [0; 16];
    /// assert_eq!(reader.recv(&mut message, MonotonicInstant::INFINITE)?, 10);
    /// let end = reader.recv(&mut message, MonotonicInstant::INFINITE);
    /// assert_eq!(end, Err(RingError::PeerClosed));
    /// # Ok::<(), RingError>(())
    /// ```
    #[inline]
    pub fn recv(&mut self, dst: &mut [u8], deadline: MonotonicInstant) -> Result<usize, RingError> {
        self.in_time(deadline, |reader, found| reader.copy(found, dst))
    }

    /// Replaces what `message` holds by the next message, if one is there. After an error it
    /// is empty.
    ///
    /// # Errors
    ///
    /// As [`try_recv`](Self::try_recv), but for a buffer that is too small.
    ///
    /// # Cost
    ///
    /// One copy; no allocation, if `message` has the capacity.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut writer, mut reader) = vmo_ring::doc_broadcast();
    /// writer.send(b"hello")?;
    /// let mut message = Vec::new();
    /// reader.try_recv_to_vec(&mut message)?;
    /// assert_eq!(message, b"hello");
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn try_recv_to_vec(&mut self, message: &mut Vec<u8>) -> Result<(), RingError> {
        message.clear();
        self.follower.check()?;
        let found = look(&mut self.reader);
        let found = self.follower.note(found)?;
        self.copy_to_vec(found, message)
    }

    /// [`try_recv_to_vec`](Self::try_recv_to_vec) that waits until the deadline.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), but for a buffer that is too small.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{RingError, zx::MonotonicInstant};
    /// # let (_writer, mut reader) = vmo_ring::doc_broadcast();
    /// let late = reader.recv_to_vec(&mut Vec::new(), MonotonicInstant::INFINITE_PAST);
    /// assert_eq!(late, Err(RingError::TimedOut));
    /// ```
    pub fn recv_to_vec(
        &mut self,
        message: &mut Vec<u8>,
        deadline: MonotonicInstant,
    ) -> Result<(), RingError> {
        message.clear();
        self.in_time(deadline, |reader, found| reader.copy_to_vec(found, message))
    }

    /// Waits for a message and takes it. One that turns out to be given up, by a writer that
    /// has not said yet where it goes on, is waited for like one that is not there.
    #[inline]
    fn in_time<T>(
        &mut self,
        deadline: MonotonicInstant,
        mut take: impl FnMut(&mut Self, Sighting) -> Result<T, RingError>,
    ) -> Result<T, RingError> {
        loop {
            self.follower.check()?;
            let follower = &mut self.follower;
            let found = follower.wait(&mut self.reader, Reader::peer, look, deadline)?;
            match take(self, found) {
                Err(RingError::WouldBlock) if is_over(deadline) => return Err(RingError::TimedOut),
                Err(RingError::WouldBlock) => spin_loop(),
                other => return other,
            }
        }
    }

    #[inline]
    fn copy(&mut self, found: Sighting, dst: &mut [u8]) -> Result<usize, RingError> {
        let len = found.len;
        let Some(dst) = dst.get_mut(..len) else {
            // If the length was one.
            let checked = self.reader.check();
            self.follower.note(checked)?;
            return Err(RingError::BufferTooSmall { len });
        };
        let copied = self.reader.copy(found, dst);
        self.follower.note(copied)?;
        self.follower.stats.count(len);
        Ok(len)
    }

    fn copy_to_vec(&mut self, found: Sighting, message: &mut Vec<u8>) -> Result<(), RingError> {
        // At most the longest message of a ring that this side agreed to.
        message.resize(found.len, 0);
        let copied = self.copy(found, message);
        if copied.is_err() {
            message.clear();
        }
        copied.map(drop)
    }

    /// The number of the message that comes next: how many were sent before it.
    ///
    /// # Hostile peer
    ///
    /// It is the writer that counts.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut writer, mut reader) = vmo_ring::doc_broadcast();
    /// writer.send(b"hello")?;
    /// reader.try_recv_to_vec(&mut Vec::new())?;
    /// assert_eq!(reader.next_number(), 1);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.reader.count()
    }

    /// The longest message that can come, in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (writer, reader) = vmo_ring::doc_broadcast();
    /// assert_eq!(reader.max_message(), writer.max_message());
    /// ```
    #[must_use]
    pub fn max_message(&self) -> usize {
        self.reader.records().max_message()
    }

    /// What this side has done so far.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (_writer, reader) = vmo_ring::doc_broadcast();
    /// assert_eq!((reader.stats().messages, reader.stats().lost), (0, 0));
    /// ```
    #[must_use]
    pub fn stats(&self) -> RingStats {
        self.follower.stats
    }
}

/// The next message. A pad that was overwritten is none that was lost.
#[inline]
fn look(reader: &mut Reader<ReadOnlyMapping>) -> Result<Sighting, Trouble> {
    for _ in 0..TRIES {
        match reader.look() {
            Err(Trouble::Lagged { lost: 0 }) => {}
            other => return other,
        }
    }
    Err(Trouble::Wait)
}
