// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is not valid for all bytes is not read: booleans, characters, pointers, enums.
use std::num::NonZeroU8;

use mapped_vmo::Mapping;

#[derive(Clone, Copy)]
enum Kind {
    Only = 1,
}

// refused:
fn read(mapping: &Mapping) {
    let _ = mapping.read_value::<bool>(0); //~ E0277
    let _ = mapping.read_value::<char>(0); //~ E0277
    let _ = mapping.read_value::<NonZeroU8>(0); //~ E0277
    let _ = mapping.read_value::<*const u8>(0); //~ E0277
    let _ = mapping.read_value::<fn()>(0); //~ E0277
    let _ = mapping.read_value::<Kind>(0); //~ E0277
    let _ = mapping.read_value::<[bool; 4]>(0); //~ E0277
    let _ = mapping.read_le::<bool>(0); //~ E0277
    let _ = mapping.records::<bool>(..); //~ E0277
    let _ = mapping.atomic::<bool>(0); //~ E0277
    let _ = mapping.atomic::<*mut u8>(0); //~ E0277
}

// accepted:
fn read(mapping: &Mapping) {
    let flag = mapping.read_value::<u8>(0).map(|byte| byte != 0);
    let _ = mapping.read_value::<u32>(0).map(char::from_u32);
    let _ = mapping.read_value::<u8>(0).map(NonZeroU8::new);
    let _ = mapping
        .read_value::<u8>(0)
        .map(|byte| (byte == 1).then_some(Kind::Only));
    let _ = mapping.read_value::<[u8; 4]>(0);
    let _ = mapping.read_le::<u16>(0);
    let _ = mapping.records::<u8>(..);
    let _ = mapping.atomic::<u8>(0);
    let _ = flag;
}
