// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Memory`]: a VMO as Linux knows it, a memfd.
//!
//! ```text
//!   memfd_create ─► fchmod 0600 ─► ftruncate ─► F_ADD_SEALS ─► others may see it
//! ```

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, Mode, fchmod, fstat, ftruncate, memfd_create};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::process::{Resource, getrlimit};

use crate::sys::{Plan, page_size};
use crate::{Extent, Status};

use super::errno::status;
use super::seal;

/// A memfd, and what of its seals was seen.
///
/// # Invariants
///
/// - **sealed**: where `fixed_size` is some, `SHRINK` and `GROW` are sealed and the file has
///   this size. Where `shrinks` is false, `SHRINK` is sealed. Seals stay.
/// - **shmem**: the file is a memfd of ordinary pages, so no call on it can block on a
///   server or change its neighbours.
#[derive(Debug)]
pub(crate) struct Memory {
    fd: OwnedFd,
    fixed_size: Option<u64>,
    shrinks: bool,
}

impl Memory {
    /// Makes one.
    pub(crate) fn create(plan: Plan<'_>) -> Result<Self, Status> {
        let size = match plan.extent {
            Extent::Pages => round_up(plan.size)?,
            Extent::Exact => round_up(plan.size).map(|_| plan.size)?,
        };
        check_file_limit(size)?;
        let fd = memfd(plan.name.as_c_str())?;
        // 0777 is what a memfd starts with: others could open it through /proc.
        fchmod(&fd, Mode::RUSR | Mode::WUSR).map_err(status)?;
        ftruncate(&fd, size).map_err(status)?;
        let seals = seal::at_once(plan.seals);
        seal::add(fd.as_fd(), seals)?;
        Ok(Self::sealed(fd, seals, size))
    }

    /// A memfd whose seals were just seen, and then its size.
    pub(super) fn sealed(fd: OwnedFd, seals: rustix::fs::SealFlags, size: u64) -> Self {
        Self {
            fd,
            fixed_size: seals.contains(seal::SIZE).then_some(size),
            shrinks: !seals.contains(rustix::fs::SealFlags::SHRINK),
        }
    }

    /// Another descriptor of the same description.
    pub(crate) fn duplicate(&self) -> Result<Self, Status> {
        Ok(Self {
            fd: fcntl_dupfd_cloexec(&self.fd, 0).map_err(status)?,
            fixed_size: self.fixed_size,
            shrinks: self.shrinks,
        })
    }

    /// The size of the file, in bytes.
    pub(crate) fn file_size(&self) -> Result<u64, Status> {
        if let Some(size) = self.fixed_size {
            return Ok(size);
        }
        let stat = fstat(&self.fd).map_err(status)?;
        u64::try_from(stat.st_size).map_err(|_| Status::INTERNAL)
    }

    /// The size as Zircon counts it, in whole pages.
    pub(crate) fn size(&self) -> Result<u64, Status> {
        round_up(self.file_size()?)
    }

    /// Whether it can get smaller, so that pages of a mapping can go away.
    pub(crate) fn can_shrink(&self) -> bool {
        self.shrinks
    }

    /// Whether the size can't change at all.
    pub(crate) fn has_fixed_size(&self) -> bool {
        self.fixed_size.is_some()
    }

    /// Changes the size; what is beyond `size` in its last page becomes zero.
    pub(crate) fn set_size(&self, size: u64) -> Result<(), Status> {
        let rounded = round_up(size)?;
        if rounded > self.file_size()? {
            check_file_limit(rounded)?;
        }
        ftruncate(&self.fd, rounded).map_err(status)?;
        self.zero(size, rounded.saturating_sub(size))
    }

    /// Makes the bytes immutable.
    pub(crate) fn freeze(&self) -> Result<(), Status> {
        seal::freeze(self.fd.as_fd())
    }

    /// Whether nobody can write any more.
    pub(crate) fn is_immutable(&self) -> bool {
        seal::get(self.fd.as_fd()).is_ok_and(|seals| seals.contains(seal::IMMUTABLE))
    }
}

impl AsFd for Memory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<Memory> for OwnedFd {
    fn from(memory: Memory) -> Self {
        memory.fd
    }
}

/// A fresh memfd that can be sealed and not executed.
fn memfd(name: &core::ffi::CStr) -> Result<OwnedFd, Status> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    match memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL) {
        // Linux before 6.3 does not know NOEXEC_SEAL.
        Err(Errno::INVAL) => memfd_create(name, flags),
        other => other,
    }
    .map_err(status)
}

/// `size` in whole pages.
///
/// # Errors
///
/// `OUT_OF_RANGE` if no file can be that large.
pub(super) fn round_up(size: u64) -> Result<u64, Status> {
    let page = u64::try_from(page_size()).map_err(|_| Status::INTERNAL)?;
    let rounded = size
        .checked_next_multiple_of(page)
        .ok_or(Status::OUT_OF_RANGE)?;
    if i64::try_from(rounded).is_err() {
        return Err(Status::OUT_OF_RANGE);
    }
    Ok(rounded)
}

/// Whether a file of this process may be `size` bytes large.
///
/// Asked beforehand, because past the limit the kernel sends SIGXFSZ.
///
/// # Errors
///
/// `NO_RESOURCES` if it may not (`RLIMIT_FSIZE`).
pub(super) fn check_file_limit(size: u64) -> Result<(), Status> {
    match getrlimit(Resource::Fsize).current {
        Some(limit) if size > limit => Err(Status::NO_RESOURCES),
        _ => Ok(()),
    }
}
