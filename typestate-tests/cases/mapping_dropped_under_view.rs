// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mapping is not dropped, moved or replaced while a view of it is used.
use std::mem;

use mapped_vmo::Mapping;

// refused:
fn drops(mapping: Mapping) {
    let view = mapping.slice(..);
    drop(mapping); //~ E0505
    view.read(&mut [0; 4]);
}

fn drops_under_split(mapping: Mapping) {
    let (_, right) = mapping.split_at(8);
    drop(mapping); //~ E0505
    right.read(&mut [0; 4]);
}

fn assigns(mut mapping: Mapping, other: Mapping) {
    let view = mapping.slice(..);
    mapping = other; //~ E0506
    view.read(&mut [0; 4]);
}

fn swaps(mut mapping: Mapping, mut other: Mapping) {
    let view = mapping.slice(..);
    mem::swap(&mut *mapping, &mut *other); //~ E0502
    view.read(&mut [0; 4]);
}

// accepted:
fn drops(mapping: Mapping) {
    let view = mapping.slice(..);
    view.read(&mut [0; 4]);
    drop(mapping);
}

fn drops_under_split(mapping: Mapping) {
    let (_, right) = mapping.split_at(8);
    right.read(&mut [0; 4]);
    drop(mapping);
}

fn assigns(mut mapping: Mapping, other: Mapping) {
    mapping.slice(..).read(&mut [0; 4]);
    mapping = other;
    mapping.slice(..).read(&mut [0; 4]);
}

fn swaps(mut mapping: Mapping, mut other: Mapping) {
    // Each takes the other's pages, with the duty to unmap them.
    mem::swap(&mut *mapping, &mut *other);
    mapping.slice(..).read(&mut [0; 4]);
}
