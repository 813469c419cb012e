// SPDX-License-Identifier: MIT OR Apache-2.0
//! The mappings as areas of a protocol.

use core::sync::atomic::{Ordering, fence};

use mapped_vmo::{AccessError, ReadOnlyMapping, WriterMapping};

use crate::protocol::area::{Area, OwnArea};

impl Area for ReadOnlyMapping {
    #[inline]
    fn load(&self, offset: usize, order: Ordering) -> Result<u64, AccessError> {
        Ok(self.read_only_atomic::<u64>(offset)?.load(order))
    }

    #[inline]
    fn read(&self, offset: usize, dst: &mut [u8]) -> Result<(), AccessError> {
        self.read_exact_at(offset, dst)
    }

    #[inline]
    fn fence(&self) {
        fence(Ordering::SeqCst);
    }

    #[inline]
    fn fence_acquire(&self) {
        fence(Ordering::Acquire);
    }

    #[inline]
    fn fence_release(&self) {
        fence(Ordering::Release);
    }
}

impl Area for WriterMapping {
    #[inline]
    fn load(&self, offset: usize, order: Ordering) -> Result<u64, AccessError> {
        Ok(self.read_only_atomic::<u64>(offset)?.load(order))
    }

    #[inline]
    fn read(&self, offset: usize, dst: &mut [u8]) -> Result<(), AccessError> {
        self.read_exact_at(offset, dst)
    }

    #[inline]
    fn fence(&self) {
        fence(Ordering::SeqCst);
    }

    #[inline]
    fn fence_acquire(&self) {
        fence(Ordering::Acquire);
    }

    #[inline]
    fn fence_release(&self) {
        fence(Ordering::Release);
    }
}

impl OwnArea for WriterMapping {
    #[inline]
    fn store(&self, offset: usize, value: u64, order: Ordering) -> Result<(), AccessError> {
        self.atomic::<u64>(offset)?.store(value, order);
        Ok(())
    }

    #[inline]
    fn write(&self, offset: usize, src: &[u8]) -> Result<(), AccessError> {
        self.write_all_at(offset, src)
    }
}
