// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bad offsets, bad ranges and missing permissions: an error or a panic with the numbers, and
//! nothing is touched.

mod common;

use core::mem::MaybeUninit;
use core::ops::Bound;
use std::sync::Mutex;

use common::{buffer_of, buffer_with, contents, panic_message};
use shared_buffer::{Access, AccessError, SharedBuffer};

type Bounds = (Bound<usize>, Bound<usize>);

/// Ranges that no buffer has, whatever their ends wrap around to.
const IMPOSSIBLE: [Bounds; 5] = [
    (Bound::Unbounded, Bound::Included(usize::MAX)),
    (Bound::Included(0), Bound::Included(usize::MAX)),
    (Bound::Excluded(usize::MAX), Bound::Unbounded),
    (Bound::Excluded(usize::MAX), Bound::Included(usize::MAX)),
    (Bound::Included(usize::MAX), Bound::Excluded(0)),
];

#[test]
fn ends_that_wrap_around_are_refused_in_every_build() {
    let mut buffer = buffer_of(&[0; 10]);
    for range in IMPOSSIBLE {
        assert!(buffer.try_slice(range).is_err(), "{range:?}");
        assert!(buffer.try_slice_mut(range).is_err(), "{range:?}");
        panic_message(|| buffer.slice(range).len());
        let whole = buffer.slice(..);
        assert!(whole.try_slice(range).is_err(), "{range:?}");
        panic_message(|| whole.slice(range).len());
        let mut whole = buffer.slice_mut(..);
        assert!(whole.try_reborrow_mut(range).is_err(), "{range:?}");
        panic_message(|| whole.slice_mut(range).len());
    }
}

#[test]
fn an_error_says_what_was_asked_for() {
    let buffer = buffer_of(&[0; 10]);
    let message = |error: AccessError| error.to_string();
    let past = buffer.read_exact_at(8, &mut [0; 3]).unwrap_err();
    assert_eq!(
        message(past),
        "3 bytes at offset 8 are not inside a buffer of 10 bytes"
    );
    let offset = buffer.try_read_at(11, &mut [0; 3]).unwrap_err();
    assert_eq!(
        message(offset),
        "3 bytes at offset 11 are not inside a buffer of 10 bytes"
    );
    let split = buffer.try_split_at(11).unwrap_err();
    assert_eq!(
        message(split),
        "offset 11 is past the end of a buffer of 10 bytes"
    );
    let nothing = buffer.try_read_at(11, &mut []).unwrap_err();
    assert_eq!(nothing, split, "no bytes, and none at 11");
    let open = buffer.try_slice(12..).unwrap_err();
    assert_eq!(
        message(open),
        "offset 12 is past the end of a buffer of 10 bytes"
    );
    let range = (Bound::Included(6), Bound::Excluded(5));
    let reversed = buffer.try_slice(range).unwrap_err();
    assert_eq!(
        message(reversed),
        "the range 6..5 of a buffer of 10 bytes ends before it starts"
    );
    for error in [past, offset, split, nothing, open, reversed] {
        assert_eq!(error.raw_status(), -14);
    }
    let reader = buffer_with(&[0; 10], Access::READ);
    let denied = reader.write_all_at(0, b"x").unwrap_err();
    assert_eq!(denied.raw_status(), -30);
    assert_eq!(
        message(denied),
        "write to a buffer that was mapped with PERM_READ: \
         map it with PERM_READ | PERM_WRITE for that"
    );
}

#[test]
fn every_way_to_ask_for_a_bad_range_gives_the_same_error() {
    let mut buffer = buffer_of(&[0; 10]);
    let range = (Bound::Included(6), Bound::Excluded(5));
    let (start, end, size) = (6, 5, 10);
    let reversed = AccessError::Reversed { start, end, size };
    assert_eq!(buffer.try_slice(range).unwrap_err(), reversed);
    assert_eq!(buffer.try_slice_mut(range).unwrap_err(), reversed);
    assert_eq!(buffer.slice(..).try_slice(range).unwrap_err(), reversed);
    let mut whole = buffer.slice_mut(..);
    assert_eq!(whole.try_slice(range).unwrap_err(), reversed);
    assert_eq!(whole.try_slice_mut(range).unwrap_err(), reversed);
    assert_eq!(whole.try_reborrow_mut(range).unwrap_err(), reversed);
    assert_eq!(
        panic_message(|| whole.reborrow_mut(range).len()),
        reversed.to_string()
    );

    let (offset, len) = (11, 0);
    let past = AccessError::OutOfBounds { offset, len, size };
    assert_eq!(whole.try_split_at(11).unwrap_err(), past);
    assert_eq!(whole.try_split_at_mut(11).unwrap_err(), past);
    assert_eq!(
        panic_message(|| whole.split_at(11).0.len()),
        past.to_string()
    );
    assert_eq!(
        panic_message(|| whole.split_at_mut(11).0.len()),
        past.to_string()
    );
    assert_eq!(buffer.try_split_at(11).unwrap_err(), past);
    assert_eq!(buffer.try_split_at_mut(11).unwrap_err(), past);
    assert_eq!(
        panic_message(|| buffer.split_at(11).0.len()),
        past.to_string()
    );
}

#[test]
fn a_refused_read_leaves_its_destination_as_it_was() {
    let buffer = buffer_of(&[1; 10]);
    for (offset, len) in [
        (11, 1),
        (10, 1),
        (0, 11),
        (usize::MAX, 2),
        (5, 6),
        (usize::MAX, 0),
    ] {
        let mut dst = vec![42; len];
        let refused = buffer.read_exact_at(offset, &mut dst);
        assert!(refused.is_err(), "{len} at {offset}");
        assert_eq!(dst, vec![42; len]);
    }
    let secret = buffer_with(&[1; 10], Access::WRITE);
    let mut dst = [42; 4];
    assert!(secret.read_exact_at(0, &mut dst).is_err());
    assert!(secret.try_read_at(0, &mut dst).is_err());
    assert_eq!(dst, [42; 4]);
    let mut room = [MaybeUninit::new(42); 4];
    assert!(secret.try_read_uninit_at(0, &mut room).is_err());
    assert!(secret.read_exact_uninit_at(0, &mut room).is_err());
    // SAFETY: all four bytes were initialised before the refused calls.
    let untouched = room.map(|byte| unsafe { byte.assume_init() });
    assert_eq!(untouched, [42; 4]);
}

#[test]
fn a_refused_write_changes_nothing() {
    let buffer = buffer_of(&[1; 10]);
    for (offset, len) in [(11, 1), (10, 1), (0, 11), (usize::MAX, 2), (5, 6)] {
        assert!(
            buffer.write_all_at(offset, &vec![2; len]).is_err(),
            "{len} at {offset}"
        );
    }
    assert_eq!(contents(&buffer), [1; 10]);
    let reader = buffer_with(&[1; 10], Access::READ);
    assert!(reader.write_all_at(0, &[2]).is_err());
    assert!(reader.try_write_at(0, &[2]).is_err());
    panic_message(|| reader.write(&[2]));
    assert_eq!(contents(&reader), [1; 10]);
}

#[test]
fn views_permit_what_the_buffer_permits() {
    let mut reader = buffer_with(&[1; 10], Access::READ);
    assert_eq!(reader.access(), Access::READ);
    assert_eq!(reader.slice(2..).access(), Access::READ);
    let view = reader.slice_mut(2..);
    assert!(matches!(
        view.write_all_at(0, &[2]),
        Err(AccessError::Denied { .. })
    ));
    let none = buffer_with(&[1; 10], Access::NONE);
    let message = panic_message(|| none.slice(..).read(&mut [0]));
    assert!(
        message.contains("no permissions") && message.contains("PERM_READ"),
        "{message}"
    );
}

#[test]
fn null_is_a_buffer_while_nothing_is_accessed() {
    // SAFETY: nothing is accessed: every copy below has length 0.
    let buffer = unsafe { SharedBuffer::new(core::ptr::null_mut(), 0) };
    assert!(buffer.is_empty());
    assert_eq!(buffer.read(&mut [0; 4]), 0);
    assert_eq!(buffer.write(&[0; 4]), 0);
    assert_eq!(buffer.read_exact_at(0, &mut []), Ok(()));
    assert!(buffer.slice(..).is_empty());
    let nothing: &[u8] = &[];
    assert_eq!(buffer.read_uninit_at(0, &mut []), nothing);
    // SAFETY: every access below has length 0 or is refused.
    let mut large = unsafe { SharedBuffer::new(core::ptr::null_mut(), 10) };
    assert_eq!(large.read(&mut []), 0);
    assert_eq!(large.write_at(10, b"no room"), 0);
    assert!(large.write_all_at(4, &[0; 7]).is_err());
    assert_eq!(large.slice_mut(3..7).read_at(4, &mut [0]), 0);
    assert!(large.as_ptr_len().0.is_null());
}

#[test]
fn uninitialised_destinations_are_filled() {
    let buffer = buffer_of(b"0123456789");
    let mut room = [MaybeUninit::uninit(); 16];
    assert_eq!(buffer.read_uninit_at(4, &mut room), b"456789");
    assert_eq!(buffer.try_read_uninit_at(10, &mut room), Ok(&mut [][..]));
    assert_eq!(
        buffer
            .read_exact_uninit_at(7, &mut room[..3])
            .map(|b| b.to_vec()),
        Ok(b"789".to_vec())
    );
    assert!(buffer.read_exact_uninit_at(0, &mut room).is_err());
    assert!(buffer.try_read_uninit_at(11, &mut room).is_err());
}

#[test]
fn a_reborrowed_part_ends_its_loan() {
    let mut buffer = buffer_of(&[0; 8]);
    let mut view = buffer.slice_mut(2..);
    view.reborrow_mut(..2).write(b"xy");
    view.reborrow_mut(4..).write(b"z!");
    view.release_writes();
    assert_eq!(contents(&buffer), b"\0\0xy\0\0z!");
}

#[test]
fn many_threads_may_write_and_publish_through_a_shared_reference() {
    let buffer = buffer_of(&[0; 64]);
    std::thread::scope(|scope| {
        for thread in 0..4usize {
            let buffer = &buffer;
            scope.spawn(move || {
                buffer.write_at(thread * 16, &[thread as u8 + 1; 16]);
                buffer.publish_writes();
            });
        }
    });
    buffer.acquire_writes();
    for (thread, bytes) in contents(&buffer).chunks(16).enumerate() {
        assert_eq!(bytes, [thread as u8 + 1; 16]);
    }
}

#[test]
fn debug_shows_no_byte_of_the_memory() {
    let mut buffer = buffer_of(b"\xee\xee\xee\xee");
    let whole = format!("{buffer:?} {:?}", buffer.slice(1..));
    let shown = format!("{whole} {:?}", buffer.slice_mut(1..));
    assert!(
        shown.contains("4 bytes") && shown.contains("3 bytes"),
        "{shown}"
    );
    assert!(!shown.contains("238") && !shown.contains("ee, "), "{shown}");
    assert!(shown.contains("PERM_READ | PERM_WRITE"), "{shown}");
}

#[test]
fn a_consumed_buffer_is_not_released() {
    let mut bytes = [1, 2, 3];
    let start = bytes.as_mut_ptr();
    unsafe fn never(_: *mut u8, _: usize) {
        panic!("a consumed buffer was released");
    }
    // SAFETY: three bytes are there; the release function is never to be called.
    let buffer = unsafe { SharedBuffer::with_release(start, 3, Access::READ, never) };
    assert_eq!(buffer.consume(), (start, 3));
}

#[test]
fn a_dropped_buffer_is_released_once_whoever_holds_it() {
    static RELEASED: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());
    unsafe fn note(ptr: *mut u8, len: usize) {
        RELEASED.lock().expect("a list").push((ptr.addr(), len));
    }
    let buffer = |addr: usize, len| {
        let ptr = core::ptr::without_provenance_mut(addr);
        // SAFETY: nothing is accessed, and the release function only takes notes.
        unsafe { SharedBuffer::with_release(ptr, len, Access::NONE, note) }
    };
    let (mut one, mut two) = (buffer(0x1000, 10), buffer(0x2000, 20));
    core::mem::swap(&mut one, &mut two);
    drop(one);
    assert_eq!(*RELEASED.lock().expect("a list"), [(0x2000, 20)]);
    two = buffer(0x3000, 30);
    assert_eq!(
        *RELEASED.lock().expect("a list"),
        [(0x2000, 20), (0x1000, 10)]
    );
    drop(two);
    assert_eq!(RELEASED.lock().expect("a list").last(), Some(&(0x3000, 30)));
    assert_eq!(RELEASED.lock().expect("a list").len(), 3);
}
