// SPDX-License-Identifier: MIT OR Apache-2.0
//! The loops that people write by hand.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::{Area, Engine};

/// One volatile byte at a time.
#[derive(Debug)]
pub struct VolatileBytes<'a>(&'a Area);

/// Volatile bytes up to an aligned word of the shared side, volatile words, volatile bytes.
#[derive(Debug)]
pub struct VolatileWords<'a>(&'a Area);

/// The same with relaxed atomics.
#[derive(Debug)]
pub struct AtomicWords<'a>(&'a Area);

/// Calls `byte` and `word` for the parts of `len` bytes at `shared`: bytes up to a multiple of
/// eight, words, bytes.
#[inline(always)]
fn parts(shared: *const u8, len: usize, mut byte: impl FnMut(usize), mut word: impl FnMut(usize)) {
    let head = shared.addr().wrapping_neg() % 8;
    let mut at = 0;
    while at < head.min(len) {
        byte(at);
        at += 1;
    }
    while len - at >= 8 {
        word(at);
        at += 8;
    }
    while at < len {
        byte(at);
        at += 1;
    }
}

impl<'a> VolatileBytes<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        Self(area)
    }
}

impl Engine for VolatileBytes<'_> {
    const NAME: &'static str = "volatile bytes";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        let src = self.0.ptr().wrapping_add(at);
        for (i, byte) in dst.iter_mut().enumerate() {
            // SAFETY: the caller says that the bytes lie in the area.
            *byte = unsafe { src.wrapping_add(i).read_volatile() };
        }
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        let dst = self.0.ptr().wrapping_add(at);
        for (i, byte) in src.iter().enumerate() {
            // SAFETY: the caller says that the bytes lie in the area.
            unsafe { dst.wrapping_add(i).write_volatile(*byte) };
        }
    }
}

impl<'a> VolatileWords<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        Self(area)
    }
}

impl Engine for VolatileWords<'_> {
    const NAME: &'static str = "volatile words";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        let (src, len, dst) = (self.0.ptr().wrapping_add(at), dst.len(), dst.as_mut_ptr());
        let byte = |i| {
            // SAFETY: the caller says that the byte lies in the area.
            let value = unsafe { src.wrapping_add(i).read_volatile() };
            // SAFETY: `i` is less than the length of `dst`.
            unsafe { dst.wrapping_add(i).write(value) };
        };
        let word = |i| {
            // SAFETY: the caller says that the word lies in the area; it is aligned.
            let value = unsafe { src.wrapping_add(i).cast::<u64>().read_volatile() };
            // SAFETY: eight bytes are left in `dst`.
            unsafe { dst.wrapping_add(i).cast::<u64>().write_unaligned(value) };
        };
        parts(src, len, byte, word);
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        let (dst, len, src) = (self.0.ptr().wrapping_add(at), src.len(), src.as_ptr());
        let byte = |i| {
            // SAFETY: `i` is less than the length of `src`.
            let value = unsafe { src.wrapping_add(i).read() };
            // SAFETY: the caller says that the byte lies in the area.
            unsafe { dst.wrapping_add(i).write_volatile(value) };
        };
        let word = |i| {
            // SAFETY: eight bytes are left in `src`.
            let value = unsafe { src.wrapping_add(i).cast::<u64>().read_unaligned() };
            // SAFETY: the caller says that the word lies in the area; it is aligned.
            unsafe { dst.wrapping_add(i).cast::<u64>().write_volatile(value) };
        };
        parts(dst, len, byte, word);
    }
}

impl<'a> AtomicWords<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        Self(area)
    }
}

/// # Safety
///
/// The byte is mapped.
#[inline(always)]
unsafe fn byte_at<'a>(ptr: *mut u8) -> &'a AtomicU8 {
    // SAFETY: the caller's contract; one thread touches the memory here.
    unsafe { AtomicU8::from_ptr(ptr) }
}

/// # Safety
///
/// The word is mapped and aligned.
#[inline(always)]
unsafe fn word_at<'a>(ptr: *mut u8) -> &'a AtomicU64 {
    // SAFETY: the caller's contract; one thread touches the memory here.
    unsafe { AtomicU64::from_ptr(ptr.cast()) }
}

impl Engine for AtomicWords<'_> {
    const NAME: &'static str = "AtomicU64";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        let (src, len, dst) = (self.0.ptr().wrapping_add(at), dst.len(), dst.as_mut_ptr());
        let byte = |i| {
            // SAFETY: the caller says that the byte lies in the area.
            let value = unsafe { byte_at(src.wrapping_add(i)) }.load(Ordering::Relaxed);
            // SAFETY: `i` is less than the length of `dst`.
            unsafe { dst.wrapping_add(i).write(value) };
        };
        let word = |i| {
            // SAFETY: the caller says that the word lies in the area; it is aligned.
            let value = unsafe { word_at(src.wrapping_add(i)) }.load(Ordering::Relaxed);
            // SAFETY: eight bytes are left in `dst`.
            unsafe { dst.wrapping_add(i).cast::<u64>().write_unaligned(value) };
        };
        parts(src, len, byte, word);
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        let (dst, len, src) = (self.0.ptr().wrapping_add(at), src.len(), src.as_ptr());
        let byte = |i| {
            // SAFETY: `i` is less than the length of `src`.
            let value = unsafe { src.wrapping_add(i).read() };
            // SAFETY: the caller says that the byte lies in the area.
            unsafe { byte_at(dst.wrapping_add(i)) }.store(value, Ordering::Relaxed);
        };
        let word = |i| {
            // SAFETY: eight bytes are left in `src`.
            let value = unsafe { src.wrapping_add(i).cast::<u64>().read_unaligned() };
            // SAFETY: the caller says that the word lies in the area; it is aligned.
            unsafe { word_at(dst.wrapping_add(i)) }.store(value, Ordering::Relaxed);
        };
        parts(dst, len, byte, word);
    }
}
