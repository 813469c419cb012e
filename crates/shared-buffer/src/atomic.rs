// SPDX-License-Identifier: MIT OR Apache-2.0
//! Atomics in shared bytes: [`SharedAtomic`], and [`ReadOnlyAtomic`] where pages are read-only.
//!
//! They are what `core::sync::atomic` is for memory of our own: one access, whole, ordered as
//! asked. They are handles and no references: an `&AtomicU32` would promise the compiler an
//! allocation that is dereferenceable and accessed in one size only, and nobody can promise
//! that for bytes that a peer has too. So there is no way from here to an `&AtomicU32`.
//!
//! ```text
//!   buffer.atomic::<u32>(offset)? ──► SharedAtomic<u32>   checked once: inside, permitted,
//!                                        │                aligned
//!        load · store · swap · compare_exchange · fetch_…  ──► one asm block each (`arch`)
//! ```
//!
//! | file | what |
//! |---|---|
//! | here | load, store, swap, the two exchanges, and the loop that others are made of |
//! | [`fetch`] | the read-modify-writes |
//! | [`read_only`] | loads alone |
//! | [`value`] | the eight integers |
//! | [`order`] | which ordering goes with what |
//! | `methods` | how a buffer gives them |
#![allow(
    unsafe_code,
    reason = "the accesses, and Send and Sync for an address that was checked"
)]

#[macro_use]
mod methods;

mod fetch;
mod order;
mod read_only;
mod value;

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::Ordering;

pub use read_only::ReadOnlyAtomic;
pub use value::AtomicInt;
pub use value::{SharedAtomicI8, SharedAtomicI16, SharedAtomicI32};
pub use value::{SharedAtomicU8, SharedAtomicU16, SharedAtomicU32};

if_wide_atomics! {
    pub use value::{SharedAtomicI64, SharedAtomicU64};
}

use crate::arch::atomic::{AtomicWord, LoadOrder};
use crate::raw::RawRange;
use crate::{Access, AccessError, SharedBuffer};
use order::{failure_order, load_order, store_order};

/// An integer in shared memory that is accessed atomically: by us, by our other threads, and
/// by the peer.
///
/// It comes from [`SharedBuffer::atomic`] and its sister of the writable slice. It is a handle
/// and can be copied; all copies are the same integer.
///
/// # Hostile peer
///
/// A peer can store what it likes at any moment, with accesses of any size. Whoever takes
/// part in a protocol may break it, so memory safety must never rest on one: not on a lock in
/// shared memory, and not on an index that was valid a moment ago.
///
/// # Ordering
///
/// Between our own threads, the orderings mean what they mean for an atomic of core: what was
/// written before a `Release` store, in private memory too, is seen after an `Acquire` load
/// of its value. Between processes they mean that for the shared bytes, by what the
/// processors do: the Rust memory model knows one process only. See SOUNDNESS.md.
///
/// An access that overlaps this one and has another size (a copy of the bytes, or an atomic
/// of fewer of them) may see a part of it. Where the stand-in for shared memory is Rust memory,
/// two such accesses at a time are a race that the model forbids.
///
/// # Cost
///
/// One instruction or, for a read-modify-write on 64-bit Arm and for `fetch_and`, `fetch_nand`,
/// `fetch_or`, `fetch_xor`, `fetch_min`, `fetch_max` and `fetch_update` anywhere, a loop that
/// ends when nobody else changed the integer in between. A peer that changes it without a
/// pause can make such a loop take longer, round by round. Where that matters, use
/// [`compare_exchange_weak`](Self::compare_exchange_weak), which never loops.
///
/// # Examples
///
/// ```
/// use core::sync::atomic::Ordering;
/// use shared_buffer::SharedBuffer;
///
/// let mut memory = [0u64; 8]; // aligned, as mapped pages are
/// // SAFETY: nothing else touches `memory` while the buffer lives.
/// let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 64) };
///
/// let ready = buffer.atomic::<u32>(0)?;
/// buffer.write_at(8, b"a message");
/// ready.store(9, Ordering::Release);
///
/// // … in the other process:
/// let len = ready.load(Ordering::Acquire);
/// let mut message = [0; 56];
/// if let Some(message) = message.get_mut(..len as usize) {
///     buffer.read_exact_at(8, message)?;
///     assert_eq!(message, b"a message");
/// }
/// # Ok::<(), shared_buffer::AccessError>(())
/// ```
///
/// # Invariants
///
/// - **live**: all bytes of the integer are mapped, readable and writable for `'a`.
/// - **aligned**: the address is a multiple of the integer's size.
/// - **border**: no Rust reference points at them, and only this crate touches them.
#[derive(Clone, Copy)]
pub struct SharedAtomic<'a, T> {
    ptr: *mut T,
    buffer: PhantomData<&'a SharedBuffer>,
}

// SAFETY: it is an address; every access tolerates any other at the same time.
unsafe impl<T: AtomicInt> Send for SharedAtomic<'_, T> {}
// SAFETY: as above.
unsafe impl<T: AtomicInt> Sync for SharedAtomic<'_, T> {}

impl<'a, T: AtomicInt> SharedAtomic<'a, T> {
    /// Checks bounds, permission and alignment, which is what the invariants ask for. Whoever
    /// calls it knows for how long the range lives.
    #[inline]
    pub(crate) fn in_range(range: RawRange, offset: usize) -> Result<Self, AccessError> {
        Ok(Self {
            ptr: range.word::<T>(offset, Access::READ_WRITE)?,
            buffer: PhantomData,
        })
    }

    /// The same integer, to be loaded and nothing else.
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<i64>(0)?;
    /// let theirs = word.read_only();
    /// word.store(-7, Ordering::Release);
    /// assert_eq!(theirs.load(Ordering::Acquire), -7);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn read_only(self) -> ReadOnlyAtomic<'a, T> {
        ReadOnlyAtomic::checked(self.ptr)
    }

    /// Loads the integer.
    ///
    /// # Hostile peer
    ///
    /// Check the value that you got, and don't load it a second time in order to use it.
    ///
    /// # Panics
    ///
    /// If `order` is `Release` or `AcqRel`, which no load can have.
    ///
    /// # Cost
    ///
    /// One load; for `Acquire` and `SeqCst`, `ldar` on 64-bit Arm.
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// assert_eq!(buffer.atomic::<u32>(4)?.load(Ordering::Acquire), 0);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn load(self, order: Ordering) -> T {
        let order = load_order(order);
        #[cfg(feature = "chaos")]
        let _crossing = crate::chaos::load(self.ptr);
        // SAFETY: live, aligned and border.
        T::from_bits(unsafe { T::Bits::load(self.ptr.cast(), order) })
    }

    /// Stores `value`.
    ///
    /// # Panics
    ///
    /// If `order` is `Acquire` or `AcqRel`, which no store can have.
    ///
    /// # Cost
    ///
    /// One store. For `SeqCst`, `xchg` on x86-64, which waits until it is seen by all; for that and
    /// `Release`, `stlr` on 64-bit Arm.
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<u16>(6)?;
    /// word.store(500, Ordering::Release);
    /// assert_eq!(word.load(Ordering::Acquire), 500);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn store(self, value: T, order: Ordering) {
        let order = store_order(order);
        #[cfg(feature = "chaos")]
        let _crossing = crate::chaos::modify(self.ptr);
        // SAFETY: live, aligned and border.
        unsafe { T::Bits::store(self.ptr.cast(), value.to_bits(), order) }
    }

    /// Stores `value` and gives what was there.
    ///
    /// # Cost
    ///
    /// One instruction on x86-64, with an effect of `SeqCst` whatever `order` is; so is the loop
    /// on 64-bit Arm.
    ///
    /// # Examples
    ///
    /// ```
    /// # use core::sync::atomic::Ordering;
    /// # use shared_buffer::SharedBuffer;
    /// # let mut memory = [0u64; 1];
    /// # // SAFETY: nothing else touches `memory` while the buffer lives.
    /// # let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 8) };
    /// let word = buffer.atomic::<u8>(3)?;
    /// assert_eq!(word.swap(9, Ordering::AcqRel), 0);
    /// assert_eq!(word.swap(10, Ordering::AcqRel), 9);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    pub fn swap(self, value: T, order: Ordering) -> T {
        #[cfg(feature = "chaos")]
        let _crossing = crate::chaos::modify(self.ptr);
        // SAFETY: live, aligned and border.
        T::from_bits(unsafe { T::Bits::swap(self.ptr.cast(), value.to_bits(), order) })
    }

    /// Stores `new` if `current` is there. Gives what was there: as `Ok` if it was `current`, else
    /// as `Err`, and nothing was stored.
    ///
    /// # Hostile peer
    ///
    /// That `current` is there does not mean that nobody was: a peer can change the integer and
    /// change it back.
    ///
    /// # Errors
    ///
    /// The integer that was there, if it was not `current`.
    ///
    /// # Panics
    ///
    /// If `failure` is `Release` or `AcqRel`, which no load can have.
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
    /// let lock = buffer.atomic::<u32>(0)?;
    /// let (got, busy) = (Ordering::Acquire, Ordering::Relaxed);
    /// assert_eq!(lock.compare_exchange(0, 1, got, busy), Ok(0));
    /// assert_eq!(lock.compare_exchange(0, 1, got, busy), Err(1));
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn compare_exchange(
        self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<T, T> {
        let (words, orders) = (
            [current.to_bits(), new.to_bits()],
            (success, failure_order(failure)),
        );
        #[cfg(feature = "chaos")]
        let mut crossing = crate::chaos::modify(self.ptr);
        // SAFETY: live, aligned and border.
        let old = unsafe { T::Bits::compare_exchange(self.ptr.cast(), words, orders) };
        #[cfg(feature = "chaos")]
        crossing.stored(&old);
        old.map(T::from_bits).map_err(T::from_bits)
    }

    /// [`compare_exchange`](Self::compare_exchange) that may also fail without a reason, and then
    /// gives `Err(current)`. For loops of your own: it never loops itself.
    ///
    /// # Errors
    ///
    /// The integer that was there. It may be `current`.
    ///
    /// # Panics
    ///
    /// If `failure` is `Release` or `AcqRel`, which no load can have.
    ///
    /// # Cost
    ///
    /// One instruction on x86-64, two accesses without a loop on 64-bit Arm.
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
    /// let mut old = word.load(Ordering::Relaxed);
    /// while let Err(there) =
    ///     word.compare_exchange_weak(old, old | 0x80, Ordering::AcqRel, Ordering::Relaxed)
    /// {
    ///     old = there;
    /// }
    /// assert_eq!(word.load(Ordering::Relaxed), 0x80);
    /// # Ok::<(), shared_buffer::AccessError>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn compare_exchange_weak(
        self,
        current: T,
        new: T,
        success: Ordering,
        failure: Ordering,
    ) -> Result<T, T> {
        self.exchange_weak([current, new], (success, failure_order(failure)))
    }

    /// The first look of a read-modify-write: a part of it, and no load of its own.
    #[inline]
    fn glance(self, order: LoadOrder) -> T {
        #[cfg(feature = "chaos")]
        let _crossing = crate::chaos::glance(self.ptr);
        // SAFETY: live, aligned and border.
        T::from_bits(unsafe { T::Bits::load(self.ptr.cast(), order) })
    }

    /// [`compare_exchange_weak`](Self::compare_exchange_weak), `[current, new]` in one.
    #[inline]
    fn exchange_weak(self, [current, new]: [T; 2], orders: (Ordering, LoadOrder)) -> Result<T, T> {
        let words = [current.to_bits(), new.to_bits()];
        #[cfg(feature = "chaos")]
        let mut crossing = crate::chaos::modify(self.ptr);
        // SAFETY: live, aligned and border.
        let old = unsafe { T::Bits::compare_exchange_weak(self.ptr.cast(), words, orders) };
        #[cfg(feature = "chaos")]
        crossing.stored(&old);
        old.map(T::from_bits).map_err(T::from_bits)
    }

    /// Adds `value`, wrapping around, and gives what was there.
    #[inline]
    fn add(self, value: T, order: Ordering) -> T {
        #[cfg(feature = "chaos")]
        let _crossing = crate::chaos::modify(self.ptr);
        // SAFETY: live, aligned and border.
        T::from_bits(unsafe { T::Bits::fetch_add(self.ptr.cast(), value.to_bits(), order) })
    }
}

impl<T> fmt::Debug for SharedAtomic<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedAtomic").field(&self.ptr).finish()
    }
}
