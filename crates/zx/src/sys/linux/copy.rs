// SPDX-License-Identifier: MIT OR Apache-2.0
//! A private copy of what a foreign descriptor holds: its data, and its holes as holes.
//!
//! The other side may write, punch and truncate meanwhile. It decides what is copied, and
//! can't make this go on for ever: offsets only go up, and each step copies at least what it
//! looked at. Asking where the holes are waits for whoever is allocating; once that has taken
//! longer than copying, and what is left is little, it is read without asking.

use core::mem::MaybeUninit;
use core::ops::Range;
use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use rustix::fs::{SeekFrom, seek};
use rustix::io::{Errno, pread};

use crate::adopt::Reason;
use crate::sys::Plan;
use crate::{Extent, Name, SealPlan, Status};

use super::errno::status;
use super::memfd::Memory;

/// How much is copied at a time.
const STEP: usize = 1 << 18;

/// Holes that are shorter are read like data: looking for them would cost more.
const SHORT_HOLE: u64 = 1 << 16;

/// What is zero for so long is not written: the copy is zero there already.
const BLANK: usize = 1 << 16;

/// How much longer asking may take than copying.
const GRACE: Duration = Duration::from_millis(10);

/// How much may be read without asking. More could be nothing but a hole, up to 2^63 bytes.
const LITTLE: u64 = 1 << 28;

/// The first `size` bytes of `src` in a VMO of fixed size that nobody else has.
pub(super) fn sealed_copy(src: BorrowedFd<'_>, size: u64) -> Result<Memory, Reason> {
    let plan = Plan {
        name: &Name::default(),
        seals: SealPlan::Fixed,
        extent: Extent::Pages,
        size,
    };
    let memory = Memory::create(plan).map_err(Reason::Failed)?;
    let mut scratch = Vec::new();
    scratch
        .try_reserve_exact(STEP)
        .map_err(|_| Reason::Failed(Status::NO_MEMORY))?;
    let scratch = scratch.spare_capacity_mut();
    let (mut at, mut asking, mut copying) = (0, Duration::ZERO, Duration::ZERO);
    while at < size {
        let start = Instant::now();
        let little = size.saturating_sub(at) <= LITTLE;
        let data = match little && asking > copying.saturating_add(GRACE) {
            true => at..size,
            false => next_data(src, at, size).map_err(|errno| Reason::Failed(status(errno)))?,
        };
        let asked = Instant::now();
        at = data.end.max(at.saturating_add(1));
        copy_range(src, &memory, data, scratch)?;
        asking = asking.saturating_add(asked.saturating_duration_since(start));
        copying = copying.saturating_add(asked.elapsed());
    }
    // A file that is shorter now had bytes that are missing in the copy.
    let end = rustix::fs::fstat(src).map_err(|errno| Reason::Failed(status(errno)))?;
    match u64::try_from(end.st_size) {
        Ok(now) if now >= size => Ok(memory),
        _ => Err(Reason::Shrank),
    }
}

/// The next bytes at or after `at` that are to be copied; empty, and at `size`, if only a
/// hole is left.
fn next_data(src: BorrowedFd<'_>, at: u64, size: u64) -> Result<Range<u64>, Errno> {
    // The position belongs to everybody who holds the description. It is moved here and never
    // used.
    let start = match seek(src, SeekFrom::Data(at)) {
        Ok(start) if start.saturating_sub(at) < SHORT_HOLE => at,
        Ok(start) => start.min(size),
        // Nothing but a hole up to the end, or the end is before `at` now.
        Err(Errno::NXIO) => return Ok(size..size),
        // A file system that does not know where its holes are.
        Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(at..size),
        Err(errno) => return Err(errno),
    };
    let end = match seek(src, SeekFrom::Hole(start.max(at))) {
        Ok(end) => end.clamp(start, size),
        Err(Errno::NXIO) => start,
        Err(errno) => return Err(errno),
    };
    let least = start.saturating_add(SHORT_HOLE).min(size);
    Ok(start..end.max(least))
}

/// Copies a range, as far as it is there.
fn copy_range(
    src: BorrowedFd<'_>,
    dst: &Memory,
    range: Range<u64>,
    scratch: &mut [MaybeUninit<u8>],
) -> Result<(), Reason> {
    let mut at = range.start;
    while at < range.end {
        let left = usize::try_from(range.end.saturating_sub(at)).unwrap_or(usize::MAX);
        let step = left.min(scratch.len());
        let (part, _) = scratch.split_at_mut(step);
        let bytes = match pread(src.as_fd(), part, at) {
            Ok((bytes, _)) => &*bytes,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(Reason::Failed(status(errno))),
        };
        if bytes.is_empty() {
            return Err(Reason::Shrank);
        }
        for part in bytes.chunks(BLANK) {
            if part.iter().any(|byte| *byte != 0) {
                // `Memory::write` checks the range against the copy's own size.
                dst.write(part, at).map_err(Reason::Failed)?;
            }
            at = at.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

    #[test]
    fn a_file_that_shrank_since_it_was_measured_is_no_copy() {
        for (written, claimed) in [(4096, 8192), (0, 1), (4096, 1 << 30), (0, 1 << 30)] {
            let fd = memfd_create("theirs", MemfdFlags::CLOEXEC).unwrap();
            ftruncate(&fd, written).unwrap();
            rustix::io::pwrite(&fd, b"data", 0).unwrap();
            ftruncate(&fd, written).unwrap();
            let copied = sealed_copy(fd.as_fd(), claimed).map(|_| ());
            assert_eq!(copied, Err(Reason::Shrank), "{written} of {claimed}");
        }
    }

    #[test]
    fn every_step_goes_on_and_ends_inside() {
        let fd = memfd_create("theirs", MemfdFlags::CLOEXEC).unwrap();
        let size = 1 << 21;
        ftruncate(&fd, size).unwrap();
        // One page of data, one of hole, and then a long hole.
        for page in (0..64).step_by(2) {
            rustix::io::pwrite(&fd, b"data", page * 4096).unwrap();
        }
        let (mut at, mut steps) = (0, 0);
        while at < size {
            let data = next_data(fd.as_fd(), at, size).unwrap();
            assert!(data.start >= at && data.end > at && data.end <= size);
            at = data.end;
            steps += 1;
        }
        assert!(steps <= 8, "{steps} steps for 256 KiB of data");
    }
}
