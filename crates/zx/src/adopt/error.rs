// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`AdoptError`]: why a descriptor was refused, for people and for programs.

use core::error::Error;
use core::fmt;

use super::FdKind;
use crate::Status;

/// Why the gate refused a descriptor: a status, and a sentence that says what it is, what a
/// peer could do with it and what would be accepted.
///
/// | status | says |
/// |---|---|
/// | `WRONG_TYPE` | it is no memory that can be shared, or somebody could make us wait for it |
/// | `NOT_SUPPORTED` | it is memory, and the policy asks for more than its seals promise |
/// | `FILE_BIG`, `BUFFER_TOO_SMALL` | its size is beyond the limit, or less than claimed |
/// | `ACCESS_DENIED` | it was opened for writing only |
/// | `BAD_STATE` | it became smaller while it was copied |
/// | another | a system call failed |
///
/// # Examples
///
/// ```
/// use zx::{AdoptPolicy, Status, Vmo};
///
/// let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
/// let error = Vmo::from_fd(socket.into(), AdoptPolicy::Shrink).unwrap_err();
/// assert_eq!(error.status(), Status::WRONG_TYPE);
/// assert!(error.to_string().starts_with("this is a socket, not a VMO"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdoptError {
    kind: FdKind,
    reason: Reason,
}

/// What was wrong.
#[allow(dead_code, reason = "a kernel without VMOs has fewer reasons")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It can't be a VMO.
    NotMemory,
    /// It can't be a channel.
    NotChannel,
    /// It can't be a process.
    NotProcess,
    /// It can't be an eventfd.
    NotEventfd,
    /// A file of this machine: it can't be sealed, and can be read.
    NotSealable,
    /// A server answers for it, when it likes.
    MayBlock,
    /// It can shrink, and the policy forbids that.
    CanShrink,
    /// `Strict` without this seal.
    NotStrict {
        /// Its name, and what a holder can do without it.
        missing: (&'static str, &'static str),
    },
    /// `Immutable` without `WRITE`. This policy would take it.
    NotImmutable {
        /// The best that its seals allow.
        instead: &'static str,
    },
    /// `Published` without `FUTURE_WRITE`.
    NotPublished,
    /// Its pages can be taken away in spite of the seals.
    HugePages,
    /// It was opened for writing only.
    WriteOnly,
    /// Larger than the limit.
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit.
        max: u64,
    },
    /// Smaller than claimed.
    TooSmall {
        /// Its size in bytes.
        size: u64,
        /// What was claimed.
        claimed: u64,
    },
    /// More holes than the limit.
    Sparse {
        /// How many bytes of it are not there.
        holes: u64,
        /// The limit.
        max: u64,
    },
    /// It became smaller while it was copied.
    Shrank,
    /// A system call failed.
    Failed(Status),
}

impl AdoptError {
    pub(crate) fn new(kind: FdKind, reason: Reason) -> Self {
        Self { kind, reason }
    }

    /// What a Zircon call would answer.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AdoptPolicy, Status, Vmo};
    /// let file = std::fs::File::open("/dev/null").unwrap();
    /// let error = Vmo::from_fd(file.into(), AdoptPolicy::Shrink).unwrap_err();
    /// assert_eq!(error.status(), Status::WRONG_TYPE);
    /// ```
    #[must_use]
    pub fn status(&self) -> Status {
        match self.reason {
            Reason::NotMemory
            | Reason::NotChannel
            | Reason::NotProcess
            | Reason::NotEventfd
            | Reason::NotSealable
            | Reason::MayBlock => Status::WRONG_TYPE,
            Reason::CanShrink
            | Reason::NotStrict { .. }
            | Reason::NotImmutable { .. }
            | Reason::NotPublished
            | Reason::Sparse { .. }
            | Reason::HugePages => Status::NOT_SUPPORTED,
            Reason::WriteOnly => Status::ACCESS_DENIED,
            Reason::TooLarge { .. } => Status::FILE_BIG,
            Reason::TooSmall { .. } => Status::BUFFER_TOO_SMALL,
            Reason::Shrank => Status::BAD_STATE,
            Reason::Failed(status) => status,
        }
    }

    /// What the descriptor is, as far as it could be told without waiting for anybody.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AdoptPolicy, FdKind, Vmo};
    /// let file = std::fs::File::open("/dev/null").unwrap();
    /// let error = Vmo::from_fd(file.into(), AdoptPolicy::Shrink).unwrap_err();
    /// assert_eq!(error.kind(), FdKind::CharDevice);
    /// ```
    #[must_use]
    pub fn kind(&self) -> FdKind {
        self.kind
    }

    /// What is wrong with the seals.
    fn seals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::CanShrink => f.write_str(
                " without F_SEAL_SHRINK: its holder can truncate it, and the next access here \
                 would be a SIGBUS; send a memfd that is sealed with F_SEAL_SHRINK, or take it \
                 with AdoptPolicy::Copy or Guarded",
            ),
            Reason::NotStrict {
                missing: (seal, can),
            } => write!(
                f,
                " without {seal}: its holder can still {can}, which Strict does not accept; \
                 AdoptPolicy::Shrink would"
            ),
            Reason::NotImmutable { instead } => write!(
                f,
                " without F_SEAL_WRITE: its bytes can still change, which Immutable does not \
                 accept; AdoptPolicy::{instead} would, and Copy takes a copy that nobody changes"
            ),
            Reason::NotPublished => f.write_str(
                " without F_SEAL_FUTURE_WRITE: whoever holds it can write it, which Published \
                 does not accept; AdoptPolicy::Shrink would",
            ),
            Reason::HugePages => f.write_str(
                ": its holder can take pages away in spite of the seals, and the next access \
                 here would be a SIGBUS; send one of ordinary pages, or take it with \
                 AdoptPolicy::Copy or Guarded and AdoptOptions::allow_huge_pages",
            ),
            _ => Ok(()),
        }
    }

    /// What is wrong with its extent.
    fn extent(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            Reason::TooLarge { size, max } => write!(
                f,
                " of {size} bytes, more than the {max} that are accepted \
                 (AdoptOptions::max_size)"
            ),
            Reason::TooSmall { size, claimed } => write!(
                f,
                " of {size} bytes, fewer than the {claimed} that were claimed: what lies \
                 beyond is not there"
            ),
            Reason::Sparse { holes, max } => write!(
                f,
                " of which {holes} bytes are holes: reading them would take memory from this \
                 process; {max} are accepted (AdoptOptions::max_holes)"
            ),
            Reason::Shrank => f.write_str(", and it became smaller while it was copied"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for AdoptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is {}", self.kind)?;
        match self.reason {
            Reason::NotMemory => {
                f.write_str(", not a VMO: send a memfd that is sealed with F_SEAL_SHRINK")
            }
            Reason::NotChannel => f.write_str(
                ", not a channel: send one end of a connected Unix socket of type SOCK_SEQPACKET",
            ),
            Reason::NotProcess => f.write_str(
                ", not a process: send a pidfd of a process (pidfd_open), not of a single thread",
            ),
            Reason::NotEventfd => f.write_str(", not an eventfd: send one of eventfd(2)"),
            Reason::NotSealable => f.write_str(
                ", not a VMO: whoever opens it can truncate it; send a memfd that is sealed \
                 with F_SEAL_SHRINK, or take it with AdoptPolicy::Copy or Guarded",
            ),
            Reason::MayBlock => f.write_str(
                ", not a VMO: whoever serves it could let us wait for ever, so no policy takes \
                 it; send a memfd that is sealed with F_SEAL_SHRINK",
            ),
            Reason::WriteOnly => f.write_str(
                " opened for writing only, which can't be mapped: open it for reading too",
            ),
            Reason::Failed(status) => write!(f, ", and taking it failed: {status}"),
            _ => {
                self.seals(f)?;
                self.extent(f)
            }
        }
    }
}

impl Error for AdoptError {}

impl From<AdoptError> for Status {
    fn from(error: AdoptError) -> Self {
        error.status()
    }
}
