// SPDX-License-Identifier: MIT OR Apache-2.0
//! The feature `bytemuck`: structs by copy, with the same errors as numbers.
#![cfg(feature = "bytemuck")]

mod common;

use bytemuck::{AnyBitPattern, NoUninit, bytes_of};
use common::{buffer_of, buffer_with, contents};
use shared_buffer::{Access, AccessError};

#[derive(Clone, Copy, Debug, AnyBitPattern, NoUninit, PartialEq)]
#[repr(C)]
struct Record {
    id: u64,
    kind: u16,
    tag: [u8; 6],
}

/// Padding: it can be read, and the derive would not let it be written.
#[derive(Clone, Copy, Debug, AnyBitPattern, PartialEq)]
#[repr(C)]
struct Padded {
    small: u8,
    large: u32,
}

#[test]
fn a_struct_is_read_as_it_was_written_at_every_offset() {
    let (id, kind, tag) = (0x0102_0304_0506_0708, 0xa0b0, *b"abcdef");
    let record = Record { id, kind, tag };
    let mut buffer = buffer_of(&[0x5a; 100]);
    for offset in 0..64 {
        let mut model = [0x5a; 100];
        model[offset..offset + 16].copy_from_slice(bytes_of(&record));
        assert_eq!(buffer.slice_mut(offset..).write_pod(0, &record), Ok(()));
        assert_eq!(contents(&buffer), model);
        assert_eq!(buffer.read_pod(offset), Ok(record));
        assert_eq!(buffer.slice(offset..).read_pod(0), Ok(record));
        buffer.write(&[0x5a; 100]);
    }
}

#[test]
fn a_struct_with_padding_can_be_read() {
    let buffer = buffer_of(&[1; 16]);
    let (small, large) = (1, 0x0101_0101);
    assert_eq!(buffer.read_pod(3), Ok(Padded { small, large }));
}

#[test]
fn refused_structs_leave_everything_as_it_was() {
    let (offset, len, size) = (usize::MAX, 8, 10);
    let past = AccessError::OutOfBounds { offset, len, size };
    assert_eq!(
        buffer_of(&[0; 10]).read_pod::<Padded>(usize::MAX),
        Err(past)
    );
    let reader = buffer_with(&[3; 10], Access::READ);
    assert_eq!(reader.write_pod(0, &1u64).unwrap_err().raw_status(), -30);
    assert_eq!(contents(&reader), [3; 10]);
    let writer = buffer_with(&[3; 10], Access::WRITE);
    assert_eq!(writer.read_pod::<u64>(0).unwrap_err().raw_status(), -30);
}

#[test]
fn structs_are_iterated_by_value() {
    let bytes: Vec<u8> = (0..100).collect();
    let buffer = buffer_of(&bytes);
    let records = buffer
        .slice(1..)
        .records_pod::<Record>(2..)
        .expect("a part")
        .collect::<Vec<_>>();
    let expected: Vec<Record> = bytes[3..99]
        .chunks(16)
        .map(bytemuck::pod_read_unaligned)
        .collect();
    assert_eq!(records, expected);
}
