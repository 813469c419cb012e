// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pages that are brought in by a call, which can fail, and not by a touch, which can't.
#![allow(unsafe_code, reason = "madvise takes an address")]

use core::ptr;

use rustix::io::Errno;
use rustix::mm::{Advice, madvise};

use crate::Status;

use super::errno::status;

/// Brings in pages as reading them would. The caller has checked that `addr` and `len` are
/// multiples of the page.
pub(crate) fn populate(addr: usize, len: usize) -> Result<(), Status> {
    let addr = ptr::with_exposed_provenance_mut(addr);
    // SAFETY: faults pages in as a load would and changes no byte; where nothing is mapped,
    // or it can't be read, it fails.
    match unsafe { madvise(addr, len, Advice::LinuxPopulateRead) } {
        // Whoever touched the page would get a signal.
        Err(Errno::FAULT) => Err(Status::NO_MEMORY),
        // Linux before 5.14 does not know the advice.
        Err(Errno::INVAL) => Err(Status::NOT_SUPPORTED),
        other => other.map_err(status),
    }
}
