// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies of at most 64 bytes, and a word at a time: the shape that asm engines share.
//!
//! | bytes | words |
//! |---|---|
//! | 0 | nothing is touched |
//! | 1, 2–3, 4–7, 8–15 | one of that size, and one that ends where the copy ends |
//! | 16–32, 33–64 | two or four of 16 bytes, half from the start, half to the end |
//!
//! A constant length folds to its own row: a copy of 8 bytes is one load and one store.
//! Every row loads all its words before it stores the first, so overlapping ranges need no
//! care and the three directions share one shape. What differs is who may be raced: the
//! shared side of a word is asm, always, and the private side is the compiler's, never asm.

/// The longest copy that is inlined.
pub(super) const INLINE_MAX: usize = 64;

/// What is moved at once.
pub(in crate::arch) trait Word: Copy {
    /// Loads the word at `ptr`, which may be shared and need not be aligned.
    ///
    /// # Safety
    ///
    /// `ptr .. ptr + size_of::<Self>()` is mapped and readable.
    unsafe fn load_shared(ptr: *const u8) -> Self;

    /// Stores the word at `ptr`, which may be shared and need not be aligned.
    ///
    /// # Safety
    ///
    /// `ptr .. ptr + size_of::<Self>()` is mapped and writable.
    unsafe fn store_shared(ptr: *mut u8, word: Self);
}

/// Which side of the border a pointer is on.
pub(in crate::arch) trait Side {
    /// Loads a word, aligned or not.
    ///
    /// # Safety
    ///
    /// `ptr .. ptr + size_of::<W>()` is readable on this side.
    unsafe fn load<W: Word>(ptr: *const u8) -> W;

    /// Stores a word, aligned or not.
    ///
    /// # Safety
    ///
    /// `ptr .. ptr + size_of::<W>()` is writable on this side.
    unsafe fn store<W: Word>(ptr: *mut u8, word: W);
}

/// Bytes that a peer may change: accessed by asm alone.
pub(in crate::arch) struct Shared;

impl Side for Shared {
    #[inline(always)]
    unsafe fn load<W: Word>(ptr: *const u8) -> W {
        // SAFETY: the caller's contract.
        unsafe { W::load_shared(ptr) }
    }

    #[inline(always)]
    unsafe fn store<W: Word>(ptr: *mut u8, word: W) {
        // SAFETY: the caller's contract.
        unsafe { W::store_shared(ptr, word) }
    }
}

/// Bytes that are ours: accessed by the compiler, which may do with them what it likes.
pub(in crate::arch) struct Private;

impl Side for Private {
    #[inline(always)]
    unsafe fn load<W: Word>(ptr: *const u8) -> W {
        // SAFETY: the caller says that the bytes are initialised, and a word is any bytes.
        unsafe { ptr.cast::<W>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store<W: Word>(ptr: *mut u8, word: W) {
        // SAFETY: the caller's contract.
        unsafe { ptr.cast::<W>().write_unaligned(word) }
    }
}

/// Copies at most 64 bytes, loading all of them before it stores the first. `V` is a vector
/// of 16 bytes.
///
/// # Safety
///
/// As for [`border::between`](crate::border::between), with `len <= 64`.
#[inline(always)]
pub(super) unsafe fn small<V: Word, From: Side, To: Side>(
    src: *const u8,
    dst: *mut u8,
    len: usize,
) {
    if len >= 16 {
        if len > 32 {
            // SAFETY: the caller's contract; `32 < len <= 64`.
            unsafe { four_words::<V, From, To>(src, dst, len) }
        } else {
            // SAFETY: the caller's contract; `16 <= len <= 32`.
            unsafe { two_words::<V, From, To>(src, dst, len) }
        }
    } else if len >= 4 {
        if len >= 8 {
            // SAFETY: the caller's contract; `8 <= len < 16`.
            unsafe { two_words::<u64, From, To>(src, dst, len) }
        } else {
            // SAFETY: the caller's contract; `4 <= len < 8`.
            unsafe { two_words::<u32, From, To>(src, dst, len) }
        }
    } else if len >= 2 {
        // SAFETY: the caller's contract; `2 <= len < 4`.
        unsafe { two_words::<u16, From, To>(src, dst, len) }
    } else if len == 1 {
        // SAFETY: the caller's contract; one byte.
        unsafe { two_words::<u8, From, To>(src, dst, len) }
    }
}

/// Copies `size_of::<W>() ..= 2 * size_of::<W>()` bytes as two words, the second of which
/// ends where the copy ends.
///
/// # Safety
///
/// As for [`border::between`](crate::border::between), with `len` in that range.
#[inline(always)]
unsafe fn two_words<W: Word, From: Side, To: Side>(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: a word fits, since `len` is at least its size.
    let first: W = unsafe { From::load(src) };
    let rest = len - size_of::<W>();
    if rest == 0 {
        // SAFETY: as for the load.
        return unsafe { To::store(dst, first) };
    }
    // SAFETY: the last word of `src .. src + len`.
    let last: W = unsafe { From::load(src.wrapping_add(rest)) };
    // SAFETY: the first word of `dst .. dst + len`.
    unsafe { To::store(dst, first) };
    // SAFETY: the last word of `dst .. dst + len`.
    unsafe { To::store(dst.wrapping_add(rest), last) };
}

/// Copies 32 to 64 bytes as two words of 16 from the start and two to the end.
///
/// # Safety
///
/// As for [`border::between`](crate::border::between), with `len` in that range.
#[inline(always)]
unsafe fn four_words<V: Word, From: Side, To: Side>(src: *const u8, dst: *mut u8, len: usize) {
    let at = [0, 16, len - 32, len - 16];
    // SAFETY: each of the four words lies inside the 32 to 64 bytes.
    let words: [V; 4] = at.map(|i| unsafe { From::load(src.wrapping_add(i)) });
    for (i, word) in at.into_iter().zip(words) {
        // SAFETY: as for the loads.
        unsafe { To::store(dst.wrapping_add(i), word) };
    }
}
