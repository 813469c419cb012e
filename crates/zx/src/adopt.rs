// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gate for foreign descriptors: what is asked of them, and how it is refused.
//!
//! The checks are the kernel's business (`sys`); here is what they are called.

use core::error::Error;
use core::fmt;

use crate::Status;

/// What [`Vmo::from_fd`](crate::Vmo::from_fd) asks of a foreign memfd.
///
/// | policy | seals asked for | a peer can still |
/// |---|---|---|
/// | `Strict` | `SHRINK`, `GROW`, `SEAL` | change bytes, punch holes |
/// | `Shrink` | `SHRINK` | also grow it, and seal it against your writing |
///
/// # Examples
///
/// ```
/// use std::os::fd::OwnedFd;
/// use zx::{AdoptPolicy, Vmo};
///
/// let fd = OwnedFd::from(Vmo::create(4096)?);
/// let vmo = Vmo::from_fd(fd, AdoptPolicy::Strict).unwrap();
/// # assert_eq!(vmo.get_size()?, 4096);
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AdoptPolicy {
    /// Nothing about it can change any more but its bytes. What protocols ask for that both
    /// sides write.
    Strict,
    /// It can't get smaller, so no access faults. What programs in the wild seal varies, and
    /// this is what safety needs.
    #[default]
    Shrink,
}

/// What kind of thing a descriptor is.
///
/// A sender can make one kind look like another in a few ways (a file can be called
/// `/memfd:x`), so this is for messages. What is accepted rests on seals alone.
///
/// # Examples
///
/// ```
/// use zx::{AdoptPolicy, FdKind, Vmo};
///
/// let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
/// let error = Vmo::from_fd(socket.into(), AdoptPolicy::Shrink).unwrap_err();
/// assert_eq!(error.kind(), FdKind::Socket);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FdKind {
    /// A memfd of ordinary pages.
    Memfd,
    /// A memfd of huge pages.
    HugetlbMemfd,
    /// A memfd whose pages the kernel itself can't read (`memfd_secret`).
    MemfdSecret,
    /// A file on tmpfs, as in /dev/shm.
    TmpfsFile,
    /// A file on any other file system.
    RegularFile,
    /// A directory.
    Directory,
    /// A pipe or FIFO.
    Pipe,
    /// A socket.
    Socket,
    /// An eventfd.
    Eventfd,
    /// A character device, as /dev/zero.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A descriptor opened with `O_PATH`, which names a file and can't be used for its bytes.
    PathOnly,
    /// Anything else.
    Other,
}

impl FdKind {
    /// The kind in words, with an article.
    fn words(self) -> &'static str {
        match self {
            Self::Memfd => "a memfd",
            Self::HugetlbMemfd => "a memfd of huge pages",
            Self::MemfdSecret => "a secret memfd",
            Self::TmpfsFile => "a tmpfs file",
            Self::RegularFile => "a regular file",
            Self::Directory => "a directory",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::Eventfd => "an eventfd",
            Self::CharDevice => "a character device",
            Self::BlockDevice => "a block device",
            Self::PathOnly => "an O_PATH descriptor",
            Self::Other => "a descriptor of another kind",
        }
    }
}

impl fmt::Display for FdKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Why the gate refused a descriptor: a status, and a sentence that says what it is, what a
/// peer could do with it and what would be accepted.
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
    /// It can shrink, and the policy forbids that; so do all others.
    CanShrink,
    /// The policy asks for more seals; `Shrink` would take it.
    NotStrict {
        /// Whether GROW is missing.
        can_grow: bool,
    },
    /// Its pages can be taken away in spite of the seals.
    HugePages,
    /// It was opened for writing only.
    WriteOnly,
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
            Reason::NotMemory => Status::WRONG_TYPE,
            Reason::CanShrink | Reason::NotStrict { .. } | Reason::HugePages => {
                Status::NOT_SUPPORTED
            }
            Reason::WriteOnly => Status::ACCESS_DENIED,
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
}

impl fmt::Display for AdoptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        match self.reason {
            Reason::NotMemory => write!(
                f,
                "this is {kind}, not a VMO: send a memfd that is sealed with F_SEAL_SHRINK"
            ),
            Reason::CanShrink => write!(
                f,
                "this is {kind} without F_SEAL_SHRINK: its holder can truncate it, and the next \
                 access here would be a SIGBUS; send a memfd that is sealed with F_SEAL_SHRINK"
            ),
            Reason::NotStrict { can_grow } => write!(
                f,
                "this is {kind} without {}: its holder can still {}, which Strict does not \
                 accept; AdoptPolicy::Shrink would",
                if can_grow {
                    "F_SEAL_GROW"
                } else {
                    "F_SEAL_SEAL"
                },
                if can_grow {
                    "grow it"
                } else {
                    "seal it against writing"
                },
            ),
            Reason::HugePages => write!(
                f,
                "this is {kind}: its holder can take pages away in spite of the seals, and the \
                 next access here would be a SIGBUS; send one of ordinary pages"
            ),
            Reason::WriteOnly => write!(
                f,
                "this is {kind} opened for writing only, which can't be mapped: open it for \
                 reading too"
            ),
            Reason::Failed(status) => {
                write!(f, "this is {kind}, and looking at it failed: {status}")
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
