// SPDX-License-Identifier: MIT OR Apache-2.0
//! A match on who writes leaves room for those of a later version.
use mapped_vmo::Writers;

// refused:
fn still(writers: Writers) -> bool {
    match writers {
        //~^ E0004: `_` not covered
        Writers::Nobody => true,
        Writers::Owner => false,
    }
}

// accepted:
fn still(writers: Writers) -> bool {
    match writers {
        Writers::Nobody => true,
        Writers::Owner => false,
        _ => false,
    }
}
