// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that stands in for shared memory, and what a call panicked with.
#![allow(dead_code, reason = "each test program uses a part")]

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use shared_buffer::{Access, SharedBuffer};

/// A buffer that owns `bytes`.
pub(crate) fn buffer_of(bytes: &[u8]) -> SharedBuffer {
    buffer_with(bytes, Access::READ_WRITE)
}

/// A buffer that owns `bytes` and permits `access`.
pub(crate) fn buffer_with(bytes: &[u8], access: Access) -> SharedBuffer {
    let ptr = Box::into_raw(bytes.to_vec().into_boxed_slice());
    // SAFETY: the box was given up: its bytes belong to the buffer, which frees them once.
    unsafe { SharedBuffer::with_release(ptr.cast(), bytes.len(), access, free) }
}

/// # Safety
///
/// `ptr` and `len` are those of a box that was given up, and this is called once.
unsafe fn free(ptr: *mut u8, len: usize) {
    let slice = core::ptr::slice_from_raw_parts_mut(ptr, len);
    // SAFETY: the caller's contract.
    drop(unsafe { Box::from_raw(slice) });
}

/// All bytes of a buffer.
pub(crate) fn contents(buffer: &SharedBuffer) -> Vec<u8> {
    let mut bytes = vec![0; buffer.len()];
    assert_eq!(buffer.read(&mut bytes), bytes.len());
    bytes
}

/// What a call panicked with.
pub(crate) fn panic_message<R>(call: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(call)) else {
        panic!("the call did not panic");
    };
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload
            .downcast_ref::<&str>()
            .expect("a message")
            .to_string(),
    }
}

/// A buffer that owns `len` zeros at a multiple of 8, as mapped pages are.
pub(crate) fn aligned(len: usize) -> SharedBuffer {
    aligned_with(len, Access::READ_WRITE)
}

/// The same with less than all permissions.
pub(crate) fn aligned_with(len: usize, access: Access) -> SharedBuffer {
    assert_eq!(len % 8, 0, "whole words");
    let ptr = Box::into_raw(vec![0_u64; len / 8].into_boxed_slice());
    // SAFETY: the box was given up: its bytes belong to the buffer, which frees them once.
    unsafe { SharedBuffer::with_release(ptr.cast(), len, access, free_words) }
}

/// # Safety
///
/// `ptr` and `len` are those of a box of words that was given up, and this is called once.
unsafe fn free_words(ptr: *mut u8, len: usize) {
    let slice = core::ptr::slice_from_raw_parts_mut(ptr.cast::<u64>(), len / 8);
    // SAFETY: the caller's contract.
    drop(unsafe { Box::from_raw(slice) });
}
