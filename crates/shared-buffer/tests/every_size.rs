// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every small size and the powers of two, at every small offset, with guards all around; and
//! moves that overlap.

use shared_buffer::border;

const LARGEST: usize = if cfg!(miri) { 300 } else { 1 << 20 };
const OFFSETS: usize = 64;
const GUARD: u8 = 0xA5;

/// Bytes that differ from their neighbours and are never the guard.
fn pattern(len: usize) -> Vec<u8> {
    (0..len)
        .map(|i| ((i % 151) as u8 ^ ((i >> 9) as u8 & 7)) & 0x7f)
        .collect()
}

fn sizes() -> impl Iterator<Item = usize> {
    let step = if cfg!(miri) { 67 } else { 1 };
    let powers = (9..=20)
        .map(|shift| 1 << shift)
        .filter(|size| *size <= LARGEST);
    (0..=300).step_by(step).chain(powers)
}

/// Large copies at a few offsets, small ones at all.
fn offsets(len: usize) -> impl Iterator<Item = usize> {
    (0..=OFFSETS).step_by(match len {
        _ if cfg!(miri) => 31,
        8193.. => 13,
        _ => 1,
    })
}

type Copy = unsafe fn(*const u8, *mut u8, usize);

fn copies_exactly(copy: Copy) {
    let mut src = pattern(LARGEST + OFFSETS);
    for len in sizes() {
        for offset in offsets(len) {
            // Another offset on the other side; all of them come up there too.
            let from = (offset * 7) % (OFFSETS + 1);
            let mut dst = vec![GUARD; len + 2 * OFFSETS + 1];
            let to = dst.as_mut_ptr().wrapping_add(offset);
            // SAFETY: `from + len` is inside `src`, `offset + len` inside `dst`.
            unsafe { copy(src.as_mut_ptr().wrapping_add(from), to, len) };
            let (before, rest) = dst.split_at(offset);
            let (copied, after) = rest.split_at(len);
            assert!(copied == &src[from..from + len], "{len} bytes at {offset}");
            let guards = before.iter().chain(after);
            assert!(
                guards.copied().all(|byte| byte == GUARD),
                "around {len} at {offset}"
            );
        }
    }
    assert!(src == pattern(LARGEST + OFFSETS), "a source changed");
}

#[test]
fn from_shared_fills_its_destination_and_no_more() {
    copies_exactly(border::from_shared);
}

#[test]
fn to_shared_changes_its_bytes_and_no_other() {
    copies_exactly(border::to_shared);
}

#[test]
fn between_copies_exactly() {
    copies_exactly(border::between);
}

#[test]
fn between_moves_what_overlaps() {
    let lens = (0..=300)
        .step_by(if cfg!(miri) { 71 } else { 1 })
        .chain([1000, 4096, 5001])
        .filter(|len| !cfg!(miri) || *len < 1000);
    for len in lens {
        let distances = [
            0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255,
        ];
        for distance in distances {
            for (from, to) in [(distance, 0), (0, distance)] {
                let mut bytes = pattern(len + 300);
                let mut expected = bytes.clone();
                expected.copy_within(from..from + len, to);
                let base = bytes.as_mut_ptr();
                // SAFETY: both ranges lie inside the vector, which has 300 bytes to spare.
                unsafe { border::between(base.wrapping_add(from), base.wrapping_add(to), len) };
                assert!(bytes == expected, "{len} bytes from {from} to {to}");
            }
        }
    }
}
