// SPDX-License-Identifier: MIT OR Apache-2.0
//! A value comes out as a copy: there is no `&T` into shared memory.
use mapped_vmo::{AccessError, Mapping};

// refused:
fn borrowed(mapping: &Mapping) -> Result<&u32, AccessError> {
    mapping.read_value::<u32>(0) //~ E0308
}

fn asked_for(mapping: &Mapping) {
    let _ = mapping.read_value::<&u32>(0); //~ E0277
}

// accepted:
fn copied(mapping: &Mapping) -> Result<u32, AccessError> {
    mapping.read_value::<u32>(0)
}

fn asked_for(mapping: &Mapping) {
    let _ = mapping.read_value::<u32>(0);
}
