// SPDX-License-Identifier: MIT OR Apache-2.0
//! The buffer of a growable view is not put elsewhere: it does not own its pages.
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
