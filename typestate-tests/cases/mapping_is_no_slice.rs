// SPDX-License-Identifier: MIT OR Apache-2.0
//! A mapping is no `&[u8]`: nothing coerces, borrows or converts it to one.
use std::borrow::{Borrow, BorrowMut};

use mapped_vmo::{Mapping, SharedBufferSlice};

// refused:
fn by_deref(mapping: &Mapping) -> &[u8] {
    mapping //~ E0308
}

fn by_deref_mut(mapping: &mut Mapping) -> &mut [u8] {
    mapping //~ E0308
}

fn as_ref<T: AsRef<[u8]>>() {}
fn as_mut<T: AsMut<[u8]>>() {}
fn borrow<T: Borrow<[u8]>>() {}
fn borrow_mut<T: BorrowMut<[u8]>>() {}
fn from<'a, T: From<&'a Mapping>>() {}

fn by_traits() {
    as_ref::<Mapping>(); //~ E0277
    as_mut::<Mapping>(); //~ E0277
    borrow::<Mapping>(); //~ E0277
    borrow_mut::<Mapping>(); //~ E0277
    from::<&[u8]>(); //~ E0277
    from::<Vec<u8>>(); //~ E0277
}

// accepted:
fn as_ref<T: AsRef<[u8]>>() {}
fn as_mut<T: AsMut<[u8]>>() {}
fn borrow<T: Borrow<[u8]>>() {}
fn borrow_mut<T: BorrowMut<[u8]>>() {}
fn from<'a, T: From<&'a Mapping>>() {}

fn by_traits() {
    as_ref::<Vec<u8>>();
    as_mut::<Vec<u8>>();
    borrow::<Vec<u8>>();
    borrow_mut::<Vec<u8>>();
    from::<SharedBufferSlice<'_>>();
}

fn by_copy(mapping: &Mapping) -> [u8; 4] {
    let mut copy = [0; 4];
    mapping.read_at(0, &mut copy);
    copy
}
