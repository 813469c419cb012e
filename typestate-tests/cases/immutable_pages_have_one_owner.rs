// SPDX-License-Identifier: MIT OR Apache-2.0
//! Pages that lend a `&[u8]` have one owner, from which nothing takes them.
use mapped_vmo::{ImmutableMapping, TruncatedImmutableMapping};

// refused:
fn needs_clone<T: Clone>() {}
fn needs_as_mut<T: AsMut<[u8]>>() {}

fn asked_for() {
    needs_clone::<ImmutableMapping>(); //~ E0277
    needs_clone::<TruncatedImmutableMapping>(); //~ E0277
    needs_as_mut::<ImmutableMapping>(); //~ E0277
    needs_as_mut::<TruncatedImmutableMapping>(); //~ E0277
}

fn for_ever(mapping: ImmutableMapping) -> &'static [u8] {
    mapping.as_ref() //~ E0515
}

// accepted:
fn needs_as_ref<T: AsRef<[u8]> + Send + Sync + 'static>() {}

fn asked_for() {
    needs_as_ref::<ImmutableMapping>();
    needs_as_ref::<TruncatedImmutableMapping>();
}

fn for_ever(mapping: ImmutableMapping) -> &'static [u8] {
    let mapping: &'static ImmutableMapping = Box::leak(Box::new(mapping));
    mapping.as_ref()
}
