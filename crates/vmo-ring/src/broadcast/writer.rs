// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`BroadcastWriter`]: messages for whoever wants to read them.

use mapped_vmo::WriterMapping;
use zx::{Status, Vmo};

use crate::protocol::broadcast::{KIND, Writer};
use crate::protocol::published::Description;
use crate::protocol::records::Records;
use crate::publish::{Publisher, WakeReaders, note};
use crate::{RingError, RingOptions, RingStats};

/// Writes messages into a ring that any number of [`BroadcastReader`](crate::BroadcastReader)s
/// read, each at its own pace, and never waits for one.
///
/// The writer reads nothing but its own private memory: how many readers there are and how far
/// they are makes no difference to it. What they did not read in time is overwritten, and they
/// are told how much that was.
///
/// # Hostile peer
///
/// A reader can read, which is what the memory is for. It has no byte that it could write. It
/// can sleep with many threads, and make a wake take longer: 64 are woken by one call at most.
///
/// # After a fork
///
/// The ring stays with the parent. In the child every call is
/// [`WrongProcess`](RingError::WrongProcess).
///
/// # Examples
///
/// ```
/// use vmo_ring::{BroadcastReader, BroadcastWriter, RingError, RingOptions, WakeReaders};
///
/// let options = RingOptions::new().capacity(4096);
/// let (mut writer, vmo) = BroadcastWriter::allocate(options, WakeReaders::EachTime)?;
/// // The VMO goes to whoever is to read: over a channel, or to a child at its start.
/// let mut fast = BroadcastReader::open(&vmo, options)?;
/// let mut slow = BroadcastReader::open(&vmo, options)?;
///
/// let mut message = [0; 64];
/// for i in 0..200_u8 {
///     writer.send(&[i; 64])?;
///     assert_eq!(fast.try_recv(&mut message), Ok(64));
/// }
/// let Err(RingError::Lagged { lost }) = slow.try_recv(&mut message) else { panic!() };
/// assert_eq!(slow.try_recv(&mut message), Ok(64)); // the oldest that is left
/// assert_eq!(u64::from(message[0]), lost);
/// # Ok::<(), RingError>(())
/// ```
#[derive(Debug)]
pub struct BroadcastWriter {
    writer: Writer<WriterMapping>,
    publisher: Publisher,
}

impl BroadcastWriter {
    /// Makes a ring of [`RingOptions::capacity`], and the VMO to hand out. The other options
    /// are those of readers.
    ///
    /// # Errors
    ///
    /// [`Failed`](RingError::Failed) with `INVALID_ARGS` for a capacity that no ring has; with
    /// what [`WriterMapping::allocate`] says if the memory can't be had.
    ///
    /// # Cost
    ///
    /// The memory, all of it at once, and some ten system calls.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{BroadcastWriter, RingOptions, WakeReaders};
    /// let options = RingOptions::new().capacity(1 << 20);
    /// let (writer, vmo) = BroadcastWriter::allocate(options, WakeReaders::Never)?;
    /// assert_eq!(writer.capacity(), 1 << 20);
    /// # drop(vmo);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn allocate(options: RingOptions, wakes: WakeReaders) -> Result<(Self, Vmo), RingError> {
        let records = Records::new(options.capacity);
        let records = records.ok_or(RingError::Failed(Status::INVALID_ARGS))?;
        let publisher = Publisher::new(wakes);
        let description = Description {
            kind: KIND,
            size: u64::try_from(records.capacity()).unwrap_or(u64::MAX),
            wakes: 0,
        };
        let (memory, vmo) = publisher.allocate(records.area(), "broadcast", description)?;
        let writer = Writer::new(memory, records);
        Ok((Self { writer, publisher }, vmo))
    }

    /// Sends a message to all readers. It never waits.
    ///
    /// # Ordering
    ///
    /// What was written to any shared memory before is seen by who received the message.
    ///
    /// # Errors
    ///
    /// - [`TooLong`](RingError::TooLong): longer than [`max_message`](Self::max_message).
    /// - [`WrongProcess`](RingError::WrongProcess).
    /// - [`Failed`](RingError::Failed): it was sent, and nobody could be woken.
    ///
    /// # Cost
    ///
    /// One copy; with [`WakeReaders::EachTime`] a system call. No allocation.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{BroadcastWriter, RingError, RingOptions, WakeReaders};
    /// let options = RingOptions::new().capacity(4096);
    /// let (mut writer, _vmo) = BroadcastWriter::allocate(options, WakeReaders::EachTime)?;
    /// writer.send(b"to whom it may concern")?;
    /// let refused = writer.send(&[0; 3000]);
    /// assert_eq!(refused, Err(RingError::TooLong { len: 3000, max: 2032 }));
    /// # Ok::<(), RingError>(())
    /// ```
    #[inline]
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), RingError> {
        self.publisher.check()?;
        let (len, max) = (bytes.len(), self.max_message());
        if len > max {
            return Err(RingError::TooLong { len, max });
        }
        note(self.writer.publish(bytes))?;
        self.publisher.published(self.writer.own(), len)
    }

    /// Wakes the readers that sleep: for [`WakeReaders::ByHand`], after as many messages as
    /// are worth it.
    ///
    /// # Errors
    ///
    /// [`WrongProcess`](RingError::WrongProcess); [`Failed`](RingError::Failed) where the
    /// kernel has no such call.
    ///
    /// # Cost
    ///
    /// One system call.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{BroadcastWriter, RingOptions, WakeReaders};
    /// let options = RingOptions::new();
    /// let (mut writer, _vmo) = BroadcastWriter::allocate(options, WakeReaders::ByHand)?;
    /// writer.send(b"one")?;
    /// writer.send(b"two")?;
    /// writer.wake()?;
    /// assert_eq!(writer.stats().wakes, 1);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn wake(&mut self) -> Result<(), RingError> {
        self.publisher.check()?;
        self.publisher.wake(self.writer.own())
    }

    /// The longest message, in bytes: half of the ring, less 16.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{BroadcastWriter, RingOptions, WakeReaders};
    /// let options = RingOptions::new().capacity(4096);
    /// let (writer, _vmo) = BroadcastWriter::allocate(options, WakeReaders::Never)?;
    /// assert_eq!(writer.max_message(), 2032);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn max_message(&self) -> usize {
        self.writer.records().max_message()
    }

    /// The size of the ring, in bytes. Of that, fifteen sixteenths, less one message, hold
    /// messages that can be read.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (writer, _reader) = vmo_ring::doc_broadcast();
    /// assert_eq!(writer.capacity(), 4096);
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.writer.records().capacity()
    }

    /// What this side has done so far.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{BroadcastWriter, RingOptions, WakeReaders};
    /// let options = RingOptions::new();
    /// let (mut writer, _vmo) = BroadcastWriter::allocate(options, WakeReaders::Never)?;
    /// writer.send(b"hello")?;
    /// assert_eq!((writer.stats().messages, writer.stats().wakes), (1, 0));
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> RingStats {
        self.publisher.stats
    }
}

/// Says that nothing will follow, and wakes who sleeps.
impl Drop for BroadcastWriter {
    fn drop(&mut self) {
        // A child does not have the pages.
        if self.publisher.is_ours() && self.writer.close().is_ok() {
            // Who is not woken looks by itself.
            let _ = self.publisher.wake(self.writer.own());
        }
    }
}
