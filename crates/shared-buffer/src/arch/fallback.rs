// SPDX-License-Identifier: MIT OR Apache-2.0
//! Atomics for Miri, for sanitizers and for CPUs that have no asm of their own here: those of
//! [`core::sync::atomic`].
//!
//! **Story.** None is needed beyond the model's own, as long as the bytes are only accessed
//! by atomics of the same size meanwhile. A copy of the same bytes at the same time is an
//! access of another size, and a peer in another process is outside the model altogether.
//!
//! The reference to an atomic lives for one access and never leaves this file.

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering, fence};

use super::atomic::{AtomicWord, LoadOrder, StoreOrder};

/// The engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fallback;

/// Implements [`AtomicWord`] by the atomic of that size.
macro_rules! core_word {
    ($word:ty, $atomic:ty) => {
        impl AtomicWord<Fallback> for $word {
            #[inline]
            unsafe fn load(ptr: *const Self, order: LoadOrder) -> Self {
                // SAFETY: the caller's contract, which is that of a shared atomic.
                let word = unsafe { <$atomic>::from_ptr(ptr.cast_mut()) };
                word.load(order.ordering())
            }

            /// Of all atomic accesses, Rust allows relaxed loads alone on read-only pages.
            /// Fences give the order: at least as much as the load would have had.
            #[inline]
            unsafe fn load_read_only(ptr: *const Self, order: LoadOrder) -> Self {
                if order == LoadOrder::SeqCst {
                    fence(Ordering::SeqCst);
                }
                // SAFETY: the caller's contract, which is that of a shared atomic.
                let word = unsafe { <$atomic>::from_ptr(ptr.cast_mut()) };
                let value = word.load(Ordering::Relaxed);
                if order != LoadOrder::Relaxed {
                    fence(Ordering::Acquire);
                }
                value
            }

            #[inline]
            unsafe fn store(ptr: *mut Self, value: Self, order: StoreOrder) {
                // SAFETY: the caller's contract, which is that of a shared atomic.
                let word = unsafe { <$atomic>::from_ptr(ptr) };
                word.store(value, order.ordering());
            }

            #[inline]
            unsafe fn swap(ptr: *mut Self, value: Self, order: Ordering) -> Self {
                // SAFETY: the caller's contract, which is that of a shared atomic.
                let word = unsafe { <$atomic>::from_ptr(ptr) };
                word.swap(value, order)
            }

            #[inline]
            unsafe fn fetch_add(ptr: *mut Self, value: Self, order: Ordering) -> Self {
                // SAFETY: the caller's contract, which is that of a shared atomic.
                let word = unsafe { <$atomic>::from_ptr(ptr) };
                word.fetch_add(value, order)
            }

            #[inline]
            unsafe fn compare_exchange(
                ptr: *mut Self,
                [current, new]: [Self; 2],
                (success, failure): (Ordering, LoadOrder),
            ) -> Result<Self, Self> {
                // SAFETY: the caller's contract, which is that of a shared atomic.
                let word = unsafe { <$atomic>::from_ptr(ptr) };
                word.compare_exchange(current, new, success, failure.ordering())
            }

            #[inline]
            unsafe fn compare_exchange_weak(
                ptr: *mut Self,
                [current, new]: [Self; 2],
                (success, failure): (Ordering, LoadOrder),
            ) -> Result<Self, Self> {
                // SAFETY: the caller's contract, which is that of a shared atomic.
                let word = unsafe { <$atomic>::from_ptr(ptr) };
                word.compare_exchange_weak(current, new, success, failure.ordering())
            }
        }
    };
}

core_word!(u8, AtomicU8);
core_word!(u16, AtomicU16);
core_word!(u32, AtomicU32);
if_wide_atomics! {
    use core::sync::atomic::AtomicU64;
    core_word!(u64, AtomicU64);
}
