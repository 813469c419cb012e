// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a snapshot copies: pages, and no holes.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mapped_vmo::zx::{Extent, Name, SealPlan, Vmo, VmoOp};
use mapped_vmo::{ImmutableMapping, Mapping};
use proptest::prelude::*;

fn snapshot(vmo: &Vmo) -> ImmutableMapping {
    let mapping = ImmutableMapping::create_from_vmo(vmo, false).unwrap();
    assert!(!mapping.is_zero_copy());
    mapping
}

/// The resident KiB of the mapping that begins at `addr`, as /proc says.
fn resident(addr: usize) -> usize {
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut lines = smaps.lines();
    // Two mappings side by side with the same permissions are one to the kernel.
    lines.find(|line| {
        let Some((start, rest)) = line.split_once('-') else {
            return false;
        };
        let end = rest.split(' ').next().unwrap();
        let parse = |hex| usize::from_str_radix(hex, 16);
        matches!((parse(start), parse(end)), (Ok(start), Ok(end)) if (start..end).contains(&addr))
    });
    let rss = lines.find_map(|line| line.strip_prefix("Rss:")).unwrap();
    rss.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[test]
fn a_sparse_giant_is_copied_in_a_few_pages() {
    let vmo = Vmo::create(1 << 30).unwrap();
    let places = [0, 123_456_789, (1 << 30) - 1];
    for place in places {
        vmo.write(b"x", place).unwrap();
    }
    let mapping = snapshot(&vmo);
    let addr = mapping.as_ptr().addr();
    // 12, and what the kernel shows as one with it.
    let kib = resident(addr);
    assert!(kib <= 1024, "3 pages became {kib} KiB");
    assert_eq!(mapping.len(), 1 << 30);
    for place in places {
        let place = usize::try_from(place).unwrap();
        assert_eq!(mapping[place], b'x');
    }
    assert_eq!(mapping[500_000_000..500_010_000], [0; 10_000]);
    assert_eq!(
        vmo.next_data(4096),
        Ok(Some(123_453_440..123_457_536)),
        "holes were filled"
    );
}

#[test]
fn an_exact_vmo_is_copied_up_to_its_last_byte_and_zeros_follow() {
    let plan = SealPlan::Fixed;
    let vmo = Vmo::create_planned(&Name::default(), plan, Extent::Exact, 3 * 4096 + 5).unwrap();
    vmo.write(b"12345", 3 * 4096).unwrap();
    let mapping = snapshot(&vmo);
    assert_eq!(mapping.len(), 4 * 4096);
    assert_eq!(&mapping[3 * 4096..][..6], b"12345\0");
    assert_eq!(mapping[..3 * 4096], [0; 3 * 4096]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    })]
    #[test]
    fn a_snapshot_is_what_reading_gives_wherever_the_holes_are(
        pages in 1..40_u64,
        written in prop::collection::vec(0..40_u64, 0..30),
        punched in prop::collection::vec(0..40_u64, 0..10),
    ) {
        let vmo = Vmo::create(pages * 4096).unwrap();
        for (n, page) in written.iter().enumerate().filter(|(_, page)| **page < pages) {
            let fill = u8::try_from(n + 1).unwrap();
            vmo.write(&[fill; 4096], page * 4096).unwrap();
        }
        for page in punched.iter().filter(|page| **page < pages) {
            vmo.op_range(VmoOp::DECOMMIT, page * 4096, 4096).unwrap();
        }
        let expected = vmo.read_to_vec::<u8>(0, pages * 4096).unwrap();
        prop_assert!(*snapshot(&vmo) == expected[..]);
    }
}

#[test]
fn pages_that_come_and_go_meanwhile_are_old_or_zero_and_nothing_hangs() {
    const PAGES: usize = 64;
    let (mapping, vmo) = Mapping::allocate(PAGES * 4096).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let peer = vmo
            .duplicate_handle(mapped_vmo::zx::Rights::SAME_RIGHTS)
            .unwrap();
        let stop = &stop;
        scope.spawn(move || {
            let whole = u64::try_from(PAGES * 4096).unwrap();
            while !stop.load(Ordering::Relaxed) {
                for page in (0..PAGES).step_by(2) {
                    mapping.write_at(page * 4096, &[b'x'; 4096]);
                }
                peer.op_range(VmoOp::DECOMMIT, 0, whole).unwrap();
            }
        });
        let bad = (0..200).find_map(|_| {
            let copy = ImmutableMapping::create_from_vmo(&vmo, false).unwrap();
            let wrong = |byte| ![0, b'x'].contains(byte);
            copy.is_zero_copy()
                .then_some(0)
                .or(copy.iter().position(wrong))
        });
        stop.store(true, Ordering::Relaxed);
        assert_eq!(bad, None, "a byte that nobody wrote, or no copy");
    });
}
