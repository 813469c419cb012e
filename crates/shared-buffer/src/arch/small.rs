// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copies of at most 64 bytes, and a word at a time: the shape that asm engines share.
//!
//! | bytes | words |
//! |---|---|
//! | 0 | nothing is touched |
//! | 1, 2, 4, 8, 16 | one of that size |
//! | 3 | one of two and one of one |
//! | 5–15 | four of 4, overlapping: two from the start, two to the end |
//! | 17–32 | two of 16, overlapping |
//! | 33–64 | four of 16, likewise |
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
    match len {
        0 => {}
        // SAFETY: the caller's contract; the word is `len` bytes.
        1 => unsafe { one_word::<u8, From, To>(src, dst) },
        // SAFETY: as above.
        2 => unsafe { one_word::<u16, From, To>(src, dst) },
        // SAFETY: as above.
        4 => unsafe { one_word::<u32, From, To>(src, dst) },
        // SAFETY: as above.
        8 => unsafe { one_word::<u64, From, To>(src, dst) },
        // SAFETY: as above.
        16 => unsafe { one_word::<V, From, To>(src, dst) },
        // SAFETY: the caller's contract; `16 < len <= 32`.
        17..=32 => unsafe { two_words::<V, From, To>(src, dst, len) },
        // SAFETY: the caller's contract; `32 < len <= 64`.
        33.. => unsafe { four_words::<V, From, To>(src, dst, len) },
        // SAFETY: the caller's contract; `4 < len < 16`.
        5.. => unsafe { four_words::<u32, From, To>(src, dst, len) },
        // SAFETY: the caller's contract; `len == 3`.
        3 => unsafe { three_bytes::<From, To>(src, dst) },
    }
}

/// Copies a word.
///
/// # Safety
///
/// As for [`border::between`](crate::border::between), with the size of the word.
#[inline(always)]
unsafe fn one_word<W: Word, From: Side, To: Side>(src: *const u8, dst: *mut u8) {
    // SAFETY: the caller's contract.
    let word: W = unsafe { From::load(src) };
    // SAFETY: the caller's contract.
    unsafe { To::store(dst, word) };
}

/// Copies one to two words' worth of bytes, as two words.
///
/// # Safety
///
/// As for [`border::between`](crate::border::between), with `len` from one to two times the
/// size of the word.
#[inline(always)]
unsafe fn two_words<W: Word, From: Side, To: Side>(src: *const u8, dst: *mut u8, len: usize) {
    let last = len - size_of::<W>();
    // SAFETY: the first word of the range.
    let head: W = unsafe { From::load(src) };
    // SAFETY: the last word of the range.
    let tail: W = unsafe { From::load(src.wrapping_add(last)) };
    // SAFETY: as for the loads.
    unsafe { To::store(dst, head) };
    // SAFETY: as for the loads.
    unsafe { To::store(dst.wrapping_add(last), tail) };
}

/// Copies one to four words' worth of bytes, in four words whatever the length: a branch
/// that guesses wrong costs more than a word.
///
/// ```text
///   up to two words:  [0 ── w]          up to four:  [0 ── w][w ── 2w]
///              [len − w ── len]              [len − 2w ──][len − w ──]
/// ```
///
/// # Safety
///
/// As for [`border::between`](crate::border::between), with `len` from one to four times the
/// size of the word, which is a power of two.
#[inline(always)]
unsafe fn four_words<W: Word, From: Side, To: Side>(src: *const u8, dst: *mut u8, len: usize) {
    let word = size_of::<W>();
    // A word if there are more than two of them, else nothing.
    let step = ((len - 1) & (2 * word)) >> 1;
    let last = len - word;
    let at = [0, step, last - step, last];
    // SAFETY: each of the four words lies inside: `step` and `last - step` are at most `last`.
    let words: [W; 4] = at.map(|i| unsafe { From::load(src.wrapping_add(i)) });
    for (i, word) in at.into_iter().zip(words) {
        // SAFETY: as for the loads.
        unsafe { To::store(dst.wrapping_add(i), word) };
    }
}

/// Copies three bytes, as a word and a byte.
///
/// # Safety
///
/// As for [`border::between`](crate::border::between), with three bytes.
#[inline(always)]
unsafe fn three_bytes<From: Side, To: Side>(src: *const u8, dst: *mut u8) {
    // SAFETY: the first two of the three bytes.
    let first: u16 = unsafe { From::load(src) };
    // SAFETY: the third.
    let last: u8 = unsafe { From::load(src.wrapping_add(2)) };
    // SAFETY: as for the loads.
    unsafe { To::store(dst, first) };
    // SAFETY: as for the loads.
    unsafe { To::store(dst.wrapping_add(2), last) };
}
