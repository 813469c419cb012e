// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Shared`]: memory that both processes of a pair have after the fork.
//!
//! Both are this program and neither is hostile: this is for the candidates that bound the
//! ring, which have no checks at all, and for the watch.
#![allow(
    unsafe_code,
    reason = "plain copies and atomics in plain shared memory"
)]

use std::io;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, AtomicU64};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Anonymous shared memory, all of it populated.
///
/// # Invariants
///
/// - **live**: `ptr` points to `len` mapped bytes until this value is dropped.
/// - **apart**: words are at offsets below [`Shared::DATA`], bytes are copied from there on.
#[derive(Debug)]
pub(crate) struct Shared {
    ptr: NonNull<u8>,
    len: usize,
}

impl Shared {
    /// Where the bytes start; before that are words.
    pub(crate) const DATA: usize = 4096;

    /// Words, and so many bytes.
    pub(crate) fn new(bytes: usize) -> io::Result<Self> {
        let len = Self::DATA + bytes;
        let (prot, flags) = (
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::SHARED | MapFlags::POPULATE,
        );
        // SAFETY: a new mapping at an address that the kernel picks harms nothing.
        let ptr = unsafe { mmap_anonymous(ptr::null_mut(), len, prot, flags) }?;
        let ptr = NonNull::new(ptr.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { ptr, len })
    }

    fn word_ptr(&self, offset: usize) -> *mut u8 {
        assert!(offset % 8 == 0 && offset + 8 <= Self::DATA);
        self.ptr.as_ptr().wrapping_add(offset)
    }

    /// The word that is so many bytes from the start.
    #[inline]
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: aligned and inside, as `word_ptr` asserts, and live; all its users are atomic
        // (apart).
        unsafe { AtomicU64::from_ptr(self.word_ptr(offset).cast()) }
    }

    /// The same, for a futex.
    #[inline]
    pub(crate) fn half(&self, offset: usize) -> &AtomicU32 {
        // SAFETY: as in `word`; a word is used by one of the two only.
        unsafe { AtomicU32::from_ptr(self.word_ptr(offset).cast()) }
    }

    fn data_ptr(&self, offset: usize, len: usize) -> *mut u8 {
        assert!(offset + len <= self.len - Self::DATA);
        self.ptr.as_ptr().wrapping_add(Self::DATA + offset)
    }

    /// Copies in, so many bytes from where bytes start.
    #[inline]
    pub(crate) fn write(&self, offset: usize, bytes: &[u8]) {
        let dst = self.data_ptr(offset, bytes.len());
        // SAFETY: `data_ptr` asserts that it is inside; the other process does not touch what
        // was not given to it by a word; no reference points there.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), dst, bytes.len()) }
    }

    /// Copies out.
    #[inline]
    pub(crate) fn read(&self, offset: usize, bytes: &mut [u8]) {
        let src = self.data_ptr(offset, bytes.len());
        // SAFETY: as in `write`.
        unsafe { ptr::copy_nonoverlapping(src, bytes.as_mut_ptr(), bytes.len()) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and used no more.
        let unmapped = unsafe { munmap(self.ptr.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok());
    }
}
