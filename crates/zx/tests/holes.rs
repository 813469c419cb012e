// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Vmo::next_data` and `Vmar::populate`: which pages are there, and getting them.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(unsafe_code, reason = "a mapping is taken away again")]

use core::ops::Range;

use zx::{Extent, Name, Rights, SealPlan, Status, VmarFlags, Vmo, VmoOp, vmar_root_self};

fn ranges(vmo: &Vmo) -> Vec<Range<u64>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(data) = vmo.next_data(at).unwrap() {
        assert!(
            data.start >= at && data.end > data.start,
            "{data:?} after {at}"
        );
        at = data.end;
        found.push(data);
    }
    found
}

fn page(first: u64, end: u64) -> Range<u64> {
    first * 4096..end * 4096
}

#[test]
fn pages_that_were_written_are_data_and_the_others_are_holes() {
    let vmo = Vmo::create(64 * 4096).unwrap();
    assert_eq!(ranges(&vmo), []);
    for at in [0, 7, 8, 63] {
        vmo.write(b"x", at * 4096 + 4095).unwrap();
    }
    assert_eq!(ranges(&vmo), [page(0, 1), page(7, 9), page(63, 64)]);
    assert_eq!(
        vmo.next_data(7 * 4096 + 1),
        Ok(Some(7 * 4096 + 1..9 * 4096))
    );
    vmo.op_range(VmoOp::DECOMMIT, 7 * 4096, 4096).unwrap();
    assert_eq!(ranges(&vmo), [page(0, 1), page(8, 9), page(63, 64)]);
}

#[test]
fn an_exact_file_ends_where_it_ends() {
    let plan = SealPlan::Fixed;
    let vmo = Vmo::create_planned(&Name::default(), plan, Extent::Exact, 5000).unwrap();
    vmo.write(b"x", 4999).unwrap();
    assert_eq!(vmo.next_data(0), Ok(Some(4096..5000)));
    assert_eq!(vmo.next_data(5000), Ok(None));
}

#[test]
fn past_the_end_there_is_nothing_and_past_any_file_an_error() {
    let vmo = Vmo::create(4096).unwrap();
    vmo.write(b"x", 0).unwrap();
    for offset in [4096, 4097, 1 << 62, i64::MAX as u64] {
        assert_eq!(vmo.next_data(offset), Ok(None), "{offset}");
    }
    for offset in [1 << 63, u64::MAX] {
        assert_eq!(vmo.next_data(offset), Err(Status::OUT_OF_RANGE), "{offset}");
    }
    let writer = vmo.duplicate_handle(Rights::WRITE).unwrap();
    assert_eq!(writer.next_data(0), Err(Status::ACCESS_DENIED));
}

#[test]
fn populating_fills_holes_and_what_can_not_be_had_is_an_error() {
    let vmo = Vmo::create(8192).unwrap();
    let root = vmar_root_self();
    let addr = root.map(0, &vmo, 0, 4096, VmarFlags::PERM_READ).unwrap();
    root.populate(addr, 1).unwrap();
    assert_eq!(ranges(&vmo), [page(0, 1)]);
    assert_eq!(root.populate(addr, 0), Err(Status::INVALID_ARGS));
    assert_eq!(root.populate(addr + 1, 1), Err(Status::INVALID_ARGS));
    // SAFETY: from `map`; nothing uses the page.
    unsafe { root.unmap(addr, 4096) }.unwrap();

    let faults = VmarFlags::PERM_READ | VmarFlags::ALLOW_FAULTS;
    let addr = root.map(0, &vmo, 0, 3 * 4096, faults).unwrap();
    assert_eq!(
        root.populate(addr, 3 * 4096),
        Err(Status::NO_MEMORY),
        "past the end"
    );
    // SAFETY: as above.
    unsafe { root.unmap(addr, 3 * 4096) }.unwrap();
}
