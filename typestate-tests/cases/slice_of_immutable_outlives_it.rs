// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes that an immutable mapping lends do not outlive it.
use mapped_vmo::{ImmutableMapping, TruncatedImmutableMapping};

// refused:
fn dropped(mapping: ImmutableMapping) -> u8 {
    let bytes: &[u8] = &mapping;
    drop(mapping); //~ E0505
    bytes[0]
}

fn for_ever(mapping: &ImmutableMapping) -> &'static [u8] {
    mapping //~ lifetime may not live long enough
}

fn truncated(mapping: TruncatedImmutableMapping) -> u8 {
    let bytes = &mapping[..1];
    drop(mapping); //~ E0505
    bytes[0]
}

// accepted:
fn dropped(mapping: ImmutableMapping) -> u8 {
    let bytes: &[u8] = &mapping;
    bytes[0]
}

fn as_long(mapping: &ImmutableMapping) -> &[u8] {
    mapping
}

fn truncated(mapping: TruncatedImmutableMapping) -> u8 {
    let bytes = &mapping[..1];
    bytes[0]
}
