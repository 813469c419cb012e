// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`LatestWriter`]: a value for whoever wants to know it.

use mapped_vmo::WriterMapping;
use zx::{Status, Vmo};

use crate::protocol::latest::{KIND, Places, Writer};
use crate::protocol::published::Description;
use crate::publish::{Publisher, WakeReaders, note};
use crate::{RingError, RingStats};

/// Shows a value that any number of [`LatestReader`](crate::LatestReader)s read; each new one
/// takes the place of the one before.
///
/// The writer never waits, and reads nothing but its own private memory. There is place for
/// four values, so a reader has the time of three writes for its copy, and a writer that is
/// killed in the middle of a value leaves the one before it.
///
/// # Hostile peer
///
/// As with [`BroadcastWriter`](crate::BroadcastWriter): a reader can read.
///
/// # After a fork
///
/// The value stays with the parent. In the child every call is
/// [`WrongProcess`](RingError::WrongProcess).
///
/// # Examples
///
/// ```
/// use vmo_ring::{LatestReader, LatestWriter, RingOptions, WakeReaders};
///
/// let (mut writer, vmo) = LatestWriter::allocate(16, WakeReaders::EachTime)?;
/// let mut reader = LatestReader::open(&vmo, RingOptions::new())?;
/// writer.set(b"rain")?;
/// writer.set(b"sunshine")?;
/// let mut weather = [0; 16];
/// let len = reader.read(&mut weather)?;
/// assert_eq!(&weather[..len], b"sunshine");
/// # Ok::<(), vmo_ring::RingError>(())
/// ```
#[derive(Debug)]
pub struct LatestWriter {
    writer: Writer<WriterMapping>,
    publisher: Publisher,
}

impl LatestWriter {
    /// Makes a place for values of up to `max_len` bytes, 256 MiB at most, and the VMO to hand
    /// out. There is no value yet.
    ///
    /// # Errors
    ///
    /// [`Failed`](RingError::Failed) with `INVALID_ARGS` for more than 256 MiB; with what
    /// [`WriterMapping::allocate`] says if the memory can't be had.
    ///
    /// # Cost
    ///
    /// Memory for four values, and some ten system calls.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestWriter, WakeReaders};
    /// let (writer, _vmo) = LatestWriter::allocate(1000, WakeReaders::Never)?;
    /// assert_eq!(writer.max_len(), 1000);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn allocate(max_len: usize, wakes: WakeReaders) -> Result<(Self, Vmo), RingError> {
        let places = Places::new(max_len).ok_or(RingError::Failed(Status::INVALID_ARGS))?;
        let publisher = Publisher::new(wakes);
        let description = Description {
            kind: KIND,
            size: u64::try_from(max_len).unwrap_or(u64::MAX),
            wakes: 0,
        };
        let (memory, vmo) = publisher.allocate(places.area(), "latest", description)?;
        let writer = Writer::new(memory, places);
        Ok((Self { writer, publisher }, vmo))
    }

    /// Shows a value, in place of the one before. Its number: 1 for the first.
    ///
    /// # Ordering
    ///
    /// What was written to any shared memory before is seen by who read the value.
    ///
    /// # Errors
    ///
    /// - [`TooLong`](RingError::TooLong): longer than [`max_len`](Self::max_len).
    /// - [`WrongProcess`](RingError::WrongProcess).
    /// - [`Failed`](RingError::Failed): it is shown, and nobody could be woken.
    ///
    /// # Cost
    ///
    /// One copy; with [`WakeReaders::EachTime`] a system call. No allocation.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestWriter, WakeReaders};
    /// let (mut writer, _vmo) = LatestWriter::allocate(8, WakeReaders::EachTime)?;
    /// assert_eq!(writer.set(b"a value")?, 1);
    /// assert_eq!(writer.set(b"")?, 2);
    /// assert!(writer.set(b"too long for it").is_err());
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[inline]
    pub fn set(&mut self, value: &[u8]) -> Result<u64, RingError> {
        self.publisher.check()?;
        let (len, max) = (value.len(), self.max_len());
        if len > max {
            return Err(RingError::TooLong { len, max });
        }
        let number = note(self.writer.set(value))?;
        self.publisher.published(self.writer.own(), len)?;
        Ok(number)
    }

    /// Wakes the readers that sleep: for [`WakeReaders::ByHand`].
    ///
    /// # Errors
    ///
    /// As [`BroadcastWriter::wake`](crate::BroadcastWriter::wake).
    ///
    /// # Cost
    ///
    /// One system call.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestWriter, WakeReaders};
    /// let (mut writer, _vmo) = LatestWriter::allocate(8, WakeReaders::ByHand)?;
    /// writer.set(b"now")?;
    /// writer.wake()?;
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn wake(&mut self) -> Result<(), RingError> {
        self.publisher.check()?;
        self.publisher.wake(self.writer.own())
    }

    /// The longest value, in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestWriter, WakeReaders};
    /// let (writer, _vmo) = LatestWriter::allocate(8, WakeReaders::Never)?;
    /// assert_eq!(writer.max_len(), 8);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn max_len(&self) -> usize {
        self.writer.places().max_len()
    }

    /// What this side has done so far: a value is a message.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestWriter, WakeReaders};
    /// let (mut writer, _vmo) = LatestWriter::allocate(8, WakeReaders::Never)?;
    /// writer.set(b"now")?;
    /// assert_eq!(writer.stats().messages, 1);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> RingStats {
        self.publisher.stats
    }
}

/// Says that no other value will come, and wakes who sleeps. The last one stays.
impl Drop for LatestWriter {
    fn drop(&mut self) {
        // A child does not have the pages.
        if self.publisher.is_ours() && self.writer.close().is_ok() {
            // Who is not woken looks by itself.
            let _ = self.publisher.wake(self.writer.own());
        }
    }
}
