// SPDX-License-Identifier: MIT OR Apache-2.0
//! The code that a double fetch would harm: copy, check the copy, use the copy.
//!
//! The same shapes run over the library and over a plain `memcpy`. The compiler knows what
//! `memcpy` does, and where it sees `copy ← shared; check copy; out ← copy` it may as well
//! do `out ← shared`, after the check: the peer had time to change its mind.
#![allow(
    unsafe_code,
    reason = "the planted engine reads shared memory as if it were private"
)]

use mapped_vmo::SharedBuffer;

/// What a valid message has in its middle; anything else is refused.
pub const VALID: u8 = 1;

/// A way for bytes to cross between shared and private memory.
pub trait Engine {
    /// What it is called in a report.
    const NAME: &'static str;
    /// Copies out. Whether all of `dst` was filled; if not, it must not be used.
    fn read(&self, offset: usize, dst: &mut [u8]) -> bool;
    /// Copies in.
    fn write(&self, offset: usize, src: &[u8]);
}

/// The library, by `read_at` and `write_at`.
#[derive(Clone, Copy, Debug)]
pub struct Counting<'a>(pub &'a SharedBuffer);

impl Engine for Counting<'_> {
    const NAME: &'static str = "read_at, write_at";
    #[inline]
    fn read(&self, offset: usize, dst: &mut [u8]) -> bool {
        self.0.read_at(offset, dst) == dst.len()
    }
    #[inline]
    fn write(&self, offset: usize, src: &[u8]) {
        self.0.write_at(offset, src);
    }
}

/// The library, by `try_read_at` and `try_write_at`.
#[derive(Clone, Copy, Debug)]
pub struct Trying<'a>(pub &'a SharedBuffer);

impl Engine for Trying<'_> {
    const NAME: &'static str = "try_read_at, try_write_at";
    #[inline]
    fn read(&self, offset: usize, dst: &mut [u8]) -> bool {
        self.0.try_read_at(offset, dst) == Ok(dst.len())
    }
    #[inline]
    fn write(&self, offset: usize, src: &[u8]) {
        let _ = self.0.try_write_at(offset, src);
    }
}

/// The library, by `read_exact_at` and `write_all_at`.
#[derive(Clone, Copy, Debug)]
pub struct Exact<'a>(pub &'a SharedBuffer);

impl Engine for Exact<'_> {
    const NAME: &'static str = "read_exact_at, write_all_at";
    #[inline]
    fn read(&self, offset: usize, dst: &mut [u8]) -> bool {
        self.0.read_exact_at(offset, dst).is_ok()
    }
    #[inline]
    fn write(&self, offset: usize, src: &[u8]) {
        let _ = self.0.write_all_at(offset, src);
    }
}

/// The library, through a slice of the buffer.
#[derive(Clone, Copy, Debug)]
pub struct Sliced<'a>(pub &'a SharedBuffer);

impl Engine for Sliced<'_> {
    const NAME: &'static str = "slice(..).read, write_at";
    #[inline]
    fn read(&self, offset: usize, dst: &mut [u8]) -> bool {
        self.0.slice(offset..).read(dst) == dst.len()
    }
    #[inline]
    fn write(&self, offset: usize, src: &[u8]) {
        self.0.write_at(offset, src);
    }
}

/// The planted defect: `memcpy`, as if nobody else could write.
#[derive(Clone, Copy, Debug)]
pub struct Memcpy {
    ptr: *mut u8,
    len: usize,
}

impl Memcpy {
    /// Over the bytes of `buffer`, which must outlive it.
    #[must_use]
    pub fn over(buffer: &mut SharedBuffer) -> Self {
        let (ptr, len) = buffer.as_ptr_len();
        Self { ptr, len }
    }
}

impl Engine for Memcpy {
    const NAME: &'static str = "copy_nonoverlapping";
    #[inline]
    fn read(&self, offset: usize, dst: &mut [u8]) -> bool {
        assert!(offset <= self.len && dst.len() <= self.len - offset);
        let src = self.ptr.wrapping_add(offset);
        // SAFETY: none against a peer that writes meanwhile: this is the defect. The bytes
        // are mapped, by the check above.
        unsafe { core::ptr::copy_nonoverlapping(src, dst.as_mut_ptr(), dst.len()) };
        true
    }
    #[inline]
    fn write(&self, offset: usize, src: &[u8]) {
        assert!(offset <= self.len && src.len() <= self.len - offset);
        let dst = self.ptr.wrapping_add(offset);
        // SAFETY: as for `read`.
        unsafe { core::ptr::copy_nonoverlapping(src.as_ptr(), dst, src.len()) }
    }
}

/// Private bytes that always lie alike: how the engine walks through a large copy depends on
/// where its destination lies.
#[derive(Debug)]
#[repr(align(64))]
pub struct Aligned<const N: usize>(pub [u8; N]);

/// One copy of `N` bytes and nothing else: what the shapes below may do to the page.
#[inline(never)]
pub fn copy<E: Engine, const N: usize>(engine: &E, offset: usize, out: &mut Aligned<N>) -> bool {
    engine.read(offset, &mut out.0)
}

/// Copies `N` bytes, checks one of the copy, passes the copy on. Whether it was valid.
#[inline(never)]
pub fn forward<E: Engine, const N: usize>(engine: &E, offset: usize, out: &mut [u8; N]) -> bool {
    let mut message = Aligned([0; N]);
    if !engine.read(offset, &mut message.0) || message.0[N / 2] != VALID {
        return false;
    }
    *out = message.0;
    true
}

/// [`forward`] with a check of the byte at `at`, which only the caller knows, so the compiler
/// can't keep that byte apart. The check takes its time, and so the peer has some.
#[inline(never)]
pub fn verify<E: Engine, const N: usize>(
    engine: &E,
    offset: usize,
    at: usize,
    out: &mut [u8; N],
) -> bool {
    let mut message = Aligned([0; N]);
    if !engine.read(offset, &mut message.0) || stretch(message.0[at]) != VALID_STRETCHED {
        return false;
    }
    *out = message.0;
    true
}

/// A number that `byte` has to itself, reached the long way round: some hundred dependent
/// multiplications, in registers.
const fn stretch(byte: u8) -> u64 {
    let (mut mixed, mut round) = (byte as u64, 0);
    while round < 200 {
        mixed = (mixed ^ (mixed >> 31) ^ round).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = mixed.rotate_left(13);
        round += 1;
    }
    mixed
}

/// What [`stretch`] makes of [`VALID`].
const VALID_STRETCHED: u64 = stretch(VALID);

/// [`copy`] where the compiler does not know the length.
#[inline(never)]
pub fn copy_any<E: Engine>(engine: &E, offset: usize, out: &mut [u8]) -> bool {
    engine.read(offset, out)
}

/// [`forward`] where the compiler does not know the length.
#[inline(never)]
pub fn forward_any<E: Engine>(engine: &E, offset: usize, via: &mut [u8], out: &mut [u8]) -> bool {
    if !engine.read(offset, via) || via.get(via.len() / 2) != Some(&VALID) {
        return false;
    }
    out.copy_from_slice(via);
    true
}

/// Copies a number, checks that it is an index, uses it as one.
#[inline(never)]
pub fn look_up<E: Engine>(engine: &E, offset: usize, table: &[u8; 16]) -> Option<u8> {
    let mut index = [0; 8];
    if !engine.read(offset, &mut index) {
        return None;
    }
    match u64::from_le_bytes(index) {
        index @ 0..16 => Some(table[index as usize]),
        _ => None,
    }
}

/// Makes a message in private memory, then copies it in: the page sees one copy of it, not
/// its making.
#[inline(never)]
pub fn send<E: Engine, const N: usize>(engine: &E, offset: usize, seed: u8) {
    let mut message = [0; N];
    for (i, byte) in message.iter_mut().enumerate() {
        *byte = seed.wrapping_mul(31).wrapping_add(i as u8);
    }
    message[N / 2] = VALID;
    engine.write(offset, &message);
}

/// [`send`] of bytes that are there already.
#[inline(never)]
pub fn send_any<E: Engine>(engine: &E, offset: usize, message: &[u8]) {
    engine.write(offset, message);
}
