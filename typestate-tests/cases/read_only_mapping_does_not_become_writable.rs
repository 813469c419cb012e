// SPDX-License-Identifier: MIT OR Apache-2.0
//! A read-only mapping is no `SharedBuffer`, and no writable view is made of it.
use std::mem;

use mapped_vmo::{
    Mapping, ReadOnlyMapping, SharedBuffer, SharedBufferSlice, SharedBufferSliceMut, fd,
};
use shared_buffer::{CursorMut, ReadOnlyBuffer};

// refused:
fn dereferenced(mapping: &ReadOnlyMapping) -> &SharedBuffer {
    mapping //~ E0308
}

fn view(mapping: &mut ReadOnlyMapping) -> SharedBufferSliceMut<'_> {
    mapping.into() //~ E0277
}

fn of_a_buffer(buffer: &mut ReadOnlyBuffer) -> SharedBufferSliceMut<'_> {
    buffer.into() //~ E0277
}

fn cursor(mapping: &mut ReadOnlyMapping) {
    let _ = CursorMut::new(mapping); //~ E0277
}

fn filled(mapping: &mut ReadOnlyMapping, file: &std::fs::File) {
    let _ = fd::read(file, mapping); //~ E0277
}

fn copied(mapping: &ReadOnlyMapping, other: &mut ReadOnlyMapping) {
    let _ = mapping.copy_to(0, other); //~ E0277
}

fn swapped(mapping: &mut ReadOnlyMapping, other: &mut ReadOnlyBuffer) {
    mem::swap(&mut **mapping, other); //~ E0596
}

// accepted:
fn dereferenced(mapping: &ReadOnlyMapping) -> &ReadOnlyBuffer {
    mapping
}

fn view(mapping: &ReadOnlyMapping) -> SharedBufferSlice<'_> {
    mapping.into()
}

fn of_a_buffer(buffer: &ReadOnlyBuffer) -> SharedBufferSlice<'_> {
    buffer.into()
}

fn cursor(mapping: &mut Mapping) {
    let _ = CursorMut::new(mapping);
}

fn sent(mapping: &ReadOnlyMapping, file: &std::fs::File) {
    let _ = fd::write(file, mapping);
}

fn copied(mapping: &ReadOnlyMapping, other: &mut Mapping) {
    let _ = mapping.copy_to(0, other);
}

fn swapped(mapping: &mut ReadOnlyMapping, other: &mut ReadOnlyMapping) {
    mem::swap(mapping, other);
}
