// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Sender`]: the side of a ring that messages are written to.

use std::os::fd::{AsFd, BorrowedFd};

use mapped_vmo::{ReadOnlyMapping, WriterMapping};
#[cfg(feature = "tokio")]
use zx::EventPair;
use zx::{Channel, MonotonicInstant};

use crate::protocol::producer::{Producer, Room};
use crate::protocol::{Sleeps, Trouble};
use crate::side::Side;
use crate::{Reservation, RingError, RingOptions, RingStats, connect};

/// The side of a ring that messages are written to.
///
/// # Hostile peer
///
/// Can read what is sent, and never write it. It can say that it has read less or more than
/// it has: less, and there is no room ([`WouldBlock`](RingError::WouldBlock)); more than was
/// sent, and the ring ends ([`Corrupt`](RingError::Corrupt)). Between the two it harms itself.
/// It can ask to be woken all the time: that is one system call per message at most. It can't
/// keep a call longer than its deadline.
///
/// # After a fork
///
/// The ring stays with the parent. In the child every call is
/// [`WrongProcess`](RingError::WrongProcess).
///
/// # Examples
///
/// ```
/// use vmo_ring::{Receiver, RingOptions, Sender, zx};
/// use zx::{Channel, MonotonicDuration, MonotonicInstant};
///
/// let (ours, theirs) = Channel::create()?;
/// let deadline = MonotonicInstant::after(MonotonicDuration::from_seconds(5));
/// // The other process:
/// let other = std::thread::spawn(move || {
///     let mut receiver = Receiver::connect(&theirs, RingOptions::new(), deadline)?;
///     let mut message = [0; 16];
///     let len = receiver.recv(&mut message, deadline)?;
///     assert_eq!(&message[..len], b"hello");
///     Ok::<(), vmo_ring::RingError>(())
/// });
/// let mut sender = Sender::connect(&ours, RingOptions::new(), deadline)?;
/// sender.send(b"hello", deadline)?;
/// other.join().unwrap()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sender {
    producer: Producer<WriterMapping, ReadOnlyMapping>,
    side: Side,
}

impl Sender {
    /// Makes a ring together with who calls
    /// [`Receiver::connect`](crate::Receiver::connect) on the other end of `channel`.
    ///
    /// The channel carries one message each way, and can be used for other things afterwards.
    ///
    /// # Hostile peer
    ///
    /// What it sends is checked before it is used: the kind and the seals of the memory, its
    /// size, the number of handles. What is refused is closed.
    ///
    /// # Errors
    ///
    /// [`RingError::Refused`] if what comes is no handshake, or not one that fits;
    /// [`TimedOut`](RingError::TimedOut); [`PeerClosed`](RingError::PeerClosed);
    /// [`Failed`](RingError::Failed) with `INVALID_ARGS` for a capacity that no ring has, and
    /// if the memory can't be had.
    ///
    /// # Cost
    ///
    /// About twenty system calls, and the pages of the ring.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{RingError, RingOptions, Sender, zx};
    /// let (ours, theirs) = zx::Channel::create()?;
    /// drop(theirs);
    /// let refused = Sender::connect(&ours, RingOptions::new(), zx::MonotonicInstant::INFINITE);
    /// assert_eq!(refused.unwrap_err(), RingError::PeerClosed);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn connect(
        channel: &Channel,
        options: RingOptions,
        deadline: MonotonicInstant,
    ) -> Result<Self, RingError> {
        connect::sender(channel, options, deadline)
    }

    pub(crate) fn new(producer: Producer<WriterMapping, ReadOnlyMapping>, side: Side) -> Self {
        Self { producer, side }
    }

    /// Sends a message, if there is room now.
    ///
    /// # Ordering
    ///
    /// What was written to any shared memory before is seen by who received the message.
    ///
    /// # Errors
    ///
    /// - [`WouldBlock`](RingError::WouldBlock): there is no room.
    /// - [`TooLong`](RingError::TooLong): longer than [`max_message`](Self::max_message).
    /// - [`PeerClosed`](RingError::PeerClosed): nobody will read it.
    /// - [`Corrupt`](RingError::Corrupt), [`WrongProcess`](RingError::WrongProcess).
    ///
    /// # Cost
    ///
    /// One copy. A system call, if the receiver sleeps.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"one")?;
    /// sender.try_send(b"")?; // messages may be empty
    /// let mut message = [0; 8];
    /// assert_eq!(receiver.try_recv(&mut message)?, 3);
    /// assert_eq!(receiver.try_recv(&mut message)?, 0);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[inline]
    pub fn try_send(&mut self, bytes: &[u8]) -> Result<(), RingError> {
        self.check(bytes.len())?;
        match self.producer.send(bytes) {
            Ok(wake) => {
                self.side.stats.count(bytes.len());
                if wake { self.ring() } else { Ok(()) }
            }
            Err(trouble) => Err(self.side.end(trouble.into())),
        }
    }

    /// Sends a message; waits for room until the deadline.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send), with [`TimedOut`](RingError::TimedOut) in place of
    /// `WouldBlock`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// sender.send(b"one", vmo_ring::zx::MonotonicInstant::INFINITE)?;
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[inline]
    pub fn send(&mut self, bytes: &[u8], deadline: MonotonicInstant) -> Result<(), RingError> {
        match self.try_send(bytes) {
            Err(RingError::WouldBlock) => {
                self.wait_for_room(bytes.len(), deadline)?;
                self.try_send(bytes)
            }
            other => other,
        }
    }

    /// Writes a message that the receiver does not see yet, if there is room now:
    /// [`publish`](Self::publish) shows all of them at once.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send).
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// for word in ["many", "small", "ones"] {
    ///     sender.try_stage(word.as_bytes())?;
    /// }
    /// let mut message = [0; 8];
    /// assert!(receiver.try_recv(&mut message).is_err());
    /// sender.publish()?;
    /// assert_eq!(receiver.try_recv(&mut message)?, 4);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[inline]
    pub fn try_stage(&mut self, bytes: &[u8]) -> Result<(), RingError> {
        self.check(bytes.len())?;
        match self.producer.stage(bytes) {
            Ok(()) => {
                self.side.stats.count(bytes.len());
                Ok(())
            }
            Err(trouble) => Err(self.side.end(trouble.into())),
        }
    }

    /// Shows the receiver all messages that were staged or committed.
    ///
    /// # Ordering
    ///
    /// A release.
    ///
    /// # Errors
    ///
    /// [`PeerClosed`](RingError::PeerClosed), [`Corrupt`](RingError::Corrupt),
    /// [`WrongProcess`](RingError::WrongProcess); [`Failed`](RingError::Failed) if the
    /// receiver could not be woken: it will see the messages, later.
    ///
    /// # Cost
    ///
    /// A store. If the receiver may sleep, a fence; and a system call if it does.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// sender.publish()?; // nothing to show: nothing happens
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[inline]
    pub fn publish(&mut self) -> Result<(), RingError> {
        self.side.check()?;
        match self.producer.show() {
            Ok(false) => Ok(()),
            Ok(true) => self.ring(),
            Err(trouble) => Err(self.side.end(trouble.into())),
        }
    }

    /// Room for a message of up to `len` bytes, to be written in place.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send).
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// let mut room = sender.try_reserve(64)?;
    /// let len = room.slice_mut().write(b"written in place");
    /// room.commit(len)?;
    /// sender.publish()?;
    /// # let mut message = [0; 64];
    /// # assert_eq!(receiver.try_recv(&mut message)?, 16);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn try_reserve(&mut self, len: usize) -> Result<Reservation<'_>, RingError> {
        let room = self.room(len)?;
        let sender = self;
        Ok(Reservation { sender, room, len })
    }

    /// [`try_reserve`](Self::try_reserve) that waits for room until the deadline.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// let room = sender.reserve(64, vmo_ring::zx::MonotonicInstant::INFINITE)?;
    /// drop(room); // no message
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn reserve(
        &mut self,
        len: usize,
        deadline: MonotonicInstant,
    ) -> Result<Reservation<'_>, RingError> {
        let room = match self.room(len) {
            Err(RingError::WouldBlock) => {
                self.wait_for_room(len, deadline)?;
                self.room(len)?
            }
            other => other?,
        };
        let sender = self;
        Ok(Reservation { sender, room, len })
    }

    /// That the ring is good and can carry so much.
    #[inline]
    fn check(&self, len: usize) -> Result<(), RingError> {
        self.side.check()?;
        let max = self.max_message();
        if len > max {
            return Err(RingError::TooLong { len, max });
        }
        Ok(())
    }

    #[cold]
    fn ring(&mut self) -> Result<(), RingError> {
        let word = self.producer.word_of_consumer();
        let rung = self.side.ring(self.producer.own(), word);
        if rung.is_err() {
            self.producer.was_not_woken();
        }
        rung
    }

    fn room(&mut self, len: usize) -> Result<Room, RingError> {
        self.check(len)?;
        let room = self.producer.reserve(len);
        self.side.note(room)
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn bell(&self) -> &EventPair {
        &self.side.bell
    }

    /// When to look though nobody rang.
    #[cfg(feature = "tokio")]
    pub(crate) fn longest_sleep(&self) -> Option<MonotonicInstant> {
        self.side.nap_until()
    }

    pub(crate) fn memory_mut(&mut self) -> &mut WriterMapping {
        self.producer.own_mut()
    }

    #[inline]
    pub(crate) fn commit(&mut self, room: &Room, len: usize) -> Result<(), RingError> {
        let committed = self.producer.commit(room, len);
        self.side.note(committed)?;
        self.side.stats.count(len);
        Ok(())
    }

    #[cold]
    fn wait_for_room(&mut self, len: usize, deadline: MonotonicInstant) -> Result<(), RingError> {
        // What is hidden can't be consumed.
        self.publish()?;
        loop {
            let producer = &mut self.producer;
            let spun = self.side.spin(deadline, || producer.reserve(len).map(drop));
            if let Some(spun) = spun {
                return self.side.note(spun);
            }
            if self.side.only_spins() {
                return Err(RingError::TimedOut);
            }
            let armed = self.producer.arm(len, Sleeps::OnWord);
            if !self.side.note(armed)? {
                return Ok(());
            }
            let word = self.producer.word();
            let slept = self.side.sleep(self.producer.peer(), word, deadline);
            let disarmed = self.producer.disarm();
            self.side.note(disarmed)?;
            let over = slept.map_err(|error| self.side.end(error))?;
            if over {
                return match self.producer.reserve(len) {
                    Err(Trouble::Wait) => Err(RingError::TimedOut),
                    other => self.side.note(other.map(drop)),
                };
            }
        }
    }

    /// Gets ready to sleep somewhere else, until there is room for a message of `len` bytes:
    /// `true` if there is none now, and the descriptor ([`AsFd`]) will become readable.
    /// `false` if there is: go on.
    ///
    /// Whoever waits by itself calls this before each wait, and tries again after it. What was
    /// staged is published.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send).
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// assert!(!sender.arm(100)?); // there is room
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn arm(&mut self, len: usize) -> Result<bool, RingError> {
        self.check(len)?;
        self.publish()?;
        match self.side.bell.take() {
            Ok(_) => {}
            Err(status) => return Err(self.side.end(status.into())),
        }
        let armed = self.producer.arm(len, Sleeps::OnBell);
        self.side.note(armed)
    }

    /// Whether the receiver has ended, by the kernel: also if it was killed.
    ///
    /// # Errors
    ///
    /// None that a peer can cause.
    ///
    /// # Cost
    ///
    /// One system call.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (sender, receiver) = vmo_ring::doc_pair();
    /// assert!(!sender.is_closed()?);
    /// drop(receiver);
    /// assert!(sender.is_closed()?);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn is_closed(&self) -> Result<bool, RingError> {
        self.side.is_closed()
    }

    /// The longest message, in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (sender, _receiver) = vmo_ring::doc_pair();
    /// assert!(sender.max_message() < sender.capacity() / 2);
    /// ```
    #[must_use]
    #[inline]
    pub fn max_message(&self) -> usize {
        self.producer.geometry().max_message()
    }

    /// The size of the ring, in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (sender, _receiver) = vmo_ring::doc_pair();
    /// assert!(sender.capacity().is_power_of_two());
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.producer.geometry().capacity()
    }

    /// How many bytes of the ring are taken, as far as this side has looked: no more than
    /// that. A message takes its length, up to a multiple of 64.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"hello")?;
    /// assert_eq!(sender.used(), 64);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn used(&self) -> usize {
        self.producer.used()
    }

    /// What this side has done so far.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, _receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"hello")?;
    /// assert_eq!((sender.stats().messages, sender.stats().bytes), (1, 5));
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> RingStats {
        self.side.stats
    }
}

/// Says that nothing will follow, after what was staged.
impl Drop for Sender {
    fn drop(&mut self) {
        // A child has neither the pages nor a say.
        if self.side.is_ours() && self.producer.close().is_ok_and(|wake| wake) {
            // If it can't be woken, it looks by itself.
            let _ = self.ring();
        }
    }
}

/// For whoever waits by itself: see [`Sender::arm`].
impl AsFd for Sender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.side.bell.as_fd()
    }
}
