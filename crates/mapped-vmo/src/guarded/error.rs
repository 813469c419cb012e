// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`GuardedError`]: why a guarded access did not happen, or not to the end.

use core::error::Error;
use core::fmt;

use shared_buffer::AccessError;
use zx::Status;

/// Why a guarded access did not happen, or not to the end.
///
/// # Examples
///
/// ```
/// use mapped_vmo::{Guarded, GuardedError, zx};
///
/// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 8192)?;
/// let guarded = Guarded::create_from_vmo(&vmo, 8192, zx::VmarFlags::PERM_READ)?;
/// vmo.set_size(4096)?; // as a peer could do
/// let lost = guarded.read_exact_at(4090, &mut [0; 10]);
/// assert_eq!(lost, Err(GuardedError::Lost { offset: 4096 }));
/// # Ok::<(), zx::Status>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardedError {
    /// A byte that was asked for is not there: the memory ends before it, or the kernel has
    /// no page for it. The bytes before it were copied.
    Lost {
        /// The first byte that was not there, in bytes from the start.
        offset: usize,
    },
    /// The request was refused before anything was touched: it is outside the bounds that
    /// were asked for, or needs a permission that was not.
    Access(AccessError),
    /// The kernel refused for a reason that is not the size. A part may have been copied.
    ///
    /// - [`Status::ACCESS_DENIED`]: a peer added a seal that forbids to write.
    /// - [`Status::NOT_SUPPORTED`]: a sandbox forbids process_vm_writev(2), and there is no
    ///   other way to write to this memory and never make it larger.
    /// - [`Status::NO_RESOURCES`]: past what this process may write (`RLIMIT_FSIZE`); or no
    ///   place for the mapping through which huge pages are written.
    /// - [`Status::IO`]: the disk behind a file failed.
    Kernel(Status),
}

impl GuardedError {
    /// What a Zircon call would answer; for lost bytes that is [`Status::OUT_OF_RANGE`].
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{GuardedError, zx::Status};
    /// assert_eq!(GuardedError::Lost { offset: 7 }.status(), Status::OUT_OF_RANGE);
    /// assert_eq!(GuardedError::Kernel(Status::IO).status(), Status::IO);
    /// ```
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::Lost { .. } => Status::OUT_OF_RANGE,
            Self::Access(error) => Status::from_raw(error.raw_status()),
            Self::Kernel(status) => status,
        }
    }
}

impl fmt::Display for GuardedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost { offset } => write!(
                f,
                "the byte at offset {offset} is not there: somebody made the memory smaller, or \
                 there is no page for it"
            ),
            Self::Access(error) => error.fmt(f),
            Self::Kernel(status) => write!(f, "the kernel refused the access: {status}"),
        }
    }
}

impl Error for GuardedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Lost { .. } => None,
            Self::Access(error) => Some(error),
            Self::Kernel(status) => Some(status),
        }
    }
}

impl From<AccessError> for GuardedError {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}

impl From<Status> for GuardedError {
    fn from(status: Status) -> Self {
        Self::Kernel(status)
    }
}

impl From<GuardedError> for Status {
    fn from(error: GuardedError) -> Self {
        error.status()
    }
}
