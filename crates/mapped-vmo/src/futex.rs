// SPDX-License-Identifier: MIT OR Apache-2.0
//! To sleep until a word changes: [`ReadOnlyMapping::wait_while_equal`], and
//! [`WriterMapping::wake`].
//!
//! The kernel is told where the word is, by a number. No pointer is made of it here.

use zx::{MonotonicInstant, Status};

use crate::{ReadOnlyMapping, WriterMapping};

/// The address of the 32-bit word at `offset` of `len` bytes that are mapped at `addr`.
fn word(addr: usize, len: usize, offset: usize) -> Result<usize, Status> {
    let end = offset.checked_add(size_of::<u32>());
    if end.is_none_or(|end| end > len) {
        return Err(Status::OUT_OF_RANGE);
    }
    addr.checked_add(offset).ok_or(Status::OUT_OF_RANGE)
}

impl ReadOnlyMapping {
    /// Sleeps as long as the 32-bit word at `offset` is `value`, until the writer wakes
    /// ([`WriterMapping::wake`]) or the deadline comes.
    ///
    /// It is `Ok` at once if the word has another value. The kernel looks and goes to sleep in
    /// one step, so a change that is followed by a wake is not missed.
    ///
    /// # Hostile peer
    ///
    /// The writer can wake without reason, and change the word without waking. So look at the
    /// state after it, and wait with a deadline.
    ///
    /// # Ordering
    ///
    /// None: load the word with `Acquire` after it.
    ///
    /// # Errors
    ///
    /// - [`Status::TIMED_OUT`]: the deadline came.
    /// - [`Status::OUT_OF_RANGE`]: the word is not inside the mapping.
    /// - [`Status::INVALID_ARGS`]: `offset` is no multiple of 4.
    /// - [`Status::NOT_SUPPORTED`]: this kernel has no such call.
    ///
    /// # Cost
    ///
    /// One system call, and the sleep.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::sync::atomic::Ordering;
    /// use mapped_vmo::zx::MonotonicInstant;
    /// use mapped_vmo::{ReadOnlyMapping, WriterMapping};
    ///
    /// let (writer, vmo) = WriterMapping::allocate(4096)?;
    /// let reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096)?;
    /// // The other process:
    /// let other = std::thread::spawn(move || {
    ///     let version = reader.read_only_atomic::<u32>(0).unwrap();
    ///     while version.load(Ordering::Acquire) == 0 {
    ///         reader.wait_while_equal(0, 0, MonotonicInstant::INFINITE).unwrap();
    ///     }
    /// });
    /// writer.atomic::<u32>(0).unwrap().store(1, Ordering::Release);
    /// writer.wake(0, 64)?;
    /// other.join().unwrap();
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn wait_while_equal(
        &self,
        offset: usize,
        value: u32,
        deadline: MonotonicInstant,
    ) -> Result<(), Status> {
        let addr = word(self.addr, self.len(), offset)?;
        match zx::futex_wait(addr, value, deadline) {
            Err(Status::BAD_STATE) => Ok(()),
            other => other,
        }
    }
}

impl WriterMapping {
    /// Wakes up to `count` that sleep on the 32-bit word at `offset`, in whatever process
    /// ([`ReadOnlyMapping::wait_while_equal`]); how many.
    ///
    /// # Hostile peer
    ///
    /// A reader can sleep there with many threads. Each that is woken takes time here, which
    /// `count` bounds; and those that are woken are not others. So let nobody sleep there
    /// without looking by itself at times.
    ///
    /// # Ordering
    ///
    /// Store the word with `Release` before it.
    ///
    /// # Errors
    ///
    /// - [`Status::OUT_OF_RANGE`]: the word is not inside the mapping.
    /// - [`Status::INVALID_ARGS`]: `offset` is no multiple of 4; or this is a child, which does
    ///   not have the pages.
    /// - [`Status::NOT_SUPPORTED`]: this kernel has no such call.
    ///
    /// # Cost
    ///
    /// One system call, also if nobody sleeps.
    ///
    /// # Examples
    ///
    /// ```
    /// let (writer, _vmo) = mapped_vmo::WriterMapping::allocate(4096)?;
    /// assert_eq!(writer.wake(0, 64), Ok(0)); // nobody sleeps
    /// assert!(writer.wake(4093, 64).is_err());
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn wake(&self, offset: usize, count: u32) -> Result<u32, Status> {
        zx::futex_wake(word(self.addr, self.len(), offset)?, count)
    }
}
