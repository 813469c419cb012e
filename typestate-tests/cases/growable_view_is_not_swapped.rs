// SPDX-License-Identifier: MIT OR Apache-2.0
//! The buffer of a growable view does not own its pages, so it is not put where it would
//! outlive them.
use std::mem;

use mapped_vmo::{GrowableView, Mapping, SharedBuffer};

// refused:
fn swapped(view: &mut GrowableView<'_>, mapping: &mut Mapping) {
    mem::swap(&mut **view, &mut **mapping); //~ E0596
}

fn moved(view: GrowableView<'_>) -> SharedBuffer {
    *view //~ E0507
}

fn split(view: &mut GrowableView<'_>) {
    let _ = view.slice_mut(..); //~ E0596
}

// accepted:
fn swapped(one: &mut Mapping, mapping: &mut Mapping) {
    mem::swap(&mut **one, &mut **mapping);
}

fn borrowed<'a>(view: &'a GrowableView<'_>) -> &'a SharedBuffer {
    view
}

fn split(view: &mut GrowableView<'_>) {
    let _ = view.slice(..);
    view.write(b"ok");
}
