// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which pages of a file are there: lseek with SEEK_DATA and SEEK_HOLE.

use core::ops::Range;
use std::os::fd::AsFd;

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

use crate::Status;

use super::errno::status;
use super::memfd::Memory;

impl Memory {
    /// The first range with pages at or after `offset`, which is not empty.
    pub(crate) fn next_data(&self, offset: u64) -> Result<Option<Range<u64>>, Status> {
        // The position belongs to everybody who holds the description. It is moved here and
        // never used.
        let start = match seek(self.as_fd(), SeekFrom::Data(offset)) {
            Ok(start) => start.max(offset),
            // Nothing but a hole up to the end, or the end is before `offset`.
            Err(Errno::NXIO) => return Ok(None),
            // A file system that does not know where its holes are.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => {
                let size = self.file_size()?;
                return Ok((offset < size).then_some(offset..size));
            }
            Err(errno) => return Err(status(errno)),
        };
        match seek(self.as_fd(), SeekFrom::Hole(start)) {
            Ok(end) if end > start => Ok(Some(start..end)),
            // It was punched between the two calls, or cut off: as if it were still there.
            Ok(_) | Err(Errno::NXIO) => {
                let page = u64::try_from(crate::sys::page_size()).map_err(|_| Status::INTERNAL)?;
                let end = start.saturating_add(page);
                let end = end.min(self.file_size()?);
                Ok((start < end).then_some(start..end))
            }
            Err(errno) => Err(status(errno)),
        }
    }
}
