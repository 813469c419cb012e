// SPDX-License-Identifier: MIT OR Apache-2.0
//! A VMO or a handle owns its descriptor: it is not copied, and a duplicate is asked for.
use zx::{Handle, Rights, Status, Vmo};

// refused:
fn copied(vmo: Vmo) -> (Vmo, Vmo) {
    (vmo, vmo) //~ E0382
}

fn cloned(vmo: &Vmo, handle: &Handle) {
    let _: Vmo = vmo.clone(); //~ E0308
    let _: Handle = handle.clone(); //~ E0308
}

// accepted:
fn duplicated(vmo: Vmo) -> Result<(Vmo, Vmo), Status> {
    Ok((vmo.duplicate_handle(Rights::SAME_RIGHTS)?, vmo))
}

fn named(handle: &Handle) -> Result<Handle, Status> {
    handle.duplicate_handle(Rights::SAME_RIGHTS)
}
