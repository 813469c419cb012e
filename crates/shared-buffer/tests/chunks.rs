// SPDX-License-Identifier: MIT OR Apache-2.0
//! Chunks and records: all bytes of the part, once and in order, and nothing on an error.

mod common;

use core::cell::Cell;
use core::ops::ControlFlow;

use common::{buffer_of, buffer_with, contents};
use proptest::collection::vec;
use proptest::prelude::*;
use shared_buffer::{Access, AccessError, CHUNK_LEN, SharedBuffer};

const SIZE: usize = 3 * CHUNK_LEN + 100;

/// Bytes that differ from their neighbours and from those a chunk further on.
fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 151 + i / 256) as u8).collect()
}

/// What `for_each_chunk` shows of a part, chunk by chunk.
fn chunks_of(buffer: &SharedBuffer, start: usize, end: usize) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    let range = start..end;
    let all = buffer.for_each_chunk(range, |chunk| chunks.push(chunk.to_vec()));
    all.expect("a part");
    chunks
}

#[test]
fn every_byte_comes_once_and_in_order_from_every_offset() {
    let model = pattern(SIZE);
    let buffer = buffer_of(&model);
    let step = if cfg!(miri) { 63 } else { 1 };
    for start in (0..64).step_by(step) {
        for end in [
            start,
            start + 1,
            CHUNK_LEN,
            start + CHUNK_LEN,
            SIZE - 3,
            SIZE,
        ] {
            let chunks = chunks_of(&buffer, start, end);
            assert_eq!(chunks.concat(), model[start..end], "{start}..{end}");
            assert_eq!(chunks.len(), (end - start).div_ceil(CHUNK_LEN));
            let full = chunks.iter().rev().skip(1);
            assert!(full.into_iter().all(|chunk| chunk.len() == CHUNK_LEN));
        }
    }
}

#[test]
fn views_show_their_part() {
    let model = pattern(SIZE);
    let mut buffer = buffer_of(&model);
    let mut seen = Vec::new();
    let view = buffer.slice_mut(5..);
    view.for_each_chunk(1.., |chunk| seen.extend_from_slice(chunk))
        .expect("a part");
    assert_eq!(seen, model[6..]);
    seen.clear();
    let part = buffer.slice(7..5000);
    part.for_each_chunk(..=4000, |chunk| seen.extend_from_slice(chunk))
        .expect("a part");
    assert_eq!(seen, model[7..4008]);
    assert_eq!(
        part.records::<u8>(..3).expect("a part").collect::<Vec<_>>(),
        model[7..10]
    );
}

#[test]
fn a_closure_that_breaks_sees_no_further_chunk() {
    let buffer = buffer_of(&pattern(SIZE));
    let mut calls = 0;
    let ended = buffer.try_for_each_chunk(.., |chunk| {
        calls += 1;
        if calls == 2 {
            ControlFlow::Break(chunk[0])
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!(ended, Ok(ControlFlow::Break(pattern(SIZE)[CHUNK_LEN])));
    assert_eq!(calls, 2);
    let mut len = 0;
    let ended = buffer.try_for_each_chunk(9.., |chunk| {
        len += chunk.len();
        ControlFlow::<()>::Continue(())
    });
    assert_eq!((ended, len), (Ok(ControlFlow::Continue(())), SIZE - 9));
}

#[test]
fn scratch_of_any_length_is_a_chunk_length() {
    let model = pattern(700);
    let buffer = buffer_of(&model);
    for len in [1, 2, 63, 64, 65, 699, 700, 701, 5000] {
        let mut scratch = vec![0; len];
        let mut chunks = buffer.chunks(3.., &mut scratch).expect("a part");
        let mut seen = Vec::new();
        while let Some(chunk) = chunks.next_chunk() {
            assert_eq!(chunk.len(), len.min(697 - seen.len()));
            seen.extend_from_slice(chunk);
            chunk.fill(0); // it is ours: the buffer does not see it
            assert_eq!(chunks.bytes_left(), 697 - seen.len());
        }
        assert_eq!(seen, model[3..]);
        assert_eq!(chunks.next_chunk(), None);
    }
    assert_eq!(contents(&buffer), model);
    let refused = buffer.chunks(.., &mut []).map(|_| ());
    let (needed, given) = (1, 0);
    assert_eq!(refused, Err(AccessError::Length { needed, given }));
}

#[test]
fn a_chunk_is_a_copy_that_later_writes_do_not_change() {
    let buffer = buffer_of(&[1; 10]);
    let mut scratch = [0; 10];
    let mut chunks = buffer.chunks(.., &mut scratch).expect("a part");
    let chunk = chunks.next_chunk().expect("a chunk");
    buffer.write(&[2; 10]);
    assert_eq!(chunk, [1; 10]);
    let mut records = buffer.records::<u16>(..).expect("a part");
    buffer.write(&[3; 4]);
    assert_eq!(
        records.next(),
        Some(0x0303),
        "a record is read when it is asked for"
    );
    assert_eq!(records.nth(1), Some(0x0202));
}

/// All that is refused, for each way to read; and that the closure is not called.
fn is_refused(buffer: &SharedBuffer, range: core::ops::Range<usize>, error: AccessError) {
    let called = Cell::new(false);
    let each = buffer.for_each_chunk(range.clone(), |_| called.set(true));
    assert_eq!(each, Err(error));
    let each = buffer.try_for_each_chunk(range.clone(), |_| {
        called.set(true);
        ControlFlow::<()>::Continue(())
    });
    assert_eq!(each, Err(error));
    assert!(!called.get());
    let mut scratch = [42; 8];
    assert_eq!(
        buffer.chunks(range.clone(), &mut scratch).err(),
        Some(error)
    );
    assert_eq!(scratch, [42; 8]);
    assert_eq!(buffer.records::<u32>(range).err(), Some(error));
}

#[test]
fn a_bad_range_is_refused_before_anything_is_read() {
    let size = 100;
    let buffer = buffer_of(&pattern(size));
    for (start, end) in [
        (0, 101),
        (101, 101),
        (90, usize::MAX),
        (usize::MAX, usize::MAX),
    ] {
        let (offset, len) = (start, end - start);
        is_refused(
            &buffer,
            start..end,
            AccessError::OutOfBounds { offset, len, size },
        );
    }
    let (start, end) = (6, 5);
    is_refused(
        &buffer,
        start..end,
        AccessError::Reversed { start, end, size },
    );
}

#[test]
fn without_the_permission_nothing_is_read() {
    let buffer = buffer_with(&pattern(100), Access::WRITE);
    let (needed, held) = (Access::READ, Access::WRITE);
    is_refused(&buffer, 0..10, AccessError::Denied { needed, held });
    is_refused(&buffer, 5..5, AccessError::Denied { needed, held });
    assert!(
        buffer_with(&pattern(10), Access::READ)
            .records::<u8>(..)
            .is_ok()
    );
}

/// `next`, `fold`, `nth` and the sizes of one type of record, against chunks of a vector.
fn records_are<const N: usize>(buffer: &SharedBuffer, model: &[u8], start: usize) {
    let expected: Vec<[u8; N]> = model[start..]
        .chunks_exact(N)
        .map(|record| record.try_into().expect("N bytes"))
        .collect();
    let records = || buffer.records::<[u8; N]>(start..).expect("a part");
    assert_eq!(records().len(), expected.len());
    assert_eq!(records().bytes_over(), (model.len() - start) % N);
    let mut one_by_one = Vec::new();
    for record in records() {
        one_by_one.push(record);
    }
    assert!(one_by_one == expected, "{N} bytes from {start} by next");
    let mut folded = Vec::new();
    records().for_each(|record| folded.push(record));
    assert!(folded == expected, "{N} bytes from {start} by fold");
    let stepped: Vec<_> = records().skip(1).step_by(3).collect();
    assert!(stepped.iter().eq(expected.iter().skip(1).step_by(3)));
    for past in [expected.len(), expected.len() + 5, usize::MAX] {
        let mut ended = records();
        assert_eq!(ended.nth(past), None);
        assert_eq!((ended.next(), ended.len()), (None, 0));
        assert_eq!(ended.bytes_over(), (model.len() - start) % N);
    }
}

#[test]
fn records_of_every_size_are_chunks_of_the_bytes() {
    let model = pattern(if cfg!(miri) { 300 } else { 1300 });
    let buffer = buffer_of(&model);
    for start in if cfg!(miri) {
        vec![0, 5]
    } else {
        (0..64).collect()
    } {
        records_are::<1>(&buffer, &model, start);
        records_are::<2>(&buffer, &model, start);
        records_are::<3>(&buffer, &model, start);
        records_are::<8>(&buffer, &model, start);
        records_are::<12>(&buffer, &model, start);
        records_are::<33>(&buffer, &model, start);
        records_are::<64>(&buffer, &model, start);
        records_are::<65>(&buffer, &model, start);
        records_are::<1000>(&buffer, &model, start);
        records_are::<2000>(&buffer, &model, start);
    }
}

#[test]
fn records_of_no_bytes_are_none() {
    let buffer = buffer_of(&[0; 10]);
    let records = || buffer.records::<[u64; 0]>(3..).expect("a part");
    assert_eq!((records().len(), records().bytes_over()), (0, 7));
    assert_eq!(records().next(), None);
    assert_eq!(records().nth(5), None);
    assert_eq!(records().fold(0, |count, _| count + 1), 0);
}

#[test]
fn a_fold_takes_up_where_next_left_off() {
    let model = pattern(1300);
    let buffer = buffer_of(&model);
    let mut records = buffer.records::<u8>(..).expect("a part");
    for byte in &model[..70] {
        assert_eq!(records.next(), Some(*byte));
    }
    assert!(records.collect::<Vec<_>>() == model[70..]);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 300 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn chunks_behave_as_those_of_a_vector(
        model in vec(any::<u8>(), 0..600),
        (start, end) in (0usize..650, 0usize..650),
        len in 1usize..200,
    ) {
        let buffer = buffer_of(&model);
        let part = model.get(start..end);
        let mut scratch = vec![0; len];
        let mut seen = Vec::new();
        let chunks = buffer.chunks(start..end, &mut scratch);
        prop_assert_eq!(chunks.is_ok(), part.is_some());
        if let Ok(mut chunks) = chunks {
            while let Some(chunk) = chunks.next_chunk() {
                seen.push(chunk.to_vec());
            }
        }
        let expected: Vec<_> = part.unwrap_or(&[]).chunks(len).map(<[u8]>::to_vec).collect();
        prop_assert_eq!(seen, expected);
        let words = buffer.records::<u32>(start..end).ok().map(|records| records.collect());
        let expected: Option<Vec<_>> = part.map(|part| {
            let words = part.chunks_exact(4).map(|word| word.try_into().expect("4 bytes"));
            words.map(u32::from_ne_bytes).collect()
        });
        prop_assert_eq!(words, expected);
    }
}
