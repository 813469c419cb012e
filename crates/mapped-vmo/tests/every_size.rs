// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every small size and the powers of two, at every small offset, with guards all around.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use mapped_vmo::Mapping;

const LARGEST: usize = 1 << 20;
const OFFSETS: usize = 64;
const GUARD: u8 = 0xA5;

/// Bytes that differ from their neighbours and are never the guard.
fn pattern(len: usize) -> Vec<u8> {
    (0..len)
        .map(|i| (i % 151) as u8 ^ (i >> 9) as u8 & 7)
        .map(|b| b & 0x7f)
        .collect()
}

fn sizes() -> impl Iterator<Item = usize> {
    (0..=300).chain((9..=20).map(|shift| 1 << shift))
}

#[test]
fn a_write_changes_its_bytes_and_no_other() {
    let (mapping, vmo) = Mapping::allocate(LARGEST + 4 * OFFSETS).unwrap();
    let src = pattern(LARGEST + OFFSETS);
    for len in sizes() {
        for offset in 0..=OFFSETS {
            let (start, around) = (OFFSETS + offset, OFFSETS.min(len + OFFSETS));
            let all = start - around..start + len + around;
            vmo.write(&vec![GUARD; all.len()], all.start as u64)
                .unwrap();
            let from = &src[offset % 17..][..len];
            assert_eq!(mapping.write_at(start, from), len);
            let now = vmo.read_to_vec(all.start as u64, all.len() as u64).unwrap();
            let now: &[u8] = &now;
            assert!(
                now[..around].iter().all(|&b| b == GUARD),
                "before {len} at {offset}"
            );
            assert!(
                &now[around..around + len] == from,
                "{len} bytes at {offset}"
            );
            assert!(
                now[around + len..].iter().all(|&b| b == GUARD),
                "after {len} at {offset}"
            );
        }
    }
}

#[test]
fn a_read_fills_its_destination_and_no_more() {
    let (mapping, vmo) = Mapping::allocate(LARGEST + 4 * OFFSETS).unwrap();
    let shared = pattern(LARGEST + 4 * OFFSETS);
    vmo.write(&shared, 0).unwrap();
    for len in sizes() {
        for offset in 0..=OFFSETS {
            let at = offset % 19;
            let mut dst = vec![GUARD; len + 2 * OFFSETS];
            assert_eq!(mapping.read_at(offset, &mut dst[at..at + len]), len);
            assert!(
                dst[..at].iter().all(|&b| b == GUARD),
                "before {len} at {offset}"
            );
            assert!(
                dst[at..at + len] == shared[offset..offset + len],
                "{len} at {offset}"
            );
            assert!(
                dst[at + len..].iter().all(|&b| b == GUARD),
                "after {len} at {offset}"
            );
        }
    }
}
