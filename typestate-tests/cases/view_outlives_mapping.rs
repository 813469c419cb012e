// SPDX-License-Identifier: MIT OR Apache-2.0
//! A view does not outlive its mapping.
use mapped_vmo::{Mapping, SharedBufferSlice};

// refused:
fn dropped_by_scope(allocate: fn() -> Mapping) {
    let view = {
        let mapping = allocate();
        mapping.slice(..) //~ E0597
    };
    view.read(&mut [0; 4]);
}

fn returned(mapping: Mapping) -> SharedBufferSlice<'static> {
    mapping.slice(..) //~ E0515
}

// accepted:
fn within_scope(allocate: fn() -> Mapping) {
    let mapping = allocate();
    let view = { mapping.slice(..) };
    view.read(&mut [0; 4]);
}

fn returned(mapping: &Mapping) -> SharedBufferSlice<'_> {
    mapping.slice(..)
}
