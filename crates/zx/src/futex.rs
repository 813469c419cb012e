// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`futex_wait`] and [`futex_wake`]: to sleep until a word of shared memory changes.
//!
//! ```text
//!   the one who changes it                 the one who waits
//!   store the word  ─────────────────────►  load it: as before
//!   futex_wake ════════ the kernel ══════► futex_wait (looks once more, then sleeps)
//! ```
//!
//! # Why they are safe
//!
//! An address is a number here; no pointer or reference is made of it. `futex_wait` lets the
//! kernel load four aligned bytes and compare them; it stores nothing, and an address where
//! nothing can be read is an error. `futex_wake` does not even load. So whatever number comes,
//! no memory changes. A wake at the address of somebody else's futex is a wake without a
//! reason, which everybody who uses futexes has to expect anyway.

use crate::{MonotonicInstant, Status, sys};

/// Sleeps as long as the 32-bit word at `addr` is `current_value`, until it is woken or the
/// deadline comes.
///
/// The word may be on pages that this process can only read. Who wakes it may be another
/// process that maps the same page, at an address of its own; on Zircon a futex belongs to
/// one process. The kernel looks at the word and goes to sleep in one step: a change and a
/// [`futex_wake`] after that are not missed.
///
/// # Hostile peer
///
/// Can change the word without waking, or wake without changing it. So the wake is a hint: look
/// at the state, and wait with a deadline.
///
/// # Ordering
///
/// None: load the word with `Acquire` after it.
///
/// # Errors
///
/// - [`Status::BAD_STATE`]: the word has another value.
/// - [`Status::TIMED_OUT`]: the deadline came.
/// - [`Status::INVALID_ARGS`]: `addr` is no multiple of 4, or nothing can be read there.
/// - [`Status::NOT_SUPPORTED`]: this kernel has no such call.
///
/// # Cost
///
/// One system call, and the sleep. A page that has to be brought in first takes its time.
///
/// # Examples
///
/// ```
/// use zx::{MonotonicDuration, MonotonicInstant, Status, VmarFlags, Vmo};
///
/// let vmo = Vmo::create(4096)?;
/// let addr = zx::vmar_root_self().map(0, &vmo, 0, 4096, VmarFlags::PERM_READ)?;
/// let soon = MonotonicInstant::after(MonotonicDuration::from_millis(1));
/// assert_eq!(zx::futex_wait(addr, 0, soon), Err(Status::TIMED_OUT));
/// assert_eq!(zx::futex_wait(addr, 1, soon), Err(Status::BAD_STATE));
/// assert_eq!(zx::futex_wait(addr + 1, 0, soon), Err(Status::INVALID_ARGS));
/// # Ok::<(), Status>(())
/// ```
///
/// Source: <https://fuchsia.dev/reference/syscalls/futex_wait>.
pub fn futex_wait(
    addr: usize,
    current_value: u32,
    deadline: MonotonicInstant,
) -> Result<(), Status> {
    sys::futex_wait(addr, current_value, deadline)
}

/// Wakes up to `wake_count` threads, of any process, that sleep in [`futex_wait`] on the word
/// at `addr`; how many were woken.
///
/// # Hostile peer
///
/// Can sleep there itself, with many threads: a call that wakes all of them takes longer, and
/// one that wakes a few may wake none of the others.
///
/// # Ordering
///
/// Store the word with `Release` before it.
///
/// # Errors
///
/// - [`Status::INVALID_ARGS`]: `addr` is no multiple of 4, or nothing is mapped there.
/// - [`Status::NOT_SUPPORTED`]: this kernel has no such call.
///
/// # Cost
///
/// One system call, also if nobody sleeps.
///
/// # Examples
///
/// ```
/// use zx::{Status, VmarFlags, Vmo};
///
/// let vmo = Vmo::create(4096)?;
/// let addr = zx::vmar_root_self().map(0, &vmo, 0, 4096, VmarFlags::PERM_READ)?;
/// assert_eq!(zx::futex_wake(addr, u32::MAX), Ok(0)); // nobody is there
/// # Ok::<(), Status>(())
/// ```
///
/// Source: <https://fuchsia.dev/reference/syscalls/futex_wake>.
pub fn futex_wake(addr: usize, wake_count: u32) -> Result<u32, Status> {
    sys::futex_wake(addr, wake_count)
}
