// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes by guarded copy: out, in and filled, each up to the first byte that is not there.
#![allow(unsafe_code, reason = "buffers that the kernel filled are initialised")]

use core::mem::MaybeUninit;
use core::ops::{Bound, RangeBounds};
use core::slice;

use shared_buffer::{Access, AccessError};

use super::{Guarded, GuardedError};

/// How many bytes [`Guarded::fill`] writes by one call.
const FILL_STEP: usize = 16 << 10;

impl Guarded {
    /// Copies bytes out from `offset`: as many as are there, at most `dst.len()` and up to
    /// [`len`](Self::len). Returns how many. Where nothing is there that is none.
    ///
    /// # Hostile peer
    ///
    /// The bytes are a snapshot of no single moment. Check `dst`, which nobody can change.
    ///
    /// # Errors
    ///
    /// [`GuardedError::Access`] if `offset` is more than [`len`](Self::len), or reading was not
    /// asked for: `dst` is untouched. [`GuardedError::Kernel`] otherwise, never
    /// [`Lost`](GuardedError::Lost).
    ///
    /// # Cost
    ///
    /// One system call and a copy by the kernel; one more where not all is there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 8192, zx::VmarFlags::PERM_READ)?;
    /// assert_eq!(guarded.read_at(4090, &mut [0; 64])?, 6);
    /// assert_eq!(guarded.read_at(8192, &mut [0; 64])?, 0);
    /// assert!(guarded.read_at(8193, &mut [0; 64]).is_err());
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn read_at(&self, offset: usize, dst: &mut [u8]) -> Result<usize, GuardedError> {
        self.read_uninit_at(offset, as_uninit(dst))
            .map(|read| read.len())
    }

    /// [`read_at`](Self::read_at) into memory that need not be initialised. Returns the part
    /// of it that now is.
    ///
    /// # Errors
    ///
    /// As [`read_at`](Self::read_at).
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::mem::MaybeUninit;
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 8192, zx::VmarFlags::PERM_READ)?;
    /// let mut room = [MaybeUninit::uninit(); 64];
    /// assert_eq!(guarded.read_uninit_at(4090, &mut room)?, [0; 6]);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn read_uninit_at<'d>(
        &self,
        offset: usize,
        dst: &'d mut [MaybeUninit<u8>],
    ) -> Result<&'d mut [u8], GuardedError> {
        let len = self.clip(offset, dst.len())?;
        self.permit(Access::READ)?;
        let dst = dst.get_mut(..len).unwrap_or_default();
        let count = self.read_some(dst, offset)?;
        let dst = dst.get_mut(..count).unwrap_or_default();
        // SAFETY: the kernel filled the first `count` bytes, and these are no more.
        Ok(unsafe { filled(dst) })
    }

    /// Copies exactly `dst.len()` bytes, starting `offset` bytes into the memory.
    ///
    /// # Hostile peer
    ///
    /// As [`read_at`](Self::read_at).
    ///
    /// # Errors
    ///
    /// - [`GuardedError::Access`] if `offset + dst.len()` is more than [`len`](Self::len), or
    ///   overflows; or reading was not asked for. `dst` is untouched.
    /// - [`GuardedError::Lost`] if the memory ends before. The bytes before that offset are in
    ///   `dst`.
    /// - [`GuardedError::Kernel`] otherwise. A part of `dst` may be filled.
    ///
    /// # Cost
    ///
    /// One system call and a copy by the kernel.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 8192, zx::VmarFlags::PERM_READ)?;
    /// guarded.read_exact_at(4090, &mut [0; 6])?;
    /// let lost = guarded.read_exact_at(4090, &mut [0; 7]);
    /// assert_eq!(lost, Err(GuardedError::Lost { offset: 4096 }));
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn read_exact_at(&self, offset: usize, dst: &mut [u8]) -> Result<(), GuardedError> {
        self.read_exact_uninit_at(offset, as_uninit(dst))
            .map(|_| ())
    }

    /// [`read_exact_at`](Self::read_exact_at) into memory that need not be initialised. Returns
    /// all of it.
    ///
    /// # Errors
    ///
    /// As [`read_exact_at`](Self::read_exact_at).
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::mem::MaybeUninit;
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 4096, zx::VmarFlags::PERM_READ)?;
    /// let mut room = [MaybeUninit::uninit(); 4];
    /// assert_eq!(guarded.read_exact_uninit_at(0, &mut room)?, [0; 4]);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn read_exact_uninit_at<'d>(
        &self,
        offset: usize,
        dst: &'d mut [MaybeUninit<u8>],
    ) -> Result<&'d mut [u8], GuardedError> {
        self.check(offset, dst.len())?;
        self.permit(Access::READ)?;
        let count = self.read_some(dst, offset)?;
        if count != dst.len() {
            return Err(lost(offset, count));
        }
        // SAFETY: the kernel filled as many bytes as there are.
        Ok(unsafe { filled(dst) })
    }

    /// Copies bytes in at `offset`: as many as there is room for, at most `src.len()` and up to
    /// [`len`](Self::len). Returns how many. The memory never becomes larger.
    ///
    /// # Hostile peer
    ///
    /// Can see the bytes one by one, change them at once, and truncate them away.
    ///
    /// # Errors
    ///
    /// [`GuardedError::Access`] if `offset` is more than [`len`](Self::len), or writing was not
    /// asked for: nothing is written. [`GuardedError::Kernel`] otherwise, never
    /// [`Lost`](GuardedError::Lost).
    ///
    /// # Cost
    ///
    /// Where `GROW` is sealed, one to three system calls; else three, one of which copies. Huge
    /// pages need a mapping for each write: six.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// # let flags = zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE;
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 8192, flags)?;
    /// assert_eq!(guarded.write_at(4090, b"cut off here")?, 6);
    /// assert_eq!(vmo.get_size()?, 4096);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn write_at(&self, offset: usize, src: &[u8]) -> Result<usize, GuardedError> {
        let len = self.clip(offset, src.len())?;
        self.permit(Access::WRITE)?;
        self.write_some(src.get(..len).unwrap_or_default(), offset)
    }

    /// Copies all of `src` in at `offset`. The memory never becomes larger.
    ///
    /// # Hostile peer
    ///
    /// As [`write_at`](Self::write_at).
    ///
    /// # Errors
    ///
    /// - [`GuardedError::Access`] if `offset + src.len()` is more than [`len`](Self::len), or
    ///   overflows; or writing was not asked for. Nothing is written.
    /// - [`GuardedError::Lost`] if there is no room for all. What comes before that offset is
    ///   written.
    /// - [`GuardedError::Kernel`] otherwise. A part may be written.
    ///
    /// # Cost
    ///
    /// As [`write_at`](Self::write_at).
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// # let flags = zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE;
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 8192, flags)?;
    /// guarded.write_all_at(0, b"all of it")?;
    /// let lost = guarded.write_all_at(4090, b"cut off here");
    /// assert_eq!(lost, Err(GuardedError::Lost { offset: 4096 }));
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn write_all_at(&self, offset: usize, src: &[u8]) -> Result<(), GuardedError> {
        self.check(offset, src.len())?;
        self.permit(Access::WRITE)?;
        match self.write_some(src, offset)? {
            count if count == src.len() => Ok(()),
            count => Err(lost(offset, count)),
        }
    }

    /// Sets all bytes of a part to `value`. The memory never becomes larger.
    ///
    /// # Hostile peer
    ///
    /// As [`write_at`](Self::write_at).
    ///
    /// # Errors
    ///
    /// As [`write_all_at`](Self::write_all_at); [`AccessError::Reversed`] if the part ends
    /// before it starts.
    ///
    /// # Cost
    ///
    /// As [`write_at`](Self::write_at) for each 16 KiB. No allocation.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, GuardedError, zx};
    /// # let flags = zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE;
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 4096, flags)?;
    /// guarded.fill(1..3, 7)?;
    /// assert_eq!(guarded.read_value::<[u8; 4]>(0)?, [0, 7, 7, 0]);
    /// # Ok::<(), GuardedError>(())
    /// ```
    pub fn fill(&self, part: impl RangeBounds<usize>, value: u8) -> Result<(), GuardedError> {
        let (mut offset, end) = self.part(&part)?;
        self.permit(Access::WRITE)?;
        let bytes = [value; FILL_STEP];
        while let Some(left) = end.checked_sub(offset).filter(|left| *left > 0) {
            let step = bytes.get(..left).unwrap_or(&bytes);
            self.write_all_at(offset, step)?;
            offset = offset.saturating_add(step.len());
        }
        Ok(())
    }

    fn read_some(&self, dst: &mut [MaybeUninit<u8>], offset: usize) -> Result<usize, GuardedError> {
        self.engine.read(dst, offset).map_err(GuardedError::Kernel)
    }

    fn write_some(&self, src: &[u8], offset: usize) -> Result<usize, GuardedError> {
        self.engine.write(src, offset).map_err(GuardedError::Kernel)
    }

    /// The bounds as half-open offsets, checked. A bound past `usize::MAX` is outside.
    fn part(&self, part: &impl RangeBounds<usize>) -> Result<(usize, usize), AccessError> {
        let start = match part.start_bound() {
            Bound::Unbounded => 0,
            Bound::Included(&start) => start,
            Bound::Excluded(&before) => before.saturating_add(1),
        };
        let end = match part.end_bound() {
            Bound::Unbounded => self.len.max(start),
            Bound::Included(&last) => last.saturating_add(1),
            Bound::Excluded(&end) => end,
        };
        let size = self.len;
        match end.checked_sub(start) {
            Some(len) => self.check(start, len).map(|()| (start, end)),
            None => Err(AccessError::Reversed { start, end, size }),
        }
    }
}

/// `count` bytes from `offset` on were there, and the next one was not.
fn lost(offset: usize, count: usize) -> GuardedError {
    GuardedError::Lost {
        offset: offset.saturating_add(count),
    }
}

/// The same bytes, to be filled: whoever gets them must not make one uninitialised.
fn as_uninit(bytes: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let len = bytes.len();
    // SAFETY: the same memory, borrowed for as long; the calls in this file only initialise.
    unsafe { slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), len) }
}

/// The same bytes, which were filled.
///
/// # Safety
///
/// All of them are initialised.
unsafe fn filled(bytes: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    let len = bytes.len();
    // SAFETY: the same memory, borrowed for as long, and initialised (the caller's contract).
    unsafe { slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), len) }
}
