// SPDX-License-Identifier: MIT OR Apache-2.0
//! A buffer and its views are no `&[u8]` either.
use mapped_vmo::{SharedBuffer, SharedBufferSlice, SharedBufferSliceMut};

// refused:
fn of_a_buffer(buffer: &SharedBuffer) -> &[u8] {
    buffer //~ E0308
}

fn of_a_view<'a>(view: &'a SharedBufferSlice<'a>) -> &'a [u8] {
    view //~ E0308
}

fn of_a_writable_view<'a>(view: &'a mut SharedBufferSliceMut<'a>) -> &'a mut [u8] {
    view //~ E0308
}

fn where_bytes_are_wanted(_: impl AsRef<[u8]>) {}

fn converted(buffer: &SharedBuffer, view: SharedBufferSlice<'_>) {
    where_bytes_are_wanted(buffer); //~ E0277
    where_bytes_are_wanted(view); //~ E0277
}

// accepted:
fn where_bytes_are_wanted(_: impl AsRef<[u8]>) {}

fn copied(buffer: &SharedBuffer, view: SharedBufferSlice<'_>) {
    let (mut first, mut second) = ([0; 4], [0; 4]);
    where_bytes_are_wanted(&first[..buffer.read(&mut first.clone())]);
    view.read(&mut second);
    where_bytes_are_wanted(second);
}
