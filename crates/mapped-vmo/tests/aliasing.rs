// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two mappings of one VMO: the same bytes at two addresses. Copies between them whose ranges
//! overlap in the VMO leave unspecified bytes; never a fault, and never a byte from nowhere.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mapped_vmo::zx::VmarFlags;
use mapped_vmo::{Mapping, SharedBuffer};
use proptest::prelude::*;
use shared_buffer::Rows;

const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);
const SIZE: usize = 3 * 4096;

fn two_mappings() -> (Mapping, Mapping) {
    let (first, vmo) = Mapping::allocate(SIZE).unwrap();
    let second = Mapping::create_from_vmo(&vmo, SIZE, READ_WRITE).unwrap();
    (first, second)
}

fn contents(buffer: &SharedBuffer) -> Vec<u8> {
    let mut bytes = vec![0; buffer.len()];
    buffer.read_exact_at(0, &mut bytes).unwrap();
    bytes
}

/// Tells the other thread to stop, also where an assertion failed.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn pattern() -> Vec<u8> {
    (0..SIZE).map(|i| (i * 31 + i / 256) as u8).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn each_byte_comes_from_the_source_or_was_there(
        from in 0..SIZE, distance in -300..300isize, len in 0..SIZE,
    ) {
        let (first, second) = two_mappings();
        let before = pattern();
        first.write_all_at(0, &before).unwrap();
        let to = from.saturating_add_signed(distance).min(SIZE);
        let len = len.min(SIZE - from).min(SIZE - to);
        second.copy_from(to, first.slice(from..from + len)).unwrap();
        let after = contents(&first);
        prop_assert!(after == contents(&second), "two mappings are not the same bytes");
        for (at, byte) in after.iter().enumerate() {
            let outside = at < to || at >= to + len;
            prop_assert!(!outside || *byte == before[at], "a byte outside, at {}", at);
        }
        if from + len <= to || to + len <= from || from == to {
            prop_assert!(after[to..to + len] == before[from..from + len]);
        } else {
            // Each byte was, before the copy, somewhere in the two ranges.
            let both = &before[from.min(to)..from.max(to) + len];
            prop_assert!(after[to..to + len].iter().all(|byte| both.contains(byte)));
        }
    }
}

#[test]
fn with_two_values_there_is_no_third_one() {
    let (first, second) = two_mappings();
    for distance in [1, 2, 8, 16, 31, 32, 64, 100, 4096] {
        for len in [64, 65, 130, 300, 1000, SIZE - 4096] {
            for back in [false, true] {
                let (from, to) = if back { (0, distance) } else { (distance, 0) };
                first.fill(.., 0x11).unwrap();
                first.fill(from..from + distance, 0x22).unwrap();
                second.copy_from(to, first.slice(from..from + len)).unwrap();
                let after = contents(&first);
                assert!(
                    after.iter().all(|byte| [0x11, 0x22].contains(byte)),
                    "{len} bytes by {distance}, back: {back}"
                );
            }
        }
    }
}

#[test]
fn one_mapping_is_memmove_whatever_the_overlap() {
    let (mapping, _) = two_mappings();
    let mut model = pattern();
    mapping.write_all_at(0, &model).unwrap();
    for (from, to, len) in [
        (0, 1, 5000),
        (100, 7, 9000),
        (4096, 0, 8192),
        (0, 4000, 8000),
    ] {
        mapping
            .copy_from(to, mapping.slice(from..from + len))
            .unwrap();
        model.copy_within(from..from + len, to);
        assert!(
            contents(&mapping) == model,
            "{len} bytes from {from} to {to}"
        );
    }
}

#[test]
fn everything_works_while_somebody_else_writes() {
    let (mine, theirs) = two_mappings();
    let stop = AtomicBool::new(false);
    let rows = Rows {
        offset: 3,
        pitch: 100,
        row_len: 77,
        rows: 100,
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                theirs.fill(.., 0x33).unwrap();
                theirs.fill(.., 0x44).unwrap();
            }
        });
        let _stop = Stop(&stop);
        let mut private = vec![0; 7700];
        mine.fill(.., 0x33).unwrap();
        for _ in 0..2000 {
            mine.read_rows(rows, &mut private, 77).unwrap();
            let known = private.iter().all(|byte| [0x33, 0x44].contains(byte));
            assert!(known, "a byte from nowhere");
            mine.write_rows(rows, &private, 77).unwrap();
            mine.copy_within(1.., 0).unwrap();
            mine.write_streaming(5, &private).unwrap();
            assert_eq!(mine.find_byte(.., 0x55), Ok(None));
            assert_eq!(mine.find(.., &[0x33, 0x55]), Ok(None));
        }
    });
}
