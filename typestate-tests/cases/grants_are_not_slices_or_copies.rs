// SPDX-License-Identifier: MIT OR Apache-2.0
//! Neither side of a grant is a `&[u8]`, and neither is copied.
use mapped_vmo::{ReadOnlyMapping, WriterMapping};
use shared_buffer::ReadOnlyBuffer;

// refused:
fn bytes(mapping: &ReadOnlyMapping) -> &[u8] {
    mapping //~ E0308
}

fn bytes_of_a_writer(writer: &WriterMapping) -> &[u8] {
    writer //~ E0308
}

fn bytes_of_a_buffer(buffer: &ReadOnlyBuffer) -> &[u8] {
    buffer //~ E0308
}

fn index(mapping: &ReadOnlyMapping, writer: &mut WriterMapping) {
    let _ = mapping[0]; //~ E0608
    writer[0] = 1; //~ E0608
}

fn needs<T: AsRef<[u8]>>() {}
fn needs_clone<T: Clone>() {}

fn asked_for() {
    needs::<ReadOnlyMapping>(); //~ E0277
    needs::<WriterMapping>(); //~ E0277
    needs::<ReadOnlyBuffer>(); //~ E0277
    needs_clone::<ReadOnlyMapping>(); //~ E0277
    needs_clone::<WriterMapping>(); //~ E0277
    needs_clone::<ReadOnlyBuffer>(); //~ E0277
}

// accepted:
fn bytes(mapping: &ReadOnlyMapping) -> [u8; 4] {
    mapping.read_value(0).unwrap_or_default()
}

fn written(writer: &mut WriterMapping) {
    writer.write_at(0, b"ok");
}

fn needs<T: AsRef<[u8]>>() {}
fn needs_send_and_sync<T: Send + Sync>() {}

fn asked_for() {
    needs::<Vec<u8>>();
    needs_send_and_sync::<ReadOnlyMapping>();
    needs_send_and_sync::<WriterMapping>();
    needs_send_and_sync::<ReadOnlyBuffer>();
}
