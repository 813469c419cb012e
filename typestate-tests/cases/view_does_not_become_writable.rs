// SPDX-License-Identifier: MIT OR Apache-2.0
//! No conversion makes a writable view of a read-only one, or of a shared borrow.
use mapped_vmo::{Mapping, SharedBuffer, SharedBufferSlice, SharedBufferSliceMut};
use shared_buffer::{Cursor, CursorMut};

// refused:
fn from_view(view: SharedBufferSlice<'_>) -> SharedBufferSliceMut<'_> {
    view.into() //~ E0277
}

fn from_buffer(buffer: &SharedBuffer) -> SharedBufferSliceMut<'_> {
    buffer.into() //~ E0277
}

fn from_mapping(mapping: &Mapping) -> SharedBufferSliceMut<'_> {
    mapping.into() //~ E0277
}

fn cursor(view: SharedBufferSlice<'_>) {
    let _ = CursorMut::new(view); //~ E0277
}

// accepted:
fn from_view(view: SharedBufferSliceMut<'_>) -> SharedBufferSlice<'_> {
    view.into()
}

fn from_buffer(buffer: &mut SharedBuffer) -> SharedBufferSliceMut<'_> {
    buffer.into()
}

fn from_mapping(mapping: &mut Mapping) -> SharedBufferSliceMut<'_> {
    mapping.into()
}

fn cursor(view: SharedBufferSlice<'_>) {
    let _ = Cursor::new(view);
}
