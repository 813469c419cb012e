// SPDX-License-Identifier: MIT OR Apache-2.0
//! A struct of your own is read only by the traits of `zerocopy` and `bytemuck`.
use shared_buffer::SharedBuffer;

// refused:
#[derive(Clone, Copy)]
#[repr(C)]
struct Header {
    kind: u32,
    len: u32,
}

fn read(buffer: &SharedBuffer) {
    let _ = buffer.read_value::<Header>(0); //~ E0277
    let _ = buffer.read_zerocopy::<Header>(0); //~ E0277
    let _ = buffer.read_pod::<Header>(0); //~ E0277
    let _ = buffer.records_zerocopy::<Header>(..); //~ E0277
    let _ = buffer.records_pod::<Header>(..); //~ E0277
}

fn vmo(vmo: &zx::Vmo) {
    let _ = vmo.read_to_object::<Header>(0); //~ E0277
}

// accepted:
#[derive(Clone, Copy, zerocopy::FromBytes, bytemuck::AnyBitPattern)]
#[repr(C)]
struct Header {
    kind: u32,
    len: u32,
}

fn read(buffer: &SharedBuffer) {
    let _ = buffer.read_zerocopy::<Header>(0);
    let _ = buffer.read_pod::<Header>(0);
    let _ = buffer.records_zerocopy::<Header>(..);
    let _ = buffer.records_pod::<Header>(..);
}

// SAFETY: two numbers of the same size, without padding.
unsafe impl zx::FromBytes for Header {}

fn vmo(vmo: &zx::Vmo) {
    let _ = vmo.read_to_object::<Header>(0);
}
