// SPDX-License-Identifier: MIT OR Apache-2.0
//! A `Vec<u8>` beside the buffer: whatever is done to both, they stay the same.

mod common;

use core::mem::MaybeUninit;

use common::{buffer_of, contents};
use proptest::collection::vec;
use proptest::prelude::*;
use shared_buffer::{SharedBuffer, SharedBufferSlice, border};

/// One thing that a program does to a buffer.
#[derive(Clone, Debug)]
enum Op {
    Write(usize, Vec<u8>),
    WriteAll(usize, Vec<u8>),
    Read(usize, usize),
    ReadExact(usize, usize),
    WriteInSlice(usize, usize, Vec<u8>),
    ReadInSlice(usize, usize, usize),
    ReadUninit(usize, usize),
    WriteInHalves(usize, Vec<u8>, Vec<u8>),
    Move(usize, usize, usize),
}

const SIZE: usize = 700;
const LONGEST: usize = if cfg!(miri) { 12 } else { 40 };
const CASES: u32 = if cfg!(miri) { 2 } else { 400 };

/// Offsets inside, at the end and past it.
fn offset() -> impl Strategy<Value = usize> {
    prop_oneof![12 => 0..SIZE + 20, 1 => Just(usize::MAX), 1 => Just(isize::MAX as usize)]
}

fn op() -> impl Strategy<Value = Op> {
    let bytes = || vec(any::<u8>(), 0..400);
    let len = || 0..SIZE + 20;
    prop_oneof![
        (offset(), bytes()).prop_map(|(at, b)| Op::Write(at, b)),
        (offset(), bytes()).prop_map(|(at, b)| Op::WriteAll(at, b)),
        (offset(), len()).prop_map(|(at, len)| Op::Read(at, len)),
        (offset(), len()).prop_map(|(at, len)| Op::ReadExact(at, len)),
        (offset(), offset(), bytes()).prop_map(|(a, b, c)| Op::WriteInSlice(a, b, c)),
        (offset(), offset(), len()).prop_map(|(a, b, c)| Op::ReadInSlice(a, b, c)),
        (offset(), len()).prop_map(|(at, len)| Op::ReadUninit(at, len)),
        (offset(), bytes(), bytes()).prop_map(|(at, a, b)| Op::WriteInHalves(at, a, b)),
        (len(), len(), len()).prop_map(|(from, to, len)| Op::Move(from, to, len)),
    ]
}

/// What `write_at` does, on a vector.
fn model_write(model: &mut [u8], at: usize, bytes: &[u8]) -> Option<usize> {
    let room = model.get_mut(at..)?;
    let len = room.len().min(bytes.len());
    room[..len].copy_from_slice(&bytes[..len]);
    Some(len)
}

fn read(buffer: &SharedBuffer, model: &[u8], at: usize, len: usize) {
    let mut dst = vec![0xEE; len];
    let got = buffer.try_read_at(at, &mut dst).ok();
    let expected = model.get(at..).map(|rest| rest.len().min(len));
    assert_eq!(got, expected);
    let got = got.unwrap_or(0);
    assert_eq!(dst[..got], model[at.min(model.len())..][..got]);
    assert!(
        dst[got..].iter().all(|byte| *byte == 0xEE),
        "more was written than returned"
    );
}

fn read_exact(buffer: &SharedBuffer, model: &[u8], at: usize, len: usize) {
    let mut dst = vec![0xEE; len];
    let ok = buffer.read_exact_at(at, &mut dst).is_ok();
    let end = at.checked_add(len);
    match end.and_then(|end| model.get(at..end)) {
        Some(bytes) => assert!(ok && dst == bytes),
        None => assert!(!ok && dst.iter().all(|byte| *byte == 0xEE)),
    }
}

fn read_uninit(buffer: &SharedBuffer, model: &[u8], at: usize, len: usize) {
    let mut room = vec![MaybeUninit::uninit(); len];
    let expected = model.get(at..).map(|rest| &rest[..rest.len().min(len)]);
    let got = buffer.try_read_uninit_at(at, &mut room).ok();
    assert_eq!(got.as_deref(), expected);
}

/// All of a slice, then the parts of it around `idx`, each as the model has them.
fn read_in_parts(slice: &SharedBufferSlice<'_>, part: &[u8], idx: usize) {
    let bytes_of = |slice: &SharedBufferSlice<'_>| {
        let mut bytes = vec![0; slice.len() + 3];
        let got = slice.read(&mut bytes);
        bytes.truncate(got);
        bytes
    };
    assert_eq!(bytes_of(slice), part);
    let Ok((left, right)) = slice.try_split_at(idx) else {
        assert!(idx > part.len());
        return;
    };
    assert_eq!(bytes_of(&left), part[..idx]);
    assert_eq!(bytes_of(&right), part[idx..]);
    let half = idx / 2;
    assert_eq!(bytes_of(&slice.slice(half..idx)), part[half..idx]);
}

fn move_bytes(buffer: &mut SharedBuffer, model: &mut [u8], (from, to, len): (usize, usize, usize)) {
    if from + len > SIZE || to + len > SIZE {
        return;
    }
    let (base, _) = buffer.as_ptr_len();
    // SAFETY: both ranges were just checked to be inside the buffer.
    unsafe { border::between(base.wrapping_add(from), base.wrapping_add(to), len) };
    model.copy_within(from..from + len, to);
}

fn apply(buffer: &mut SharedBuffer, model: &mut [u8], op: Op) {
    match op {
        Op::Write(at, bytes) => {
            assert_eq!(
                buffer.try_write_at(at, &bytes).ok(),
                model_write(model, at, &bytes)
            );
        }
        Op::WriteAll(at, bytes) => {
            let ok = buffer.write_all_at(at, &bytes).is_ok();
            let fits = at.checked_add(bytes.len()).is_some_and(|end| end <= SIZE);
            assert_eq!(ok, fits);
            if fits {
                model_write(model, at, &bytes);
            }
        }
        Op::Read(at, len) => read(buffer, model, at, len),
        Op::ReadExact(at, len) => read_exact(buffer, model, at, len),
        Op::WriteInSlice(start, end, bytes) => {
            let part = model.get_mut(start..end);
            let slice = buffer.try_slice_mut(start..end).ok();
            assert_eq!(
                slice.as_ref().map(|s| s.len()),
                part.as_ref().map(|p| p.len())
            );
            if let (Some(slice), Some(part)) = (slice, part) {
                assert_eq!(Some(slice.write(&bytes)), model_write(part, 0, &bytes));
            }
        }
        Op::ReadInSlice(start, end, len) => {
            let (slice, part) = (buffer.try_slice(start..end), model.get(start..end));
            assert_eq!(slice.is_ok(), part.is_some());
            if let (Ok(slice), Some(part)) = (slice, part) {
                read_in_parts(&slice, part, len);
            }
        }
        Op::ReadUninit(at, len) => read_uninit(buffer, model, at, len),
        Op::WriteInHalves(at, first, second) => {
            let Ok((left, right)) = buffer.try_split_at_mut(at) else {
                assert!(at > SIZE);
                return;
            };
            let (model_left, model_right) = model.split_at_mut(at);
            assert_eq!(
                Some(right.write(&second)),
                model_write(model_right, 0, &second)
            );
            assert_eq!(Some(left.write(&first)), model_write(model_left, 0, &first));
        }
        Op::Move(from, to, len) => move_bytes(buffer, model, (from, to, len)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_buffer_behaves_as_a_vector(ops in vec(op(), 1..LONGEST)) {
        let mut model: Vec<u8> = (0..SIZE).map(|i| i as u8).collect();
        let mut buffer = buffer_of(&model);
        for op in ops {
            apply(&mut buffer, &mut model, op);
            prop_assert!(contents(&buffer) == model);
        }
    }
}
