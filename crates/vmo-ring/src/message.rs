// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Message`]: a message where it is.

use mapped_vmo::SharedBufferSlice;

use crate::Receiver;
use crate::protocol::consumer::Found;

/// A message where it is: in the sender's memory. Dropped, its room is given back.
///
/// # Hostile peer
///
/// See [`Receiver::try_peek`].
///
/// # Examples
///
/// ```
/// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
/// sender.try_send(b"hello")?;
/// let message = receiver.try_peek()?;
/// let mut start = [0; 2];
/// message.slice().read_at(0, &mut start);
/// assert_eq!(&start, b"he");
/// # Ok::<(), vmo_ring::RingError>(())
/// ```
#[derive(Debug)]
pub struct Message<'a> {
    pub(crate) receiver: &'a mut Receiver,
    pub(crate) found: Found,
}

impl Message<'_> {
    /// Its bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"hello")?;
    /// assert!(receiver.try_peek()?.slice().eq_at(0, b"hello").unwrap());
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn slice(&self) -> SharedBufferSlice<'_> {
        let end = self.found.offset.saturating_add(self.found.len);
        let range = self.found.offset.min(end)..end;
        self.receiver.memory().slice(range)
    }

    /// How many bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"hello")?;
    /// assert_eq!(receiver.try_peek()?.len(), 5);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len
    }

    /// Whether there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"")?;
    /// assert!(receiver.try_peek()?.is_empty());
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.len == 0
    }

    /// Leaves it in the ring: the next call finds it again.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"hello")?;
    /// receiver.try_peek()?.keep();
    /// assert_eq!(receiver.try_peek()?.len(), 5);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn keep(self) {
        // Nothing else would be done by the drop.
        core::mem::forget(self);
    }
}

impl Drop for Message<'_> {
    fn drop(&mut self) {
        // What can't be mended is said by the next call.
        let _ = self.receiver.consume(self.found);
    }
}
