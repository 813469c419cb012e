// SPDX-License-Identifier: MIT OR Apache-2.0
//! Chunks, records and cursors do not outlive their mapping.
use std::io::{Read, Write};

use mapped_vmo::Mapping;
use shared_buffer::{Cursor, CursorMut};

// refused:
fn records(mapping: Mapping) -> u64 {
    let records = mapping.records::<u64>(..).unwrap();
    drop(mapping); //~ E0505
    records.sum()
}

fn records_of_a_view(mapping: Mapping) -> u64 {
    let records = mapping.slice(8..).records::<u64>(..).unwrap();
    drop(mapping); //~ E0505
    records.sum()
}

fn chunks(mapping: Mapping, scratch: &mut [u8]) {
    let mut chunks = mapping.chunks(.., scratch).unwrap();
    drop(mapping); //~ E0505
    chunks.next_chunk();
}

fn cursor(mapping: Mapping) {
    let mut cursor = Cursor::new(&mapping);
    drop(mapping); //~ E0505
    let _ = cursor.read(&mut [0; 4]);
}

fn cursor_mut(mut mapping: Mapping) {
    let mut cursor = CursorMut::new(&mut mapping);
    drop(mapping); //~ E0505
    let _ = cursor.write(b"no");
}

// accepted:
fn records(mapping: Mapping) -> u64 {
    let records = mapping.records::<u64>(..).unwrap();
    records.sum()
}

fn records_of_a_view(mapping: Mapping) -> u64 {
    let records = mapping.slice(8..).records::<u64>(..).unwrap();
    records.sum()
}

fn chunks(mapping: Mapping, scratch: &mut [u8]) {
    let mut chunks = mapping.chunks(.., scratch).unwrap();
    chunks.next_chunk();
}

fn cursor(mapping: Mapping) {
    let mut cursor = Cursor::new(&mapping);
    let _ = cursor.read(&mut [0; 4]);
    drop(mapping);
}

fn cursor_mut(mut mapping: Mapping) {
    let mut cursor = CursorMut::new(&mut mapping);
    let _ = cursor.write(b"ok");
    drop(mapping);
}
