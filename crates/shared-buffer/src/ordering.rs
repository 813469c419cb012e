// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two fences, and why.
//!
//! A copy says nothing about order: the peer may see your second write before your first.
//! What orders them is a signal that both sides agree on, and a fence on either side of it:
//!
//! ```text
//!   writer                                reader
//!   ──────                                ──────
//!   write_at(…)   the bytes
//!   release_writes()
//!   signal  ─────────────────────────►    sees the signal
//!                                         acquire_writes()
//!                                         read_at(…)   the bytes
//! ```
//!
//! Where the signal is an atomic word in the shared bytes themselves, stored with `Release`
//! and loaded with `Acquire`, that is all that is needed. Where it is something else (an
//! eventfd, a message on a socket), the fences make the order certain: no system call's
//! ordering is part of the memory model, even though in practice all of them order.
//!
//! On x86-64 a fence is no instruction at all, it only keeps the compiler from moving things.
//! A fence is free; a missing one is a bug that shows itself once a year on another machine.

use core::sync::atomic::{Ordering, fence};

/// Everything that the peer wrote before its signal is seen by reads after this.
#[inline]
pub(crate) fn acquire_writes() {
    fence(Ordering::Acquire);
}

/// Everything written before this is seen by a peer that saw a signal sent after it.
#[inline]
pub(crate) fn release_writes() {
    fence(Ordering::Release);
}
