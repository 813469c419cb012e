// SPDX-License-Identifier: MIT OR Apache-2.0
//! No `IoSlice` is made of a mapping: it holds a `&[u8]`.
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};

use mapped_vmo::{Mapping, fd};

// refused:
fn send(mapping: &Mapping) {
    let _ = IoSlice::new(mapping); //~ E0308
}

fn receive(mapping: &mut Mapping) {
    let _ = IoSliceMut::new(mapping); //~ E0308
}

// accepted:
fn send(mapping: &Mapping, file: &File) -> io::Result<usize> {
    let private = [0; 4];
    let _ = IoSlice::new(&private);
    fd::write(file, mapping)
}

fn receive(mapping: &mut Mapping, file: &File) -> io::Result<usize> {
    fd::read(file, mapping)
}
