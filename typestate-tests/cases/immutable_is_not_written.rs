// SPDX-License-Identifier: MIT OR Apache-2.0
//! An immutable mapping lends its bytes to read, and never to write.
use mapped_vmo::{ImmutableMapping, TruncatedImmutableMapping};

// refused:
fn by_index(mut mapping: ImmutableMapping) {
    mapping[0] = 1; //~ E0594
}

fn by_deref(mapping: &mut ImmutableMapping) -> &mut [u8] {
    &mut mapping[..] //~ E0596
}

fn truncated(mut mapping: TruncatedImmutableMapping) {
    mapping.fill(0); //~ E0596
}

// accepted:
fn by_index(mapping: ImmutableMapping) -> u8 {
    mapping[0]
}

fn by_deref(mapping: &mut ImmutableMapping) -> &[u8] {
    &mapping[..]
}

fn truncated(mapping: TruncatedImmutableMapping) -> bool {
    mapping.contains(&0)
}
