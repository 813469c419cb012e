// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting in tokio's tasks (feature `tokio`): [`AsyncChannel`], [`AsyncEventPair`] and
//! [`AsyncEventFd`].
//!
//! Each wraps the object of that name and lends it out again: what never waits is asked of
//! [`get_ref`](AsyncChannel::get_ref), what waits is a future. A future that is dropped has
//! done nothing, so each may stand in `tokio::select!`; a deadline is `tokio::time::timeout`.
//!
//! An object that watches a process ([`Channel::watch`], [`EventPair::watch`]) wakes its task
//! when that has ended, too.
//!
//! # Hostile peer
//!
//! One that sends without end can't keep a task busy to the harm of others: after some calls
//! that found something at once, tokio lets the others have their turn.
//!
//! # Examples
//!
//! ```
//! use zx::async_io::AsyncChannel;
//! use zx::{Channel, MessageBuf, Status};
//!
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
//! runtime.block_on(async {
//!     let (ours, theirs) = Channel::create()?;
//!     let ours = AsyncChannel::new(ours)?;
//!     let answering = std::thread::spawn(move || theirs.write(b"hello", &mut Vec::new()));
//!     let mut message = MessageBuf::new();
//!     ours.read(&mut message).await?;
//!     assert_eq!(message.bytes(), b"hello");
//!     assert!(answering.join().is_ok());
//!     assert_eq!(ours.read(&mut message).await, Err(Status::PEER_CLOSED));
//!     Ok::<(), Status>(())
//! })?;
//! # Ok::<(), std::io::Error>(())
//! ```
#![allow(unsafe_code, reason = "tokio is promised that a descriptor stays open")]

use core::future::{Future, pending, poll_fn};
use core::pin::pin;
use core::task::Poll;
use std::io::{Error, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::end::End;
use crate::sys::Source;
use crate::{AdoptOptions, AdoptPolicy, Channel, EventFd, EventPair, Handle, MessageBuf, Status};

mod doorbells;

pub use doorbells::{AsyncEventFd, AsyncEventPair};

/// What owns one descriptor, from first to last: the objects of this module, and another
/// descriptor of the process that one of them watches.
trait Steady: AsRawFd {}

impl Steady for Channel {}
impl Steady for EventPair {}
impl Steady for EventFd {}
impl Steady for OwnedFd {}

/// Has the runtime watch a descriptor.
fn register<T: Steady>(object: T, interest: Interest) -> Result<AsyncFd<T>, Status> {
    // SAFETY: Steady: the descriptor of `object` is its own, and it neither closes it before it
    // is dropped nor ever has another one.
    let registered = unsafe { AsyncFd::register_with_interest(object, interest) };
    registered.map_err(|refused| Error::from(refused).into())
}

/// An object, and the process whose end is that of its peer.
#[derive(Debug)]
struct Registered<T: Steady> {
    fd: AsyncFd<T>,
    process: Option<AsyncFd<OwnedFd>>,
}

impl<T: Steady> Registered<T> {
    fn new(object: T, interest: Interest) -> Result<Self, Status> {
        let fd = register(object, interest)?;
        let process = None;
        Ok(Self { fd, process })
    }

    /// Also wakes when the process that `end` watches has ended.
    fn watching(object: T, end: fn(&T) -> &End, interest: Interest) -> Result<Self, Status> {
        let process = match end(&object).source() {
            Source::Socket(_, Some(process)) => Some(process.as_fd().try_clone_to_owned()?),
            _ => None,
        };
        let watched = process.map(|fd| register(fd, Interest::READABLE));
        let fd = register(object, interest)?;
        let process = watched.transpose()?;
        Ok(Self { fd, process })
    }

    /// Does `call` again each time that the descriptor becomes ready, until it need not wait;
    /// once more, and for the last time, when the process has ended.
    async fn ready<R>(
        &self,
        interest: Interest,
        mut call: impl FnMut(&T) -> Result<R, Status>,
    ) -> Result<R, Status> {
        {
            let mut tried = pin!(self.fd.async_io(interest, |object| match call(object) {
                Err(Status::SHOULD_WAIT) => Err(Error::from(ErrorKind::WouldBlock)),
                other => Ok(other),
            }));
            let mut ended = pin!(self.ended());
            let first = poll_fn(|context| match tried.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending => ended.as_mut().poll(context).map(|()| None),
            });
            if let Some(done) = first.await {
                return done?;
            }
        }
        match call(self.fd.get_ref()) {
            Err(Status::SHOULD_WAIT) => Err(Status::PEER_CLOSED),
            other => other,
        }
    }

    /// Waits for the process to end, if there is one.
    async fn ended(&self) {
        match &self.process {
            Some(process) => drop(process.readable().await),
            None => pending().await,
        }
    }
}

/// A [`Channel`] that tokio's tasks wait for.
///
/// # Examples
///
/// See the [module](self).
#[derive(Debug)]
pub struct AsyncChannel {
    fd: Registered<Channel>,
}

impl AsyncChannel {
    /// Registers the channel with the runtime of the current task.
    ///
    /// # Errors
    ///
    /// [`Status::NO_SPACE`] or [`Status::NO_MEMORY`] if the kernel can watch no more
    /// descriptors. The channel is closed then.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, or if it was made without I/O, as all that is tokio's.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let (ours, _theirs) = zx::Channel::create()?;
    /// let ours = zx::async_io::AsyncChannel::new(ours)?;
    /// # let _ = ours;
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(channel: Channel) -> Result<Self, Status> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        let fd = Registered::watching(channel, |channel| &channel.end, interest)?;
        Ok(Self { fd })
    }

    /// Receives a message, in place of what `message` held.
    ///
    /// # Errors
    ///
    /// As [`Channel::read`], but for `SHOULD_WAIT`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let (ours, theirs) = zx::Channel::create()?;
    /// let ours = zx::async_io::AsyncChannel::new(ours)?;
    /// theirs.write(b"hello", &mut Vec::new())?;
    /// let mut message = zx::MessageBuf::new();
    /// ours.read(&mut message).await?;
    /// assert_eq!(message.bytes(), b"hello");
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn read(&self, message: &mut MessageBuf) -> Result<(), Status> {
        self.read_with(message, AdoptPolicy::default()).await
    }

    /// [`read`](Self::read) with what the gate asks of the VMOs that come.
    ///
    /// # Errors
    ///
    /// As [`Channel::read_with`], but for `SHOULD_WAIT`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// use zx::{AdoptPolicy, HandleBased, MessageBuf, Vmo};
    /// let (ours, theirs) = zx::Channel::create()?;
    /// let ours = zx::async_io::AsyncChannel::new(ours)?;
    /// theirs.write(&[], &mut vec![Vmo::create(4096)?.into_handle()])?;
    /// let mut message = MessageBuf::new();
    /// ours.read_with(&mut message, AdoptPolicy::Strict).await?;
    /// assert_eq!(message.n_handles(), 1);
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn read_with(
        &self,
        message: &mut MessageBuf,
        vmos: impl Into<AdoptOptions>,
    ) -> Result<(), Status> {
        let vmos = vmos.into();
        let read = |channel: &Channel| channel.read_with(message, vmos);
        self.fd.ready(Interest::READABLE, read).await
    }

    /// Sends a message, once there is room for it.
    ///
    /// The handles are gone when it was sent, and all still there when it was not, also if
    /// the future is dropped.
    ///
    /// # Hostile peer
    ///
    /// One that never reads keeps the future waiting: give it a timeout.
    ///
    /// # Errors
    ///
    /// As [`Channel::write`], but for `SHOULD_WAIT`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let (ours, theirs) = zx::Channel::create()?;
    /// let ours = zx::async_io::AsyncChannel::new(ours)?;
    /// ours.write(b"hello", &mut Vec::new()).await?;
    /// # theirs.read(&mut zx::MessageBuf::new())?;
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn write(&self, bytes: &[u8], handles: &mut Vec<Handle>) -> Result<(), Status> {
        let write = |channel: &Channel| channel.write(bytes, handles);
        self.fd.ready(Interest::WRITABLE, write).await
    }

    /// The channel, for what never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let (ours, _theirs) = zx::Channel::create()?;
    /// let ours = zx::async_io::AsyncChannel::new(ours)?;
    /// assert!(!ours.get_ref().is_closed()?);
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn get_ref(&self) -> &Channel {
        self.fd.fd.get_ref()
    }

    /// The channel itself, away from the runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let (ours, _theirs) = zx::Channel::create()?;
    /// let ours: zx::Channel = zx::async_io::AsyncChannel::new(ours)?.into_inner();
    /// # let _ = ours;
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn into_inner(self) -> Channel {
        self.fd.fd.into_inner()
    }
}

impl AsFd for AsyncChannel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}
