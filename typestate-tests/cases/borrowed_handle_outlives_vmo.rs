// SPDX-License-Identifier: MIT OR Apache-2.0
//! A borrowed handle does not outlive what it was borrowed from.
use std::os::fd::{AsFd, BorrowedFd};

use zx::{AsHandleRef, Unowned, Vmo};

// refused:
fn unowned(vmo: Vmo) {
    let borrowed = Unowned::new(&vmo);
    drop(vmo); //~ E0505
    let _ = borrowed.get_size();
}

fn handle_ref(vmo: Vmo) {
    let borrowed = vmo.as_handle_ref();
    drop(vmo); //~ E0505
    borrowed.raw_handle();
}

fn descriptor(vmo: Vmo) -> BorrowedFd<'static> {
    vmo.as_fd() //~ E0515
}

fn moved_out(borrowed: Unowned<'_, Vmo>) -> Vmo {
    *borrowed //~ E0507
}

// accepted:
fn unowned(vmo: Vmo) {
    let borrowed = Unowned::new(&vmo);
    let _ = borrowed.get_size();
    drop(vmo);
}

fn handle_ref(vmo: Vmo) {
    vmo.as_handle_ref().raw_handle();
    drop(vmo);
}

fn descriptor(vmo: &Vmo) -> BorrowedFd<'_> {
    vmo.as_fd()
}

fn copied(borrowed: Unowned<'_, Vmo>) -> (Unowned<'_, Vmo>, Unowned<'_, Vmo>) {
    (borrowed, borrowed)
}
