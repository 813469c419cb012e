// SPDX-License-Identifier: MIT OR Apache-2.0
//! The buffer of a writer stays in it, since the writer alone unmaps its pages.
use std::mem;

use mapped_vmo::{Mapping, SharedBuffer, SharedBufferSliceMut, WriterMapping};

// refused:
fn swapped(writer: &mut WriterMapping, mapping: &mut Mapping) {
    mem::swap(&mut **writer, &mut **mapping); //~ E0596
}

fn moved(writer: WriterMapping) -> SharedBuffer {
    *writer //~ E0507
}

fn consumed(writer: WriterMapping) {
    let _ = writer.consume(); //~ E0507
}

fn of_a_shared_borrow(writer: &WriterMapping) -> SharedBufferSliceMut<'_> {
    writer.slice_mut(..) //~ E0596
}

fn converted(writer: &WriterMapping) -> SharedBufferSliceMut<'_> {
    writer.into() //~ E0277
}

// accepted:
fn swapped(writer: &mut WriterMapping, other: &mut WriterMapping) {
    mem::swap(writer, other);
}

fn borrowed(writer: &WriterMapping) -> &SharedBuffer {
    writer
}

fn consumed(buffer: SharedBuffer) {
    let _ = buffer.consume();
}

fn of_a_mutable_borrow(writer: &mut WriterMapping) -> SharedBufferSliceMut<'_> {
    writer.slice_mut(..)
}

fn converted(writer: &mut WriterMapping) -> SharedBufferSliceMut<'_> {
    writer.into()
}
