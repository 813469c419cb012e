// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a [`Vmo`] has pages and where it has none, which reads as zeros.

use core::ops::Range;

use super::Vmo;
use crate::{Rights, Status};

impl Vmo {
    /// The first range at or after `offset` that has pages, and ends where the next hole
    /// begins; `None` if only a hole is left. What is in a hole reads as zeros.
    ///
    /// The range begins at `offset` or later, is not empty, and ends at the size of the file
    /// at the latest. Where a file system can't tell, everything is data.
    ///
    /// # Hostile peer
    ///
    /// Can fill and punch meanwhile, so that this is how it was, not how it is. It is for
    /// saving work: bytes of a hole that are not read were zero or are as new as the peer
    /// makes them. A peer in a long fallocate(2) makes this wait for its end: who asks often
    /// puts a limit on the time.
    ///
    /// The answer comes from lseek(2), which moves the position of the description, the one
    /// that everybody shares who has the descriptor by inheritance or by a socket. Nothing in
    /// this library reads or writes at that position.
    ///
    /// # Errors
    ///
    /// [`Status::ACCESS_DENIED`] without the right `READ`; [`Status::OUT_OF_RANGE`] if
    /// `offset` is more than any file has.
    ///
    /// # Cost
    ///
    /// Two system calls, about half a microsecond, and a look at each page of the range.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create(1 << 30)?;
    /// vmo.write(b"far in", 5000)?;
    /// assert_eq!(vmo.next_data(0)?, Some(4096..8192));
    /// assert_eq!(vmo.next_data(8192)?, None);
    /// # Ok::<(), zx::Status>(())
    /// ```
    ///
    /// Source: SEEK_DATA and SEEK_HOLE in lseek(2).
    pub fn next_data(&self, offset: u64) -> Result<Option<Range<u64>>, Status> {
        self.require(Rights::READ)?;
        if i64::try_from(offset).is_err() {
            return Err(Status::OUT_OF_RANGE);
        }
        self.memory().next_data(offset)
    }
}
