// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Vmo::op_range`: commit, decommit, zero; caches and hints.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::fd::AsFd;

use zx::{Extent, Name, Rights, SealPlan, Status, Vmo, VmoOp};

const PAGE: u64 = 4096;

const ALL: [VmoOp; 13] = [
    VmoOp::COMMIT,
    VmoOp::DECOMMIT,
    VmoOp::LOCK,
    VmoOp::UNLOCK,
    VmoOp::CACHE_SYNC,
    VmoOp::CACHE_INVALIDATE,
    VmoOp::CACHE_CLEAN,
    VmoOp::CACHE_CLEAN_INVALIDATE,
    VmoOp::ZERO,
    VmoOp::TRY_LOCK,
    VmoOp::DONT_NEED,
    VmoOp::ALWAYS_NEED,
    VmoOp::PREFETCH,
];

const LOCKS: [VmoOp; 3] = [VmoOp::LOCK, VmoOp::UNLOCK, VmoOp::TRY_LOCK];

fn committed(vmo: &Vmo) -> u64 {
    rustix::fs::fstat(vmo.as_fd()).expect("fstat").st_blocks as u64 * 512
}

#[test]
fn commit_takes_the_memory_and_decommit_gives_it_back() {
    let vmo = Vmo::create(4 * PAGE).unwrap();
    assert_eq!(committed(&vmo), 0);
    vmo.op_range(VmoOp::COMMIT, 1, PAGE).unwrap();
    assert_eq!(
        committed(&vmo),
        2 * PAGE,
        "an unaligned range commits each page it touches"
    );
    vmo.op_range(VmoOp::COMMIT, 0, 4 * PAGE).unwrap();
    assert_eq!(committed(&vmo), 4 * PAGE);
    vmo.write(&[7; 16384], 0).unwrap();
    vmo.op_range(VmoOp::DECOMMIT, 0, PAGE).unwrap();
    assert_eq!(committed(&vmo), 3 * PAGE);
    assert_eq!(vmo.read_to_array::<u8, 2>(PAGE - 1), Ok([0, 7]));
}

#[test]
fn a_large_commit_is_whole() {
    let size = (33 << 20) + PAGE;
    let vmo = Vmo::create(size).unwrap();
    vmo.op_range(VmoOp::COMMIT, 0, size).unwrap();
    assert_eq!(committed(&vmo), size);
}

#[test]
fn decommit_wants_whole_pages_and_commit_does_not() {
    let vmo = Vmo::create(2 * PAGE).unwrap();
    for (offset, size) in [
        (1, PAGE),
        (0, PAGE - 1),
        (0, 1),
        (PAGE, 1),
        (PAGE - 1, PAGE),
    ] {
        let decommit = vmo.op_range(VmoOp::DECOMMIT, offset, size);
        assert_eq!(decommit, Err(Status::INVALID_ARGS), "{offset} {size}");
        assert_eq!(
            vmo.op_range(VmoOp::COMMIT, offset, size),
            Ok(()),
            "{offset} {size}"
        );
    }
}

#[test]
fn zero_hits_exactly_its_bytes() {
    for (offset, size) in [
        (0, 1),
        (1, 1),
        (100, 200),
        (4000, 200),
        (10, 12000),
        (4096, 4096),
    ] {
        let vmo = Vmo::create(3 * PAGE).unwrap();
        vmo.write(&[7; 12288], 0).unwrap();
        vmo.op_range(VmoOp::ZERO, offset, size).unwrap();
        let bytes = vmo.read_to_vec::<u8>(0, 3 * PAGE).unwrap();
        for (at, byte) in (0..).zip(bytes) {
            let inside = (offset..offset + size).contains(&at);
            assert_eq!(
                byte == 0,
                inside,
                "byte {at} after zeroing {size} at {offset}"
            );
        }
    }
}

#[test]
fn zeroing_whole_pages_gives_them_back_and_fresh_ones_are_not_taken() {
    let vmo = Vmo::create(4 * PAGE).unwrap();
    vmo.op_range(VmoOp::ZERO, 5, 3 * PAGE).unwrap();
    assert_eq!(committed(&vmo), 0, "zeroing committed memory");
    vmo.op_range(VmoOp::COMMIT, 0, 4 * PAGE).unwrap();
    vmo.op_range(VmoOp::ZERO, 5, 3 * PAGE).unwrap();
    assert_eq!(
        committed(&vmo),
        2 * PAGE,
        "the pages in the middle were not given back"
    );
}

#[test]
fn out_of_bounds_is_out_of_range_for_every_operation() {
    let vmo = Vmo::create(2 * PAGE).unwrap();
    let beyond = [
        (2 * PAGE, PAGE),
        (PAGE, 2 * PAGE),
        (3 * PAGE, PAGE),
        (u64::MAX - 4095, 8192),
    ];
    for op in ALL {
        for (offset, size) in beyond {
            let expected = if LOCKS.contains(&op) {
                Status::NOT_SUPPORTED
            } else {
                Status::OUT_OF_RANGE
            };
            assert_eq!(
                vmo.op_range(op, offset, size),
                Err(expected),
                "{op:?} {offset:#x}"
            );
        }
    }
}

#[test]
fn caches_are_coherent_but_their_ranges_are_checked() {
    let vmo = Vmo::create(PAGE).unwrap();
    let caches = [
        VmoOp::CACHE_SYNC,
        VmoOp::CACHE_INVALIDATE,
        VmoOp::CACHE_CLEAN,
        VmoOp::CACHE_CLEAN_INVALIDATE,
    ];
    for op in caches {
        for (offset, size) in [(0, 1), (1, 1), (0, PAGE), (PAGE - 1, 1), (13, 100)] {
            assert_eq!(
                vmo.op_range(op, offset, size),
                Ok(()),
                "{op:?} {offset} {size}"
            );
        }
        assert_eq!(vmo.op_range(op, 0, 0), Err(Status::INVALID_ARGS), "{op:?}");
        assert_eq!(
            vmo.op_range(op, PAGE, 1),
            Err(Status::OUT_OF_RANGE),
            "{op:?}"
        );
    }
}

#[test]
fn nothing_can_be_locked_and_unknown_operations_are_invalid() {
    let vmo = Vmo::create(PAGE).unwrap();
    for op in LOCKS {
        assert_eq!(
            vmo.op_range(op, 0, PAGE),
            Err(Status::NOT_SUPPORTED),
            "{op:?}"
        );
    }
    for raw in [0, 5, 15, u32::MAX] {
        let op = VmoOp::from_raw(raw);
        assert_eq!(
            vmo.op_range(op, 0, PAGE),
            Err(Status::INVALID_ARGS),
            "{raw}"
        );
    }
}

#[test]
fn rights_gate_the_operations() {
    let vmo = Vmo::create(PAGE).unwrap();
    let reader = vmo.duplicate_handle(Rights::READ).unwrap();
    let neither = vmo.duplicate_handle(Rights::NONE).unwrap();
    let write = [
        VmoOp::COMMIT,
        VmoOp::DECOMMIT,
        VmoOp::ZERO,
        VmoOp::CACHE_INVALIDATE,
    ];
    for op in write {
        assert_eq!(
            reader.op_range(op, 0, PAGE),
            Err(Status::ACCESS_DENIED),
            "{op:?}"
        );
    }
    assert_eq!(reader.op_range(VmoOp::CACHE_CLEAN, 0, PAGE), Ok(()));
    for op in [VmoOp::CACHE_SYNC, VmoOp::CACHE_CLEAN, VmoOp::LOCK] {
        assert_eq!(
            neither.op_range(op, 0, PAGE),
            Err(Status::ACCESS_DENIED),
            "{op:?}"
        );
    }
    assert_eq!(neither.op_range(VmoOp::PREFETCH, 0, PAGE), Ok(()));
}

#[test]
fn an_exact_vmo_is_committed_to_its_end_and_does_not_grow() {
    let name = Name::default();
    let vmo = Vmo::create_planned(&name, SealPlan::Fixed, Extent::Exact, 5000).unwrap();
    vmo.op_range(VmoOp::COMMIT, 0, 2 * PAGE).unwrap();
    assert_eq!(committed(&vmo), 2 * PAGE);
    vmo.op_range(VmoOp::COMMIT, PAGE + 2000, 100).unwrap();
    vmo.op_range(VmoOp::ZERO, 0, 2 * PAGE).unwrap();
    assert_eq!(rustix::fs::fstat(vmo.as_fd()).unwrap().st_size, 5000);
}
