// SPDX-License-Identifier: MIT OR Apache-2.0
//! The read-modify-writes of [`SharedAtomic`]: one addition, and loops around one exchange.
//!
//! ```text
//! update(f):
//!     old = load
//!     until compare_exchange_weak(old, f(old)) succeeds: old = what it found
//! ```
//!
//! The processors have no better way where the old value is wanted: `fetch_or` of core is the
//! same loop on x86-64.

use core::sync::atomic::Ordering;

use super::order::load_order;
use super::{AtomicInt, SharedAtomic};
use crate::arch::atomic::LoadOrder;

impl<T: AtomicInt> SharedAtomic<'_, T> {
    /// Adds `value`, wrapping around on overflow, and gives what was there.
    ///
    /// # Cost
    ///
    /// As [`swap`](Self::swap).
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<u8>(0)?;
    /// word.store(255, Ordering::Relaxed);
    /// assert_eq!(word.fetch_add(2, Ordering::Relaxed), 255);
    /// assert_eq!(word.load(Ordering::Relaxed), 1);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn fetch_add(self, value: T, order: Ordering) -> T {
        self.add(value, order)
    }

    /// Subtracts `value`, wrapping around on overflow, and gives what was there.
    ///
    /// # Cost
    ///
    /// As [`swap`](Self::swap).
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<i16>(0)?;
    /// assert_eq!(word.fetch_sub(1, Ordering::Relaxed), 0);
    /// assert_eq!(word.load(Ordering::Relaxed), -1);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn fetch_sub(self, value: T, order: Ordering) -> T {
        self.add(value.negated(), order)
    }

    /// Keeps the bits that `value` has too, and gives what was there.
    ///
    /// # Cost
    ///
    /// A loop around one exchange: see [`SharedAtomic`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<u32>(0)?;
    /// word.store(0b1100, Ordering::Relaxed);
    /// assert_eq!(word.fetch_and(0b1010, Ordering::AcqRel), 0b1100);
    /// assert_eq!(word.load(Ordering::Relaxed), 0b1000);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn fetch_and(self, value: T, order: Ordering) -> T {
        self.update(order, |old| old & value)
    }

    /// Stores all bits but those that `value` has too, and gives what was there.
    ///
    /// # Cost
    ///
    /// A loop around one exchange: see [`SharedAtomic`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<u8>(0)?;
    /// word.store(0b1100, Ordering::Relaxed);
    /// assert_eq!(word.fetch_nand(0b1010, Ordering::AcqRel), 0b1100);
    /// assert_eq!(word.load(Ordering::Relaxed), !0b1000);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn fetch_nand(self, value: T, order: Ordering) -> T {
        self.update(order, |old| !(old & value))
    }

    /// Sets the bits of `value`, and gives what was there.
    ///
    /// # Cost
    ///
    /// A loop around one exchange: see [`SharedAtomic`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<u32>(0)?;
    /// word.store(0b1100, Ordering::Relaxed);
    /// assert_eq!(word.fetch_or(0b1010, Ordering::AcqRel), 0b1100);
    /// assert_eq!(word.load(Ordering::Relaxed), 0b1110);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn fetch_or(self, value: T, order: Ordering) -> T {
        self.update(order, |old| old | value)
    }

    /// Flips the bits of `value`, and gives what was there.
    ///
    /// # Cost
    ///
    /// A loop around one exchange: see [`SharedAtomic`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<u32>(0)?;
    /// word.store(0b1100, Ordering::Relaxed);
    /// assert_eq!(word.fetch_xor(0b1010, Ordering::AcqRel), 0b1100);
    /// assert_eq!(word.load(Ordering::Relaxed), 0b0110);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn fetch_xor(self, value: T, order: Ordering) -> T {
        self.update(order, |old| old ^ value)
    }

    /// Stores `value` if it is less than what is there, and gives what was there.
    ///
    /// # Cost
    ///
    /// A loop around one exchange: see [`SharedAtomic`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<i32>(0)?;
    /// assert_eq!(word.fetch_min(-5, Ordering::AcqRel), 0);
    /// assert_eq!(word.fetch_min(7, Ordering::AcqRel), -5);
    /// assert_eq!(word.load(Ordering::Relaxed), -5);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn fetch_min(self, value: T, order: Ordering) -> T {
        self.update(order, |old| old.min(value))
    }

    /// Stores `value` if it is more than what is there, and gives what was there.
    ///
    /// # Cost
    ///
    /// A loop around one exchange: see [`SharedAtomic`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<i32>(0)?;
    /// assert_eq!(word.fetch_max(-5, Ordering::AcqRel), 0);
    /// assert_eq!(word.fetch_max(7, Ordering::AcqRel), 0);
    /// assert_eq!(word.load(Ordering::Relaxed), 7);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn fetch_max(self, value: T, order: Ordering) -> T {
        self.update(order, |old| old.max(value))
    }

    /// Stores what `change` makes of the integer, and gives what was there: as `Ok` if it was
    /// changed, as `Err` if `change` said `None`, and nothing was stored.
    ///
    /// `set` is the ordering of the change, `fetch` that of every load before it.
    ///
    /// # Hostile peer
    ///
    /// `change` is called anew for each value that is found: a peer that changes the integer
    /// without a pause can make that often. It can end it, by `None`.
    ///
    /// # Errors
    ///
    /// The integer for which `change` said `None`.
    ///
    /// # Panics
    ///
    /// If `fetch` is `Release` or `AcqRel`, which no load can have.
    ///
    /// # Cost
    ///
    /// A loop around one exchange: see [`SharedAtomic`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<u32>(0)?;
    /// let (set, fetch) = (Ordering::AcqRel, Ordering::Acquire);
    /// assert_eq!(word.fetch_update(set, fetch, |n| (n < 1).then_some(n + 1)), Ok(0));
    /// assert_eq!(word.fetch_update(set, fetch, |n| (n < 1).then_some(n + 1)), Err(1));
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn fetch_update(
        self,
        set: Ordering,
        fetch: Ordering,
        mut change: impl FnMut(T) -> Option<T>,
    ) -> Result<T, T> {
        let orders = (set, load_order(fetch));
        let mut old = self.glance(load_order(fetch));
        loop {
            let Some(new) = change(old) else {
                return Err(old);
            };
            match self.exchange_weak([old, new], orders) {
                Ok(old) => return Ok(old),
                Err(there) => old = there,
            }
        }
    }

    /// Stores what `change` makes of the integer, and gives what was there.
    #[inline]
    fn update(self, order: Ordering, change: impl Fn(T) -> T) -> T {
        let mut old = self.glance(LoadOrder::Relaxed);
        loop {
            match self.exchange_weak([old, change(old)], (order, LoadOrder::Relaxed)) {
                Ok(old) => return old,
                Err(there) => old = there,
            }
        }
    }
}
