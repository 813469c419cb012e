// SPDX-License-Identifier: MIT OR Apache-2.0
//! A view of a growable mapping, and what is made of it, does not outlive the mapping.
use mapped_vmo::{GrowableMapping, GrowableView};

// refused:
fn view(mapping: GrowableMapping) {
    let view = mapping.view();
    drop(mapping); //~ E0505
    view.read(&mut [0; 4]);
}

fn part_of_a_view(mapping: &GrowableMapping) {
    let part = mapping.view().slice(..8); //~ E0716
    part.read(&mut [0; 4]);
}

fn for_ever(mapping: &GrowableMapping) -> GrowableView<'static> {
    mapping.view() //~ lifetime may not live long enough
}

// accepted:
fn view(mapping: GrowableMapping) {
    let view = mapping.view();
    let _ = mapping.grow(8192);
    view.read(&mut [0; 4]);
    drop(mapping);
}

fn part_of_a_view(mapping: &GrowableMapping) {
    let view = mapping.view();
    let part = view.slice(..8);
    part.read(&mut [0; 4]);
}

fn as_long(mapping: &GrowableMapping) -> GrowableView<'_> {
    mapping.view()
}
