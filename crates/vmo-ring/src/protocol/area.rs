// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Area`] and [`OwnArea`]: shared bytes as a protocol sees them.

use core::sync::atomic::Ordering;

use shared_buffer::AccessError;

/// Bytes that one side stores to and the other one loads from.
///
/// Offsets of words are multiples of 8. An error means that an offset is outside, which no
/// protocol here computes; it is an error and no panic all the same.
pub(crate) trait Area {
    /// The word at `offset`, once.
    fn load(&self, offset: usize, order: Ordering) -> Result<u64, AccessError>;

    /// A copy of the bytes from `offset`.
    fn read(&self, offset: usize, dst: &mut [u8]) -> Result<(), AccessError>;

    /// A fence that is sequentially consistent, between accesses to all areas.
    fn fence(&self);

    /// An acquire fence: what is loaded after it is no older than what was seen before it.
    fn fence_acquire(&self) {
        self.fence();
    }

    /// A release fence: what is stored after it is seen no sooner than what was stored before
    /// it.
    fn fence_release(&self) {
        self.fence();
    }
}

/// An area that this side stores to, and nobody else.
pub(crate) trait OwnArea: Area {
    /// Stores the word at `offset`, once.
    fn store(&self, offset: usize, value: u64, order: Ordering) -> Result<(), AccessError>;

    /// Copies `src` to the bytes from `offset`.
    fn write(&self, offset: usize, src: &[u8]) -> Result<(), AccessError>;
}
