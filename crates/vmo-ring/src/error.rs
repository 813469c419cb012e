// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`RingError`]: why a call on a ring did nothing.

use core::error::Error;
use core::fmt;

use zx::Status;

use crate::protocol::Trouble;

/// Why a call on a ring did nothing.
///
/// [`PeerClosed`](Self::PeerClosed) and [`Corrupt`](Self::Corrupt) are for ever: the same call
/// on the same ring gives the same error then.
///
/// # Examples
///
/// ```
/// use vmo_ring::{RingError, zx::Status};
/// let error = RingError::TooLong { len: 5000, max: 1984 };
/// assert_eq!(error.status(), Status::OUT_OF_RANGE);
/// assert!(error.to_string().contains("1984"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RingError {
    /// There is no room, or no message, now.
    WouldBlock,
    /// The deadline came first.
    TimedOut,
    /// No message of this ring can be so long.
    TooLong {
        /// The length of the message, in bytes.
        len: usize,
        /// The longest.
        max: usize,
    },
    /// The next message does not fit into the buffer. It is still there.
    BufferTooSmall {
        /// The length of the message, in bytes.
        len: usize,
    },
    /// The writer of a broadcast was faster than this reader, which goes on with the oldest
    /// message that is left.
    Lagged {
        /// How many messages it did not get.
        lost: u64,
    },
    /// The other side has ended, and what it sent before was received.
    PeerClosed,
    /// The other side wrote what no honest peer writes. The ring is of no use any more.
    Corrupt,
    /// This is a child of the process that the ring belongs to.
    WrongProcess,
    /// The other side's part of the handshake is refused.
    Refused(Refusal),
    /// The kernel, or an object of the handshake, said no.
    Failed(Status),
}

/// What is wrong with the other side's part of a handshake.
///
/// # Examples
///
/// ```
/// use vmo_ring::Refusal;
/// assert!(Refusal::Roles.to_string().contains("receiver"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The message is no handshake, or one of another version.
    NotAHandshake,
    /// Both sides want to send, or both to receive.
    Roles,
    /// The capacity is no power of two, or more than is allowed here.
    Capacity {
        /// In bytes.
        capacity: u64,
    },
    /// The handles are not those that the message needs.
    Handles,
    /// The memory has been written by something else, or by another version.
    Layout,
    /// The memory is not what a ring needs.
    Memory(Status),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAHandshake => f.write_str("what came is no handshake of this version"),
            Self::Roles => {
                f.write_str("one side has to be the sender and the other one the receiver")
            }
            Self::Capacity { capacity } => write!(
                f,
                "a capacity of {capacity} bytes: it has to be a power of two, and allowed by \
                 `RingOptions::max_capacity`"
            ),
            Self::Handles => f.write_str("the handles that came are not those of a handshake"),
            Self::Layout => {
                f.write_str("the memory is not of this kind, or not of this version of it")
            }
            Self::Memory(status) => write!(
                f,
                "the memory that came can change its size, can be written by others, or is \
                 too small: {status}"
            ),
        }
    }
}

impl Error for Refusal {}

impl RingError {
    /// The nearest that Zircon has.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_ring::{RingError, zx::Status};
    /// assert_eq!(RingError::WouldBlock.status(), Status::SHOULD_WAIT);
    /// ```
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::WouldBlock => Status::SHOULD_WAIT,
            Self::TimedOut => Status::TIMED_OUT,
            Self::TooLong { .. } => Status::OUT_OF_RANGE,
            Self::BufferTooSmall { .. } => Status::BUFFER_TOO_SMALL,
            Self::Lagged { .. } => Status::IO_DATA_LOSS,
            Self::PeerClosed => Status::PEER_CLOSED,
            Self::Corrupt => Status::IO_DATA_INTEGRITY,
            Self::WrongProcess => Status::BAD_STATE,
            Self::Refused(Refusal::Memory(status)) | Self::Failed(status) => status,
            Self::Refused(_) => Status::IO_DATA_INTEGRITY,
        }
    }
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WouldBlock => f.write_str("nothing can be done now: wait, or try again"),
            Self::TimedOut => f.write_str("the deadline came first"),
            Self::TooLong { len, max } => write!(
                f,
                "a message of {len} bytes, where {max} is the most: split it, or make the \
                 ring larger"
            ),
            Self::BufferTooSmall { len } => {
                write!(f, "the next message has {len} bytes: use a larger buffer")
            }
            Self::Lagged { lost } => write!(
                f,
                "{lost} messages were overwritten before they were read: read on, faster"
            ),
            Self::PeerClosed => f.write_str("the other side has ended"),
            Self::Corrupt => f.write_str("the other side broke the ring: connect another one"),
            Self::WrongProcess => {
                f.write_str("the ring belongs to the process that this one was forked from")
            }
            Self::Refused(refusal) => write!(f, "the handshake is refused: {refusal}"),
            Self::Failed(status) => write!(f, "{status}"),
        }
    }
}

impl Error for RingError {}

impl From<RingError> for Status {
    fn from(error: RingError) -> Self {
        error.status()
    }
}

impl From<Status> for RingError {
    fn from(status: Status) -> Self {
        match status {
            Status::TIMED_OUT => Self::TimedOut,
            Status::PEER_CLOSED => Self::PeerClosed,
            status => Self::Failed(status),
        }
    }
}

impl From<Trouble> for RingError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Wait => Self::WouldBlock,
            Trouble::Closed => Self::PeerClosed,
            Trouble::Lagged { lost } => Self::Lagged { lost },
            Trouble::Corrupt => Self::Corrupt,
        }
    }
}
