// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of a memfd by system call: the kernel copies, so nothing here can fault.
//!
//! Only calls that take their own offset: the descriptor's position and its `O_APPEND` belong
//! to everybody who holds the description, a hostile peer among them.

use core::mem::MaybeUninit;
use std::os::fd::AsFd;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::{Errno, ReadWriteFlags, pread, pwritev2, retry_on_intr};

use crate::Status;

use super::errno::status;
use super::memfd::{Memory, check_file_limit};
use super::writev;

/// `RWF_NOAPPEND` (Linux 6.9): write where it says, whatever `O_APPEND` says.
pub(super) const NOAPPEND: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x20);

/// How much is committed by one call: a signal makes the kernel give a whole call back.
const COMMIT_STEP: u64 = 16 << 20;

impl Memory {
    /// Fills `dst` with the bytes from `offset` on; past the end of an exact file with zeros.
    ///
    /// The caller has checked that the range is inside the size in pages.
    pub(crate) fn read(&self, dst: &mut [MaybeUninit<u8>], offset: u64) -> Result<(), Status> {
        let mut rest = dst;
        let mut at = offset;
        while !rest.is_empty() {
            let done = match pread(self.as_fd(), &mut *rest, at) {
                Ok((read, _)) => read.len(),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(denied_or(error)),
            };
            if done == 0 {
                return self.fill_tail(rest, at);
            }
            rest = rest.split_at_mut(done).1;
            at = at.saturating_add(to_u64(done));
        }
        Ok(())
    }

    /// Zeros for what lies between the end of an exact file and the end of its page.
    fn fill_tail(&self, rest: &mut [MaybeUninit<u8>], at: u64) -> Result<(), Status> {
        let end = at.saturating_add(to_u64(rest.len()));
        if end > self.size()? {
            // It was resized since the range was checked.
            return Err(Status::OUT_OF_RANGE);
        }
        rest.fill(MaybeUninit::new(0));
        Ok(())
    }

    /// Writes `src` at `offset`.
    ///
    /// The caller has checked that the range is inside the size in pages; here it is checked
    /// that it is inside the file.
    pub(crate) fn write(&self, src: &[u8], offset: u64) -> Result<(), Status> {
        let end = offset
            .checked_add(to_u64(src.len()))
            .ok_or(Status::OUT_OF_RANGE)?;
        if end > self.file_size()? {
            return Err(Status::OUT_OF_RANGE);
        }
        check_file_limit(end)?;
        let mut rest = src;
        let mut at = offset;
        while !rest.is_empty() {
            let done = match pwritev2(self.as_fd(), &[std::io::IoSlice::new(rest)], at, NOAPPEND) {
                Ok(0) => return Err(Status::OUT_OF_RANGE),
                Ok(done) => done,
                Err(Errno::INTR) => continue,
                Err(Errno::OPNOTSUPP) => return writev::write(self, rest, at),
                Err(error) => return Err(denied_or(error)),
            };
            rest = rest.get(done..).unwrap_or_default();
            at = at.saturating_add(to_u64(done));
        }
        Ok(())
    }

    /// Takes the memory of a range that the caller has checked.
    pub(crate) fn commit(&self, offset: u64, len: u64) -> Result<(), Status> {
        let end = offset.saturating_add(len).min(self.file_size()?);
        let mut at = offset;
        while at < end {
            let step = COMMIT_STEP.min(end.saturating_sub(at));
            match fallocate(self.as_fd(), FallocateFlags::empty(), at, step) {
                Ok(()) => at = at.saturating_add(step),
                Err(Errno::INTR) => {}
                Err(Errno::NOSPC) => return Err(Status::NO_MEMORY),
                Err(error) => return Err(denied_or(error)),
            }
        }
        Ok(())
    }

    /// Makes a range zero that the caller has checked, and gives its whole pages back.
    pub(crate) fn zero(&self, offset: u64, len: u64) -> Result<(), Status> {
        if len == 0 {
            return Ok(());
        }
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        retry_on_intr(|| fallocate(self.as_fd(), flags, offset, len)).map_err(denied_or)
    }
}

/// `EBADF` is what a descriptor answers that was opened for the other direction.
pub(super) fn denied_or(errno: Errno) -> Status {
    match errno {
        Errno::BADF => Status::ACCESS_DENIED,
        other => status(other),
    }
}

/// A length is at most 64 bits on every machine that Linux runs on.
pub(super) fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
