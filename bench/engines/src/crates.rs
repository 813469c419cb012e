// SPDX-License-Identifier: MIT OR Apache-2.0
//! Other crates.

use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use atomic_memcpy::{atomic_load, atomic_store};
use ecmascript_atomics::{RacyMemory, RacySlice};
use vm_memory::{Bytes, VolatileMemory, VolatileSlice};

use crate::{Area, Engine};

/// vm-memory's `VolatileSlice`.
#[derive(Debug)]
pub struct VmMemory<'a>(VolatileSlice<'a>);

impl<'a> VmMemory<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        // SAFETY: the area is mapped while it is borrowed.
        Self(unsafe { VolatileSlice::new(area.ptr(), area.len()) })
    }
}

impl Engine for VmMemory<'_> {
    const NAME: &'static str = "vm-memory";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        if let Ok(slice) = self.0.get_slice(at, dst.len()) {
            slice.copy_to(dst);
        }
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        if let Ok(slice) = self.0.get_slice(at, src.len()) {
            slice.copy_from(src);
        }
    }

    #[inline(always)]
    unsafe fn read_u64(&self, at: usize) -> u64 {
        self.0.read_obj(at).unwrap_or_default()
    }

    #[inline(always)]
    unsafe fn write_u32(&self, at: usize, value: u32) {
        assert!(self.0.write_obj(value, at).is_ok(), "it fits");
    }
}

/// ecmascript_atomics' `RacySlice`.
pub struct Ecmascript<'a> {
    memory: RacyMemory<u8>,
    area: PhantomData<&'a Area>,
}

impl<'a> Ecmascript<'a> {
    /// On this area.
    ///
    /// # Panics
    ///
    /// Never: an area has an address.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        let ptr = NonNull::new(area.ptr()).expect("an area has an address");
        // SAFETY: the area is mapped while it is borrowed, and it is no Rust memory.
        let memory = unsafe { RacyMemory::<u8>::enter(ptr, area.len()) };
        Self {
            memory,
            area: PhantomData,
        }
    }

    #[inline(always)]
    fn slice(&self, at: usize, len: usize) -> RacySlice<'_, u8> {
        self.memory.as_slice().slice(at, at + len)
    }
}

impl fmt::Debug for Ecmascript<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ecmascript").finish_non_exhaustive()
    }
}

impl Engine for Ecmascript<'_> {
    const NAME: &'static str = "ecmascript_atomics";

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        self.slice(at, dst.len()).copy_into_slice(dst);
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        self.slice(at, src.len()).copy_from_slice(src);
    }

    #[inline(always)]
    unsafe fn read_u64(&self, at: usize) -> u64 {
        self.slice(at, 8).load_unaligned().unwrap_or_default()
    }

    #[inline(always)]
    unsafe fn write_u32(&self, at: usize, value: u32) {
        let stored = self.slice(at, 4).store_unaligned(value);
        assert!(stored.is_some(), "it fits");
    }
}

/// atomic-memcpy, which copies arrays of a constant length.
#[derive(Debug)]
pub struct AtomicMemcpy<'a>(&'a Area);

impl<'a> AtomicMemcpy<'a> {
    /// On this area.
    #[must_use]
    pub fn new(area: &'a Area) -> Self {
        Self(area)
    }

    /// # Safety
    ///
    /// `N` bytes from `at` on lie in the area, and `dst` has as many.
    #[inline(always)]
    unsafe fn load<const N: usize>(&self, at: usize, dst: &mut [u8]) {
        let src = self.0.ptr().wrapping_add(at).cast::<[u8; N]>();
        // SAFETY: the caller says that they lie in the area; bytes need no alignment.
        let bytes = unsafe { atomic_load(src, Ordering::Relaxed) };
        // SAFETY: the caller says that they fit, and any bytes are a value.
        unsafe {
            dst.as_mut_ptr()
                .cast::<[u8; N]>()
                .write(bytes.assume_init())
        };
    }

    /// # Safety
    ///
    /// `N` bytes from `at` on lie in the area, and `src` has as many.
    #[inline(always)]
    unsafe fn store<const N: usize>(&self, at: usize, src: &[u8]) {
        let dst = self.0.ptr().wrapping_add(at).cast::<[u8; N]>();
        // SAFETY: the caller says that `src` has that many; bytes need no alignment.
        let bytes = unsafe { src.as_ptr().cast::<[u8; N]>().read() };
        // SAFETY: the caller says that they lie in the area.
        unsafe { atomic_store(dst, bytes, Ordering::Relaxed) };
    }
}

impl Engine for AtomicMemcpy<'_> {
    const NAME: &'static str = "atomic-memcpy";

    fn takes(&self, size: usize) -> bool {
        matches!(size, 8 | 16 | 64 | 256 | 1024 | 4096)
    }

    #[inline(always)]
    unsafe fn read(&self, at: usize, dst: &mut [u8]) {
        // SAFETY: the caller's contract, and `dst` has that many.
        unsafe {
            match dst.len() {
                8 => self.load::<8>(at, dst),
                16 => self.load::<16>(at, dst),
                64 => self.load::<64>(at, dst),
                256 => self.load::<256>(at, dst),
                1024 => self.load::<1024>(at, dst),
                4096 => self.load::<4096>(at, dst),
                _ => {}
            }
        }
    }

    #[inline(always)]
    unsafe fn write(&self, at: usize, src: &[u8]) {
        // SAFETY: the caller's contract, and `src` has that many.
        unsafe {
            match src.len() {
                8 => self.store::<8>(at, src),
                16 => self.store::<16>(at, src),
                64 => self.store::<64>(at, src),
                256 => self.store::<256>(at, src),
                1024 => self.store::<1024>(at, src),
                4096 => self.store::<4096>(at, src),
                _ => {}
            }
        }
    }
}
