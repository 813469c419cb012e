// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Receiver`]: the side of a ring that messages are read from.

mod wait;

use std::os::fd::{AsFd, BorrowedFd};

use mapped_vmo::{ReadOnlyMapping, WriterMapping};
use zx::{Channel, EventPair, MonotonicInstant};

use crate::protocol::area::Area;
use crate::protocol::consumer::{Consumer, Found};
use crate::protocol::{Sleeps, Trouble};
use crate::side::Side;
use crate::{Message, RingError, RingOptions, RingStats, connect};

/// The side of a ring that messages are read from.
///
/// # Hostile peer
///
/// Can send any bytes as a message, change them while they are copied, and write nonsense
/// into the ring: what was copied out does not change any more; a header that can't be right
/// ends the ring ([`Corrupt`](RingError::Corrupt)). Its memory can't shrink and its pages
/// can't go away. It can ring without reason. It can't keep a call longer than its deadline.
///
/// # After a fork
///
/// The ring stays with the parent. In the child every call is
/// [`WrongProcess`](RingError::WrongProcess).
///
/// # Examples
///
/// ```
/// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
/// # let deadline = vmo_ring::zx::MonotonicInstant::INFINITE;
/// sender.try_send(b"hello")?;
/// let mut message = Vec::new();
/// receiver.recv_to_vec(&mut message, deadline)?;
/// assert_eq!(message, b"hello"); // a copy: check it, use it
/// # Ok::<(), vmo_ring::RingError>(())
/// ```
#[derive(Debug)]
pub struct Receiver {
    consumer: Consumer<WriterMapping, ReadOnlyMapping>,
    side: Side,
}

impl Receiver {
    /// Makes a ring together with who calls [`Sender::connect`](crate::Sender::connect) on the
    /// other end of `channel`.
    ///
    /// # Hostile peer, Errors, Cost
    ///
    /// As [`Sender::connect`](crate::Sender::connect).
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{Receiver, RingError, RingOptions, zx};
    /// let (ours, theirs) = zx::Channel::create()?;
    /// theirs.write(b"no handshake", &mut Vec::new())?;
    /// let refused = Receiver::connect(&ours, RingOptions::new(), zx::MonotonicInstant::INFINITE);
    /// assert!(matches!(refused, Err(RingError::Refused(_))));
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[allow(clippy::missing_errors_doc, reason = "it says where they are")]
    pub fn connect(
        channel: &Channel,
        options: RingOptions,
        deadline: MonotonicInstant,
    ) -> Result<Self, RingError> {
        connect::receiver(channel, options, deadline)
    }

    pub(crate) fn new(consumer: Consumer<WriterMapping, ReadOnlyMapping>, side: Side) -> Self {
        Self { consumer, side }
    }

    /// Copies the next message to the start of `dst`, if one is there. How long it is.
    ///
    /// # Ordering
    ///
    /// An acquire: what the sender wrote before is seen.
    ///
    /// # Errors
    ///
    /// - [`WouldBlock`](RingError::WouldBlock): none is there.
    /// - [`BufferTooSmall`](RingError::BufferTooSmall): it is still there.
    /// - [`PeerClosed`](RingError::PeerClosed): the sender said that nothing more will come.
    ///   One that was killed said nothing: a call that waits notices that, this one does not.
    /// - [`Corrupt`](RingError::Corrupt), [`WrongProcess`](RingError::WrongProcess).
    ///
    /// # Cost
    ///
    /// One copy. A system call, if the sender sleeps and there is enough room now.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::RingError;
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// let mut message = [0; 4];
    /// assert_eq!(receiver.try_recv(&mut message), Err(RingError::WouldBlock));
    /// sender.try_send(b"hello")?;
    /// assert_eq!(receiver.try_recv(&mut message), Err(RingError::BufferTooSmall { len: 5 }));
    /// let mut message = [0; 8];
    /// assert_eq!(receiver.try_recv(&mut message)?, 5);
    /// # Ok::<(), RingError>(())
    /// ```
    #[inline]
    pub fn try_recv(&mut self, dst: &mut [u8]) -> Result<usize, RingError> {
        let found = self.found()?;
        self.copy(found, dst)
    }

    /// [`try_recv`](Self::try_recv) that waits for a message until the deadline.
    ///
    /// # Errors
    ///
    /// As [`try_recv`](Self::try_recv), with [`TimedOut`](RingError::TimedOut) in place of
    /// `WouldBlock`. A sender that was killed is [`PeerClosed`](RingError::PeerClosed), some
    /// tenths of a second later, when all that it sent was received.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{RingError, zx::MonotonicInstant};
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"last words")?;
    /// drop(sender);
    /// let mut message = [0; 16];
    /// assert_eq!(receiver.recv(&mut message, MonotonicInstant::INFINITE)?, 10);
    /// let end = receiver.recv(&mut message, MonotonicInstant::INFINITE);
    /// assert_eq!(end, Err(RingError::PeerClosed));
    /// # Ok::<(), RingError>(())
    /// ```
    #[inline]
    pub fn recv(&mut self, dst: &mut [u8], deadline: MonotonicInstant) -> Result<usize, RingError> {
        let found = self.wait(deadline)?;
        self.copy(found, dst)
    }

    /// Replaces what `message` holds by the next message, if one is there.
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
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"hello")?;
    /// let mut message = Vec::new();
    /// receiver.try_recv_to_vec(&mut message)?;
    /// assert_eq!(message, b"hello");
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn try_recv_to_vec(&mut self, message: &mut Vec<u8>) -> Result<(), RingError> {
        let found = self.found()?;
        self.copy_to_vec(found, message)
    }

    /// [`try_recv_to_vec`](Self::try_recv_to_vec) that waits until the deadline.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{RingError, zx::MonotonicInstant};
    /// # let (_sender, mut receiver) = vmo_ring::doc_pair();
    /// let late = receiver.recv_to_vec(&mut Vec::new(), MonotonicInstant::INFINITE_PAST);
    /// assert_eq!(late, Err(RingError::TimedOut));
    /// ```
    pub fn recv_to_vec(
        &mut self,
        message: &mut Vec<u8>,
        deadline: MonotonicInstant,
    ) -> Result<(), RingError> {
        let found = self.wait(deadline)?;
        self.copy_to_vec(found, message)
    }

    /// The next message, where it is, if one is there.
    ///
    /// # Hostile peer
    ///
    /// Can change the bytes as long as they are looked at: what is read twice may differ.
    ///
    /// # Errors
    ///
    /// As [`try_recv`](Self::try_recv), but for a buffer that is too small.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// sender.try_send(&7u64.to_le_bytes())?;
    /// let message = receiver.try_peek()?;
    /// assert_eq!(message.slice().read_le::<u64>(0), Ok(7));
    /// drop(message); // its room can be used again
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn try_peek(&mut self) -> Result<Message<'_>, RingError> {
        let found = self.found()?;
        let receiver = self;
        Ok(Message { receiver, found })
    }

    /// [`try_peek`](Self::try_peek) that waits until the deadline.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv), but for a buffer that is too small.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// sender.try_send(b"hello")?;
    /// assert_eq!(receiver.peek(vmo_ring::zx::MonotonicInstant::INFINITE)?.len(), 5);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn peek(&mut self, deadline: MonotonicInstant) -> Result<Message<'_>, RingError> {
        let found = self.wait(deadline)?;
        let receiver = self;
        Ok(Message { receiver, found })
    }

    #[inline]
    fn found(&mut self) -> Result<Found, RingError> {
        self.side.check()?;
        match self.consumer.next() {
            Ok(found) => Ok(found),
            Err(trouble) => Err(self.nothing(trouble)),
        }
    }

    /// Nothing is there. Then the sender is to know that all is free.
    fn nothing(&mut self, trouble: Trouble) -> RingError {
        if trouble == Trouble::Wait {
            if let Err(error) = self.give_back() {
                return error;
            }
        }
        self.side.end(trouble.into())
    }

    fn give_back(&mut self) -> Result<(), RingError> {
        let shown = self.consumer.show();
        self.wake_if(shown)
    }

    #[inline]
    fn wake_if(&mut self, wake: Result<bool, Trouble>) -> Result<(), RingError> {
        if self.side.note(wake)? {
            let word = self.consumer.word_of_producer();
            match self.side.ring(self.consumer.own(), word) {
                Ok(()) => {}
                // The sender is gone, and what it sent is still here.
                Err(RingError::PeerClosed) => self.side.go_on(),
                // No reason to lose a message.
                Err(_) => self.consumer.was_not_woken(),
            }
        }
        Ok(())
    }

    #[inline]
    fn wait(&mut self, deadline: MonotonicInstant) -> Result<Found, RingError> {
        match self.found() {
            Err(RingError::WouldBlock) => self.wait_longer(deadline),
            other => other,
        }
    }

    #[inline]
    fn copy(&mut self, found: Found, dst: &mut [u8]) -> Result<usize, RingError> {
        let len = found.len;
        let Some(dst) = dst.get_mut(..len) else {
            return Err(RingError::BufferTooSmall { len });
        };
        let copied = self.consumer.peer().read(found.offset, dst);
        self.side.note(copied.map_err(Trouble::from))?;
        self.consume(found)?;
        Ok(len)
    }

    fn copy_to_vec(&mut self, found: Found, message: &mut Vec<u8>) -> Result<(), RingError> {
        // At most the longest message of a ring that this side agreed to.
        message.resize(found.len, 0);
        self.copy(found, message).map(drop)
    }

    /// Whether a call would give a message or say that there will be none.
    pub(crate) fn is_ready(&mut self) -> bool {
        !matches!(self.found(), Err(RingError::WouldBlock))
    }

    pub(crate) fn bell(&self) -> &EventPair {
        &self.side.bell
    }

    /// When to look though nobody rang.
    pub(crate) fn longest_sleep(&self) -> Option<MonotonicInstant> {
        self.side.nap_until()
    }

    pub(crate) fn memory(&self) -> &ReadOnlyMapping {
        self.consumer.peer()
    }

    #[inline]
    pub(crate) fn consume(&mut self, found: Found) -> Result<(), RingError> {
        self.side.stats.count(found.len);
        let shown = self.consumer.consume(found);
        self.wake_if(shown)
    }

    /// Gets ready to sleep somewhere else, until a message is there: `true` if none is now,
    /// and the descriptor ([`AsFd`]) will become readable. `false` if one is: take it.
    ///
    /// Whoever waits by itself calls this before each wait, and tries again after it.
    ///
    /// # Errors
    ///
    /// [`PeerClosed`](RingError::PeerClosed) if none will come,
    /// [`Corrupt`](RingError::Corrupt), [`WrongProcess`](RingError::WrongProcess).
    ///
    /// # Cost
    ///
    /// Two system calls, if none is there.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (mut sender, mut receiver) = vmo_ring::doc_pair();
    /// assert!(receiver.arm()?); // now poll the descriptor
    /// sender.try_send(b"hello")?; // …which rings
    /// assert!(!receiver.arm()?);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn arm(&mut self) -> Result<bool, RingError> {
        match self.found() {
            Err(RingError::WouldBlock) => {}
            Err(error) => return Err(error),
            Ok(_) => {
                let disarmed = self.consumer.disarm();
                self.side.note(disarmed)?;
                return Ok(false);
            }
        }
        let gone = match self.side.bell.take() {
            Ok(_) => false,
            Err(zx::Status::PEER_CLOSED) => true,
            Err(status) => return Err(status.into()),
        };
        let armed = self.consumer.arm(Sleeps::OnBell);
        let wait = self.side.note(armed)?;
        if wait && gone {
            return Err(self.side.end(RingError::PeerClosed));
        }
        Ok(wait)
    }

    /// Whether the sender has ended, by the kernel: also if it was killed. Messages may be
    /// there still.
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
    /// assert!(!receiver.is_closed()?);
    /// drop(sender);
    /// assert!(receiver.is_closed()?);
    /// # Ok::<(), vmo_ring::RingError>(())
    /// ```
    pub fn is_closed(&self) -> Result<bool, RingError> {
        self.side.is_closed()
    }

    /// The longest message that can come, in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (sender, receiver) = vmo_ring::doc_pair();
    /// assert_eq!(receiver.max_message(), sender.max_message());
    /// ```
    #[must_use]
    pub fn max_message(&self) -> usize {
        self.consumer.geometry().max_message()
    }

    /// The size of the ring, in bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (sender, receiver) = vmo_ring::doc_pair();
    /// assert_eq!(receiver.capacity(), sender.capacity());
    /// ```
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.consumer.geometry().capacity()
    }

    /// What this side has done so far.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (_sender, receiver) = vmo_ring::doc_pair();
    /// assert_eq!(receiver.stats().messages, 0);
    /// ```
    #[must_use]
    pub fn stats(&self) -> RingStats {
        self.side.stats
    }
}

/// Tells the sender, which may be waiting for room.
impl Drop for Receiver {
    fn drop(&mut self) {
        // A child has neither the pages nor a say. A sender that sleeps on the bell is woken by
        // its end, which comes with this; one that sleeps on the word looks by itself, if not
        // woken.
        if self.side.is_ours() {
            if let Ok(Some(word)) = self.consumer.close() {
                let _ = self.side.ring(self.consumer.own(), Some(word));
            }
        }
    }
}

/// For whoever waits by itself: see [`Receiver::arm`].
impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.side.bell.as_fd()
    }
}
