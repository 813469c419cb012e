// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the mapping's own tests said in the seed's era.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::ffi::CString;

use fuchsia_zircon as zx;
use fuchsia_zircon::AsHandleRef;
use mapped_vmo::Mapping;
use shared_buffer::{SharedBuffer, SharedBufferSlice, SharedBufferSliceMut};

const SIZE: usize = 4096;

fn flags() -> zx::VmarFlags {
    zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE
}

#[test]
fn an_allocated_mapping_has_the_size_asked_for() {
    let (mapping, _vmo) = Mapping::allocate(SIZE).unwrap();
    assert_eq!(mapping.len(), SIZE);
}

#[test]
fn a_vmo_that_can_be_resized_is_not_mapped() {
    let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, SIZE as u64).unwrap();
    let refused = Mapping::create_from_vmo(&vmo, SIZE, flags());
    assert_eq!(refused.err(), Some(zx::Status::NOT_SUPPORTED));
}

#[test]
fn a_plain_vmo_is_mapped() {
    let vmo = zx::Vmo::create(SIZE as u64).unwrap();
    let mapping = Mapping::create_from_vmo(&vmo, SIZE, flags()).unwrap();
    drop(vmo); // the mapping keeps the memory
    assert_eq!(mapping.len(), SIZE);
    assert_eq!(mapping.write_at(SIZE - 3, b"end of it"), 3);
}

#[test]
fn a_name_is_given_at_birth_or_later() {
    let (_mapping, vmo) = Mapping::allocate_with_name(SIZE, "frame buffer").unwrap();
    assert_eq!(vmo.get_name().unwrap(), "frame buffer");

    let name = CString::new("renamed").unwrap();
    vmo.as_handle_ref().set_name(&name).unwrap();
    assert_eq!(vmo.get_name().unwrap(), name);

    let (_mapping, unnamed) = Mapping::allocate(SIZE).unwrap();
    assert_eq!(unnamed.get_name().unwrap(), "");
    unnamed.set_name(&name).unwrap();
    assert_eq!(unnamed.get_name().unwrap().to_string(), "renamed");

    let refused = Mapping::allocate_with_name(SIZE, "frame\0buffer");
    assert_eq!(refused.unwrap_err(), zx::Status::INVALID_ARGS);
}

#[test]
fn the_vmo_and_the_mapping_are_the_same_bytes() {
    let (mapping, vmo) = Mapping::allocate(SIZE).unwrap();

    let written: Vec<u8> = (0..=255).collect();
    vmo.write(&written, 0).unwrap();
    let mut seen = [0u8; 256];
    assert_eq!(mapping.read(&mut seen), seen.len());
    assert_eq!(seen[..], written[..]);

    let reversed: Vec<u8> = written.iter().rev().copied().collect();
    assert_eq!(mapping.write(&reversed), reversed.len());
    vmo.read(&mut seen, 0).unwrap();
    assert_eq!(seen[..], reversed[..]);
}

/// Takes any buffer, as most helpers of the era did.
fn sum(buffer: &SharedBuffer) -> u64 {
    let mut bytes = vec![0u8; buffer.len()];
    buffer.acquire_writes();
    buffer.read(&mut bytes);
    bytes.iter().map(|byte| u64::from(*byte)).sum()
}

fn last<'a>(slice: &SharedBufferSlice<'a>, len: usize) -> SharedBufferSlice<'a> {
    slice.slice(slice.len() - len..)
}

fn stamp(mut area: SharedBufferSliceMut<'_>, byte: u8) -> usize {
    let written = area.write(&vec![byte; area.len()]);
    area.release_writes();
    written
}

#[test]
fn a_mapping_is_a_shared_buffer_wherever_one_is_taken() {
    let (mut mapping, vmo) = Mapping::allocate(SIZE).unwrap();
    assert_eq!(sum(&mapping), 0);
    assert_eq!(stamp(mapping.slice_mut(8..24), 3), 16);
    let (left, right) = mapping.split_at_mut(SIZE / 2);
    assert_eq!(stamp(right, 1), SIZE / 2);
    assert_eq!(left.len(), SIZE / 2);
    mapping.release_writes();
    assert_eq!(sum(&mapping), 16 * 3 + SIZE as u64 / 2);

    let mut tail = [0u8; 4];
    last(&mapping.slice(..24), 4).read(&mut tail);
    assert_eq!(tail, [3; 4]);
    vmo.read(&mut tail, SIZE as u64 - 4).unwrap();
    assert_eq!(tail, [1; 4]);
    let (_, len) = mapping.as_ptr_len();
    assert_eq!(len, SIZE);
}
