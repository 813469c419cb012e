// SPDX-License-Identifier: MIT OR Apache-2.0
//! The methods by which a buffer and its slices give atomics, written once.
//!
//! As in `methods`. `$life` is how long the atomic lives: as long as the buffer is borrowed.

/// Where a word can be loaded: all four types.
macro_rules! read_only_atomic_methods {
    ($life:lifetime) => {
        /// The integer at `offset`, to be loaded atomically, and nothing else.
        ///
        /// # Hostile peer
        ///
        /// The value is whatever the peer stored last: two loads may differ, and no value
        /// is impossible.
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if not all of it is inside the buffer,
        /// [`AccessError::Denied`] if the buffer does not permit reading,
        /// [`AccessError::Misaligned`] if its address is not a multiple of its size.
        ///
        /// # Cost
        ///
        /// The checks. They are not done again for each load.
        ///
        /// # Examples
        ///
        /// ```
        /// use core::sync::atomic::Ordering;
        /// use shared_buffer::{Access, SharedBuffer};
        ///
        /// let mut memory = [7u64, 8]; // aligned, as mapped pages are
        /// let ptr = memory.as_mut_ptr().cast();
        /// // SAFETY: nothing else touches `memory` while the buffer lives.
        /// let buffer = unsafe { SharedBuffer::with_access(ptr, 16, Access::READ) };
        /// let word = buffer.read_only_atomic::<u64>(8)?;
        /// assert_eq!(word.load(Ordering::Acquire), 8);
        /// assert!(buffer.read_only_atomic::<u64>(4).is_err(), "4 is no multiple of 8");
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn read_only_atomic<T: $crate::AtomicInt>(
            &self,
            offset: usize,
        ) -> Result<$crate::ReadOnlyAtomic<$life, T>, AccessError> {
            $crate::ReadOnlyAtomic::in_range(self.range, offset)
        }
    };
}

/// Where a word can be changed: the buffer and its writable slice.
macro_rules! atomic_methods {
    ($life:lifetime) => {
        /// The integer at `offset`, to be accessed atomically.
        ///
        /// # Hostile peer
        ///
        /// The value is whatever anybody stored last. A lock, a counter or an index in shared
        /// memory holds only as long as the peer plays along: never let memory safety depend
        /// on it.
        ///
        /// # Errors
        ///
        /// [`AccessError::OutOfBounds`] if not all of it is inside the buffer,
        /// [`AccessError::Denied`] if the buffer does not permit both reading and writing,
        /// [`AccessError::Misaligned`] if its address is not a multiple of its size.
        ///
        /// # Cost
        ///
        /// The checks. They are not done again for each access.
        ///
        /// # Examples
        ///
        /// ```
        /// use core::sync::atomic::Ordering;
        /// use shared_buffer::{SharedAtomicU32, SharedBuffer};
        ///
        /// let mut memory = [0u64; 2]; // aligned, as mapped pages are
        /// // SAFETY: nothing else touches `memory` while the buffer lives.
        /// let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr().cast(), 16) };
        /// let ready: SharedAtomicU32<'_> = buffer.atomic(12)?;
        /// ready.store(1, Ordering::Release);
        /// assert_eq!(buffer.atomic::<u32>(12)?.load(Ordering::Acquire), 1);
        /// assert!(buffer.atomic::<u32>(13).is_err(), "not all inside");
        /// # Ok::<(), shared_buffer::AccessError>(())
        /// ```
        #[inline]
        pub fn atomic<T: $crate::AtomicInt>(
            &self,
            offset: usize,
        ) -> Result<$crate::SharedAtomic<$life, T>, AccessError> {
            $crate::SharedAtomic::in_range(self.range, offset)
        }
    };
}
