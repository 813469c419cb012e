// SPDX-License-Identifier: MIT OR Apache-2.0
//! A struct with padding is not written: its padding may be secret bytes of ours.
use shared_buffer::SharedBuffer;

// refused:
#[derive(Clone, Copy, zerocopy::FromBytes, zerocopy::Immutable)]
#[repr(C)]
struct Padded {
    kind: u8,
    len: u32,
}

fn write(buffer: &SharedBuffer, value: Padded) {
    let _ = buffer.write_value(0, value); //~ E0277
    let _ = buffer.write_zerocopy(0, &value); //~ E0277
    let _ = buffer.write_pod(0, &value); //~ E0277
}

// accepted:
#[derive(Clone, Copy, zerocopy::IntoBytes, zerocopy::Immutable, bytemuck::NoUninit)]
#[repr(C)]
struct Packed {
    kind: u8,
    reserved: [u8; 3],
    len: u32,
}

fn write(buffer: &SharedBuffer, value: Packed) {
    let _ = buffer.write_zerocopy(0, &value);
    let _ = buffer.write_pod(0, &value);
}
