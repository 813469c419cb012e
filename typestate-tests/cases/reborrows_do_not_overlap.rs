// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two strict reborrows of one writable view are not alive at once.
use mapped_vmo::SharedBufferSliceMut;

// refused:
fn both(view: &mut SharedBufferSliceMut<'_>) {
    let left = view.reborrow_mut(..8);
    let right = view.reborrow_mut(4..); //~ E0499
    left.write(b"no");
    right.write(b"no");
}

fn view_and_part(view: &mut SharedBufferSliceMut<'_>) {
    let part = view.reborrow_mut(..8);
    view.write(b"no"); //~ E0502
    part.write(b"no");
}

fn longer<'short, 'long>(
    view: &'short mut SharedBufferSliceMut<'long>,
) -> SharedBufferSliceMut<'long> {
    view.reborrow_mut(..) //~ lifetime may not live long enough
}

// accepted:
fn both(view: &mut SharedBufferSliceMut<'_>) {
    view.reborrow_mut(..8).write(b"ok");
    view.reborrow_mut(4..).write(b"ok");
}

fn view_and_part(view: &mut SharedBufferSliceMut<'_>) {
    view.reborrow_mut(..8).write(b"ok");
    view.write(b"ok");
}

fn longer<'a>(view: &mut SharedBufferSliceMut<'a>) -> SharedBufferSliceMut<'a> {
    view.slice_mut(..)
}
