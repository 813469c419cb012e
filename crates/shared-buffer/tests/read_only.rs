// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ReadOnlyBuffer`]: what it reads is what a buffer over the same bytes reads, it ends where
//! they end, and it releases its memory once.

mod common;

use core::mem::MaybeUninit;
use core::ops::Bound;
use core::sync::atomic::{AtomicUsize, Ordering};

use common::{aligned, panic_message};
use shared_buffer::{Access, AccessError, ReadOnlyBuffer, Rows, SharedBuffer, SharedBufferSlice};

const LEN: usize = 40;

/// Bytes that tell where they are.
fn content() -> [u8; LEN] {
    core::array::from_fn(|i| u8::try_from(i * 5 + 1).unwrap_or(0))
}

/// Runs `test` with a buffer over [`content`] that can write and one that can't.
fn over_content(test: impl FnOnce(&SharedBuffer, &ReadOnlyBuffer)) {
    let mut bytes = content();
    let ptr = bytes.as_mut_ptr();
    // SAFETY: `bytes` outlives the buffer, and nothing but buffers touches it meanwhile.
    let buffer = unsafe { SharedBuffer::new(ptr, LEN) };
    // SAFETY: as above.
    let read_only = unsafe { ReadOnlyBuffer::new(ptr, LEN) };
    test(&buffer, &read_only);
}

#[test]
fn every_offset_and_length_reads_what_a_buffer_reads() {
    // Under Miri each copy takes its time.
    let step = if cfg!(miri) { 6 } else { 1 };
    over_content(|buffer, read_only| {
        for offset in (0..=LEN + 2).step_by(step) {
            for len in (0..=LEN + 2).step_by(step) {
                let (mut one, mut other) = ([0xEE; LEN + 2], [0xEE; LEN + 2]);
                let (one, other) = (&mut one[..len], &mut other[..len]);
                let counts = (
                    buffer.try_read_at(offset, one),
                    read_only.try_read_at(offset, other),
                );
                assert_eq!(counts.0, counts.1, "{len} bytes at {offset}");
                assert_eq!(one, other, "{len} bytes at {offset}");
                let exact = (
                    buffer.read_exact_at(offset, one),
                    read_only.read_exact_at(offset, other),
                );
                assert_eq!(exact.0, exact.1, "{len} bytes at {offset}");
                assert_eq!(one, other, "{len} bytes at {offset}");
            }
        }
    });
}

#[test]
fn all_ways_to_read_agree_with_the_bytes() {
    over_content(|_, read_only| {
        let bytes = content();
        let mut copy = [0; LEN];
        assert_eq!(read_only.read(&mut copy), LEN);
        assert_eq!(copy, bytes);
        assert_eq!(read_only.read_at(38, &mut copy), 2);
        assert_eq!(copy[..2], bytes[38..]);
        let mut room = [MaybeUninit::uninit(); 7];
        assert_eq!(read_only.read_uninit_at(33, &mut room), &bytes[33..]);
        let exact = read_only.read_exact_uninit_at(1, &mut room);
        assert_eq!(exact.map(|read| &*read), Ok(&bytes[1..8]));
        let word = u32::from_le_bytes([bytes[3], bytes[4], bytes[5], bytes[6]]);
        assert_eq!(read_only.read_le::<u32>(3), Ok(word));
        assert_eq!(read_only.read_be::<u32>(3), Ok(word.swap_bytes()));
        assert_eq!(read_only.read_value(3), Ok(u32::from_le(word)));
    });
}

#[test]
fn searches_rows_chunks_and_records_agree_with_the_bytes() {
    over_content(|_, read_only| {
        let bytes = content();
        assert_eq!(read_only.eq_at(5, &bytes[5..]), Ok(true));
        assert_eq!(read_only.find(.., &bytes[30..33]), Ok(Some(30)));
        assert_eq!(read_only.find_byte(2.., bytes[1]), Ok(None));
        let rows = Rows {
            offset: 1,
            pitch: 10,
            row_len: 2,
            rows: 4,
        };
        let mut two_columns = [0; 8];
        assert!(read_only.read_rows(rows, &mut two_columns, 2).is_ok());
        assert_eq!(two_columns[6..], bytes[31..33]);
        let mut sum = 0_u32;
        let add = |chunk: &[u8]| sum += chunk.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        assert!(read_only.for_each_chunk(.., add).is_ok());
        assert_eq!(sum, bytes.iter().map(|byte| u32::from(*byte)).sum());
        let pairs = read_only.records::<[u8; 2]>(1..).map(Iterator::count);
        assert_eq!(pairs, Ok(19));
    });
}

#[test]
fn past_the_end_is_an_error_with_the_numbers_and_touches_nothing() {
    over_content(|_, read_only| {
        let past = AccessError::OutOfBounds {
            offset: 39,
            len: 2,
            size: LEN,
        };
        let mut dst = [0xEE; 2];
        assert_eq!(read_only.read_exact_at(39, &mut dst), Err(past));
        assert_eq!(read_only.read_value::<u16>(39), Err(past));
        assert_eq!(read_only.eq_at(39, &dst), Err(past));
        assert!(read_only.read_value::<u64>(usize::MAX).is_err());
        assert!(read_only.try_read_at(usize::MAX, &mut dst).is_err());
        assert!(read_only.read_only_atomic::<u32>(LEN - 3).is_err());
        assert_eq!(dst, [0xEE; 2]);
        let message = panic_message(|| read_only.read_at(LEN + 1, &mut dst));
        assert!(
            message.contains("41") && message.contains("40"),
            "{message}"
        );
    });
}

#[test]
fn ranges_that_no_buffer_has_are_refused() {
    over_content(|_, read_only| {
        let impossible = [
            (Bound::Unbounded, Bound::Included(usize::MAX)),
            (Bound::Excluded(usize::MAX), Bound::Unbounded),
            (Bound::Included(usize::MAX), Bound::Excluded(0)),
            (Bound::Included(3), Bound::Excluded(2)),
            (Bound::Included(0), Bound::Excluded(LEN + 1)),
        ];
        for range in impossible {
            assert!(read_only.try_slice(range).is_err(), "{range:?}");
            panic_message(|| read_only.slice(range).len());
        }
        assert!(read_only.try_split_at(LEN + 1).is_err());
        panic_message(|| read_only.split_at(LEN + 1));
        let (all, nothing) = read_only.split_at(LEN);
        assert_eq!((all.len(), nothing.len()), (LEN, 0));
    });
}

#[test]
fn views_of_it_are_read_only_and_start_where_they_should() {
    over_content(|_, read_only| {
        assert_eq!(read_only.access(), Access::READ);
        let (_, right) = read_only.split_at(10);
        let views = [
            right.slice(2..4),
            read_only.slice(12..=13),
            SharedBufferSlice::from(read_only).slice(12..14),
        ];
        for view in views {
            assert_eq!(view.access(), Access::READ);
            assert_eq!(view.read_value(0), Ok([content()[12], content()[13]]));
        }
    });
}

#[test]
fn it_is_a_source_for_a_copy_into_another_buffer() {
    over_content(|_, read_only| {
        let mut other = aligned(LEN);
        assert_eq!(other.copy_from(0, read_only), Ok(()));
        assert_eq!(other.eq_at(0, &content()), Ok(true));
        assert_eq!(read_only.copy_to(8, other.slice_mut(..8)), Ok(()));
        assert_eq!(other.eq_at(0, &content()[8..16]), Ok(true));
    });
}

#[test]
fn what_another_thread_writes_arrives() {
    let mut words = [0_u64; 4];
    let ptr = words.as_mut_ptr().cast();
    // SAFETY: `words` outlives both, and nothing but these two buffers touches it meanwhile.
    let writer = unsafe { SharedBuffer::new(ptr, 32) };
    // SAFETY: as above.
    let reader = unsafe { ReadOnlyBuffer::new(ptr, 32) };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            writer.write_at(8, b"a message");
            let ready = writer
                .atomic::<u32>(0)
                .map(|word| word.store(1, Ordering::Release));
            assert_eq!(ready, Ok(()));
        });
        let Ok(ready) = reader.read_only_atomic::<u32>(0) else {
            panic!("a word at the start");
        };
        while ready.load(Ordering::Acquire) == 0 {
            core::hint::spin_loop();
        }
        reader.acquire_writes();
        assert_eq!(reader.eq_at(8, b"a message"), Ok(true));
    });
    assert!(reader.read_only_atomic::<u64>(4).is_err(), "misaligned");
}

#[test]
fn the_memory_is_released_once_by_whoever_drops_it() {
    static RELEASED: AtomicUsize = AtomicUsize::new(0);
    /// # Safety
    ///
    /// None is needed: it only counts.
    unsafe fn count(_: *mut u8, len: usize) {
        RELEASED.fetch_add(len, Ordering::Relaxed);
    }
    let mut bytes = [1; 8];
    // SAFETY: 8 bytes that outlive the buffer; releasing them only counts.
    let mut make = || unsafe { ReadOnlyBuffer::with_release(bytes.as_mut_ptr(), 8, count) };
    let buffer = make();
    let _ = buffer.slice(..4);
    let _ = buffer.split_at(4);
    assert_eq!(RELEASED.load(Ordering::Relaxed), 0, "a view released it");
    assert!(std::thread::spawn(move || drop(buffer)).join().is_ok());
    assert_eq!(RELEASED.load(Ordering::Relaxed), 8);
    let (_, len) = make().consume();
    assert_eq!((len, RELEASED.load(Ordering::Relaxed)), (8, 8));
}

#[test]
fn where_nothing_is_read_nothing_has_to_be_there() {
    // SAFETY: no bytes are there, and none are read.
    let empty = unsafe { ReadOnlyBuffer::new(core::ptr::null_mut(), 0) };
    assert!(empty.is_empty() && empty.slice(..).is_empty());
    assert_eq!(empty.read(&mut [0; 4]), 0);
    assert!(empty.read_value::<u8>(0).is_err());
    // SAFETY: nothing is read from these bytes.
    let dangling = unsafe { ReadOnlyBuffer::new(core::ptr::dangling_mut(), 1 << 20) };
    assert_eq!(dangling.slice(5..).len(), (1 << 20) - 5);
    assert!(dangling.read_exact_at(1 << 20, &mut [0]).is_err());
}

#[test]
fn printing_it_shows_no_byte() {
    over_content(|_, read_only| {
        let text = format!("{read_only:?}");
        assert!(
            text.starts_with("ReadOnlyBuffer(40 bytes at ") && text.ends_with(", PERM_READ)"),
            "{text}"
        );
    });
}

/// Compiles only if it may move to and be used by other threads.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<ReadOnlyBuffer>();
};
