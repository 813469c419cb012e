// SPDX-License-Identifier: MIT OR Apache-2.0
//! As many bytes as are there, of a file whose size a peer controls; never growing it.
//!
//! | the file | is read by | is written by |
//! |---|---|---|
//! | can't grow: `GROW` is sealed, ordinary pages | `pread` | `pwritev2` |
//! | can grow, so that a write past the end would be the end | `pread` | `process_vm_writev` |
//! | has huge pages, which take no `pwrite` and grow in spite of the seal | `pread` | `process_vm_writev` |

use core::mem::MaybeUninit;
use std::io::IoSlice;
use std::os::fd::AsFd;

use rustix::fs::SealFlags;
use rustix::io::{Errno, pread, pwritev2};

use crate::Status;

use super::bytes::{NOAPPEND, denied_or, to_u64};
use super::memfd::{Memory, check_file_limit};
use super::{seal, writev};

impl Memory {
    /// Fills `dst` from `offset` on, up to the end of the file, and returns how much of it.
    pub(crate) fn read_some(
        &self,
        dst: &mut [MaybeUninit<u8>],
        offset: u64,
    ) -> Result<usize, Status> {
        let mut done = 0_usize;
        while let Some((at, len)) = within_files(offset, done, dst.len()) {
            let rest = dst.get_mut(done..).unwrap_or_default();
            let rest = rest.get_mut(..len).unwrap_or_default();
            match pread(self.as_fd(), rest, at) {
                Ok(([], _)) => break,
                Ok((read, _)) => done = done.saturating_add(read.len()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(denied_or(error)),
            }
        }
        Ok(done)
    }

    /// Writes `src` at `offset`, up to the end of the file or to a page that can't be had, and
    /// returns how much of it.
    pub(crate) fn write_some(&self, src: &[u8], offset: u64) -> Result<usize, Status> {
        let mut done = 0_usize;
        while let Some((at, len)) = within_files(offset, done, src.len()) {
            // Anew each time: whoever can shrink the file may have done it.
            let there = self.file_size()?.saturating_sub(at);
            let there = usize::try_from(there).unwrap_or(usize::MAX);
            let rest = src.get(done..).unwrap_or_default();
            let rest = rest.get(..len.min(there)).unwrap_or_default();
            match self.write_step(rest, at)? {
                Step::Wrote(0) => break,
                Step::Wrote(count) => done = done.saturating_add(count),
                Step::Again => {}
            }
        }
        Ok(done)
    }

    /// Whether nothing says that the file can't get larger.
    pub(crate) fn can_grow(&self) -> bool {
        !self.has_ordinary_pages()
            || !(self.has_fixed_size()
                || seal::get(self.as_fd()).is_ok_and(|seals| seals.contains(SealFlags::GROW)))
    }

    /// One call with bytes that are all inside the file, or were a moment ago.
    fn write_step(&self, src: &[u8], at: u64) -> Result<Step, Status> {
        if src.is_empty() {
            return Ok(Step::Wrote(0));
        }
        if self.can_grow() {
            return writev::write_some(self, src, at).map(Step::Wrote);
        }
        let end = at.saturating_add(to_u64(src.len()));
        check_file_limit(end)?;
        match pwritev2(self.as_fd(), &[IoSlice::new(src)], at, NOAPPEND) {
            Ok(count) => Ok(Step::Wrote(count)),
            Err(Errno::INTR) => Ok(Step::Again),
            Err(Errno::OPNOTSUPP) => writev::write_some(self, src, at).map(Step::Wrote),
            // No memory for this page: the same as a fault in the other way to write.
            Err(Errno::NOSPC | Errno::NOMEM) => Ok(Step::Wrote(0)),
            // It ends earlier now. It can only shrink, so this happens at most once per byte.
            Err(Errno::PERM) if self.file_size()? < end => Ok(Step::Again),
            Err(error) => Err(denied_or(error)),
        }
    }
}

/// What came of one call.
enum Step {
    /// That many bytes.
    Wrote(usize),
    /// Nothing, for a reason that is gone.
    Again,
}

/// Where the next byte goes after `done` of `len`, and how many can follow it in any file; or
/// nothing if all are done or no file has a byte there.
fn within_files(offset: u64, done: usize, len: usize) -> Option<(u64, usize)> {
    const LARGEST: u64 = i64::MAX.unsigned_abs();
    let at = offset.checked_add(to_u64(done))?;
    let room = usize::try_from(LARGEST.checked_sub(at)?).unwrap_or(usize::MAX);
    match len.checked_sub(done)?.min(room) {
        0 => None,
        rest => Some((at, rest)),
    }
}
