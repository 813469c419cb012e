// SPDX-License-Identifier: MIT OR Apache-2.0
//! A read-only view has no method that writes.
use mapped_vmo::{SharedBufferSlice, SharedBufferSliceMut};
use shared_buffer::Rows;

// refused:
fn write(view: SharedBufferSlice<'_>, rows: Rows) {
    view.write(b"no"); //~ E0599
    view.write_at(0, b"no"); //~ E0599
    let _ = view.try_write_at(0, b"no"); //~ E0599
    let _ = view.write_all_at(0, b"no"); //~ E0599
    let _ = view.write_value(0, 1u32); //~ E0599
    let _ = view.write_le(0, 1u32); //~ E0599
    let _ = view.write_be(0, 1u32); //~ E0599
    let _ = view.write_rows(rows, b"no", 2); //~ E0599
    let _ = view.write_vectored(0, &[b"no"]); //~ E0599
    let _ = view.write_streaming(0, b"no"); //~ E0599
    let _ = view.write_zerocopy(0, &1u32); //~ E0599
    let _ = view.write_pod(0, &1u32); //~ E0599
    let _ = view.fill(.., 0); //~ E0599
    let _ = view.fill_rows(rows, 0); //~ E0599
    let _ = view.copy_from(0, view); //~ E0599
    let _ = view.copy_within(..4, 8); //~ E0599
    let _ = view.atomic::<u32>(0); //~ E0599
    let _ = view.slice_mut(..); //~ E0599
    let _ = view.split_at_mut(0); //~ E0599
    let _ = view.as_shared_mut_ptr(); //~ E0599
}

// accepted:
fn write(view: SharedBufferSliceMut<'_>, other: SharedBufferSlice<'_>, rows: Rows) {
    view.write(b"ok");
    view.write_at(0, b"ok");
    let _ = view.try_write_at(0, b"ok");
    let _ = view.write_all_at(0, b"ok");
    let _ = view.write_value(0, 1u32);
    let _ = view.write_le(0, 1u32);
    let _ = view.write_be(0, 1u32);
    let _ = view.write_rows(rows, b"ok", 2);
    let _ = view.write_vectored(0, &[b"ok"]);
    let _ = view.write_streaming(0, b"ok");
    let _ = view.write_zerocopy(0, &1u32);
    let _ = view.write_pod(0, &1u32);
    let _ = view.fill(.., 0);
    let _ = view.fill_rows(rows, 0);
    let _ = view.copy_within(..4, 8);
    let _ = view.atomic::<u32>(0);
}
