// SPDX-License-Identifier: MIT OR Apache-2.0
//! The engine for Miri, for sanitizers and for compilers without `asm!`: relaxed atomic
//! accesses of one byte each.
//!
//! One size everywhere, so two copies that race with each other are no data race and no
//! mixed-size race. LLVM neither merges nor widens atomics, which makes this engine slow
//! (5 to 30 times a `memcpy`) and easy to believe.
//!
//! The other engines may access a byte more than once inside one copy, because their words
//! overlap. This one does so on purpose, so that a protocol that can't live with it fails
//! here too: the first bytes of each copy are transferred twice.

use core::sync::atomic::{AtomicU8, Ordering};

use super::whole;

/// How many bytes at the start of a copy are transferred a second time.
const REPEATED: usize = 8;

/// Loads one shared byte.
///
/// # Safety
///
/// `ptr` points to a mapped, readable byte, or to a byte of an allocation that is only
/// accessed atomically meanwhile.
unsafe fn load(ptr: *const u8) -> u8 {
    // SAFETY: the caller says that the byte is there; a byte is always aligned.
    let byte = unsafe { AtomicU8::from_ptr(ptr.cast_mut()) };
    byte.load(Ordering::Relaxed)
}

/// Stores one shared byte.
///
/// # Safety
///
/// As for [`load`], and the byte is writable.
unsafe fn store(ptr: *mut u8, value: u8) {
    // SAFETY: the caller says that the byte is there; a byte is always aligned.
    let byte = unsafe { AtomicU8::from_ptr(ptr) };
    byte.store(value, Ordering::Relaxed);
}

/// See [`border::from_shared`](crate::border::from_shared).
///
/// # Safety
///
/// As there.
pub(crate) unsafe fn from_shared(src: *const u8, dst: *mut u8, len: usize) {
    for i in (0..len).chain(0..len.min(REPEATED)) {
        // SAFETY: `i < len`, and the caller says that `src .. src + len` is readable.
        let value = unsafe { load(src.wrapping_add(i)) };
        // SAFETY: `i < len`, and the caller says that `dst .. dst + len` is writable.
        unsafe { dst.wrapping_add(i).write(value) };
    }
}

/// See [`border::to_shared`](crate::border::to_shared).
///
/// # Safety
///
/// As there.
pub(crate) unsafe fn to_shared(src: *const u8, dst: *mut u8, len: usize) {
    for i in (0..len).chain(0..len.min(REPEATED)) {
        // SAFETY: `i < len`, and the caller says that `src .. src + len` is initialised.
        let value = unsafe { src.wrapping_add(i).read() };
        // SAFETY: `i < len`, and the caller says that `dst .. dst + len` is writable.
        unsafe { store(dst.wrapping_add(i), value) };
    }
}

/// See [`border::between`](crate::border::between).
///
/// # Safety
///
/// As there.
pub(crate) unsafe fn between(src: *const u8, dst: *mut u8, len: usize) {
    // From the end when the destination starts inside the source, so that no byte is
    // overwritten before it was read. Nothing is repeated: the source may be gone by then.
    let backwards = dst.addr().wrapping_sub(src.addr()) < len;
    for i in 0..len {
        let i = if backwards { len - 1 - i } else { i };
        // SAFETY: `i < len`, and the caller says that `src .. src + len` is readable.
        let value = unsafe { load(src.wrapping_add(i)) };
        // SAFETY: `i < len`, and the caller says that `dst .. dst + len` is writable.
        unsafe { store(dst.wrapping_add(i), value) };
    }
}

/// See [`border::whole_from_shared`](crate::border::whole_from_shared).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn whole_from_shared(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the caller's contract.
    if !unsafe { whole::load(src, dst, len) } {
        // SAFETY: the caller's contract; nothing was copied yet.
        unsafe { from_shared(src, dst, len) }
    }
}

/// See [`border::whole_to_shared`](crate::border::whole_to_shared).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn whole_to_shared(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the caller's contract.
    if !unsafe { whole::store(src, dst, len) } {
        // SAFETY: the caller's contract; nothing was copied yet.
        unsafe { to_shared(src, dst, len) }
    }
}

/// See [`border::fill`](crate::border::fill).
///
/// # Safety
///
/// As there.
pub(crate) unsafe fn fill(dst: *mut u8, value: u8, len: usize) {
    for i in (0..len).chain(0..len.min(REPEATED)) {
        // SAFETY: `i < len`, and the caller says that `dst .. dst + len` is writable.
        unsafe { store(dst.wrapping_add(i), value) };
    }
}
