// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values in one piece, for the engines that copy byte by byte.
//!
//! A value of 1, 2, 4 or 8 bytes at a multiple of its size must never be seen half old and
//! half new: that is what processors promise, and what programs are built on. The asm engines
//! get it from their words. The two engines without words get it from here: one relaxed
//! atomic access of the value's size.
//!
//! Only up to the size of a pointer. A larger atomic load may be a compare-and-swap in
//! disguise, which faults on read-only pages.
//!
//! To the memory model these are accesses of another size than the byte-wise copies beside
//! them. On foreign memory that has no meaning. On Rust memory that stands in for it, a
//! value and a copy of the same bytes must not race.
//!
//! Miri calls such a race undefined, and stops with an error of its own where a store only
//! follows one of another size. Under it values are copied byte by byte: it is no machine
//! that anything is deployed on, and there a value may tear between two threads.

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};

/// Whether `len` bytes at `addr` can be accessed in one piece.
#[inline(always)]
fn is_whole(addr: usize, len: usize) -> bool {
    !cfg!(miri) && len.is_power_of_two() && len <= size_of::<usize>() && addr % len == 0
}

/// One load of `$atomic` at `$src`, stored at `$dst`.
macro_rules! load_as {
    ($atomic:ty, $word:ty, $src:ident, $dst:ident) => {{
        // SAFETY: the caller says that the bytes are there; `is_whole` says that they are
        // aligned. The reference lives for this one load.
        let shared = unsafe { <$atomic>::from_ptr($src.cast_mut().cast()) };
        let value = shared.load(Ordering::Relaxed);
        // SAFETY: the caller says that as many private bytes are writable.
        unsafe { $dst.cast::<$word>().write_unaligned(value) };
    }};
}

/// One store of what is at `$src` to `$atomic` at `$dst`.
macro_rules! store_as {
    ($atomic:ty, $word:ty, $src:ident, $dst:ident) => {{
        // SAFETY: the caller says that the private bytes are readable and initialised.
        let value = unsafe { $src.cast::<$word>().read_unaligned() };
        // SAFETY: the caller says that the bytes are there; `is_whole` says that they are
        // aligned. The reference lives for this one store.
        let shared = unsafe { <$atomic>::from_ptr($dst.cast()) };
        shared.store(value, Ordering::Relaxed);
    }};
}

/// Copies out `len` bytes in one piece, or nothing. Returns whether it did.
///
/// # Safety
///
/// As for [`border::from_shared`](crate::border::from_shared).
#[inline(always)]
pub(super) unsafe fn load(src: *const u8, dst: *mut u8, len: usize) -> bool {
    if !is_whole(src.addr(), len) {
        return false;
    }
    match len {
        1 => load_as!(AtomicU8, u8, src, dst),
        2 => load_as!(AtomicU16, u16, src, dst),
        4 => load_as!(AtomicU32, u32, src, dst),
        _ => load_as!(AtomicUsize, usize, src, dst), // 8 of 8: no other size is whole
    }
    true
}

/// Copies in `len` bytes in one piece, or nothing. Returns whether it did.
///
/// # Safety
///
/// As for [`border::to_shared`](crate::border::to_shared).
#[inline(always)]
pub(super) unsafe fn store(src: *const u8, dst: *mut u8, len: usize) -> bool {
    if !is_whole(dst.addr(), len) {
        return false;
    }
    match len {
        1 => store_as!(AtomicU8, u8, src, dst),
        2 => store_as!(AtomicU16, u16, src, dst),
        4 => store_as!(AtomicU32, u32, src, dst),
        _ => store_as!(AtomicUsize, usize, src, dst), // 8 of 8: no other size is whole
    }
    true
}

#[cfg(all(test, not(miri)))]
mod tests {
    extern crate std;

    use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::thread;

    use crate::arch::portable;
    use crate::arch::suite::{Copy, copies_like_the_oracle};

    const READS: usize = 200_000;

    fn alternate(place: &AtomicU64, store: Copy, len: usize, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            for byte in [0x00, 0xff] {
                // SAFETY: `len <= 8` bytes are there, accessed as one value by both threads.
                unsafe { store([byte; 8].as_ptr(), place.as_ptr().cast(), len) };
            }
        }
    }

    /// The first of many reads that is neither all of one nor all of the other, if there is one.
    fn first_torn(place: &AtomicU64, load: Copy, len: usize) -> Option<[u8; 8]> {
        (0..READS).find_map(|_| {
            let mut value = [0x55; 8];
            // SAFETY: `len <= 8` bytes are there, accessed as one value by both threads.
            unsafe { load(place.as_ptr().cast(), value.as_mut_ptr(), len) };
            let whole = |byte| value[..len].iter().all(|b| *b == byte);
            (!whole(0x00) && !whole(0xff)).then_some(value)
        })
    }

    /// A writer alternates two patterns; a reader sees one or the other.
    fn is_never_torn(load: Copy, store: Copy) {
        for len in [1, 2, 4, size_of::<usize>()] {
            let (place, stop) = (&AtomicU64::new(0), &AtomicBool::new(false));
            thread::scope(|scope| {
                scope.spawn(move || alternate(place, store, len, stop));
                let torn = first_torn(place, load, len);
                stop.store(true, Ordering::Relaxed);
                assert_eq!(torn, None, "{len} bytes");
            });
        }
    }

    #[test]
    fn the_portable_engine_never_tears_an_aligned_value() {
        copies_like_the_oracle(portable::whole_from_shared);
        copies_like_the_oracle(portable::whole_to_shared);
        is_never_torn(portable::whole_from_shared, portable::whole_to_shared);
    }

    #[test]
    fn the_laundered_engine_never_tears_an_aligned_value() {
        use crate::arch::laundered;
        copies_like_the_oracle(laundered::whole_from_shared);
        copies_like_the_oracle(laundered::whole_to_shared);
        is_never_torn(laundered::whole_from_shared, laundered::whole_to_shared);
    }

    #[test]
    fn the_engine_of_this_machine_never_tears_an_aligned_value() {
        use crate::arch::{whole_from_shared, whole_to_shared};
        copies_like_the_oracle(whole_from_shared);
        copies_like_the_oracle(whole_to_shared);
        is_never_torn(whole_from_shared, whole_to_shared);
    }
}
