// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mapping or a buffer owns its pages: neither is copied, and none comes from nothing.
use mapped_vmo::{ImmutableMapping, Mapping, SharedBuffer, SharedBufferSliceMut};

// refused:
fn needs_clone<T: Clone>() {}
fn needs_default<T: Default>() {}

fn asked_for() {
    needs_clone::<Mapping>(); //~ E0277
    needs_clone::<SharedBuffer>(); //~ E0277
    needs_clone::<ImmutableMapping>(); //~ E0277
    needs_default::<Mapping>(); //~ E0277
    needs_default::<SharedBuffer>(); //~ E0277
    needs_default::<SharedBufferSliceMut<'static>>(); //~ E0277
}

// accepted:
fn needs_send_and_sync<T: Send + Sync>() {}

fn asked_for() {
    needs_send_and_sync::<Mapping>();
    needs_send_and_sync::<SharedBuffer>();
    needs_send_and_sync::<ImmutableMapping>();
    needs_send_and_sync::<SharedBufferSliceMut<'static>>();
}
