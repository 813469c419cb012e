// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cursors beside that of the standard library on a plain slice.
#![cfg(feature = "std")]

mod common;

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};

use common::{buffer_of, buffer_with, contents};
use proptest::collection::vec;
use proptest::prelude::*;
use shared_buffer::{Access, AccessError, Cursor, CursorMut};

#[derive(Clone, Debug)]
enum Op {
    Read(usize),
    Write(Vec<u8>),
    Seek(SeekFrom),
}

fn op() -> impl Strategy<Value = Op> {
    let distance = prop_oneof![-200..200i64, Just(i64::MIN), Just(i64::MAX)];
    prop_oneof![
        (0..60usize).prop_map(Op::Read),
        vec(any::<u8>(), 0..60).prop_map(Op::Write),
        prop_oneof![0..200u64, Just(u64::MAX)].prop_map(|at| Op::Seek(SeekFrom::Start(at))),
        distance
            .clone()
            .prop_map(|by| Op::Seek(SeekFrom::Current(by))),
        distance.prop_map(|by| Op::Seek(SeekFrom::End(by))),
    ]
}

/// A result without what the standard library says about it.
fn kind<T>(result: io::Result<T>) -> Result<T, ErrorKind> {
    result.map_err(|error| error.kind())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 3 } else { 500 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_cursor_does_what_that_of_std_does(ops in vec(op(), 0..30)) {
        let bytes: Vec<u8> = (0..150).collect();
        let mut plain = bytes.clone();
        let mut buffer = buffer_of(&bytes);
        let read_only = buffer_of(&bytes);
        {
            let mut model = io::Cursor::new(&mut plain[..]);
            let mut cursor = CursorMut::new(&mut buffer);
            let mut model_reader = io::Cursor::new(&bytes[..]);
            let mut reader = Cursor::new(&read_only);
            for op in ops {
                match op {
                    Op::Read(len) => {
                        let (mut a, mut b) = (vec![0xEE; len], vec![0xEE; len]);
                        prop_assert_eq!(kind(cursor.read(&mut a)), kind(model.read(&mut b)));
                        prop_assert_eq!(&a, &b);
                        prop_assert_eq!(
                            kind(reader.read(&mut a)),
                            kind(model_reader.read(&mut b))
                        );
                        prop_assert_eq!(a, b);
                    }
                    Op::Write(bytes) => {
                        prop_assert_eq!(kind(cursor.write(&bytes)), kind(model.write(&bytes)));
                    }
                    Op::Seek(to) => {
                        prop_assert_eq!(kind(cursor.seek(to)), kind(model.seek(to)));
                        prop_assert_eq!(kind(reader.seek(to)), kind(model_reader.seek(to)));
                    }
                }
                prop_assert_eq!(cursor.position(), model.position());
                prop_assert_eq!(reader.position(), model_reader.position());
            }
        }
        prop_assert_eq!(contents(&buffer), plain);
    }
}

#[test]
fn what_is_denied_is_permission_denied_with_the_access_error_inside() {
    let mut read_only = buffer_with(&[1; 8], Access::READ);
    let error = CursorMut::new(&mut read_only).write(b"x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let inner = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<AccessError>());
    assert!(matches!(inner, Some(AccessError::Denied { .. })), "{error}");
    assert_eq!(contents(&read_only), [1; 8]);

    let closed = buffer_with(&[1; 8], Access::NONE);
    let mut byte = [9];
    let error = Cursor::new(&closed).read(&mut byte).unwrap_err();
    assert_eq!((error.kind(), byte), (ErrorKind::PermissionDenied, [9]));
}

#[test]
fn copies_of_std_go_through_it_both_ways() {
    let source = buffer_of(b"a line\nand another\n");
    let mut target = buffer_of(&[0; 19]);
    let copied = io::copy(&mut Cursor::new(&source), &mut CursorMut::new(&mut target));
    assert_eq!(copied.expect("there is room"), 19);
    assert_eq!(contents(&target), contents(&source));
    let lines: Vec<String> = io::BufRead::lines(io::BufReader::new(Cursor::new(&target)))
        .collect::<io::Result<_>>()
        .expect("text");
    assert_eq!(lines, ["a line", "and another"]);
}

#[test]
fn a_write_past_the_end_is_write_zero_and_keeps_what_fits() {
    let mut buffer = buffer_of(&[b'.'; 4]);
    let error = CursorMut::new(buffer.slice_mut(1..))
        .write_all(b"four")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WriteZero);
    assert_eq!(contents(&buffer), b".fou");
}
