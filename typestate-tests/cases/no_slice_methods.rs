// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mapping has none of the methods of a slice that lend bytes.
use mapped_vmo::Mapping;

// refused:
fn lend(mapping: &mut Mapping) {
    let _ = mapping.as_slice(); //~ E0599
    let _ = mapping.as_mut_slice(); //~ E0599
    let _ = mapping.as_bytes(); //~ E0599
    let _ = mapping.iter(); //~ E0599
    let _ = mapping.first(); //~ E0599
    let _ = mapping.get(0); //~ E0599
    let _ = mapping.as_ptr(); //~ E0599
}

// accepted:
fn copy(mapping: &mut Mapping) {
    let _ = mapping.read_value::<u8>(0);
    let _ = mapping.records::<u8>(..);
    // An address and a length: numbers, to which only `unsafe` gives a meaning.
    let _ = mapping.as_ptr_len();
}
