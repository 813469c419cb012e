// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Signals`]: what can be waited for, and what came of waiting.

use crate::Status;

bitflags::bitflags! {
    /// What is the case with an object, or what somebody waits for.
    ///
    /// The same bit means another thing with another type of object.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, MonotonicInstant, Signals};
    ///
    /// let (ours, theirs) = Channel::create()?;
    /// theirs.write(b"hello", &mut Vec::new())?;
    /// let seen = ours.wait_one(Signals::CHANNEL_READABLE, MonotonicInstant::INFINITE);
    /// assert!(seen.to_result()?.contains(Signals::CHANNEL_READABLE));
    /// # Ok::<(), zx::Status>(())
    /// ```
    ///
    /// Source: <https://fuchsia.dev/reference/kernel_objects/signals>.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[repr(transparent)]
    pub struct Signals: u32 {
        /// Nothing.
        const NONE = 0;
        /// There is something to read.
        const OBJECT_READABLE = 1 << 0;
        /// There is room to write.
        const OBJECT_WRITABLE = 1 << 1;
        /// The other end is closed.
        const OBJECT_PEER_CLOSED = 1 << 2;
        /// An event was signalled, or a task has ended.
        const OBJECT_SIGNALED = 1 << 3;
        /// A message is there to be read.
        const CHANNEL_READABLE = Self::OBJECT_READABLE.bits();
        /// A message can be written.
        const CHANNEL_WRITABLE = Self::OBJECT_WRITABLE.bits();
        /// The other end of the channel is closed.
        const CHANNEL_PEER_CLOSED = Self::OBJECT_PEER_CLOSED.bits();
        /// The other end of the event pair has signalled.
        const EVENTPAIR_SIGNALED = Self::OBJECT_SIGNALED.bits();
        /// The other end of the event pair is closed.
        const EVENTPAIR_PEER_CLOSED = Self::OBJECT_PEER_CLOSED.bits();
        /// The task (here: a process) has ended.
        const TASK_TERMINATED = Self::OBJECT_SIGNALED.bits();
        /// The process has ended.
        const PROCESS_TERMINATED = Self::OBJECT_SIGNALED.bits();
    }
}

/// What came of waiting for signals.
///
/// # Examples
///
/// ```
/// use zx::{Channel, MonotonicInstant, Signals, Status, WaitResult};
///
/// let (ours, _theirs) = Channel::create()?;
/// let result = ours.wait_one(Signals::CHANNEL_READABLE, MonotonicInstant::INFINITE_PAST);
/// assert!(matches!(result, WaitResult::TimedOut(_)));
/// assert_eq!(result.to_result(), Err(Status::TIMED_OUT));
/// # Ok::<(), Status>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the wait may have failed"]
pub enum WaitResult {
    /// One of the signals came, and these are there.
    Ok(Signals),
    /// The deadline came first. These are there, and none was waited for.
    TimedOut(Signals),
    /// The handle was closed while it was waited on. Does not happen here.
    Canceled(Signals),
    /// It can't be waited for.
    Err(Status),
}

impl WaitResult {
    /// The signals, or why they did not come.
    ///
    /// # Errors
    ///
    /// [`Status::TIMED_OUT`], [`Status::CANCELED`], or the status of the failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Signals, Status, WaitResult};
    /// let result = WaitResult::TimedOut(Signals::NONE);
    /// assert_eq!(result.to_result(), Err(Status::TIMED_OUT));
    /// ```
    pub const fn to_result(self) -> Result<Signals, Status> {
        match self {
            Self::Ok(signals) => Ok(signals),
            Self::TimedOut(_) => Err(Status::TIMED_OUT),
            Self::Canceled(_) => Err(Status::CANCELED),
            Self::Err(status) => Err(status),
        }
    }

    /// Whether one of the signals came.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::WaitResult::Ok(zx::Signals::NONE).is_ok());
    /// ```
    #[must_use]
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok(_))
    }

    /// Whether none of them came.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::WaitResult::TimedOut(zx::Signals::NONE).is_err());
    /// ```
    #[must_use]
    pub const fn is_err(self) -> bool {
        !self.is_ok()
    }
}
