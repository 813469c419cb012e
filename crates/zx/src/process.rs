// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which process this is, for those whose pages a child does not have.

use crate::sys;

/// A number that this process's address space has, and none that was forked from it.
///
/// For values that own pages which are kept from children
/// ([`Vmar::dont_fork`](crate::Vmar::dont_fork)): note it when they are made, and compare when
/// they are dropped, since in a child something else may be where the pages were. It says
/// nothing about processes that do not come from each other by `fork`.
///
/// A process id says less: the first process of a PID namespace and a child that is the first
/// one of another have the same.
///
/// # Cost
///
/// A load. The first call in a process takes a page and two system calls.
///
/// # Examples
///
/// ```
/// assert_eq!(zx::address_space_number(), zx::address_space_number());
/// ```
///
/// Source: MADV_WIPEONFORK in madvise(2).
#[must_use]
pub fn address_space_number() -> u64 {
    sys::address_space()
}
