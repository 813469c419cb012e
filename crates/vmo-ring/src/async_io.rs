// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting in tokio's tasks (feature `tokio`): [`AsyncSender`] and [`AsyncReceiver`].
//!
//! A future that is dropped has done nothing: no message is lost or sent twice, so each may
//! stand in `tokio::select!`; a deadline is `tokio::time::timeout`. What never waits is asked
//! of the [`Sender`] or [`Receiver`] inside.
//!
//! # Hostile peer
//!
//! One that sends or rings without end can't keep a task busy to the harm of others: after
//! some calls that found something at once, tokio lets the others have their turn.
//!
//! # Examples
//!
//! ```
//! use vmo_ring::async_io::{AsyncReceiver, AsyncSender};
//! # let (sender, receiver) = vmo_ring::doc_pair();
//!
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
//! runtime.block_on(async {
//!     let mut sender = AsyncSender::new(sender)?;
//!     let mut receiver = AsyncReceiver::new(receiver)?;
//!     sender.send(b"hello").await?;
//!     let mut message = Vec::new();
//!     receiver.recv_to_vec(&mut message).await?;
//!     assert_eq!(message, b"hello");
//!     Ok::<(), vmo_ring::RingError>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use zx::async_io::AsyncEventPair;
use zx::{EventPair, HandleBased, Rights, Status};

use crate::{Receiver, RingError, Sender};

/// A second descriptor of the bell, for the task to wait on.
fn bell_of(bell: &EventPair) -> Result<AsyncEventPair, RingError> {
    let bell = bell.duplicate_handle(Rights::SAME_RIGHTS)?;
    Ok(AsyncEventPair::new(bell)?)
}

/// Sleeps until the other side rings. That it has ended is seen by the next try.
async fn rung(bell: &AsyncEventPair) -> Result<(), RingError> {
    match bell.wait().await {
        Ok(()) | Err(Status::PEER_CLOSED) => Ok(()),
        Err(status) => Err(status.into()),
    }
}

/// A [`Sender`] whose task sleeps while there is no room.
///
/// # Examples
///
/// See [the module](self).
#[derive(Debug)]
pub struct AsyncSender {
    sender: Sender,
    bell: AsyncEventPair,
}

impl AsyncSender {
    /// Wraps a sender. In a task of a runtime with `enable_io`.
    ///
    /// # Errors
    ///
    /// [`RingError::Failed`]: with `NOT_SUPPORTED` if the receiver never rings
    /// ([`Waiting::Spin`](crate::Waiting::Spin)), so that a task could not be woken; with
    /// others if the bell can't be registered.
    ///
    /// # Panics
    ///
    /// Outside a runtime of tokio, as tokio does.
    ///
    /// # Examples
    ///
    /// See [the module](self).
    pub fn new(sender: Sender) -> Result<Self, RingError> {
        if sender.longest_sleep().is_some() {
            return Err(RingError::Failed(Status::NOT_SUPPORTED));
        }
        let bell = bell_of(sender.bell())?;
        Ok(Self { sender, bell })
    }

    /// [`Sender::send`], without a deadline.
    ///
    /// # Errors
    ///
    /// As [`Sender::try_send`], but for `WouldBlock`.
    ///
    /// # Examples
    ///
    /// See [the module](self).
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), RingError> {
        loop {
            tokio::task::coop::consume_budget().await;
            match self.sender.try_send(bytes) {
                Err(RingError::WouldBlock) => {}
                other => return other,
            }
            if self.sender.arm(bytes.len())? {
                rung(&self.bell).await?;
            }
        }
    }

    /// The sender, for what never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(sender: &mut vmo_ring::async_io::AsyncSender) {
    /// let most = sender.get_mut().max_message();
    /// # let _ = most; }
    /// ```
    pub fn get_mut(&mut self) -> &mut Sender {
        &mut self.sender
    }

    /// The sender again.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(sender: vmo_ring::async_io::AsyncSender) {
    /// let sender: vmo_ring::Sender = sender.into_inner();
    /// # let _ = sender; }
    /// ```
    #[must_use]
    pub fn into_inner(self) -> Sender {
        self.sender
    }
}

/// A [`Receiver`] whose task sleeps while no message is there.
///
/// # Examples
///
/// See [the module](self).
#[derive(Debug)]
pub struct AsyncReceiver {
    receiver: Receiver,
    bell: AsyncEventPair,
}

impl AsyncReceiver {
    /// Wraps a receiver. In a task of a runtime with `enable_io`.
    ///
    /// # Errors
    ///
    /// [`RingError::Failed`]: with `NOT_SUPPORTED` if the sender never rings
    /// ([`Waiting::Spin`](crate::Waiting::Spin)), so that a task could not be woken; with
    /// others if the bell can't be registered.
    ///
    /// # Panics
    ///
    /// Outside a runtime of tokio, as tokio does.
    ///
    /// # Examples
    ///
    /// See [the module](self).
    pub fn new(receiver: Receiver) -> Result<Self, RingError> {
        if receiver.longest_sleep().is_some() {
            return Err(RingError::Failed(Status::NOT_SUPPORTED));
        }
        let bell = bell_of(receiver.bell())?;
        Ok(Self { receiver, bell })
    }

    /// [`Receiver::recv`], without a deadline.
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv`], but for `TimedOut`.
    ///
    /// # Examples
    ///
    /// See [the module](self).
    pub async fn recv(&mut self, dst: &mut [u8]) -> Result<usize, RingError> {
        loop {
            tokio::task::coop::consume_budget().await;
            match self.receiver.try_recv(dst) {
                Err(RingError::WouldBlock) => self.sleep().await?,
                other => return other,
            }
        }
    }

    /// [`Receiver::recv_to_vec`], without a deadline.
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv`], but for `TimedOut` and a buffer that is too small.
    ///
    /// # Examples
    ///
    /// See [the module](self).
    pub async fn recv_to_vec(&mut self, message: &mut Vec<u8>) -> Result<(), RingError> {
        loop {
            tokio::task::coop::consume_budget().await;
            match self.receiver.try_recv_to_vec(message) {
                Err(RingError::WouldBlock) => self.sleep().await?,
                other => return other,
            }
        }
    }

    async fn sleep(&mut self) -> Result<(), RingError> {
        if self.receiver.arm()? {
            rung(&self.bell).await?;
        }
        Ok(())
    }

    /// The receiver, for what never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(receiver: &mut vmo_ring::async_io::AsyncReceiver) {
    /// let there = receiver.get_mut().try_peek().is_ok();
    /// # let _ = there; }
    /// ```
    pub fn get_mut(&mut self) -> &mut Receiver {
        &mut self.receiver
    }

    /// The receiver again.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn example(receiver: vmo_ring::async_io::AsyncReceiver) {
    /// let receiver: vmo_ring::Receiver = receiver.into_inner();
    /// # let _ = receiver; }
    /// ```
    #[must_use]
    pub fn into_inner(self) -> Receiver {
        self.receiver
    }
}
