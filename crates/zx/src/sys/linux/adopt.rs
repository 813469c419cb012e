// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gate: a foreign descriptor becomes [`Memory`], or an error that says why not.
//!
//! ```text
//!   own it ─► F_GET_SEALS ─► F_GETFL ─► fstatfs ─► fstat
//!                 │             │          │         └ the size, true from here on
//!                 │             │          └ huge pages are refused
//!                 │             └ what the descriptor permits
//!                 └ SHRINK is there: it is a memfd, for no other file takes that seal.
//!                   Everything else is told apart without touching it (`kind`).
//! ```
//!
//! The order is the point. A descriptor of a FUSE file makes `fstat`, `pread`, even `close`
//! wait for its server, for ever if that likes; F_GET_SEALS never asks it.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{OFlags, SealFlags, fcntl_getfl, fstat, fstatfs};
use rustix::io::{Errno, FdFlags, fcntl_setfd};

use crate::adopt::Reason;
use crate::sys::Adopted;
use crate::{AdoptError, AdoptPolicy, FdKind, Status};

use super::errno::status;
use super::memfd::Memory;
use super::{kind, seal};

/// The file system of huge pages (`HUGETLBFS_MAGIC`).
const HUGETLBFS: i64 = 0x9584_58f6;

/// All that F_GETFL says about the direction.
const ACCESS_MODE: OFlags = OFlags::WRONLY.union(OFlags::RDWR);

impl Memory {
    /// Takes `fd` if it meets `policy`; else closes it, without waiting for it.
    pub(crate) fn adopt(fd: OwnedFd, policy: AdoptPolicy) -> Result<Adopted, AdoptError> {
        match check(&fd, policy) {
            Ok(checked) => Ok(Adopted {
                memory: Self::sealed(fd, checked.seals, checked.size),
                writable: checked.writable,
                content_size: checked.size,
            }),
            Err(error) => {
                kind::close(fd, error.kind());
                Err(error)
            }
        }
    }
}

/// What the checks found.
struct Checked {
    seals: SealFlags,
    writable: bool,
    size: u64,
}

fn check(fd: &OwnedFd, policy: AdoptPolicy) -> Result<Checked, AdoptError> {
    let seals = seal::get(fd.as_fd()).map_err(|errno| match errno {
        Errno::BADF => AdoptError::new(FdKind::PathOnly, Reason::NotMemory),
        _ => AdoptError::new(kind::of(fd.as_fd()), Reason::NotMemory),
    })?;
    if !seals.contains(SealFlags::SHRINK) {
        // tmpfs files answer too, and memfds that were made without sealing.
        let kind = kind::of(fd.as_fd());
        return Err(AdoptError::new(kind, Reason::CanShrink));
    }
    let memfd = |reason| AdoptError::new(FdKind::Memfd, reason);
    let failed = |errno| memfd(Reason::Failed(status(errno)));
    let mode = fcntl_getfl(fd).map_err(failed)? & ACCESS_MODE;
    if mode == OFlags::WRONLY {
        return Err(memfd(Reason::WriteOnly));
    }
    if is_hugetlb(fd).map_err(failed)? {
        return Err(AdoptError::new(FdKind::HugetlbMemfd, Reason::HugePages));
    }
    if let Some(reason) = too_loose(seals, policy) {
        return Err(memfd(reason));
    }
    let size = fstat(fd).map_err(failed)?.st_size;
    let size = u64::try_from(size).map_err(|_| memfd(Reason::Failed(Status::INTERNAL)))?;
    // It stays here: a program that is started must not inherit it by accident.
    fcntl_setfd(fd, FdFlags::CLOEXEC).map_err(failed)?;
    Ok(Checked {
        seals,
        writable: mode == OFlags::RDWR
            && !seals.intersects(SealFlags::WRITE | SealFlags::FUTURE_WRITE),
        size,
    })
}

/// Whether the pages are huge ones.
#[allow(
    clippy::useless_conversion,
    reason = "`f_type` has another width on other architectures"
)]
fn is_hugetlb(fd: &OwnedFd) -> Result<bool, Errno> {
    Ok(i64::from(fstatfs(fd)?.f_type) & 0xffff_ffff == HUGETLBFS)
}

/// What `policy` misses in a memfd that can't shrink.
fn too_loose(seals: SealFlags, policy: AdoptPolicy) -> Option<Reason> {
    let can_grow = !seals.contains(SealFlags::GROW);
    match policy {
        AdoptPolicy::Strict if can_grow || !seals.contains(SealFlags::SEAL) => {
            Some(Reason::NotStrict { can_grow })
        }
        AdoptPolicy::Strict | AdoptPolicy::Shrink => None,
    }
}
