// SPDX-License-Identifier: MIT OR Apache-2.0
//! The buffer of a mapping is not moved out of it: it would be unmapped twice, or never.
use mapped_vmo::{Mapping, SharedBuffer};

// refused:
fn moved(mapping: Mapping) -> SharedBuffer {
    *mapping //~ E0507
}

fn consumed(mapping: Mapping) {
    mapping.consume(); //~ E0507
}

fn taken(mapping: &mut Mapping) -> SharedBuffer {
    std::mem::take(&mut **mapping) //~ E0277
}

fn of_a_field(mapping: Mapping) {
    let _ = mapping.buffer; //~ E0616
}

// accepted:
fn borrowed(mapping: &Mapping) -> &SharedBuffer {
    mapping
}

fn consumed(buffer: SharedBuffer) {
    buffer.consume();
}

fn replaced(mapping: &mut Mapping, other: SharedBuffer) -> SharedBuffer {
    std::mem::replace(&mut **mapping, other)
}
