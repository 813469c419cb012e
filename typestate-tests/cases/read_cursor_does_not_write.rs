// SPDX-License-Identifier: MIT OR Apache-2.0
//! A cursor over a read-only view does not implement `Write`.
use std::io::{self, Write};

use mapped_vmo::Mapping;
use shared_buffer::{Cursor, CursorMut};

// refused:
fn copy_in(mapping: &mut Mapping) -> io::Result<()> {
    Cursor::new(&*mapping).write_all(b"no") //~ E0599
}

// accepted:
fn copy_in(mapping: &mut Mapping) -> io::Result<()> {
    CursorMut::new(mapping).write_all(b"ok")
}
