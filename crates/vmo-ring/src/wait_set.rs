// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`WaitSet`]: one wait for many rings.
//!
//! Many senders and one receiver are many rings: each sender has one of its own, so none can
//! stall, overwrite or outlive another one. What they share is the wait.

use zx::{AsHandleRef, MonotonicInstant, Signals, WaitItem, object_wait_many};

use crate::spin::is_over;
use crate::{Receiver, RingError};

/// Which receiver of a [`WaitSet`].
///
/// # Examples
///
/// ```
/// # let (_sender, receiver) = vmo_ring::doc_pair();
/// let mut set = vmo_ring::WaitSet::new();
/// let key: vmo_ring::RingKey = set.insert(receiver);
/// assert!(set.get_mut(key).is_some());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RingKey(u64);

/// Many receivers, waited for together.
///
/// # Hostile peer
///
/// One that sends without end does not keep others waiting: whoever was served last is asked
/// last. One that rings without reason makes a wait look again. One that breaks its ring ends
/// that ring.
///
/// # Examples
///
/// ```
/// use vmo_ring::{WaitSet, zx::MonotonicInstant};
/// # let (mut red, from_red) = vmo_ring::doc_pair();
/// # let (mut blue, from_blue) = vmo_ring::doc_pair();
///
/// let mut set = WaitSet::new();
/// let red_key = set.insert(from_red);
/// let blue_key = set.insert(from_blue);
/// blue.try_send(b"hello")?;
/// let ready = set.wait(MonotonicInstant::INFINITE)?;
/// assert_eq!(ready, blue_key);
/// let mut message = Vec::new();
/// set.get_mut(ready).unwrap().try_recv_to_vec(&mut message)?;
/// assert_eq!(message, b"hello");
/// # Ok::<(), vmo_ring::RingError>(())
/// ```
#[derive(Debug, Default)]
pub struct WaitSet {
    members: Vec<(RingKey, Receiver)>,
    /// The key that is given next.
    keys: u64,
    /// Which member is asked first.
    first: usize,
}

impl WaitSet {
    /// An empty one.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(vmo_ring::WaitSet::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a receiver in. Its key is given to no other one.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (_sender, receiver) = vmo_ring::doc_pair();
    /// let mut set = vmo_ring::WaitSet::new();
    /// let _key = set.insert(receiver);
    /// assert_eq!(set.len(), 1);
    /// ```
    pub fn insert(&mut self, receiver: Receiver) -> RingKey {
        let key = RingKey(self.keys);
        self.keys = self.keys.wrapping_add(1);
        self.members.push((key, receiver));
        key
    }

    /// Gives a receiver back.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (_sender, receiver) = vmo_ring::doc_pair();
    /// let mut set = vmo_ring::WaitSet::new();
    /// let key = set.insert(receiver);
    /// assert!(set.remove(key).is_some());
    /// assert!(set.remove(key).is_none());
    /// ```
    pub fn remove(&mut self, key: RingKey) -> Option<Receiver> {
        let index = self.members.iter().position(|(known, _)| *known == key)?;
        let (_, receiver) = self.members.remove(index);
        if index < self.first {
            self.first = self.first.saturating_sub(1);
        }
        Some(receiver)
    }

    /// A receiver, to receive from.
    ///
    /// # Examples
    ///
    /// ```
    /// # let (_sender, receiver) = vmo_ring::doc_pair();
    /// let mut set = vmo_ring::WaitSet::new();
    /// let key = set.insert(receiver);
    /// assert!(set.get_mut(key).unwrap().try_peek().is_err());
    /// ```
    #[must_use]
    pub fn get_mut(&mut self, key: RingKey) -> Option<&mut Receiver> {
        let mut members = self.members.iter_mut();
        let found = members.find(|(known, _)| *known == key);
        found.map(|(_, receiver)| receiver)
    }

    /// How many there are.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(vmo_ring::WaitSet::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(vmo_ring::WaitSet::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A receiver that has a message, or whose ring has ended, if there is one now.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](RingError::WouldBlock) if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{RingError, WaitSet};
    /// # let (sender, receiver) = vmo_ring::doc_pair();
    /// let mut set = WaitSet::new();
    /// let key = set.insert(receiver);
    /// assert_eq!(set.try_ready(), Err(RingError::WouldBlock));
    /// drop(sender);
    /// assert_eq!(set.try_ready(), Ok(key)); // to be told, and removed
    /// ```
    pub fn try_ready(&mut self) -> Result<RingKey, RingError> {
        let count = self.members.len();
        for step in 0..count {
            let index = self.first.wrapping_add(step).checked_rem(count);
            let index = index.unwrap_or_default();
            let Some((key, receiver)) = self.members.get_mut(index) else {
                continue;
            };
            if receiver.is_ready() {
                let ready = *key;
                self.first = index.wrapping_add(1);
                return Ok(ready);
            }
        }
        Err(RingError::WouldBlock)
    }

    /// A receiver that has a message, or whose ring has ended; waits for one until the
    /// deadline.
    ///
    /// # Errors
    ///
    /// [`TimedOut`](RingError::TimedOut); [`Failed`](RingError::Failed) with `INVALID_ARGS` if
    /// there are none to wait for.
    ///
    /// # Cost
    ///
    /// A look at each; a sleep takes two system calls for each besides.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{RingError, WaitSet, zx::MonotonicInstant};
    /// # let (_sender, receiver) = vmo_ring::doc_pair();
    /// let mut set = WaitSet::new();
    /// set.insert(receiver);
    /// let late = set.wait(MonotonicInstant::INFINITE_PAST);
    /// assert_eq!(late, Err(RingError::TimedOut));
    /// ```
    pub fn wait(&mut self, deadline: MonotonicInstant) -> Result<RingKey, RingError> {
        if self.members.is_empty() {
            return Err(RingError::Failed(zx::Status::INVALID_ARGS));
        }
        loop {
            if let Ok(ready) = self.try_ready() {
                return Ok(ready);
            }
            if is_over(deadline) {
                return Err(RingError::TimedOut);
            }
            // One that can't be armed has something to say.
            let mut quiet = true;
            for (_, receiver) in &mut self.members {
                quiet &= receiver.arm().unwrap_or(false);
            }
            if quiet {
                self.sleep(deadline)?;
            }
        }
    }

    fn sleep(&self, deadline: MonotonicInstant) -> Result<(), RingError> {
        let nap = self
            .members
            .iter()
            .filter_map(|(_, receiver)| receiver.longest_sleep());
        let until = nap.fold(deadline, MonotonicInstant::min);
        let signals = Signals::EVENTPAIR_SIGNALED | Signals::EVENTPAIR_PEER_CLOSED;
        let bells = self.members.iter().map(|(_, receiver)| WaitItem {
            handle: receiver.bell().as_handle_ref(),
            waitfor: signals,
            pending: Signals::NONE,
        });
        let mut items: Vec<WaitItem<'_>> = bells.collect();
        match object_wait_many(&mut items, until) {
            Ok(_) | Err(zx::Status::TIMED_OUT) => Ok(()),
            Err(status) => Err(status.into()),
        }
    }
}
