// SPDX-License-Identifier: MIT OR Apache-2.0
//! The border: the only place where bytes pass between memory that a peer may change
//! and memory that is ours.
//!
//! # The contract
//!
//! *Shared bytes* are foreign memory. They are mapped, they have an address and a length,
//! and they are no Rust allocation: nothing in this process holds a reference to them, and
//! nothing but this module touches them. *Private bytes* are ordinary Rust memory.
//!
//! ```text
//!        peer                     shared bytes                    private bytes
//!   ┌────────────┐  any store,  ┌──────────────┐   from_shared   ┌─────────────┐
//!   │ may change │ ───────────► │ an address,  │ ──────────────► │ check this, │
//!   │ anything,  │  any time    │ a length,    │                 │ use this    │
//!   │ any time   │              │ no reference │ ◄────────────── │             │
//!   └────────────┘              └──────────────┘    to_shared    └─────────────┘
//! ```
//!
//! # The story
//!
//! Each function performs, for each byte in an unspecified order, *one or more* volatile
//! accesses to the shared side, the last of which decides; the private side is an ordinary
//! read or write of the caller's memory. All accesses happen before the function returns.
//! The engine that does it is opaque to the compiler, so the compiler can neither look at
//! the shared bytes again after the copy nor leave the copy out. A plain `memcpy` is not
//! opaque: compilers know what it means, replace "copy, check the copy" by "copy, check the
//! source", and hand a peer the moment between check and use.
//!
//! Where somebody wraps Rust memory of their own (the tests do), the same instructions have
//! a second reading: relaxed atomic accesses of one byte each. The pointer to such memory has
//! to be one that may write, even for reading, as every atomic access in Rust asks for.
//!
//! Copies do not synchronise: see [`ordering`](crate::ordering) for what does.

use crate::arch;

/// Copies `len` bytes out of shared memory at `src` to private memory at `dst`.
///
/// `dst` may be uninitialised before; all `len` bytes are initialised after.
///
/// # Hostile peer
///
/// A peer that writes meanwhile can leave any mixture of old and new bytes in `dst`. It
/// can't change `dst` afterwards: check `dst`, never the source.
///
/// # Safety
///
/// - `src .. src + len` is mapped, readable and can't be taken away during the call.
/// - `dst .. dst + len` is valid for writes by this thread and does not overlap the shared
///   bytes.
/// - `len` fits in `isize`. With `len == 0` both pointers may be anything.
///
/// # Cost
///
/// One pass. No allocation, no system call.
///
/// # Examples
///
/// ```
/// use shared_buffer::border;
/// let mut shared = *b"what the peer wrote"; // a stand-in: nobody else touches it
/// let mut private = [0u8; 8];
/// // SAFETY: both sides are 8 bytes at least, and they do not overlap.
/// unsafe { border::from_shared(shared.as_mut_ptr(), private.as_mut_ptr(), 8) };
/// assert_eq!(&private, b"what the");
/// ```
#[inline]
#[cfg_attr(feature = "chaos", track_caller)]
pub unsafe fn from_shared(src: *const u8, dst: *mut u8, len: usize) {
    #[cfg(feature = "chaos")]
    let _crossing = crate::chaos::fetch(src, len);
    // SAFETY: the caller's contract is the engine's contract.
    unsafe { arch::from_shared(src, dst, len) }
}

/// Copies `len` private bytes at `src` into shared memory at `dst`.
///
/// # Hostile peer
///
/// A peer that reads meanwhile can see any mixture of old and new bytes, and one that
/// writes meanwhile can undo what was written. One byte may be stored more than once.
///
/// # Safety
///
/// - `src .. src + len` is valid for reads by this thread, initialised, and does not
///   overlap the shared bytes.
/// - `dst .. dst + len` is mapped, writable and can't be taken away during the call.
/// - `len` fits in `isize`. With `len == 0` both pointers may be anything.
///
/// # Cost
///
/// One pass. No allocation, no system call.
///
/// # Examples
///
/// ```
/// use shared_buffer::border;
/// let mut shared = [0u8; 5]; // a stand-in: nobody else touches it
/// // SAFETY: both sides are 5 bytes, and they do not overlap.
/// unsafe { border::to_shared(b"hello".as_ptr(), shared.as_mut_ptr(), 5) };
/// assert_eq!(&shared, b"hello");
/// ```
#[inline]
pub unsafe fn to_shared(src: *const u8, dst: *mut u8, len: usize) {
    #[cfg(feature = "chaos")]
    let _crossing = crate::chaos::store(dst, len);
    // SAFETY: the caller's contract is the engine's contract.
    unsafe { arch::to_shared(src, dst, len) }
}

/// Copies `len` bytes between two places in shared memory, which may overlap.
///
/// The result is that of a copy through a private buffer: what was at `src` before is at
/// `dst` after, as long as no peer writes meanwhile.
///
/// # Hostile peer
///
/// As for [`from_shared`] on the one side and [`to_shared`] on the other. Two mappings of
/// one VMO are the same bytes at two addresses: a copy between them whose ranges overlap
/// *in the VMO* leaves unspecified bytes.
///
/// # Safety
///
/// - `src .. src + len` is mapped and readable, `dst .. dst + len` mapped and writable, and
///   neither can be taken away during the call.
/// - `len` fits in `isize`. With `len == 0` both pointers may be anything.
///
/// # Cost
///
/// One pass. No allocation, no system call.
///
/// # Examples
///
/// ```
/// use shared_buffer::border;
/// let mut shared = *b"abcdef"; // a stand-in: nobody else touches it
/// let base = shared.as_mut_ptr();
/// // SAFETY: both ranges lie inside the 6 bytes.
/// unsafe { border::between(base, base.wrapping_add(2), 4) };
/// assert_eq!(&shared, b"ababcd");
/// ```
#[inline]
#[cfg_attr(feature = "chaos", track_caller)]
pub unsafe fn between(src: *const u8, dst: *mut u8, len: usize) {
    #[cfg(feature = "chaos")]
    let _crossing = crate::chaos::transfer(src, dst, len);
    // SAFETY: the caller's contract is the engine's contract.
    unsafe { arch::between(src, dst, len) }
}

/// [`from_shared`] for a value: `len` bytes of 1, 2, 4 or (where a pointer has 8) 8 at a
/// multiple of `len` are loaded in one piece, never half old and half new.
///
/// # Safety
///
/// As for [`from_shared`].
#[inline]
#[cfg_attr(feature = "chaos", track_caller)]
pub(crate) unsafe fn whole_from_shared(src: *const u8, dst: *mut u8, len: usize) {
    #[cfg(feature = "chaos")]
    let _crossing = crate::chaos::fetch(src, len);
    // SAFETY: the caller's contract is the engine's contract.
    unsafe { arch::whole_from_shared(src, dst, len) }
}

/// [`to_shared`] for a value: `len` bytes of 1, 2, 4 or (where a pointer has 8) 8 at a
/// multiple of `len` are stored in one piece, once.
///
/// # Safety
///
/// As for [`to_shared`].
#[inline]
pub(crate) unsafe fn whole_to_shared(src: *const u8, dst: *mut u8, len: usize) {
    #[cfg(feature = "chaos")]
    let _crossing = crate::chaos::store(dst, len);
    // SAFETY: the caller's contract is the engine's contract.
    unsafe { arch::whole_to_shared(src, dst, len) }
}

/// Sets `len` bytes of shared memory at `dst` to `value`.
///
/// # Hostile peer
///
/// As for [`to_shared`].
///
/// # Safety
///
/// - `dst .. dst + len` is mapped, writable and can't be taken away during the call.
/// - `len` fits in `isize`. With `len == 0` the pointer may be anything.
///
/// # Cost
///
/// One pass. No allocation, no system call.
///
/// # Examples
///
/// ```
/// use shared_buffer::border;
/// let mut shared = *b"abcdef"; // a stand-in: nobody else touches it
/// // SAFETY: 4 of the 6 bytes.
/// unsafe { border::fill(shared.as_mut_ptr(), b'-', 4) };
/// assert_eq!(&shared, b"----ef");
/// ```
#[inline]
pub unsafe fn fill(dst: *mut u8, value: u8, len: usize) {
    #[cfg(feature = "chaos")]
    let _crossing = crate::chaos::store(dst, len);
    // SAFETY: the caller's contract is the engine's contract.
    unsafe { arch::fill(dst, value, len) }
}

/// [`to_shared`] past the caches, for much data that nobody reads soon.
///
/// On x86-64 the stores are non-temporal and fenced on both sides, so that a fence or a
/// signal after the call covers them as it does those of [`to_shared`]. Elsewhere it is
/// [`to_shared`].
///
/// # Hostile peer
///
/// As for [`to_shared`].
///
/// # Safety
///
/// As for [`to_shared`].
///
/// # Cost
///
/// One pass. Faster than [`to_shared`] for more than the caches hold, from 8 MiB or so, and
/// slower for less: what is written is in no cache afterwards.
///
/// # Examples
///
/// ```
/// use shared_buffer::border;
/// let mut shared = [0u8; 5]; // a stand-in: nobody else touches it
/// // SAFETY: both sides are 5 bytes, and they do not overlap.
/// unsafe { border::to_shared_streaming(b"hello".as_ptr(), shared.as_mut_ptr(), 5) };
/// assert_eq!(&shared, b"hello");
/// ```
#[inline]
pub unsafe fn to_shared_streaming(src: *const u8, dst: *mut u8, len: usize) {
    #[cfg(feature = "chaos")]
    let _crossing = crate::chaos::store(dst, len);
    // SAFETY: the caller's contract is the engine's contract.
    unsafe { arch::stream(src, dst, len) }
}
