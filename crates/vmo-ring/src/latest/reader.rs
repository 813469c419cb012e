// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`LatestReader`]: the latest value of a writer that does not wait.

use mapped_vmo::ReadOnlyMapping;
use zx::{MonotonicInstant, Vmo};

use crate::follow::{Follower, open};
use crate::protocol::Trouble;
use crate::protocol::latest::{KIND, Places, Reader, Sighting};
use crate::protocol::published::TRIES;
use crate::{Refusal, RingError, RingOptions, RingStats};

/// Reads the latest value of a [`LatestWriter`](crate::LatestWriter).
///
/// # Hostile peer
///
/// Other readers can do nothing. The writer can show any bytes, and change them while they are
/// copied, which is noticed if it is honest and does not matter if it is not: what was copied
/// out does not change any more. A length or a number that can't be right ends it
/// ([`Corrupt`](RingError::Corrupt)). It can't keep a call longer than its deadline.
///
/// # The writer's end, and a loop of your own
///
/// As with [`BroadcastReader`](crate::BroadcastReader): a writer that is killed says nothing,
/// and there is nothing to poll.
///
/// # Examples
///
/// ```
/// use vmo_ring::{LatestReader, LatestWriter, RingError, RingOptions, WakeReaders, zx};
///
/// let (mut writer, vmo) = LatestWriter::allocate(8, WakeReaders::EachTime)?;
/// let mut reader = LatestReader::open(&vmo, RingOptions::new())?;
/// // The other process:
/// let other = std::thread::spawn(move || {
///     let mut seen = 0;
///     loop {
///         match reader.wait(zx::MonotonicInstant::INFINITE) {
///             Ok(()) => {}
///             Err(RingError::PeerClosed) => return Ok(seen),
///             Err(error) => return Err(error),
///         }
///         let mut value = [0; 8];
///         reader.read(&mut value)?;
///         seen = u64::from_le_bytes(value);
///     }
/// });
/// for value in 1..=100_u64 {
///     writer.set(&value.to_le_bytes())?;
/// }
/// drop(writer);
/// assert_eq!(other.join().unwrap()?, 100); // some may have been left out, not the last
/// # Ok::<(), RingError>(())
/// ```
#[derive(Debug)]
pub struct LatestReader {
    reader: Reader<ReadOnlyMapping>,
    follower: Follower,
}

impl LatestReader {
    /// Maps the values.
    ///
    /// Of `options`, [`max_capacity`](RingOptions::max_capacity) and
    /// [`waiting`](RingOptions::waiting) count: the first is the most that may be mapped, which
    /// is four values and a page.
    ///
    /// # Hostile peer, Cost
    ///
    /// As [`BroadcastReader::open`](crate::BroadcastReader::open).
    ///
    /// # Errors
    ///
    /// [`Refused`](RingError::Refused): others can write the memory, or take its pages away; it
    /// holds something else; or it is larger than `options` permit.
    /// [`Failed`](RingError::Failed) if it can't be mapped.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestReader, LatestWriter, RingOptions, WakeReaders};
    /// let (_writer, vmo) = LatestWriter::allocate(1 << 20, WakeReaders::Never)?;
    /// assert!(LatestReader::open(&vmo, RingOptions::new()).is_ok());
    /// assert!(LatestReader::open(&vmo, RingOptions::new().max_capacity(1 << 20)).is_err());
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn open(vmo: &Vmo, options: RingOptions) -> Result<Self, RingError> {
        let mut chosen = None;
        let opened = open(vmo, KIND, |max_len| {
            let places = usize::try_from(max_len).ok().and_then(Places::new);
            let places = places.filter(|places| places.area() <= options.max_capacity);
            chosen = places;
            let capacity = max_len;
            let refused = RingError::Refused(Refusal::Capacity { capacity });
            Ok(places.ok_or(refused)?.area())
        })?;
        let places = chosen.ok_or(RingError::Refused(Refusal::Layout))?;
        Ok(Self {
            reader: Reader::new(opened.memory, places),
            follower: Follower::new(options.waiting, opened.description),
        })
    }

    /// Copies the latest value to the start of `dst`, whether it was read before or not. How
    /// long it is.
    ///
    /// # Ordering
    ///
    /// An acquire: what the writer wrote before is seen.
    ///
    /// # Errors
    ///
    /// After an error `dst` may have bytes of values that were overwritten.
    ///
    /// - [`WouldBlock`](RingError::WouldBlock): there is none yet; or the writer was faster,
    ///   sixty-four times.
    /// - [`BufferTooSmall`](RingError::BufferTooSmall).
    /// - [`Corrupt`](RingError::Corrupt).
    ///
    /// # Cost
    ///
    /// One copy; more if the writer writes four values meanwhile. No system call, no
    /// allocation.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestReader, LatestWriter, RingError, RingOptions, WakeReaders};
    /// let (mut writer, vmo) = LatestWriter::allocate(8, WakeReaders::Never)?;
    /// let mut reader = LatestReader::open(&vmo, RingOptions::new())?;
    /// let mut value = [0; 8];
    /// assert_eq!(reader.read(&mut value), Err(RingError::WouldBlock)); // none yet
    /// writer.set(b"now")?;
    /// assert_eq!(reader.read(&mut value)?, 3);
    /// assert_eq!(reader.read(&mut value)?, 3); // as often as you like
    /// # Ok::<(), RingError>(())
    /// ```
    #[inline]
    pub fn read(&mut self, dst: &mut [u8]) -> Result<usize, RingError> {
        self.follower.check()?;
        for _ in 0..TRIES {
            let found = self.reader.look();
            let found = self.follower.note(found)?;
            let len = found.len;
            let Some(dst) = dst.get_mut(..len) else {
                let whole = self.reader.is_whole(found.number);
                if self.follower.note(whole)? {
                    return Err(RingError::BufferTooSmall { len });
                }
                continue;
            };
            if self.copy(found, dst)? {
                return Ok(len);
            }
        }
        Err(RingError::WouldBlock)
    }

    /// Whether `dst` has a whole value now.
    #[inline]
    fn copy(&mut self, found: Sighting, dst: &mut [u8]) -> Result<bool, RingError> {
        let copied = self.reader.copy(found, dst);
        let whole = self.follower.note(copied)?;
        if whole {
            self.follower.stats.count(found.len);
        }
        Ok(whole)
    }

    /// Replaces what `value` holds by the latest value. After an error it is empty.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), but for a buffer that is too small.
    ///
    /// # Cost
    ///
    /// As [`read`](Self::read); no allocation, if `value` has the capacity.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestReader, LatestWriter, RingOptions, WakeReaders};
    /// let (mut writer, vmo) = LatestWriter::allocate(8, WakeReaders::Never)?;
    /// writer.set(b"now")?;
    /// let mut value = Vec::new();
    /// LatestReader::open(&vmo, RingOptions::new())?.read_to_vec(&mut value)?;
    /// assert_eq!(value, b"now");
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn read_to_vec(&mut self, value: &mut Vec<u8>) -> Result<(), RingError> {
        let result = self.fill(value);
        if result.is_err() {
            value.clear();
        }
        result
    }

    fn fill(&mut self, value: &mut Vec<u8>) -> Result<(), RingError> {
        self.follower.check()?;
        for _ in 0..TRIES {
            let found = self.reader.look();
            let found = self.follower.note(found)?;
            // At most the longest value, whose place this side agreed to map.
            value.resize(found.len, 0);
            if self.copy(found, value)? {
                return Ok(());
            }
        }
        Err(RingError::WouldBlock)
    }

    /// Waits for a value that was not read yet, until the deadline.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](RingError::TimedOut); [`PeerClosed`](RingError::PeerClosed) if there will
    /// be none: the last one can still be read; [`Corrupt`](RingError::Corrupt);
    /// [`Failed`](RingError::Failed) where the kernel can't put it to sleep.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestReader, LatestWriter, RingError, RingOptions, WakeReaders, zx};
    /// let (mut writer, vmo) = LatestWriter::allocate(8, WakeReaders::EachTime)?;
    /// let mut reader = LatestReader::open(&vmo, RingOptions::new())?;
    /// let over = zx::MonotonicInstant::INFINITE_PAST;
    /// assert_eq!(reader.wait(over), Err(RingError::TimedOut));
    /// writer.set(b"now")?;
    /// reader.wait(over)?;
    /// # Ok::<(), RingError>(())
    /// ```
    pub fn wait(&mut self, deadline: MonotonicInstant) -> Result<(), RingError> {
        self.follower.check()?;
        let look =
            |reader: &mut Reader<ReadOnlyMapping>| -> Result<(), Trouble> { reader.is_newer() };
        let follower = &mut self.follower;
        follower.wait(&mut self.reader, Reader::peer, look, deadline)
    }

    /// The number of the value that was read last; 0 if none was.
    ///
    /// # Hostile peer
    ///
    /// It is the writer that counts.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestReader, LatestWriter, RingOptions, WakeReaders};
    /// let (mut writer, vmo) = LatestWriter::allocate(8, WakeReaders::Never)?;
    /// let mut reader = LatestReader::open(&vmo, RingOptions::new())?;
    /// let number = writer.set(b"now")?;
    /// reader.read(&mut [0; 8])?;
    /// assert_eq!(reader.number(), number);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn number(&self) -> u64 {
        self.reader.read()
    }

    /// The longest value that can come, in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestReader, LatestWriter, RingOptions, WakeReaders};
    /// let (_writer, vmo) = LatestWriter::allocate(1000, WakeReaders::Never)?;
    /// let reader = LatestReader::open(&vmo, RingOptions::new())?;
    /// assert_eq!(reader.max_len(), 1000);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn max_len(&self) -> usize {
        self.reader.places().max_len()
    }

    /// What this side has done so far: a value is a message.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{LatestReader, LatestWriter, RingOptions, WakeReaders};
    /// let (_writer, vmo) = LatestWriter::allocate(8, WakeReaders::Never)?;
    /// assert_eq!(LatestReader::open(&vmo, RingOptions::new())?.stats().messages, 0);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> RingStats {
        self.follower.stats
    }
}
