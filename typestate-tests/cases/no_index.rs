// SPDX-License-Identifier: MIT OR Apache-2.0
//! Indexing is a place expression, so shared bytes have none.
use mapped_vmo::{Mapping, SharedBuffer, SharedBufferSliceMut};

// refused:
fn index(mapping: &mut Mapping, buffer: &SharedBuffer, view: &mut SharedBufferSliceMut<'_>) {
    let _ = mapping[0]; //~ E0608
    mapping[0] = 1; //~ E0608
    let _ = &buffer[1..3]; //~ E0608
    view[2] = 3; //~ E0608
}

// accepted:
fn by_offset(mapping: &mut Mapping, buffer: &SharedBuffer, view: &mut SharedBufferSliceMut<'_>) {
    let _ = mapping.read_value::<u8>(0);
    let _ = mapping.write_value(0, 1u8);
    let _ = buffer.slice(1..3);
    let _ = view.write_value(2, 3u8);
}
