// SPDX-License-Identifier: MIT OR Apache-2.0
//! Seals: which a plan sets, what they promise, and how they are asked for.
//!
//! A seal is never taken back, so what a seal promises once it promises for ever. What a
//! missing seal allows can end at any moment, if the descriptor is not sealed against seals.

use std::os::fd::BorrowedFd;

use rustix::fs::{SealFlags, fcntl_add_seals, fcntl_get_seals};
use rustix::io::Errno;

use crate::{SealPlan, Status};

use super::errno::status;

/// The size can't change: what makes a cached size true.
pub(super) const SIZE: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW);

/// Nobody can write, whoever holds it.
pub(super) const IMMUTABLE: SealFlags = SIZE.union(SealFlags::WRITE);

/// The seals that `plan` sets before anybody else can see the descriptor.
pub(super) fn at_once(plan: SealPlan) -> SealFlags {
    match plan {
        SealPlan::Fixed => SIZE.union(SealFlags::SEAL),
        // Without it a peer could add WRITE and lock the owner out.
        SealPlan::Resizable => SealFlags::SEAL,
        SealPlan::Freezable => SIZE,
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
    add(fd, SealFlags::WRITE | SealFlags::SEAL)
}
