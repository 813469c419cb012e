// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Engine`]: one way in and out.

/// What can copy out of an [`Area`](crate::Area) and into it.
pub trait Engine {
    /// What it is called in tables.
    const NAME: &'static str;

    /// Whether it can copy `size` bytes.
    fn takes(&self, size: usize) -> bool {
        size > 0
    }

    /// Copies `dst.len()` bytes out, from `at` on.
    ///
    /// # Safety
    ///
    /// They lie in the area, and the engine [`takes`](Self::takes) that many.
    unsafe fn read(&self, at: usize, dst: &mut [u8]);

    /// Copies `src` in, to `at`.
    ///
    /// # Safety
    ///
    /// As [`read`](Self::read).
    unsafe fn write(&self, at: usize, src: &[u8]);

    /// The eight bytes at `at`, in the way that suits the engine best.
    ///
    /// # Safety
    ///
    /// As [`read`](Self::read).
    #[inline(always)]
    unsafe fn read_u64(&self, at: usize) -> u64 {
        let mut bytes = [0; 8];
        // SAFETY: the caller's contract.
        unsafe { self.read(at, &mut bytes) };
        u64::from_ne_bytes(bytes)
    }

    /// Four bytes to `at`, in the way that suits the engine best.
    ///
    /// # Safety
    ///
    /// As [`read`](Self::read).
    #[inline(always)]
    unsafe fn write_u32(&self, at: usize, value: u32) {
        // SAFETY: the caller's contract.
        unsafe { self.write(at, &value.to_ne_bytes()) };
    }
}
