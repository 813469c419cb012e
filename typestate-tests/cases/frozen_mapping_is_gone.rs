// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is frozen has no mapping that writes, and no view of one.
use std::time::Duration;

use mapped_vmo::{ImmutableMapping, Mapping};
use zx::Vmo;

// refused:
fn used(mapping: Mapping, vmo: &Vmo) {
    let _ = ImmutableMapping::freeze(mapping, vmo, Duration::ZERO);
    mapping.write(b"no"); //~ E0382
}

fn viewed(mut mapping: Mapping, vmo: &Vmo) {
    let view = mapping.slice_mut(..);
    let _ = ImmutableMapping::freeze(mapping, vmo, Duration::ZERO); //~ E0505
    view.write(b"no");
}

fn borrowed(mapping: &Mapping, vmo: &Vmo) {
    let _ = ImmutableMapping::freeze(mapping, vmo, Duration::ZERO); //~ E0308
}

// accepted:
fn used(mapping: Mapping, vmo: &Vmo) {
    mapping.write(b"ok");
    let _ = ImmutableMapping::freeze(mapping, vmo, Duration::ZERO);
}

fn viewed(mut mapping: Mapping, vmo: &Vmo) {
    let view = mapping.slice_mut(..);
    view.write(b"ok");
    let _ = ImmutableMapping::freeze(mapping, vmo, Duration::ZERO);
}
