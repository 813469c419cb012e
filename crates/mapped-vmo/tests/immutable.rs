// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ImmutableMapping` and `TruncatedImmutableMapping`: the seed's tests, both ways of paging.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use mapped_vmo::zx::{Rights, Status, Vmo};
use mapped_vmo::{
    ImmutableMapping, ImmutableMappingError, TruncatedImmutableMapping,
    TruncatedImmutableMappingError,
};

fn content() -> Vmo {
    let vmo = Vmo::create(11).unwrap();
    vmo.write(b"the-content", 0).unwrap();
    vmo
}

/// The lines of /proc/self/maps that cover `addr`.
fn mapped_at(addr: usize) -> Option<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let covers = |line: &&str| {
        let (start, rest) = line.split_once('-').unwrap();
        let (end, _) = rest.split_once(' ').unwrap();
        let parse = |hex| usize::from_str_radix(hex, 16).unwrap();
        (parse(start)..parse(end)).contains(&addr)
    };
    maps.lines().find(covers).map(str::to_string)
}

#[test]
fn read() {
    for immediately_page in [true, false] {
        let mapping = ImmutableMapping::create_from_vmo(&content(), immediately_page).unwrap();
        assert_eq!(&mapping[..11], b"the-content");
        assert_eq!(mapping.len(), 4096);
        assert!(mapping[11..].iter().all(|&byte| byte == 0));
    }
}

#[test]
fn drop_cleans_up() {
    for immediately_page in [true, false] {
        // Large, so that it is a mapping of its own and nothing else moves in afterwards.
        let vmo = Vmo::create(64 << 20).unwrap();
        let mapping = ImmutableMapping::create_from_vmo(&vmo, immediately_page).unwrap();
        let addr = mapping.as_ptr().addr();
        let line = mapped_at(addr).expect("the snapshot is mapped");
        assert!(line.contains("r--p"), "the snapshot can be written: {line}");
        drop(mapping);
        assert_eq!(mapped_at(addr), None, "the snapshot is still mapped");
    }
}

#[test]
fn empty() {
    for immediately_page in [true, false] {
        let vmo = Vmo::create(0).unwrap();
        let mapping = ImmutableMapping::create_from_vmo(&vmo, immediately_page).unwrap();
        assert_eq!(&*mapping, b"");
    }
}

#[test]
fn later_writes_are_not_seen() {
    let vmo = content();
    let mapping = ImmutableMapping::create_from_vmo(&vmo, false).unwrap();
    vmo.write(b"something else", 0).unwrap();
    assert_eq!(&mapping[..11], b"the-content");
}

#[test]
fn a_handle_without_read_or_duplicate_is_refused() {
    let vmo = content();
    let denied = Err(ImmutableMappingError::CreateChildVmo(Status::ACCESS_DENIED));
    for rights in [
        Rights::READ,
        Rights::DUPLICATE,
        Rights::DUPLICATE | Rights::WRITE,
    ] {
        let handle = vmo.duplicate_handle(rights).unwrap();
        let result = ImmutableMapping::create_from_vmo(&handle, false).map(|m| m.len());
        assert_eq!(result, denied, "{rights:?}");
    }
}

#[test]
fn a_size_that_can_not_be_had_is_an_error_at_once() {
    let vmo = Vmo::create(1 << 60).unwrap();
    let error = ImmutableMapping::create_from_vmo(&vmo, false).unwrap_err();
    assert_eq!(error, ImmutableMappingError::MapChildVmo(Status::NO_MEMORY));
}

#[test]
fn truncated_validates_len() {
    let error = TruncatedImmutableMapping::create_from_vmo(&content(), false, 4097).unwrap_err();
    let expected = TruncatedImmutableMappingError::VmoSmallerThanLen {
        vmo_len: 4096,
        truncated_len: 4097,
    };
    assert_eq!(error, expected);
}

#[test]
fn truncated_respects_len() {
    let mapping = TruncatedImmutableMapping::create_from_vmo(&content(), false, 3).unwrap();
    assert_eq!(&*mapping, b"the");
    let all = TruncatedImmutableMapping::create_from_vmo(&content(), false, 4096).unwrap();
    assert_eq!(all.len(), 4096);
}

#[test]
fn a_snapshot_can_be_read_from_another_thread() {
    let mapping = ImmutableMapping::create_from_vmo(&content(), false).unwrap();
    let read = std::thread::spawn(move || mapping[..3].to_vec())
        .join()
        .unwrap();
    assert_eq!(read, b"the");
}
