// SPDX-License-Identifier: MIT OR Apache-2.0
//! A chunk is lent to the closure and not kept: the next one overwrites it.
use mapped_vmo::Mapping;

// refused:
fn kept(mapping: &Mapping) {
    let mut first: Option<&[u8]> = None;
    let _ = mapping.for_each_chunk(.., |chunk| {
        first = Some(chunk); //~ E0521
    });
}

fn broken_out(mapping: &Mapping) -> Option<&[u8]> {
    use std::ops::ControlFlow::Break;
    let found = mapping.try_for_each_chunk(.., |chunk| Break(chunk)); //~ lifetime may not live long enough
    found.ok()?.break_value()
}

fn two_at_once(mapping: &Mapping, scratch: &mut [u8]) {
    let mut chunks = mapping.chunks(.., scratch).unwrap();
    let first = chunks.next_chunk();
    let second = chunks.next_chunk(); //~ E0499
    drop((first, second));
}

// accepted:
fn kept(mapping: &Mapping) {
    let mut first: Option<Vec<u8>> = None;
    let _ = mapping.for_each_chunk(.., |chunk| {
        first = Some(chunk.to_vec());
    });
}

fn broken_out(mapping: &Mapping) -> Option<Vec<u8>> {
    use std::ops::ControlFlow::Break;
    let found = mapping.try_for_each_chunk(.., |chunk| Break(chunk.to_vec()));
    found.ok()?.break_value()
}

fn one_by_one(mapping: &Mapping, scratch: &mut [u8]) {
    let mut chunks = mapping.chunks(.., scratch).unwrap();
    drop(chunks.next_chunk());
    drop(chunks.next_chunk());
}
