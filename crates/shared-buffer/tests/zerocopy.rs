// SPDX-License-Identifier: MIT OR Apache-2.0
//! The feature `zerocopy`: structs by copy, with the same errors as numbers.
#![cfg(feature = "zerocopy")]
#![allow(non_ascii_idents, reason = "the derives of zerocopy make such names")]

mod common;

use common::{buffer_of, buffer_with, contents};
use shared_buffer::{Access, AccessError};
use zerocopy::{FromBytes, Immutable, IntoBytes};

#[derive(Clone, Debug, FromBytes, IntoBytes, Immutable, PartialEq)]
#[repr(C)]
struct Record {
    id: u64,
    kind: u16,
    tag: [u8; 6],
}

/// Padding: it can be read, and the derive would not let it be written.
#[derive(Debug, FromBytes, PartialEq)]
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
        model[offset..offset + 16].copy_from_slice(record.as_bytes());
        assert_eq!(
            buffer.slice_mut(offset..).write_zerocopy(0, &record),
            Ok(())
        );
        assert_eq!(contents(&buffer), model);
        assert_eq!(buffer.read_zerocopy(offset), Ok(record.clone()));
        assert_eq!(buffer.slice(offset..).read_zerocopy(0), Ok(record.clone()));
        buffer.write(&[0x5a; 100]);
    }
}

#[test]
fn a_struct_with_padding_can_be_read() {
    let buffer = buffer_of(&[1; 16]);
    let (small, large) = (1, 0x0101_0101);
    assert_eq!(buffer.read_zerocopy(3), Ok(Padded { small, large }));
}

#[test]
fn a_slice_is_written_as_a_whole_or_not_at_all() {
    let buffer = buffer_of(&[0; 8]);
    assert_eq!(buffer.write_zerocopy(2, &[0x0101u16, 0x0202][..]), Ok(()));
    assert_eq!(contents(&buffer), [0, 0, 1, 1, 2, 2, 0, 0]);
    let (offset, len, size) = (4, 6, 8);
    let past = AccessError::OutOfBounds { offset, len, size };
    assert_eq!(buffer.write_zerocopy(4, &[7u16; 3][..]), Err(past));
    assert_eq!(contents(&buffer), [0, 0, 1, 1, 2, 2, 0, 0]);
}

#[test]
fn refused_structs_leave_everything_as_it_was() {
    let (offset, len, size) = (usize::MAX, 8, 10);
    let past = AccessError::OutOfBounds { offset, len, size };
    assert_eq!(
        buffer_of(&[0; 10]).read_zerocopy::<Padded>(usize::MAX),
        Err(past)
    );
    let reader = buffer_with(&[3; 10], Access::READ);
    assert_eq!(
        reader.write_zerocopy(0, &1u64).unwrap_err().raw_status(),
        -30
    );
    assert_eq!(contents(&reader), [3; 10]);
    let writer = buffer_with(&[3; 10], Access::WRITE);
    assert_eq!(
        writer.read_zerocopy::<u64>(0).unwrap_err().raw_status(),
        -30
    );
}

#[test]
fn structs_are_iterated_by_value() {
    let bytes: Vec<u8> = (0..100).collect();
    let buffer = buffer_of(&bytes);
    let records = buffer
        .slice(1..)
        .records_zerocopy::<Record>(2..)
        .expect("a part");
    assert_eq!((records.len(), records.bytes_over()), (6, 1));
    let ids: Vec<u64> = records.map(|record| record.id).collect();
    let expected = bytes[3..99].chunks(16).map(|record| &record[..8]);
    let expected: Vec<_> = expected
        .map(|id| u64::read_from_bytes(id).expect("8 bytes"))
        .collect();
    assert_eq!(ids, expected);
}
