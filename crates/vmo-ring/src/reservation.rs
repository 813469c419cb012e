// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Reservation`]: room in a ring, to be written in place.

use mapped_vmo::SharedBufferSliceMut;

use crate::protocol::producer::Room;
use crate::{RingError, Sender};

/// Room for a message, to be written in place. Dropped, it is no message.
///
/// # Examples
///
/// ```
/// # let (mut sender, _receiver) = vmo_ring::doc_pair();
/// let mut room = sender.try_reserve(8)?;
/// room.slice_mut().write_le::<u64>(0, 7).unwrap();
/// room.commit(8)?;
/// sender.publish()?;
/// # Ok::<(), vmo_ring::RingError>(())
/// ```
#[derive(Debug)]
#[must_use = "without a commit it is no message"]
pub struct Reservation<'a> {
    pub(crate) sender: &'a mut Sender,
    pub(crate) room: Room,
    pub(crate) len: usize,
}

impl Reservation<'_> {
    /// How many bytes there are.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// assert_eq!(sender.try_reserve(8)?.len(), 8);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// assert!(sender.try_reserve(0)?.is_empty());
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes, to be written: what an earlier message left there, until then.
    ///
    /// The receiver can read them while they are written, if it wants to. What was left there
    /// was sent to it before.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// assert_eq!(sender.try_reserve(8)?.slice_mut().len(), 8);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn slice_mut(&mut self) -> SharedBufferSliceMut<'_> {
        let end = self.room.offset.saturating_add(self.len);
        let range = self.room.offset.min(end)..end;
        self.sender.memory_mut().slice_mut(range)
    }

    /// Makes a message of the first `len` bytes. [`Sender::publish`] shows it.
    ///
    /// # Errors
    ///
    /// [`TooLong`](RingError::TooLong) if there are not so many.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// assert!(sender.try_reserve(8)?.commit(9).is_err());
    /// sender.try_reserve(8)?.commit(0)?;
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn commit(self, len: usize) -> Result<(), RingError> {
        if len > self.len {
            let max = self.len;
            return Err(RingError::TooLong { len, max });
        }
        self.sender.commit(&self.room, len)
    }
}
