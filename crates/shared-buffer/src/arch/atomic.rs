// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an engine gives for atomics: five accesses to one aligned word, from which all others
//! are made.
//!
//! | engine of the copies | atomics |
//! |---|---|
//! | `x86_64`, `aarch64` | `atomic.rs` beside it, in asm |
//! | `laundered`, `portable` | `fallback`: those of [`core::sync::atomic`] |

use core::sync::atomic::Ordering;

/// How a load may be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadOrder {
    Relaxed,
    Acquire,
    SeqCst,
}

/// How a store may be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreOrder {
    Relaxed,
    Release,
    SeqCst,
}

impl LoadOrder {
    pub(crate) const fn ordering(self) -> Ordering {
        match self {
            Self::Relaxed => Ordering::Relaxed,
            Self::Acquire => Ordering::Acquire,
            Self::SeqCst => Ordering::SeqCst,
        }
    }
}

impl StoreOrder {
    pub(crate) const fn ordering(self) -> Ordering {
        match self {
            Self::Relaxed => Ordering::Relaxed,
            Self::Release => Ordering::Release,
            Self::SeqCst => Ordering::SeqCst,
        }
    }
}

/// An unsigned integer that engine `E` accesses atomically in shared memory.
///
/// # Safety
///
/// Of each function: `ptr` is a multiple of the word's size; its bytes are mapped, readable
/// and, but for the two loads, writable, and can't be taken away during the call. No Rust
/// reference points at them.
pub(crate) trait AtomicWord<E>: Copy + Eq {
    /// Loads.
    unsafe fn load(ptr: *const Self, order: LoadOrder) -> Self;

    /// Loads from pages that need not be writable.
    unsafe fn load_read_only(ptr: *const Self, order: LoadOrder) -> Self;

    /// Stores.
    unsafe fn store(ptr: *mut Self, value: Self, order: StoreOrder);

    /// Stores, and gives what was there.
    unsafe fn swap(ptr: *mut Self, value: Self, order: Ordering) -> Self;

    /// Adds, wrapping around, and gives what was there.
    unsafe fn fetch_add(ptr: *mut Self, value: Self, order: Ordering) -> Self;

    /// With `words` as `[current, new]`: stores `new` if `current` is there. Gives what was
    /// there, as `Ok` if it was `current`.
    unsafe fn compare_exchange(
        ptr: *mut Self,
        words: [Self; 2],
        orders: (Ordering, LoadOrder),
    ) -> Result<Self, Self>;

    /// The same, and it may do nothing and say `Err(current)`.
    unsafe fn compare_exchange_weak(
        ptr: *mut Self,
        words: [Self; 2],
        orders: (Ordering, LoadOrder),
    ) -> Result<Self, Self>;
}
