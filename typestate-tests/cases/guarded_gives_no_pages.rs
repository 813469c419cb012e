// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guarded memory has no view, no atomic and no bytes to lend: nothing here touches its pages.
use mapped_vmo::{Guarded, GuardedError, SharedBuffer, SharedBufferSlice};

// refused:
fn dereferenced(guarded: &Guarded) -> &SharedBuffer {
    guarded //~ E0308
}

fn bytes(guarded: &Guarded) -> &[u8] {
    guarded //~ E0308
}

fn view(guarded: &Guarded) -> SharedBufferSlice<'_> {
    guarded.into() //~ E0277
}

fn methods(guarded: &Guarded) {
    let _ = guarded.slice(..); //~ E0599
    let _ = guarded.atomic::<u32>(0); //~ E0599
    let _ = guarded.read_only_atomic::<u32>(0); //~ E0599
    let _ = guarded.as_slice(); //~ E0599
    let _ = guarded.as_ptr_len(); //~ E0599
    let _ = guarded[0]; //~ E0608
}

// accepted:
fn copied(guarded: &Guarded) -> Result<[u8; 4], GuardedError> {
    let mut bytes = [0; 4];
    guarded.read_exact_at(0, &mut bytes)?;
    Ok(bytes)
}

fn value(guarded: &Guarded) -> Result<u32, GuardedError> {
    guarded.read_value(0)
}
