// SPDX-License-Identifier: MIT OR Apache-2.0
//! A buffer is not consumed while a view of it is used.
use mapped_vmo::SharedBuffer;

// refused:
fn consumes(buffer: SharedBuffer) {
    let view = buffer.slice(..);
    buffer.consume(); //~ E0505
    view.read(&mut [0; 4]);
}

fn consumes_under_writable_view(mut buffer: SharedBuffer) {
    let view = buffer.slice_mut(..);
    buffer.consume(); //~ E0505
    view.write(b"no");
}

// accepted:
fn consumes(buffer: SharedBuffer) {
    buffer.slice(..).read(&mut [0; 4]);
    buffer.consume();
}

fn consumes_under_writable_view(mut buffer: SharedBuffer) {
    buffer.slice_mut(..).write(b"ok");
    buffer.consume();
}
