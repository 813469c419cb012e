// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Memory`]: a VMO as Linux knows it, a memfd.
//!
//! ```text
//!   memfd_create ─► fchmod 0600 ─► ftruncate ─► F_ADD_SEALS ─► others may see it
//! ```

use core::cmp::Ordering;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fstat, ftruncate, memfd_create};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::process::{Resource, getrlimit};

use crate::sys::{Plan, page_size};
use crate::{Extent, Status, Tier};

use super::errno::status;
use super::seal;

/// A memfd, or a file that is used like one; and what of its seals was seen.
///
/// # Invariants
///
/// - **sealed**: where `fixed_size` is some, `SHRINK` and `GROW` are sealed and the file has
///   this size. Where `loses_pages` is false, `SHRINK` is sealed and the pages are ordinary
///   ones, so a page that was there stays. Seals stay.
/// - **local**: the file is a memfd, or on a file system of this machine, so no call on it
///   waits for a server.
#[derive(Debug)]
pub(crate) struct Memory {
    fd: OwnedFd,
    fixed_size: Option<u64>,
    loses_pages: bool,
    pages: Pages,
}

/// How large the pages of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pages {
    /// As those of the machine.
    Ordinary,
    /// As many bytes as this: they come from a pool, and can go back to it.
    Huge(usize),
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
        if !seals.is_empty() {
            seal::add(fd.as_fd(), seals)?;
        }
        Ok(Self::sealed(fd, seals, size, Pages::Ordinary))
    }

    /// A file whose seals were just seen, and then its size.
    pub(super) fn sealed(fd: OwnedFd, seals: SealFlags, size: u64, pages: Pages) -> Self {
        Self {
            fd,
            fixed_size: seals.contains(seal::SIZE).then_some(size),
            loses_pages: !seals.contains(SealFlags::SHRINK) || pages != Pages::Ordinary,
            pages,
        }
    }

    /// Another descriptor of the same description.
    pub(crate) fn duplicate(&self) -> Result<Self, Status> {
        Ok(Self {
            fd: fcntl_dupfd_cloexec(&self.fd, 0).map_err(status)?,
            fixed_size: self.fixed_size,
            loses_pages: self.loses_pages,
            pages: self.pages,
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

    /// Whether pages of a mapping can go away: it can get smaller, or they are huge ones.
    pub(crate) fn loses_pages(&self) -> bool {
        self.loses_pages
    }

    /// Whether it can be placed in the address space page by page.
    pub(crate) fn has_ordinary_pages(&self) -> bool {
        self.pages == Pages::Ordinary
    }

    /// How large a page is: what a mapping has to start and end at.
    pub(super) fn page_len(&self) -> usize {
        match self.pages {
            Pages::Ordinary => page_size(),
            Pages::Huge(len) => len,
        }
    }

    /// Whether the size can't change at all.
    pub(crate) fn has_fixed_size(&self) -> bool {
        self.fixed_size.is_some()
    }

    /// Changes the size; what is beyond `size` in its last page becomes zero, if it can
    /// shrink.
    ///
    /// # Errors
    ///
    /// `UNAVAILABLE` if it would have to shrink and can't, else those of ftruncate.
    pub(crate) fn set_size(&self, size: u64) -> Result<(), Status> {
        let rounded = round_up(size)?;
        let now = self.file_size()?;
        if rounded > now {
            check_file_limit(rounded)?;
        }
        if self.loses_pages {
            ftruncate(&self.fd, rounded).map_err(status)?;
            return self.zero(size, rounded.saturating_sub(size));
        }
        // What was there stays; what is new is zero.
        match rounded.cmp(&now) {
            Ordering::Less => Err(Status::UNAVAILABLE),
            Ordering::Equal => Ok(()),
            Ordering::Greater => match ftruncate(&self.fd, rounded) {
                // Another holder was faster, and made it larger still.
                Err(Errno::PERM) if self.file_size()? > rounded => Err(Status::UNAVAILABLE),
                other => other.map_err(status),
            },
        }
    }

    /// Makes the bytes immutable.
    pub(crate) fn freeze(&self) -> Result<(), Status> {
        seal::freeze(self.fd.as_fd())
    }

    /// Seals a VMO that was made to be published, which is mapped by now. The result is what
    /// is sealed.
    pub(crate) fn publish(self) -> Result<Self, Status> {
        seal::publish(self.fd.as_fd())?;
        // What the size was before the seals is not what it is, and to ask costs a call that
        // most owners have no use for: whoever needs it asks then.
        Ok(Self {
            loses_pages: false,
            ..self
        })
    }

    /// Whether nobody can write any more.
    pub(crate) fn is_immutable(&self) -> bool {
        seal::get(self.fd.as_fd()).is_ok_and(|seals| seals.contains(seal::IMMUTABLE))
    }

    /// What its seals promise now.
    pub(crate) fn tier(&self) -> Tier {
        // What can't be asked promises nothing.
        let seals = seal::get(self.fd.as_fd()).unwrap_or(SealFlags::empty());
        seal::tier(seals, self.pages)
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
