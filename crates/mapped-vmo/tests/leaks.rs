// SPDX-License-Identifier: MIT OR Apache-2.0
//! Nothing is left over: descriptors and mappings counted before and after.
//!
//! One test, because another one in the same process would disturb the counts.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use mapped_vmo::zx::{Status, VmarFlags, Vmo, VmoOptions};
use mapped_vmo::{ImmutableMapping, Mapping};

/// How many descriptors are open and how many memfds are mapped.
fn held() -> (usize, usize) {
    let fds = std::fs::read_dir("/proc/self/fd").unwrap().count();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    (
        fds,
        maps.lines().filter(|line| line.contains("/memfd:")).count(),
    )
}

fn bad_allocations() {
    let too_large = isize::MAX as usize + 1;
    let cases = [
        (0, Status::INVALID_ARGS),
        (usize::MAX, Status::OUT_OF_RANGE),
        (usize::MAX - 4095, Status::OUT_OF_RANGE),
        (too_large, Status::OUT_OF_RANGE),
        (1 << 47, Status::NO_MEMORY),
        (1 << 60, Status::NO_MEMORY),
    ];
    for (size, expected) in cases {
        let error = Mapping::allocate(size).unwrap_err();
        assert_eq!(error, expected, "allocate({size:#x})");
    }
}

fn bad_maps() {
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    assert!(Mapping::create_from_vmo(&resizable, 1, VmarFlags::PERM_READ).is_err());
    let vmo = Vmo::create(4096).unwrap();
    assert!(Mapping::create_from_vmo(&vmo, 4097, VmarFlags::PERM_READ).is_err());
    assert!(Mapping::create_from_vmo(&vmo, 1, VmarFlags::PERM_WRITE).is_err());
    let giant = Vmo::create(1 << 60).unwrap();
    assert!(Mapping::create_from_vmo(&giant, 1 << 60, VmarFlags::PERM_READ).is_err());
    assert!(ImmutableMapping::create_from_vmo(&giant, true).is_err());
}

#[test]
fn nothing_is_left_over() {
    let before = held();
    for _ in 0..100 {
        bad_allocations();
        bad_maps();
    }
    assert_eq!(held(), before, "an error left something");

    for i in 0..20_000 {
        let (mapping, vmo) = Mapping::allocate(4096 + i % 5000).unwrap();
        mapping.write_at(i % 4096, b"x");
        drop((vmo, mapping));
    }
    assert_eq!(held(), before, "a mapping or a handle was not given back");

    let (mut first, _) = Mapping::allocate(4096).unwrap();
    let (mut second, _) = Mapping::allocate(12288).unwrap();
    core::mem::swap(&mut *first, &mut *second);
    drop(second);
    drop(first);
    assert_eq!(held(), before, "swapped buffers were not unmapped");

    let (mut mapping, _) = Mapping::allocate(4096).unwrap();
    let (other, _) = Mapping::allocate(4096).unwrap();
    // The buffer that is dropped by this assignment unmaps its own pages.
    mapping = {
        drop(mapping);
        other
    };
    drop(mapping);
    assert_eq!(held(), before);
}
