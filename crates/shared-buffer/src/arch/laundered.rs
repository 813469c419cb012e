// SPDX-License-Identifier: MIT OR Apache-2.0
//! The engine for CPUs that have no asm of their own here: the platform's `memmove`, called
//! through a pointer that passed through an empty `asm!`.
//!
//! The compiler knows what `memmove` means and would copy that knowledge into the caller;
//! it does so for a direct call, for a constant function pointer, and even for a pointer in
//! an atomic that nobody stores to. What comes out of an `asm!` block it must take as it is,
//! so the call is to an unknown function that may do anything to memory: nothing can be read
//! again after it on the strength of what it did.
//!
//! **Story.** The unknown function copies byte by byte, in an unspecified order, with
//! volatile accesses on the shared side. The platform's `memmove` is the instance that is
//! linked; it is machine code that no Rust compiler has seen. For `fill` it is `memset`, with
//! the story that it stores byte by byte, in an unspecified order, volatile.

use core::arch::asm;
use core::ffi::{c_int, c_void};

use super::whole;

type Set = unsafe extern "C" fn(*mut c_void, c_int, usize) -> *mut c_void;
type Move = unsafe extern "C" fn(*mut c_void, *const c_void, usize) -> *mut c_void;

unsafe extern "C" {
    fn memmove(dst: *mut c_void, src: *const c_void, len: usize) -> *mut c_void;
    fn memset(dst: *mut c_void, value: c_int, len: usize) -> *mut c_void;
}

/// The platform's `memmove`, as a function that the compiler knows nothing about.
#[inline]
fn opaque_move() -> Move {
    let mut function: Move = memmove;
    // SAFETY: the block is empty: it returns the pointer that it was given.
    unsafe {
        asm!("/* {0} */", inout(reg) function, options(nostack, preserves_flags));
    }
    function
}

/// See [`border::from_shared`](crate::border::from_shared).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn from_shared(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: a copy of `from_shared`'s contract is what `between` asks for.
    unsafe { between(src, dst, len) }
}

/// See [`border::to_shared`](crate::border::to_shared).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn to_shared(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: a copy of `to_shared`'s contract is what `between` asks for.
    unsafe { between(src, dst, len) }
}

/// See [`border::between`](crate::border::between).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn between(src: *const u8, dst: *mut u8, len: usize) {
    if len == 0 {
        return; // the pointers may be anything
    }
    let opaque = opaque_move();
    // SAFETY: both ranges are `len` bytes and may be accessed, says the caller; `memmove`
    // allows them to overlap.
    unsafe { opaque(dst.cast(), src.cast(), len) };
}

/// See [`border::whole_from_shared`](crate::border::whole_from_shared).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn whole_from_shared(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the caller's contract.
    if !unsafe { whole::load(src, dst, len) } {
        // SAFETY: the caller's contract; nothing was copied yet.
        unsafe { from_shared(src, dst, len) }
    }
}

/// See [`border::whole_to_shared`](crate::border::whole_to_shared).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn whole_to_shared(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the caller's contract.
    if !unsafe { whole::store(src, dst, len) } {
        // SAFETY: the caller's contract; nothing was copied yet.
        unsafe { to_shared(src, dst, len) }
    }
}

/// The platform's `memset`, as a function that the compiler knows nothing about.
#[inline]
fn opaque_set() -> Set {
    let mut function: Set = memset;
    // SAFETY: the block is empty: it returns the pointer that it was given.
    unsafe {
        asm!("/* {0} */", inout(reg) function, options(nostack, preserves_flags));
    }
    function
}

/// See [`border::fill`](crate::border::fill).
///
/// # Safety
///
/// As there.
#[inline]
pub(crate) unsafe fn fill(dst: *mut u8, value: u8, len: usize) {
    if len == 0 {
        return; // the pointer may be anything
    }
    let opaque = opaque_set();
    // SAFETY: the range is `len` bytes and may be written, says the caller.
    unsafe { opaque(dst.cast(), c_int::from(value), len) };
}
