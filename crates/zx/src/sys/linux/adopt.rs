// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gate: a foreign descriptor becomes [`Memory`], or an error that says why not.
//!
//! ```text
//!   own it ─► F_GET_SEALS ─► F_GETFL ─► fstatfs ─► fstat ─► copy, or fill holes
//!                 │             │          │         │        └ where the policy asks for it
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

use crate::adopt::{HugePages, Reason};
use crate::sys::Adopted;
use crate::{AdoptError, AdoptOptions, AdoptPolicy, FdKind, Status};

use super::errno::status;
use super::memfd::{Memory, Pages, round_up};
use super::{copy, kind, mmap, seal};

/// The file system of huge pages (`HUGETLBFS_MAGIC`).
const HUGETLBFS: i64 = 0x9584_58f6;

/// All that F_GETFL says about the direction.
const ACCESS_MODE: OFlags = OFlags::WRONLY.union(OFlags::RDWR);

/// The unit of `st_blocks`.
const BLOCK: u64 = 512;

impl Memory {
    /// Takes `fd` if it meets `options`; else closes it, without waiting for it.
    pub(crate) fn adopt(fd: OwnedFd, options: &AdoptOptions) -> Result<Adopted, AdoptError> {
        match check(&fd, options).and_then(|checked| provide(&fd, options, checked)) {
            Ok((checked, None)) => Ok(Adopted {
                memory: Self::sealed(fd, checked.seals, checked.size, checked.pages),
                writable: checked.writable,
                content_size: checked.size,
            }),
            Ok((checked, Some(memory))) => {
                kind::close(fd, checked.kind);
                Ok(Adopted {
                    memory,
                    writable: true,
                    content_size: checked.size,
                })
            }
            Err(error) => {
                kind::close(fd, error.kind());
                Err(error)
            }
        }
    }
}

/// What the checks found.
struct Checked {
    kind: FdKind,
    seals: SealFlags,
    pages: Pages,
    writable: bool,
    size: u64,
    /// In bytes: what is allocated.
    committed: u64,
}

/// Everything that can be said without changing anything.
fn check(fd: &OwnedFd, options: &AdoptOptions) -> Result<Checked, AdoptError> {
    let (kind, seals) = kind_and_seals(fd, options.policy)?;
    let failed = |errno| AdoptError::new(kind, Reason::Failed(status(errno)));
    let mode = fcntl_getfl(fd).map_err(failed)? & ACCESS_MODE;
    if mode == OFlags::WRONLY {
        return Err(AdoptError::new(kind, Reason::WriteOnly));
    }
    let pages = pages(fd).map_err(failed)?;
    let kind = match pages {
        Pages::Huge(_) => FdKind::HugetlbMemfd,
        Pages::Ordinary => kind,
    };
    let refused = |reason| AdoptError::new(kind, reason);
    if pages != Pages::Ordinary && !takes_huge_pages(options) {
        return Err(refused(Reason::HugePages));
    }
    if let Some(reason) = too_loose(seals, options.policy) {
        return Err(refused(reason));
    }
    let stat = fstat(fd).map_err(failed)?;
    let unsigned = |number: i64| u64::try_from(number);
    let internal = |_| refused(Reason::Failed(Status::INTERNAL));
    let size = unsigned(stat.st_size).map_err(internal)?;
    let blocks = unsigned(stat.st_blocks).map_err(internal)?;
    if let Some(reason) = wrong_size(size, options) {
        return Err(refused(reason));
    }
    // It stays here: a program that is started must not inherit it by accident.
    fcntl_setfd(fd, FdFlags::CLOEXEC).map_err(failed)?;
    Ok(Checked {
        kind,
        seals,
        pages,
        writable: mode == OFlags::RDWR
            && !seals.intersects(SealFlags::WRITE | SealFlags::FUTURE_WRITE),
        size,
        committed: blocks.saturating_mul(BLOCK),
    })
}

/// What it is and how it is sealed: the step that touches nothing.
fn kind_and_seals(fd: &OwnedFd, policy: AdoptPolicy) -> Result<(FdKind, SealFlags), AdoptError> {
    let unsealed_too = matches!(policy, AdoptPolicy::Copy | AdoptPolicy::Guarded);
    match seal::get(fd.as_fd()) {
        Ok(seals) if seals.contains(SealFlags::SHRINK) => Ok((FdKind::Memfd, seals)),
        // tmpfs files answer too, and memfds that were made without sealing.
        Ok(seals) if unsealed_too => Ok((kind::of(fd.as_fd()), seals)),
        Ok(_) => Err(AdoptError::new(kind::of(fd.as_fd()), Reason::CanShrink)),
        Err(Errno::BADF) => Err(AdoptError::new(FdKind::PathOnly, Reason::NotMemory)),
        Err(_) => match kind::of(fd.as_fd()) {
            FdKind::RegularFile if kind::is_on_local_disk(fd.as_fd()) => match unsealed_too {
                true => Ok((FdKind::RegularFile, SealFlags::empty())),
                false => Err(AdoptError::new(FdKind::RegularFile, Reason::NotSealable)),
            },
            kind @ (FdKind::FuseFile | FdKind::RemoteFile) => {
                Err(AdoptError::new(kind, Reason::MayBlock))
            }
            kind => Err(AdoptError::new(kind, Reason::NotMemory)),
        },
    }
}

/// How large the pages are.
#[allow(
    clippy::useless_conversion,
    reason = "`f_type` has another width on other architectures"
)]
fn pages(fd: &OwnedFd) -> Result<Pages, Errno> {
    let stat = fstatfs(fd)?;
    if i64::from(stat.f_type) & 0xffff_ffff != HUGETLBFS {
        return Ok(Pages::Ordinary);
    }
    let size = usize::try_from(stat.f_bsize).map_err(|_| Errno::OVERFLOW)?;
    Ok(Pages::Huge(size))
}

/// Whether the policy can live with pages that go away, and the caller said that it wants to.
fn takes_huge_pages(options: &AdoptOptions) -> bool {
    options.huge_pages == HugePages::Allowed
        && matches!(options.policy, AdoptPolicy::Copy | AdoptPolicy::Guarded)
}

/// What `policy` misses in these seals.
fn too_loose(seals: SealFlags, policy: AdoptPolicy) -> Option<Reason> {
    let has = |seal| seals.contains(seal);
    match policy {
        AdoptPolicy::Strict if !has(SealFlags::GROW) => Some(Reason::NotStrict {
            missing: ("F_SEAL_GROW", "grow it"),
        }),
        AdoptPolicy::Strict if !has(SealFlags::SEAL) => Some(Reason::NotStrict {
            missing: ("F_SEAL_SEAL", "seal it against writing"),
        }),
        AdoptPolicy::Immutable if !has(SealFlags::WRITE) => Some(Reason::NotImmutable {
            instead: match has(SealFlags::FUTURE_WRITE) {
                true => "Published",
                false => "Shrink",
            },
        }),
        // WRITE forbids what FUTURE_WRITE does, and more.
        AdoptPolicy::Published if !seals.intersects(seal::NO_NEW_WRITERS) => {
            Some(Reason::NotPublished)
        }
        _ => None,
    }
}

/// What is wrong with the size.
fn wrong_size(size: u64, options: &AdoptOptions) -> Option<Reason> {
    let (max, claimed) = (options.max_size, options.claimed_size);
    if size > max {
        Some(Reason::TooLarge { size, max })
    } else if size < claimed {
        Some(Reason::TooSmall { size, claimed })
    } else {
        None
    }
}

/// What a policy needs to be done: a copy, or holes filled.
fn provide(
    fd: &OwnedFd,
    options: &AdoptOptions,
    checked: Checked,
) -> Result<(Checked, Option<Memory>), AdoptError> {
    let refused = |reason| AdoptError::new(checked.kind, reason);
    let failed = |status| refused(Reason::Failed(status));
    match options.policy {
        AdoptPolicy::Copy => {
            let memory = copy::sealed_copy(fd.as_fd(), checked.size).map_err(refused)?;
            Ok((checked, Some(memory)))
        }
        AdoptPolicy::Immutable => {
            let whole = round_up(checked.size).map_err(failed)?;
            let (holes, max) = (whole.saturating_sub(checked.committed), options.max_holes);
            if holes > max {
                return Err(refused(Reason::Sparse { holes, max }));
            }
            if holes > 0 {
                mmap::fill_holes(fd.as_fd(), whole).map_err(failed)?;
            }
            Ok((checked, None))
        }
        _ => Ok((checked, None)),
    }
}
