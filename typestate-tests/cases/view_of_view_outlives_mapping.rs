// SPDX-License-Identifier: MIT OR Apache-2.0
//! A view of a view may outlive that view, and not the mapping.
use mapped_vmo::{Mapping, SharedBufferSlice, SharedBufferSliceMut};

// refused:
fn inner(mut mapping: Mapping) {
    let inner = mapping.slice_mut(..).slice_mut(..8);
    drop(mapping); //~ E0505
    inner.write(b"no");
}

fn read_only(mut mapping: Mapping) {
    let inner = mapping.slice_mut(..).slice(..8);
    drop(mapping); //~ E0505
    inner.read(&mut [0; 4]);
}

fn longer<'short, 'long>(view: &SharedBufferSlice<'short>) -> SharedBufferSlice<'long> {
    view.slice(..) //~ lifetime may not live long enough
}

// accepted:
fn inner(mut mapping: Mapping) {
    let inner = mapping.slice_mut(..).slice_mut(..8);
    inner.write(b"ok");
    drop(mapping);
}

fn read_only(mut mapping: Mapping) {
    let inner = mapping.slice_mut(..).slice(..8);
    inner.read(&mut [0; 4]);
    drop(mapping);
}

fn as_long<'long>(view: &SharedBufferSlice<'long>) -> SharedBufferSlice<'long> {
    view.slice(..)
}
