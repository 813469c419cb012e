// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`AsyncEventPair`] and [`AsyncEventFd`].

use std::os::fd::{AsFd, BorrowedFd};

use tokio::io::Interest;

use super::Registered;
use crate::{EventFd, EventPair, Rights, Status};

/// An [`EventPair`] that tokio's tasks wait for. Signalling never waits: that is
/// [`EventPair::signal`] of [`get_ref`](Self::get_ref).
///
/// # Examples
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
/// # runtime.block_on(async {
/// let (ours, theirs) = zx::EventPair::create()?;
/// let ours = zx::async_io::AsyncEventPair::new(ours)?;
/// theirs.signal()?;
/// ours.wait().await?;
/// ours.get_ref().signal()?;
/// assert!(theirs.take()?);
/// # Ok::<(), zx::Status>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct AsyncEventPair {
    fd: Registered<EventPair>,
}

impl AsyncEventPair {
    /// Registers this end with the runtime of the current task.
    ///
    /// # Errors
    ///
    /// As [`AsyncChannel::new`](super::AsyncChannel::new).
    ///
    /// # Panics
    ///
    /// As [`AsyncChannel::new`](super::AsyncChannel::new).
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let (ours, _theirs) = zx::EventPair::create()?;
    /// let ours = zx::async_io::AsyncEventPair::new(ours)?;
    /// # let _ = ours;
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(pair: EventPair) -> Result<Self, Status> {
        let fd = Registered::watching(pair, |pair| &pair.end, Interest::READABLE)?;
        Ok(Self { fd })
    }

    /// Waits until the other end signals, and takes the signal.
    ///
    /// # Ordering
    ///
    /// Acquires: what the other end wrote before it signalled is seen.
    ///
    /// # Errors
    ///
    /// [`Status::PEER_CLOSED`], [`Status::ACCESS_DENIED`]: as [`EventPair::wait`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let (ours, theirs) = zx::EventPair::create()?;
    /// let ours = zx::async_io::AsyncEventPair::new(ours)?;
    /// theirs.signal()?;
    /// drop(theirs);
    /// assert_eq!(ours.wait().await, Ok(()));
    /// assert_eq!(ours.wait().await, Err(zx::Status::PEER_CLOSED));
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn wait(&self) -> Result<(), Status> {
        self.get_ref().rights().require(Rights::WAIT)?;
        let take = |pair: &EventPair| match pair.take()? {
            true => Ok(()),
            false => Err(Status::SHOULD_WAIT),
        };
        self.fd.ready(Interest::READABLE, take).await
    }

    /// This end, for what never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let (ours, theirs) = zx::EventPair::create()?;
    /// let ours = zx::async_io::AsyncEventPair::new(ours)?;
    /// ours.get_ref().signal()?;
    /// assert!(theirs.take()?);
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn get_ref(&self) -> &EventPair {
        self.fd.fd.get_ref()
    }

    /// This end itself, away from the runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let (ours, _theirs) = zx::EventPair::create()?;
    /// let ours: zx::EventPair = zx::async_io::AsyncEventPair::new(ours)?.into_inner();
    /// # let _ = ours;
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn into_inner(self) -> EventPair {
        self.fd.fd.into_inner()
    }
}

/// An [`EventFd`] that tokio's tasks wait for. Notifying never waits: that is
/// [`EventFd::notify`] of [`get_ref`](Self::get_ref).
///
/// # Examples
///
/// ```
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
/// # runtime.block_on(async {
/// let eventfd = zx::async_io::AsyncEventFd::new(zx::EventFd::create()?)?;
/// eventfd.get_ref().notify()?;
/// assert_eq!(eventfd.wait().await?, 1);
/// # Ok::<(), zx::Status>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct AsyncEventFd {
    fd: Registered<EventFd>,
}

impl AsyncEventFd {
    /// Registers the eventfd with the runtime of the current task.
    ///
    /// # Errors
    ///
    /// As [`AsyncChannel::new`](super::AsyncChannel::new).
    ///
    /// # Panics
    ///
    /// As [`AsyncChannel::new`](super::AsyncChannel::new).
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let eventfd = zx::async_io::AsyncEventFd::new(zx::EventFd::create()?)?;
    /// # let _ = eventfd;
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(eventfd: EventFd) -> Result<Self, Status> {
        let fd = Registered::new(eventfd, Interest::READABLE)?;
        Ok(Self { fd })
    }

    /// Waits until the counter is not 0, and takes what it has.
    ///
    /// # Hostile peer
    ///
    /// As [`EventFd::wait`]: it may take all signals away, so give it a timeout.
    ///
    /// # Ordering
    ///
    /// Acquires: what the peer wrote before it notified is seen.
    ///
    /// # Errors
    ///
    /// [`Status::NOT_SUPPORTED`]: as [`EventFd::take`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let eventfd = zx::async_io::AsyncEventFd::new(zx::EventFd::create()?)?;
    /// eventfd.get_ref().notify()?;
    /// eventfd.get_ref().notify()?;
    /// assert_eq!(eventfd.wait().await?, 2);
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn wait(&self) -> Result<u64, Status> {
        let take = |eventfd: &EventFd| match eventfd.take()? {
            0 => Err(Status::SHOULD_WAIT),
            count => Ok(count),
        };
        self.fd.ready(Interest::READABLE, take).await
    }

    /// The eventfd, for what never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let eventfd = zx::async_io::AsyncEventFd::new(zx::EventFd::create()?)?;
    /// assert_eq!(eventfd.get_ref().take()?, 0);
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn get_ref(&self) -> &EventFd {
        self.fd.fd.get_ref()
    }

    /// The eventfd itself, away from the runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    /// # runtime.block_on(async {
    /// let eventfd = zx::async_io::AsyncEventFd::new(zx::EventFd::create()?)?;
    /// let eventfd: zx::EventFd = eventfd.into_inner();
    /// # let _ = eventfd;
    /// # Ok::<(), zx::Status>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn into_inner(self) -> EventFd {
        self.fd.fd.into_inner()
    }
}

impl AsFd for AsyncEventPair {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl AsFd for AsyncEventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}
