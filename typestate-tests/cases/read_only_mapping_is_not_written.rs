// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is granted to be read has no method that writes.
use std::sync::atomic::Ordering::Acquire;

use mapped_vmo::ReadOnlyMapping;
use shared_buffer::{ReadOnlyBuffer, Rows, SharedBuffer};

// refused:
fn by_mapping(mapping: &mut ReadOnlyMapping, rows: Rows) {
    mapping.write(b"no"); //~ E0599
    mapping.write_at(0, b"no"); //~ E0599
    let _ = mapping.try_write_at(0, b"no"); //~ E0599
    let _ = mapping.write_all_at(0, b"no"); //~ E0599
    let _ = mapping.write_value(0, 1u32); //~ E0599
    let _ = mapping.write_rows(rows, b"no", 2); //~ E0599
    let _ = mapping.write_vectored(0, &[b"no"]); //~ E0599
    let _ = mapping.write_streaming(0, b"no"); //~ E0599
    let _ = mapping.write_zerocopy(0, &1u32); //~ E0599
    let _ = mapping.write_pod(0, &1u32); //~ E0599
    let _ = mapping.fill(.., 0); //~ E0599
    let _ = mapping.fill_rows(rows, 0); //~ E0599
    let _ = mapping.copy_within(..4, 8); //~ E0599
    let _ = mapping.atomic::<u32>(0); //~ E0599
    let _ = mapping.slice_mut(..); //~ E0599
    let _ = mapping.split_at_mut(0); //~ E0599
    mapping.publish_writes(); //~ E0599
}

fn by_buffer(buffer: &mut ReadOnlyBuffer, rows: Rows) {
    buffer.write(b"no"); //~ E0599
    buffer.write_at(0, b"no"); //~ E0599
    let _ = buffer.try_write_at(0, b"no"); //~ E0599
    let _ = buffer.write_all_at(0, b"no"); //~ E0599
    let _ = buffer.write_value(0, 1u32); //~ E0599
    let _ = buffer.write_rows(rows, b"no", 2); //~ E0599
    let _ = buffer.write_vectored(0, &[b"no"]); //~ E0599
    let _ = buffer.write_streaming(0, b"no"); //~ E0599
    let _ = buffer.write_zerocopy(0, &1u32); //~ E0599
    let _ = buffer.write_pod(0, &1u32); //~ E0599
    let _ = buffer.fill(.., 0); //~ E0599
    let _ = buffer.fill_rows(rows, 0); //~ E0599
    let _ = buffer.copy_within(..4, 8); //~ E0599
    let _ = buffer.atomic::<u32>(0); //~ E0599
    let _ = buffer.slice_mut(..); //~ E0599
    let _ = buffer.split_at_mut(0); //~ E0599
    buffer.publish_writes(); //~ E0599
}

// accepted:
fn by_mapping(mapping: &mut ReadOnlyMapping) {
    mapping.read(&mut [0; 4]);
    let _ = mapping.read_value::<u32>(0);
    let _ = mapping
        .read_only_atomic::<u32>(0)
        .map(|word| word.load(Acquire));
    mapping.slice(..).read(&mut [0; 4]);
}

fn written(buffer: &mut SharedBuffer, rows: Rows) {
    buffer.write(b"ok");
    buffer.write_at(0, b"ok");
    let _ = buffer.try_write_at(0, b"ok");
    let _ = buffer.write_all_at(0, b"ok");
    let _ = buffer.write_value(0, 1u32);
    let _ = buffer.write_rows(rows, b"ok", 2);
    let _ = buffer.write_vectored(0, &[b"ok"]);
    let _ = buffer.write_streaming(0, b"ok");
    let _ = buffer.write_zerocopy(0, &1u32);
    let _ = buffer.write_pod(0, &1u32);
    let _ = buffer.fill(.., 0);
    let _ = buffer.fill_rows(rows, 0);
    let _ = buffer.copy_within(..4, 8);
    let _ = buffer.atomic::<u32>(0);
    let _ = buffer.slice_mut(..);
    let _ = buffer.split_at_mut(0);
    buffer.publish_writes();
}
