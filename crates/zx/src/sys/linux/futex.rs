// SPDX-License-Identifier: MIT OR Apache-2.0
//! futex(2), by address: the word is in shared memory, where no reference may point.
//!
//! The calls of other crates take an `&AtomicU32`, and the word may be on pages that this
//! process can only read.
#![allow(
    unsafe_code,
    reason = "futex by the number of an address, which rustix does not have"
)]

use core::ffi::c_int;
use core::ptr;

use rustix::io::Errno;

use crate::{MonotonicInstant, Status};

use super::errno::status;

// From linux/futex.h. None has FUTEX_PRIVATE_FLAG: who waits and who wakes are two processes.
const FUTEX_WAKE: c_int = 1;
/// The wait whose timeout is a moment and not a length of time, so it can be made again.
const FUTEX_WAIT_BITSET: c_int = 9;
const FUTEX_BITSET_MATCH_ANY: c_int = -1;

/// Sleeps as long as the word at `addr` is `expected`.
pub(crate) fn futex_wait(
    addr: usize,
    expected: u32,
    deadline: MonotonicInstant,
) -> Result<(), Status> {
    let until = timespec(deadline);
    let until: *const libc::timespec = until.as_ref().map_or(ptr::null(), ptr::from_ref);
    let second: *const u32 = ptr::null();
    loop {
        // SAFETY: the kernel reads four bytes at `addr`, all at once, or answers EFAULT; it
        // writes nothing. `until` is null or points to a local that outlives the call.
        let done = unsafe {
            libc::syscall(
                libc::SYS_futex,
                addr,
                FUTEX_WAIT_BITSET,
                expected,
                until,
                second,
                FUTEX_BITSET_MATCH_ANY,
            )
        };
        if done == 0 {
            return Ok(());
        }
        match last_errno() {
            // The word is looked at again, and the deadline is still the same.
            Errno::INTR => {}
            Errno::AGAIN => return Err(Status::BAD_STATE),
            errno => return Err(refused(errno)),
        }
    }
}

/// Wakes up to `count` who sleep on the word at `addr`. How many.
pub(crate) fn futex_wake(addr: usize, count: u32) -> Result<u32, Status> {
    // For 0 the kernel wakes one.
    if count == 0 {
        return Ok(0);
    }
    let count = c_int::try_from(count).unwrap_or(c_int::MAX);
    // SAFETY: the kernel finds out which page is at `addr`, or answers EFAULT. It touches
    // nothing there.
    let woken = unsafe { libc::syscall(libc::SYS_futex, addr, FUTEX_WAKE, count) };
    u32::try_from(woken).map_err(|_| refused(last_errno()))
}

/// What the kernel takes for a deadline; `None` for one that never comes.
fn timespec(deadline: MonotonicInstant) -> Option<libc::timespec> {
    if deadline == MonotonicInstant::INFINITE {
        return None;
    }
    // Moments before the start of the clock are no arguments, and over.
    let nanos = deadline.into_nanos().max(0);
    let seconds = nanos.div_euclid(1_000_000_000);
    Some(libc::timespec {
        // Where seconds have 32 bits, 68 years are as good.
        tv_sec: libc::time_t::try_from(seconds).unwrap_or(libc::time_t::MAX),
        // Less than a thousand million.
        tv_nsec: libc::c_long::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or(0),
    })
}

fn last_errno() -> Errno {
    let error = std::io::Error::last_os_error();
    Errno::from_io_error(&error).unwrap_or(Errno::INVAL)
}

/// Zircon has one answer for an address where nothing is and for one that is no word's.
fn refused(errno: Errno) -> Status {
    match errno {
        Errno::FAULT | Errno::INVAL => Status::INVALID_ARGS,
        errno => status(errno),
    }
}
