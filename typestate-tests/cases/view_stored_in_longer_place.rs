// SPDX-License-Identifier: MIT OR Apache-2.0
//! A view is not put where something lives longer than its mapping: a field, a static, a box.
use std::any::Any;
use std::sync::OnceLock;

use mapped_vmo::{Mapping, SharedBufferSlice};

static PLACE: OnceLock<SharedBufferSlice<'static>> = OnceLock::new();

// refused:
fn assigned<'long>(place: &mut SharedBufferSlice<'long>, mapping: Mapping) {
    *place = mapping.slice(..); //~ E0597
}

fn in_a_static(mapping: &Mapping) {
    let _ = PLACE.set(mapping.slice(..)); //~ E0521
}

fn in_a_box(mapping: &Mapping) -> Box<dyn Any> {
    Box::new(mapping.slice(..)) //~ lifetime may not live long enough
}

fn in_a_closure(mapping: Mapping) -> impl Fn() -> usize {
    let view = mapping.slice(..); //~ E0597
    move || view.len()
}

// accepted:
fn assigned<'long>(place: &mut SharedBufferSlice<'long>, mapping: &'long Mapping) {
    *place = mapping.slice(..);
}

fn in_a_static(mapping: &'static Mapping) {
    let _ = PLACE.set(mapping.slice(..));
}

fn in_a_box(mapping: Mapping) -> Box<dyn Any> {
    Box::new(mapping)
}

fn in_a_closure(mapping: &Mapping) -> impl Fn() -> usize {
    let view = mapping.slice(..);
    move || view.len()
}
