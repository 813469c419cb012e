// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is made of a read-only mapping does not outlive it.
use std::sync::atomic::Ordering::Acquire;

use mapped_vmo::{ReadOnlyMapping, SharedBufferSlice};
use shared_buffer::ReadOnlyBuffer;

// refused:
fn view(mapping: ReadOnlyMapping) {
    let view = mapping.slice(..);
    drop(mapping); //~ E0505
    view.read(&mut [0; 4]);
}

fn atomic(mapping: ReadOnlyMapping) {
    let word = mapping.read_only_atomic::<u32>(0).unwrap();
    drop(mapping); //~ E0505
    word.load(Acquire);
}

fn records(mapping: ReadOnlyMapping) -> u64 {
    let records = mapping.records::<u64>(..).unwrap();
    drop(mapping); //~ E0505
    records.sum()
}

fn consumed(buffer: ReadOnlyBuffer) {
    let (left, _) = buffer.split_at(8);
    let _ = buffer.consume(); //~ E0505
    left.read(&mut [0; 4]);
}

fn moved(mapping: ReadOnlyMapping) {
    let _ = mapping.consume(); //~ E0507
}

fn for_ever(mapping: &ReadOnlyMapping) -> SharedBufferSlice<'static> {
    mapping.into() //~ lifetime may not live long enough
}

// accepted:
fn view(mapping: ReadOnlyMapping) {
    let view = mapping.slice(..);
    view.read(&mut [0; 4]);
    drop(mapping);
}

fn atomic(mapping: ReadOnlyMapping) {
    let word = mapping.read_only_atomic::<u32>(0).unwrap();
    word.load(Acquire);
    drop(mapping);
}

fn records(mapping: ReadOnlyMapping) -> u64 {
    let records = mapping.records::<u64>(..).unwrap();
    records.sum()
}

fn consumed(buffer: ReadOnlyBuffer) {
    let (left, _) = buffer.split_at(8);
    left.read(&mut [0; 4]);
    let _ = buffer.consume();
}

fn as_long(mapping: &ReadOnlyMapping) -> SharedBufferSlice<'_> {
    mapping.into()
}
