// SPDX-License-Identifier: MIT OR Apache-2.0
//! Writable views that are made of a buffer directly do not overlap; `split_at_mut` gives two.
use mapped_vmo::{Mapping, SharedBuffer};

// refused:
fn of_a_buffer(buffer: &mut SharedBuffer) {
    let left = buffer.slice_mut(..8);
    let right = buffer.slice_mut(8..); //~ E0499
    left.write(b"no");
    right.write(b"no");
}

fn of_a_shared_borrow(mapping: &Mapping) {
    let _ = mapping.slice_mut(..); //~ E0596
}

// accepted:
fn of_a_buffer(buffer: &mut SharedBuffer) {
    let (left, right) = buffer.split_at_mut(8);
    left.write(b"ok");
    right.write(b"ok");
}

fn of_a_mutable_borrow(mapping: &mut Mapping) {
    let _ = mapping.slice_mut(..);
}
