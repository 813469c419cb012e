// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seals: which a plan sets, what they promise, and how they are asked for.
//!
//! A seal is never taken back, so what a seal promises once it promises for ever. What a
//! missing seal allows can end at any moment, if the descriptor is not sealed against seals.

use std::os::fd::BorrowedFd;

use rustix::fs::{SealFlags, fcntl_add_seals, fcntl_get_seals};
use rustix::io::Errno;

use crate::{SealPlan, Status, Tier};

use super::errno::status;
use super::memfd::Pages;

/// The size can't change: what makes a cached size true.
pub(super) const SIZE: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW);

/// Nobody can change a byte, whoever holds it. It may grow: what was there stays.
pub(super) const IMMUTABLE: SealFlags = SealFlags::SHRINK.union(SealFlags::WRITE);

/// What a freezable VMO gets when it is frozen, besides its size.
const FROZEN: SealFlags = SealFlags::WRITE.union(SealFlags::SEAL);

/// What a published VMO has: nobody can begin to write, and nothing else changes.
pub(super) const PUBLISHED: SealFlags = SIZE.union(SealFlags::FUTURE_WRITE).union(SealFlags::SEAL);

/// Either of these: whoever does not write yet never will.
pub(super) const NO_NEW_WRITERS: SealFlags = SealFlags::WRITE.union(SealFlags::FUTURE_WRITE);

/// The seals that `plan` sets before anybody else can see the descriptor.
pub(super) fn at_once(plan: SealPlan) -> SealFlags {
    match plan {
        SealPlan::Fixed => SIZE.union(SealFlags::SEAL),
        // Without it a peer could add WRITE and lock the owner out.
        SealPlan::Resizable => SealFlags::SEAL,
        SealPlan::Freezable => SIZE,
        SealPlan::Growable => SealFlags::SHRINK.union(SealFlags::SEAL),
        // All of them come at once, when the owner has its mapping.
        SealPlan::Published => SealFlags::empty(),
    }
}

/// What seals promise.
pub(super) fn tier(seals: SealFlags, pages: Pages) -> Tier {
    let has = |seal| seals.contains(seal);
    if pages != Pages::Ordinary || !has(SealFlags::SHRINK) {
        Tier::Guarded
    } else if has(SealFlags::WRITE) {
        Tier::Immutable
    } else if has(SealFlags::FUTURE_WRITE) {
        Tier::Published
    } else {
        Tier::Shared
    }
}

/// Seals what is mapped writable by now, so that nobody else ever writes.
///
/// # Errors
///
/// `NOT_SUPPORTED` if it has seals already, so it was not made to be published (`EPERM`), or
/// if the kernel does not know the seal (`EINVAL`: Linux before 5.1).
pub(super) fn publish(fd: BorrowedFd<'_>) -> Result<(), Status> {
    match fcntl_add_seals(fd, PUBLISHED) {
        Err(Errno::PERM | Errno::INVAL) => Err(Status::NOT_SUPPORTED),
        other => other.map_err(status),
    }
}

/// What is sealed now.
pub(super) fn get(fd: BorrowedFd<'_>) -> Result<SealFlags, Errno> {
    fcntl_get_seals(fd)
}

/// Seals.
pub(super) fn add(fd: BorrowedFd<'_>, seals: SealFlags) -> Result<(), Status> {
    fcntl_add_seals(fd, seals).map_err(status)
}

/// Makes the bytes of a freezable VMO immutable.
///
/// # Errors
///
/// `BAD_STATE` while it is mapped shared through a writable descriptor, or its pages are
/// pinned (`EBUSY`);
/// `NOT_SUPPORTED` if it was not made to be frozen (`EPERM`).
pub(super) fn freeze(fd: BorrowedFd<'_>) -> Result<(), Status> {
    let sealed = get(fd).map_err(status)?;
    if sealed.contains(IMMUTABLE) {
        return Ok(());
    }
    if sealed.contains(SealFlags::SEAL) || !sealed.contains(SIZE) {
        return Err(Status::NOT_SUPPORTED);
    }
    add(fd, FROZEN)
}
