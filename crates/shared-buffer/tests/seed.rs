// SPDX-License-Identifier: MIT OR Apache-2.0
//! The seed's tests, in our words.

mod common;

use common::{buffer_of, contents, panic_message};
use shared_buffer::SharedBuffer;

#[test]
fn what_was_there_is_read_and_what_is_written_is_read_back() {
    let buffer = buffer_of(&[1; 8]);
    let mut bytes = [0; 8];
    assert_eq!(buffer.read(&mut bytes), 8);
    assert_eq!(bytes, [1; 8]);

    assert_eq!(buffer.write(&[2; 8]), 8);
    assert_eq!(buffer.read(&mut bytes), 8);
    assert_eq!(bytes, [2; 8]);

    let mut large = [0; 100];
    assert_eq!(buffer.read(&mut large), 8, "more than there is");
    assert_eq!(large[..8], [2; 8]);
    assert_eq!(large[8..], [0; 92]);
    assert_eq!(buffer.read_at(4, &mut large), 4);
    assert_eq!(buffer.write(&[3; 100]), 8);
}

#[test]
fn a_slice_has_the_length_of_its_range_also_where_no_memory_is() {
    // SAFETY: nothing is accessed.
    let mut buffer = unsafe { SharedBuffer::new(core::ptr::null_mut(), 10) };
    assert_eq!(buffer.slice(..).len(), 10);
    assert_eq!(buffer.slice(..10).len(), 10);
    assert_eq!(buffer.slice(5..10).len(), 5);
    assert_eq!(buffer.slice(5..=9).len(), 5);
    assert_eq!(buffer.slice(0..0).len(), 0);
    assert_eq!(buffer.slice(10..10).len(), 0);
    assert_eq!(buffer.slice_mut(..3).len(), 3);
    let (left, right) = buffer.split_at(10);
    assert_eq!((left.len(), right.len()), (10, 0));
}

#[test]
fn a_slice_reads_its_part() {
    let buffer = buffer_of(b"abcdefgh");
    let slice = buffer.slice(4..8);
    let mut bytes = [0; 4];
    assert_eq!(slice.read(&mut bytes), 4);
    assert_eq!(&bytes, b"efgh");
    assert_eq!(slice.slice(1..3).read(&mut bytes), 2);
    assert_eq!(&bytes, b"fggh");
}

#[test]
fn halves_and_quarters_are_where_they_should_be() {
    let mut buffer = buffer_of(&[0; 10]);
    for (idx, lens) in [(10, (10, 0)), (5, (5, 5)), (0, (0, 10))] {
        let (left, right) = buffer.split_at(idx);
        assert_eq!((left.len(), right.len()), lens);
    }
    let (mut left, right) = buffer.split_at_mut(4);
    assert_eq!((left.write(&[1; 10]), right.write(&[2; 10])), (4, 6));
    let ((a, b), (c, d)) = (left.split_at_mut(2), right.split_at(3));
    let mut byte = [0];
    a.write_at(1, &[7]);
    b.read(&mut byte);
    assert_eq!(byte, [1]);
    c.read(&mut byte);
    assert_eq!(byte, [2]);
    assert_eq!(d.len(), 3);
    assert_eq!(contents(&buffer), [1, 7, 1, 1, 2, 2, 2, 2, 2, 2]);
}

#[test]
fn a_copy_is_clipped_to_what_is_there() {
    let buffer = buffer_of(b"0123456789");
    let mut bytes = [0; 64];
    assert_eq!(buffer.try_read_at(0, &mut bytes), Ok(10));
    assert_eq!(buffer.try_read_at(8, &mut bytes), Ok(2));
    assert_eq!(buffer.try_read_at(8, &mut bytes[..1]), Ok(1));
    assert_eq!(buffer.try_read_at(10, &mut bytes), Ok(0));
    assert!(buffer.try_read_at(11, &mut bytes).is_err());
    assert!(buffer.try_read_at(usize::MAX, &mut bytes).is_err());
    assert_eq!(buffer.try_write_at(9, b"xyz"), Ok(1));
    assert_eq!(contents(&buffer), b"012345678x");
}

#[test]
fn an_offset_past_the_end_panics_with_both_numbers() {
    let buffer = buffer_of(&[0; 10]);
    for message in [
        panic_message(|| buffer.read_at(11, &mut [0])),
        panic_message(|| buffer.write_at(11, &[0])),
    ] {
        assert!(
            message.contains("11") && message.contains("10"),
            "{message}"
        );
    }
    panic_message(|| buffer.read_at(11, &mut []));
    panic_message(|| buffer.write_at(11, &[]));
}

#[test]
fn a_bad_range_panics() {
    let buffer = buffer_of(&[0; 10]);
    panic_message(|| buffer.slice(0..11).len());
    let message = panic_message(|| buffer.slice(core::ops::Range { start: 6, end: 5 }).len());
    assert!(message.contains("6..5"), "{message}");
    panic_message(|| buffer.split_at(11).0.len());
}
