// SPDX-License-Identifier: MIT OR Apache-2.0
//! Atomics are sent to other threads for the eight integers, and for no other type.
use std::rc::Rc;

use mapped_vmo::{ReadOnlyAtomic, SharedAtomic};

// refused:
fn needs_send<T: Send>() {}
fn needs_sync<T: Sync>() {}

fn asked_for() {
    needs_send::<SharedAtomic<'static, Rc<u32>>>(); //~ E0277
    needs_sync::<SharedAtomic<'static, Rc<u32>>>(); //~ E0277
    needs_send::<ReadOnlyAtomic<'static, *mut u32>>(); //~ E0277
    needs_sync::<ReadOnlyAtomic<'static, *mut u32>>(); //~ E0277
}

// accepted:
fn needs_send<T: Send>() {}
fn needs_sync<T: Sync>() {}

fn asked_for() {
    needs_send::<SharedAtomic<'static, u32>>();
    needs_sync::<SharedAtomic<'static, u32>>();
    needs_send::<ReadOnlyAtomic<'static, i8>>();
    needs_sync::<ReadOnlyAtomic<'static, i8>>();
}
