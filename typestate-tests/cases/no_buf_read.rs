// SPDX-License-Identifier: MIT OR Apache-2.0
//! A cursor is no `BufRead`, which lends bytes of its source; a `BufReader` copies.
use std::io::{BufRead, BufReader};

use mapped_vmo::Mapping;
use shared_buffer::Cursor;

// refused:
fn lent(mapping: &Mapping) {
    let mut cursor = Cursor::new(mapping);
    let _ = cursor.fill_buf(); //~ E0599
}

// accepted:
fn copied(mapping: &Mapping) {
    let mut cursor = BufReader::new(Cursor::new(mapping));
    let _ = cursor.fill_buf();
}
