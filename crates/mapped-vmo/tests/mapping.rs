// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Mapping`: the seed's tests, and what the flags mean.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use mapped_vmo::zx::{Rights, Status, VmarFlags, Vmo, VmoOptions};
use mapped_vmo::{AccessError, Mapping};

const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);

/// What a call panicked with.
fn panic_message<R>(call: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(call)) else {
        panic!("the call did not panic");
    };
    match payload.downcast_ref::<String>() {
        Some(message) => message.clone(),
        None => payload
            .downcast_ref::<&str>()
            .expect("a message")
            .to_string(),
    }
}

#[test]
fn create() {
    let (mapping, vmo) = Mapping::allocate(4096).unwrap();
    assert_eq!(mapping.len(), 4096);
    assert_eq!(vmo.get_size(), Ok(4096));
}

#[test]
fn create_from_vmo() {
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    let refused = Mapping::create_from_vmo(&resizable, 4096, READ_WRITE);
    assert_eq!(refused.unwrap_err(), Status::NOT_SUPPORTED);

    let vmo = Vmo::create(4096).unwrap();
    assert_eq!(
        Mapping::create_from_vmo(&vmo, 4096, READ_WRITE)
            .unwrap()
            .len(),
        4096
    );
}

#[test]
fn create_with_name() {
    let (_mapping, vmo) = Mapping::allocate_with_name(4096, "TestName").unwrap();
    assert_eq!(vmo.get_name().unwrap(), "TestName");
    let nul = Mapping::allocate_with_name(4096, "Invalid\0TestName");
    assert_eq!(nul.unwrap_err(), Status::INVALID_ARGS);
}

#[test]
fn a_name_may_have_31_bytes_and_not_32() {
    let longest = "a".repeat(31);
    let (_mapping, vmo) = Mapping::allocate_with_name(1, &longest).unwrap();
    assert_eq!(vmo.get_name().unwrap(), longest.as_str());
    let too_long = Mapping::allocate_with_name(1, &"a".repeat(32));
    assert_eq!(too_long.unwrap_err(), Status::INVALID_ARGS);
}

#[test]
fn mapping_read_write() {
    let (mapping, vmo) = Mapping::allocate(4096).unwrap();
    vmo.write(b"from the vmo", 0).unwrap();
    let mut bytes = [0; 12];
    assert_eq!(mapping.read(&mut bytes), 12);
    assert_eq!(&bytes, b"from the vmo");

    assert_eq!(mapping.write_at(100, b"from the mapping"), 16);
    let mut bytes = [0; 16];
    vmo.read(&mut bytes, 100).unwrap();
    assert_eq!(&bytes, b"from the mapping");
}

#[test]
fn the_mapping_outlives_the_handle() {
    let (mapping, vmo) = Mapping::allocate(4096).unwrap();
    drop(vmo);
    mapping.write(b"still here");
    let mut bytes = [0; 10];
    mapping.read(&mut bytes);
    assert_eq!(&bytes, b"still here");
}

#[test]
fn the_last_page_is_mapped_to_the_byte_that_was_asked_for() {
    let (mapping, vmo) = Mapping::allocate(5000).unwrap();
    assert_eq!((mapping.len(), vmo.get_size().unwrap()), (5000, 8192));
    assert_eq!(mapping.write_at(4990, &[7; 100]), 10);
    assert_eq!(mapping.read_at(5000, &mut [0; 1]), 0);
    let other = Mapping::create_from_vmo(&vmo, 8192, READ_WRITE).unwrap();
    let mut past = [1; 8];
    other.read_at(5000, &mut past);
    assert_eq!(past, [0; 8], "a write went past the end of the mapping");
}

#[test]
fn a_size_beyond_the_vmo_is_buffer_too_small_even_where_faults_are_allowed() {
    let vmo = Vmo::create(4096).unwrap();
    for flags in [READ_WRITE, READ_WRITE | VmarFlags::ALLOW_FAULTS] {
        for size in [4097, 8192, 1 << 40, isize::MAX as usize - 8191] {
            let error = Mapping::create_from_vmo(&vmo, size, flags).unwrap_err();
            assert_eq!(
                error,
                Status::BUFFER_TOO_SMALL,
                "{size} bytes with {flags:?}"
            );
        }
    }
}

#[test]
fn flags_that_make_no_sense_are_invalid_args() {
    let vmo = Vmo::create(4096).unwrap();
    let map = |flags| Mapping::create_from_vmo(&vmo, 4096, flags).unwrap_err();
    assert_eq!(map(VmarFlags::PERM_WRITE), Status::INVALID_ARGS);
    assert_eq!(
        map(READ_WRITE | VmarFlags::CAN_MAP_READ),
        Status::INVALID_ARGS
    );
    let empty = Mapping::create_from_vmo(&vmo, 0, READ_WRITE).unwrap_err();
    assert_eq!(empty, Status::INVALID_ARGS);
}

#[test]
fn rights_bound_what_can_be_mapped() {
    let vmo = Vmo::create(4096).unwrap();
    let reader = vmo.duplicate_handle(Rights::READ | Rights::MAP).unwrap();
    assert!(Mapping::create_from_vmo(&reader, 4096, VmarFlags::PERM_READ).is_ok());
    let denied = Mapping::create_from_vmo(&reader, 4096, READ_WRITE).unwrap_err();
    assert_eq!(denied, Status::ACCESS_DENIED);
    let no_map = vmo.duplicate_handle(Rights::READ | Rights::WRITE).unwrap();
    let denied = Mapping::create_from_vmo(&no_map, 4096, VmarFlags::PERM_READ).unwrap_err();
    assert_eq!(denied, Status::ACCESS_DENIED);
}

#[test]
fn writing_without_perm_write_panics_with_the_flags_and_never_faults() {
    let vmo = Vmo::create(4096).unwrap();
    let mapping = Mapping::create_from_vmo(&vmo, 4096, VmarFlags::PERM_READ).unwrap();
    let message = panic_message(|| mapping.write_at(0, b"x"));
    assert!(message.contains("PERM_READ"), "{message}");
    assert!(message.contains("PERM_WRITE"), "{message}");
    let denied = mapping.try_write_at(0, b"x");
    assert!(
        matches!(denied, Err(AccessError::Denied { .. })),
        "{denied:?}"
    );
    let mut byte = [1];
    assert_eq!(mapping.read(&mut byte), 1);
    assert_eq!(byte, [0]);
}

#[test]
fn reading_without_perm_read_panics_with_the_flags_and_never_faults() {
    let vmo = Vmo::create(4096).unwrap();
    let mapping = Mapping::create_from_vmo(&vmo, 4096, VmarFlags::empty()).unwrap();
    let mut byte = [42];
    let message = panic_message(|| mapping.read_at(0, &mut byte));
    assert!(message.contains("PERM_READ"), "{message}");
    let denied = mapping.read_exact_at(0, &mut byte);
    assert!(
        matches!(denied, Err(AccessError::Denied { .. })),
        "{denied:?}"
    );
    assert_eq!(byte, [42], "a refused read touched its destination");
    panic_message(|| mapping.write(b"x"));
}

#[test]
fn two_mappings_can_be_swapped_and_each_is_unmapped_once() {
    let (mut first, _) = Mapping::allocate(4096).unwrap();
    let (mut second, _) = Mapping::allocate(8192).unwrap();
    first.write(b"first");
    second.write(b"second");
    core::mem::swap(&mut *first, &mut *second);
    assert_eq!((first.len(), second.len()), (8192, 4096));
    drop(first);
    let mut bytes = [0; 5];
    second.read(&mut bytes);
    assert_eq!(&bytes, b"first");
}

#[test]
fn two_mappings_of_one_vmo_are_the_same_bytes() {
    let (first, vmo) = Mapping::allocate(8192).unwrap();
    let second = Mapping::create_from_vmo(&vmo, 8192, READ_WRITE).unwrap();
    for offset in [0, 1, 63, 4095, 8184] {
        first.write_at(offset, &offset.to_le_bytes());
        let mut bytes = [0; 8];
        second.read_at(offset, &mut bytes);
        assert_eq!(usize::from_le_bytes(bytes), offset);
    }
}

#[test]
fn debug_shows_no_byte_of_the_memory() {
    let (mapping, _vmo) = Mapping::allocate(4096).unwrap();
    mapping.write(b"secret");
    let shown = format!("{mapping:?}");
    assert!(shown.starts_with("Mapping"), "{shown}");
    assert!(
        !shown.contains("115") && !shown.contains("secret"),
        "{shown}"
    );
}
