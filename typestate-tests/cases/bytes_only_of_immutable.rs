// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Bytes` are made of what nobody can write, which they own from then on.
use bytes::Bytes;
use mapped_vmo::{ImmutableMapping, Mapping, SharedBuffer, SharedBufferSlice};

// refused:
fn of_a_mapping(mapping: Mapping) -> Bytes {
    mapping.into() //~ E0277
}

fn owned_by(mapping: Mapping, buffer: SharedBuffer, view: SharedBufferSlice<'static>) {
    let _ = Bytes::from_owner(mapping); //~ E0277
    let _ = Bytes::from_owner(buffer); //~ E0277
    let _ = Bytes::from_owner(view); //~ E0277
}

fn borrowed(mapping: &ImmutableMapping) -> Bytes {
    mapping.into() //~ E0277
}

fn slice(mapping: ImmutableMapping) -> Bytes {
    Bytes::from_static(&mapping) //~ E0597
}

// accepted:
fn copied(mapping: Mapping) -> Bytes {
    mapping
        .read_value::<[u8; 4]>(0)
        .unwrap_or_default()
        .to_vec()
        .into()
}

fn owned_by(mapping: ImmutableMapping) {
    let _ = Bytes::from_owner(mapping);
}

fn without_a_copy(mapping: ImmutableMapping) -> Bytes {
    mapping.into()
}
