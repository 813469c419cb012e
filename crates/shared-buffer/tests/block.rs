// SPDX-License-Identifier: MIT OR Apache-2.0
//! Block operations beside a `Vec<u8>`: fills, copies, rows, vectors, comparisons, searches.

mod common;

use common::{buffer_of, buffer_with, contents};
use proptest::collection::vec;
use proptest::prelude::*;
use shared_buffer::{Access, AccessError, Rows};

const SIZE: usize = if cfg!(miri) { 200 } else { 9000 };
const CASES: u32 = if cfg!(miri) { 2 } else { 300 };

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + i / 256) as u8).collect()
}

/// Offsets and lengths inside, at the end, past it, and those that overflow.
fn number() -> impl Strategy<Value = usize> {
    prop_oneof![
        6 => 0..40usize,
        6 => 0..SIZE + 20,
        1 => Just(usize::MAX),
        1 => Just(isize::MAX as usize),
    ]
}

fn inside(offset: usize, len: usize, size: usize) -> bool {
    offset.checked_add(len).is_some_and(|end| end <= size)
}

/// The offsets of all bytes of some rows, if they are inside `size` and do not overlap.
fn places(rows: Rows, pitch: usize, start: usize, size: usize) -> Option<Vec<usize>> {
    if rows.rows > 1 && pitch < rows.row_len {
        return None;
    }
    if rows.rows == 0 || rows.row_len == 0 {
        return (start <= size).then(Vec::new);
    }
    let last = (rows.rows as u128 - 1) * pitch as u128;
    if start as u128 + last + rows.row_len as u128 > size as u128 {
        return None;
    }
    let starts = (0..rows.rows).map(|row| start + row * pitch);
    Some(starts.flat_map(|at| at..at + rows.row_len).collect())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn fill_sets_the_part_and_nothing_else(at in number(), len in number(), value: u8) {
        let buffer = buffer_of(&pattern(SIZE));
        let mut model = pattern(SIZE);
        let end = at.saturating_add(len);
        let filled = buffer.fill(at..end, value);
        if inside(at, len, SIZE) {
            model[at..end].fill(value);
            prop_assert_eq!(filled, Ok(()));
        } else {
            prop_assert!(filled.is_err());
        }
        prop_assert!(contents(&buffer) == model);
    }

    #[test]
    fn copy_within_is_memmove(from in number(), len in number(), to in number()) {
        let buffer = buffer_of(&pattern(SIZE));
        let mut model = pattern(SIZE);
        let end = from.saturating_add(len);
        let moved = buffer.copy_within(from..end, to);
        if inside(from, len, SIZE) && inside(to, len, SIZE) {
            model.copy_within(from..end, to);
            prop_assert_eq!(moved, Ok(()));
        } else {
            prop_assert!(moved.is_err());
        }
        prop_assert!(contents(&buffer) == model);
    }

    #[test]
    fn copies_between_buffers_take_all_or_nothing(at in number(), len in 0..SIZE) {
        let source = buffer_of(&pattern(SIZE));
        let mut target = buffer_of(&vec![0xEE; SIZE / 2]);
        let mut model = vec![0xEE; SIZE / 2];
        let copied = target.copy_from(at, source.slice(..len));
        if inside(at, len, SIZE / 2) {
            model[at..at + len].copy_from_slice(&pattern(SIZE)[..len]);
            prop_assert_eq!(copied, Ok(()));
        } else {
            prop_assert!(copied.is_err());
        }
        prop_assert!(contents(&target) == model);

        let copied = source.copy_to(at, &mut target);
        if inside(at, SIZE / 2, SIZE) {
            model.copy_from_slice(&pattern(SIZE)[at..at + SIZE / 2]);
            prop_assert_eq!(copied, Ok(()));
        } else {
            prop_assert!(copied.is_err());
        }
        prop_assert!(contents(&target) == model);
        prop_assert!(contents(&source) == pattern(SIZE));
    }

    #[test]
    fn rows_are_those_of_the_model(
        numbers in (number(), number(), number(), number()),
        private_pitch in number(),
        private_len in 0..SIZE,
    ) {
        let (offset, pitch, row_len, count) = numbers;
        let rows = Rows { offset, pitch, row_len, rows: count };
        let shared = places(rows, rows.pitch, rows.offset, SIZE);
        let private = places(rows, private_pitch, 0, private_len);
        let buffer = buffer_of(&pattern(SIZE));

        let mut dst = vec![0xEE; private_len];
        let mut model = dst.clone();
        let read = buffer.read_rows(rows, &mut dst, private_pitch);
        prop_assert_eq!(read.is_ok(), shared.is_some() && private.is_some(), "{:?}", read);
        if let (Some(from), Some(to), true) = (&shared, &private, read.is_ok()) {
            to.iter().zip(from).for_each(|(to, from)| model[*to] = pattern(SIZE)[*from]);
        }
        prop_assert!(dst == model);

        let src: Vec<u8> = (0..private_len).map(|i| !(i as u8)).collect();
        let mut model = pattern(SIZE);
        let written = buffer.write_rows(rows, &src, private_pitch);
        prop_assert_eq!(written, read);
        if let (Some(to), Some(from), true) = (&shared, &private, written.is_ok()) {
            to.iter().zip(from).for_each(|(to, from)| model[*to] = src[*from]);
        }
        prop_assert!(contents(&buffer) == model);

        let filled = buffer.fill_rows(rows, 0xA5);
        prop_assert_eq!(filled.is_ok(), shared.is_some(), "{:?}", filled);
        shared.iter().flatten().for_each(|at| model[*at] = 0xA5);
        prop_assert!(contents(&buffer) == model);
    }

    #[test]
    fn vectors_take_all_or_nothing(at in number(), lens in vec(0..SIZE / 3, 0..5)) {
        let buffer = buffer_of(&pattern(SIZE));
        let total: usize = lens.iter().sum();
        let fits = inside(at, total, SIZE);
        let mut parts: Vec<Vec<u8>> = lens.iter().map(|len| vec![0xEE; *len]).collect();
        let mut dsts: Vec<&mut [u8]> = parts.iter_mut().map(Vec::as_mut_slice).collect();
        prop_assert_eq!(buffer.read_vectored(at, &mut dsts).is_ok(), fits);
        let expected = if fits { pattern(SIZE)[at..at + total].to_vec() } else { vec![0xEE; total] };
        prop_assert!(parts.concat() == expected);

        parts.iter_mut().flatten().for_each(|byte| *byte = !*byte);
        let srcs: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(buffer.write_vectored(at, &srcs).is_ok(), fits);
        let mut model = pattern(SIZE);
        if fits {
            model[at..at + total].copy_from_slice(&parts.concat());
        }
        prop_assert!(contents(&buffer) == model);
    }

    #[test]
    fn find_and_compare_agree_with_slices(
        bytes in vec(0..3u8, 0..SIZE), start in 0..SIZE, len in 0..300usize,
        needle in prop_oneof![vec(0..3u8, 0..8), vec(0..1u8, 100..200)],
        planted in any::<bool>(),
    ) {
        let mut bytes = bytes;
        let start = start.min(bytes.len());
        // Such as it is, a long needle would hardly ever be there.
        if planted && inside(start + len, needle.len(), bytes.len()) {
            bytes[start + len..][..needle.len()].copy_from_slice(&needle);
        }
        let buffer = buffer_of(&bytes);
        let windows = |at: usize| bytes[at..].starts_with(&needle);
        let expected = (start..=bytes.len()).find(|at| windows(*at));
        prop_assert_eq!(buffer.find(start.., &needle), Ok(expected));
        let byte = needle.first().copied().unwrap_or(2);
        let expected = (start..bytes.len()).find(|at| bytes[*at] == byte);
        prop_assert_eq!(buffer.find_byte(start.., byte), Ok(expected));

        let compared = buffer.compare_at(start, &needle);
        match bytes.get(start..start + needle.len()) {
            Some(there) => prop_assert_eq!(compared, Ok(there.cmp(&needle[..]))),
            None => prop_assert!(compared.is_err()),
        }
        prop_assert_eq!(buffer.eq_at(start, &needle).ok(), compared.ok().map(|c| c.is_eq()));
    }

    #[test]
    fn write_streaming_writes_what_write_all_at_writes(at in number(), len in 0..SIZE + 20) {
        let (streamed, written) = (buffer_of(&vec![7; SIZE]), buffer_of(&vec![7; SIZE]));
        let src = pattern(len);
        prop_assert_eq!(streamed.write_streaming(at, &src), written.write_all_at(at, &src));
        prop_assert!(contents(&streamed) == contents(&written));
    }
}

#[test]
fn a_longer_comparison_sees_the_difference_in_each_chunk() {
    let len = if cfg!(miri) { 300 } else { 10_000 };
    let buffer = buffer_of(&pattern(len));
    assert_eq!(buffer.eq_at(0, &pattern(len)), Ok(true));
    for at in [0, 1, len / 2, len * 4 / 10 + 96, len - 1] {
        let mut other = pattern(len);
        other[at] ^= 0x80;
        let expected = pattern(len).cmp(&other);
        assert_eq!(buffer.compare_at(0, &other), Ok(expected), "at {at}");
    }
}

#[test]
fn a_needle_is_found_where_it_crosses_chunks() {
    let len = if cfg!(miri) { 4400 } else { 20_000 };
    for needle_len in [2, 127, 128, 129, 300] {
        let needle: Vec<u8> = (0..needle_len).map(|i| 1 + (i % 7) as u8).collect();
        let at = 4096 - needle_len / 2;
        let mut bytes = vec![0; len];
        bytes[at..at + needle_len].copy_from_slice(&needle);
        let buffer = buffer_of(&bytes);
        assert_eq!(buffer.find(.., &needle), Ok(Some(at)));
        assert_eq!(buffer.find(100..at + needle_len - 1, &needle), Ok(None));
        assert_eq!(buffer.find(at.., &needle), Ok(Some(at)));
    }
}

#[test]
fn rows_of_a_hostile_peer_cost_nothing() {
    let buffer = buffer_of(&[1; 100]);
    // Each of these would loop for years if it were believed.
    let endless = |pitch, row_len| Rows {
        offset: 0,
        pitch,
        row_len,
        rows: usize::MAX,
    };
    assert_eq!(buffer.fill_rows(endless(0, 0), 9), Ok(()));
    assert_eq!(buffer.fill_rows(endless(usize::MAX, 0), 9), Ok(()));
    let overlap = AccessError::Overlap {
        pitch: 0,
        row_len: 1,
    };
    assert_eq!(buffer.fill_rows(endless(0, 1), 9), Err(overlap));
    let outside = AccessError::OutOfBounds {
        offset: 0,
        len: usize::MAX,
        size: 100,
    };
    assert_eq!(buffer.fill_rows(endless(1, 1), 9), Err(outside));
    assert_eq!(buffer.read_rows(endless(2, 1), &mut [], 1), Err(outside));
    assert_eq!(buffer.write_rows(endless(0, 0), &[], 0), Ok(()));
    assert_eq!(contents(&buffer), [1; 100]);
}

#[test]
fn too_little_private_memory_is_an_error_with_both_numbers() {
    let buffer = buffer_of(&[1; 100]);
    let rows = Rows {
        offset: 0,
        pitch: 10,
        row_len: 4,
        rows: 3,
    };
    let mut dst = [9; 19];
    let error = buffer.read_rows(rows, &mut dst, 8).unwrap_err();
    assert_eq!(
        error,
        AccessError::Length {
            needed: 20,
            given: 19
        }
    );
    let shown = error.to_string();
    assert!(shown.contains("20") && shown.contains("19"), "{shown}");
    assert_eq!((error.raw_status(), dst), (-10, [9; 19]));
}

#[test]
fn what_the_buffer_does_not_permit_is_denied_and_touches_nothing() {
    let rows = Rows {
        offset: 0,
        pitch: 8,
        row_len: 4,
        rows: 2,
    };
    let mut dst = [9; 8];
    let free = buffer_of(&[1; 16]);
    let read_only = buffer_with(&[2; 16], Access::READ);
    let denied = [
        read_only.fill(.., 0),
        read_only.fill_rows(rows, 0),
        read_only.write_rows(rows, &[0; 8], 4),
        read_only.write_vectored(0, &[&[0; 4]]),
        read_only.write_streaming(0, &[0; 4]),
        read_only.copy_from(0, &free),
        read_only.copy_within(..4, 8),
        read_only.fill(..0, 0),
    ];
    for result in denied {
        assert!(matches!(
            result,
            Err(AccessError::Denied {
                needed: Access::WRITE,
                ..
            })
        ));
    }
    assert_eq!(contents(&read_only), [2; 16]);
    let closed = buffer_with(&[3; 16], Access::NONE);
    let denied = [
        closed.read_rows(rows, &mut dst, 4),
        closed.read_vectored(0, &mut [&mut dst]),
        free.copy_from(0, &closed),
        closed.eq_at(0, &[3]).map(drop),
        closed.compare_at(0, &[]).map(drop),
        closed.find(.., &[3]).map(drop),
        closed.find_byte(..0, 3).map(drop),
        closed.find(..0, &[]).map(drop),
    ];
    for result in denied {
        assert!(matches!(
            result,
            Err(AccessError::Denied {
                needed: Access::READ,
                ..
            })
        ));
    }
    assert_eq!((dst, contents(&free)), ([9; 8], vec![1; 16]));
}

#[test]
fn each_of_the_three_types_is_a_source_and_the_writable_ones_are_targets() {
    let mut source = buffer_of(b"0123456789");
    let mut target = buffer_of(&[b'.'; 10]);
    target.copy_from(0, &source).expect("a buffer");
    target.copy_from(0, source.slice(8..)).expect("a slice");
    let first = source.slice(..1);
    target.copy_from(2, &first).expect("a slice");
    let part = source.slice_mut(4..6);
    target.copy_from(3, &part).expect("a writable slice");
    part.copy_to(0, target.slice_mut(8..)).expect("to a slice");
    let mut last = target.slice_mut(5..7);
    part.copy_to(0, &mut last).expect("to a slice");
    part.copy_from(0, target.slice(..2)).expect("into a slice");
    target.copy_from(7, part).expect("a writable slice");
    assert_eq!(
        contents(&target),
        b"89045458".iter().chain(b"95").copied().collect::<Vec<_>>()
    );
    assert_eq!(contents(&source), b"0123896789");
}

#[test]
fn slices_count_from_their_own_start() {
    let mut buffer = buffer_of(b"0123456789");
    let mut part = buffer.slice_mut(3..8);
    assert_eq!(part.find(.., b"56"), Ok(Some(2)));
    assert_eq!(part.find_byte(1.., b'8'), Ok(None));
    assert_eq!(part.slice(2..).find_byte(.., b'7'), Ok(Some(2)));
    part.slice_mut(1..3).fill(.., b'_').expect("inside");
    assert!(part.fill(..6, b'!').is_err());
    assert_eq!(contents(&buffer), b"0123__6789");
}

#[test]
fn the_shared_pointer_is_the_start_of_the_view() {
    let mut buffer = buffer_of(b"0123456789");
    let (start, _) = buffer.as_ptr_len();
    // SAFETY: the address is compared and used by nobody.
    let whole = unsafe { buffer.as_shared_mut_ptr() };
    // SAFETY: as above.
    let part = unsafe { buffer.slice(4..).as_shared_ptr() };
    assert_eq!((whole, part), (start, start.wrapping_add(4).cast_const()));
}
