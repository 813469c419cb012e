// SPDX-License-Identifier: MIT OR Apache-2.0
//! The chaos buffer sees every read, changes what was read, and names what was read twice.
#![cfg(feature = "chaos")]
#![allow(clippy::iter_nth_zero, reason = "`nth` itself is what is tested")]
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use core::mem::MaybeUninit;
use core::ops::ControlFlow;
use core::sync::atomic::Ordering;
use std::io::Read;
use std::thread;

use common::{buffer_of, contents, panic_message};
use shared_buffer::chaos::{AtomicLoads, Chaos, ChaosBuffer};
use shared_buffer::{Cursor, CursorMut, Rows, SharedBuffer};

const LEN: usize = 16;

fn fresh() -> ChaosBuffer {
    ChaosBuffer::new(&[7; LEN], 1)
}

/// For what a call returns.
fn ignore<T>(_: T) {}

/// What reads all of the buffer, or its first bytes.
type Reader = fn(&mut SharedBuffer);

const ROWS: Rows = Rows {
    offset: 0,
    pitch: 6,
    row_len: 4,
    rows: 2,
};

/// All methods that read, by name. Each reads byte 0.
const READERS: &[(&str, Reader)] = &[
    ("read", |b| assert_eq!(b.read(&mut [0; 4]), 4)),
    ("read_at", |b| assert_eq!(b.read_at(0, &mut [0; 4]), 4)),
    ("try_read_at", |b| {
        ignore(b.try_read_at(0, &mut [0; 4]).unwrap())
    }),
    ("read_exact_at", |b| {
        b.read_exact_at(0, &mut [0; 4]).unwrap()
    }),
    ("read_uninit_at", |b| {
        ignore(b.read_uninit_at(0, &mut [MaybeUninit::uninit(); 4]).len())
    }),
    ("try_read_uninit_at", |b| {
        assert_eq!(
            b.try_read_uninit_at(0, &mut [MaybeUninit::uninit(); 4])
                .unwrap()
                .len(),
            4
        );
    }),
    ("read_exact_uninit_at", |b| {
        assert_eq!(
            b.read_exact_uninit_at(0, &mut [MaybeUninit::uninit(); 4])
                .unwrap()
                .len(),
            4
        );
    }),
    ("read_value", |b| ignore(b.read_value::<u32>(0).unwrap())),
    ("read_le", |b| ignore(b.read_le::<u64>(0).unwrap())),
    ("read_be", |b| ignore(b.read_be::<u16>(0).unwrap())),
    #[cfg(feature = "zerocopy")]
    ("read_zerocopy", |b| {
        ignore(b.read_zerocopy::<[u8; 4]>(0).unwrap())
    }),
    #[cfg(feature = "zerocopy")]
    ("records_zerocopy", |b| {
        for _ in b.records_zerocopy::<[u8; 4]>(..).unwrap() {}
    }),
    #[cfg(feature = "bytemuck")]
    ("read_pod", |b| ignore(b.read_pod::<[u8; 4]>(0).unwrap())),
    #[cfg(feature = "bytemuck")]
    ("records_pod", |b| {
        for _ in b.records_pod::<[u8; 4]>(..).unwrap() {}
    }),
    ("for_each_chunk", |b| b.for_each_chunk(.., |_| {}).unwrap()),
    ("try_for_each_chunk", |b| {
        let all = b.try_for_each_chunk(.., |_| ControlFlow::<()>::Continue(()));
        assert!(all.unwrap().is_continue());
    }),
    ("chunks", |b| {
        let mut scratch = [0; 5];
        let mut chunks = b.chunks(.., &mut scratch).unwrap();
        while chunks.next_chunk().is_some() {}
    }),
    ("next_chunk", |b| {
        let mut scratch = [0; 5];
        assert!(b.chunks(.., &mut scratch).unwrap().next_chunk().is_some());
    }),
    ("records", |b| for _ in b.records::<u32>(..).unwrap() {}),
    ("nth", |b| {
        ignore(b.records::<u32>(..).unwrap().nth(0).unwrap())
    }),
    ("fold", |b| {
        ignore(b.records::<u32>(..).unwrap().fold(0, u32::wrapping_add))
    }),
    ("eq_at", |b| ignore(b.eq_at(0, &[7; 4]).unwrap())),
    ("compare_at", |b| ignore(b.compare_at(0, &[7; 4]).unwrap())),
    ("find_byte", |b| ignore(b.find_byte(.., 9).unwrap())),
    ("find", |b| ignore(b.find(.., b"none").unwrap())),
    ("read_rows", |b| b.read_rows(ROWS, &mut [0; 8], 4).unwrap()),
    ("read_vectored", |b| {
        b.read_vectored(0, &mut [&mut [0; 3], &mut [0; 2]]).unwrap()
    }),
    ("copy_to", |b| {
        b.copy_to(0, &mut buffer_of(&[0; 4])).unwrap()
    }),
    ("copy_from", |b| {
        buffer_of(&[0; LEN]).copy_from(0, &*b).unwrap()
    }),
    ("copy_within", |b| b.copy_within(..4, 8).unwrap()),
    ("slice", |b| ignore(b.slice(..4).read(&mut [0; 4]))),
    ("split_at", |b| ignore(b.split_at(4).0.read(&mut [0; 4]))),
    ("slice_mut", |b| ignore(b.slice_mut(..4).read(&mut [0; 4]))),
    ("split_at_mut", |b| {
        ignore(b.split_at_mut(4).0.read(&mut [0; 4]))
    }),
    ("reborrow_mut", |b| {
        ignore(b.slice_mut(..4).reborrow_mut(..).read(&mut [0; 4]))
    }),
    ("Cursor", |b| {
        assert_eq!(Cursor::new(&*b).read(&mut [0; 4]).unwrap(), 4)
    }),
    ("CursorMut", |b| {
        assert_eq!(CursorMut::new(b).read(&mut [0; 4]).unwrap(), 4)
    }),
];

/// Public functions that take no bytes out: the others have to be in the table.
const NOT_READERS: &str = "write write_at try_write_at write_all_at fill fill_rows write_rows \
    write_vectored write_streaming write_value write_le write_be release_writes publish_writes \
    acquire_writes len is_empty access as_shared_ptr as_shared_mut_ptr bytes_left try_slice \
    try_split_at try_slice_mut try_split_at_mut try_reborrow_mut as_ptr_len consume new \
    with_access with_release is_released_by extent read_only_atomic atomic bytes_over position \
    read_zerocopy write_zerocopy records_zerocopy read_pod write_pod records_pod";

#[test]
fn each_read_method_is_seen_once_and_reported_twice_with_the_lines_of_the_caller() {
    for (name, read) in READERS {
        let mut buffer = fresh();
        read(&mut buffer);
        assert!(
            buffer.double_fetches().is_empty(),
            "{name}, called once: {buffer:?}"
        );
        read(&mut buffer);
        let found = buffer.double_fetches();
        assert_eq!(
            found.first().map(|one| one.offset),
            Some(0),
            "{name}: {found:?}"
        );
        for one in found {
            let here =
                [one.first, one.second].map(|place| place.file().ends_with("tests/chaos.rs"));
            assert_eq!(here, [true; 2], "{name} is called here: {one}");
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads text, and slowly there")]
fn every_public_method_is_in_one_of_the_two_tables() {
    let sources = [
        include_str!("../src/methods.rs"),
        include_str!("../src/buffer.rs"),
        include_str!("../src/slice.rs"),
        include_str!("../src/slice_mut.rs"),
        include_str!("../src/read_only.rs"),
        include_str!("../src/value/methods.rs"),
        include_str!("../src/value/zerocopy.rs"),
        include_str!("../src/value/bytemuck.rs"),
        include_str!("../src/block/read_methods.rs"),
        include_str!("../src/block/write_methods.rs"),
        include_str!("../src/block/rows.rs"),
        include_str!("../src/chunks.rs"),
        include_str!("../src/chunks/methods.rs"),
        include_str!("../src/chunks/records.rs"),
        include_str!("../src/cursor.rs"),
        include_str!("../src/atomic/methods.rs"),
    ];
    let mut count = 0;
    for line in sources.iter().flat_map(|text| text.lines()).map(str::trim) {
        let Some(("", rest)) = line.split_once("pub ") else {
            continue;
        };
        let rest = rest
            .trim_start_matches("const ")
            .trim_start_matches("unsafe ");
        let Some(("", rest)) = rest.split_once("fn ") else {
            continue;
        };
        let name = rest.split(['<', '(']).next().unwrap();
        let reader = READERS.iter().any(|(known, _)| *known == name);
        let other = NOT_READERS.split_whitespace().any(|known| known == name);
        assert!(reader || other, "{name} is in one of the tables");
        count += 1;
    }
    assert!(count > 60, "{count} methods found");
}

#[test]
fn each_byte_that_was_read_is_another_at_the_next_read() {
    for seed in 0..if cfg!(miri) { 2 } else { 50 } {
        let buffer = ChaosBuffer::new(&[0; LEN], seed);
        let mut last = contents(&buffer);
        for _ in 0..20 {
            let next = contents(&buffer);
            assert!(
                last.iter().zip(&next).all(|(a, b)| a != b),
                "{last:?} {next:?}"
            );
            last = next;
        }
    }
}

#[test]
fn one_seed_gives_the_same_bytes_and_another_gives_others() {
    let reads = |seed| {
        let buffer = ChaosBuffer::new(&[0; LEN], seed);
        [(); 4].map(|()| contents(&buffer))
    };
    assert_eq!(reads(1), reads(1));
    assert_ne!(reads(1), reads(2));
}

#[test]
fn bytes_that_were_not_read_stay_unless_all_are_scrambled() {
    let rest = |chaos| {
        let buffer = fresh().chaos(chaos);
        let first: u32 = buffer.read_value(0).unwrap();
        assert_eq!(first, 0x0707_0707);
        let mut all = [0; LEN];
        buffer.peek(0, &mut all).unwrap();
        (all[..4] == [7; 4], all[4..] == [7; LEN - 4])
    };
    assert_eq!(rest(Chaos::FlipFetched), (false, true));
    assert_eq!(rest(Chaos::ScrambleAll), (false, false));
    assert_eq!(rest(Chaos::Still), (true, true));
}

#[test]
fn ranges_that_touch_are_one_and_others_are_not() {
    let buffer = fresh();
    contents(&buffer);
    for offset in [2, 0, 9, 3, 1] {
        buffer.read_exact_at(offset, &mut [0]).unwrap();
    }
    let found: Vec<_> = buffer
        .double_fetches()
        .iter()
        .map(|d| (d.offset, d.len))
        .collect();
    assert_eq!(found, [(0, 4), (9, 1)]);
}

#[test]
fn the_panic_names_bytes_and_lines() {
    let buffer = fresh();
    buffer.assert_no_double_fetch();
    let line = line!() + 1;
    buffer.read_exact_at(4, &mut [0; 4]).unwrap();
    buffer.read_exact_at(6, &mut [0; 4]).unwrap();
    let message = panic_message(|| buffer.assert_no_double_fetch());
    for part in [
        "bytes 6..8",
        "seed: 1",
        &format!("chaos.rs:{line}:"),
        &format!("chaos.rs:{}:", line + 1),
    ] {
        assert!(message.contains(part), "{part} is in {message}");
    }
}

#[test]
fn a_write_is_read_back_and_is_fetched_for_the_first_time() {
    let writes: [fn(&mut SharedBuffer); 7] = [
        |b| ignore(b.write(&[3; 4])),
        |b| b.write_value(0, [3_u8; 4]).unwrap(),
        |b| b.fill(..4, 3).unwrap(),
        |b| b.write_streaming(0, &[3; 4]).unwrap(),
        |b| b.write_vectored(0, &[&[3; 2], &[3; 2]]).unwrap(),
        |b| b.copy_from(0, &buffer_of(&[3; 4])).unwrap(),
        |b| {
            b.atomic(0)
                .unwrap()
                .store(0x0303_0303_u32, Ordering::Release)
        },
    ];
    for (idx, write) in writes.iter().enumerate() {
        let mut buffer = fresh();
        contents(&buffer);
        write(&mut buffer);
        assert!(buffer.eq_at(0, &[3; 4]).unwrap(), "write {idx}");
        buffer.assert_no_double_fetch();
        assert!(!buffer.eq_at(0, &[3; 4]).unwrap(), "write {idx}");
        assert_eq!(buffer.double_fetches()[0].len, 4, "write {idx}");
    }
}

#[test]
fn a_move_inside_the_buffer_leaves_what_it_wrote() {
    let buffer = ChaosBuffer::new(b"abcdef", 5);
    buffer.copy_within(..4, 2).unwrap();
    let mut now = [0; 6];
    buffer.peek(0, &mut now).unwrap();
    assert_eq!(&now[2..], b"abcd");
    assert!(now[0] != b'a' && now[1] != b'b');
}

#[test]
fn a_new_message_starts_anew_and_its_bytes_are_those_last_stored() {
    let buffer = fresh();
    for _ in 0..3 {
        buffer.write_at(1, b"mine");
        assert_eq!(contents(&buffer)[..6], *b"\x07mine\x07");
        buffer.next_message();
    }
    buffer.set(0, b"yours").unwrap();
    assert_eq!(contents(&buffer)[..5], *b"yours");
    buffer.forget();
    assert_ne!(contents(&buffer)[..5], *b"yours");
    buffer.assert_no_double_fetch();
    assert!(buffer.set(LEN - 1, b"no").is_err() && buffer.peek(LEN, &mut [0]).is_err());
}

#[test]
fn what_is_to_hold_still_does() {
    for chaos in [Chaos::FlipFetched, Chaos::ScrambleAll] {
        let buffer = fresh().chaos(chaos);
        buffer.hold_still(2..4).unwrap();
        let (first, second) = (contents(&buffer), contents(&buffer));
        assert_eq!(first[2..4], second[2..4]);
        let found: Vec<_> = buffer
            .double_fetches()
            .iter()
            .map(|d| (d.offset, d.len))
            .collect();
        assert_eq!(found, [(0, 2), (4, LEN - 4)]);
        assert!(buffer.hold_still(..=LEN).is_err());
    }
}

#[test]
fn a_search_is_one_fetch_up_to_what_it_found() {
    let needle: Vec<u8> = (0..200).collect();
    let buffer = ChaosBuffer::new(&[&[0; 5000][..], &needle, &[0; 100]].concat(), 3);
    assert_eq!(buffer.find(.., &needle).unwrap(), Some(5000));
    buffer.assert_no_double_fetch();
    buffer.read_exact_at(5200, &mut [0; 100]).unwrap();
    buffer.assert_no_double_fetch();
    buffer.read_exact_at(5199, &mut [0]).unwrap();
    assert_eq!(buffer.double_fetches()[0].offset, 5199);

    let lines = ChaosBuffer::new(b"one\ntwo\n", 3);
    assert_eq!(lines.find_byte(.., b'\n').unwrap(), Some(3));
    lines.read_exact_at(4, &mut [0; 4]).unwrap();
    lines.assert_no_double_fetch();
}

#[test]
fn atomics_are_apart_unless_asked_for() {
    let counts = |loads| {
        let buffer = fresh().atomic_loads(loads);
        let words = [0, 4].map(|at| buffer.atomic::<u32>(at).unwrap());
        for _ in 0..2 {
            assert_eq!(words[0].load(Ordering::Acquire), 0x0707_0707);
        }
        let two_loads = buffer.double_fetches().len();
        assert_eq!(
            buffer
                .read_only_atomic::<u32>(4)
                .unwrap()
                .load(Ordering::Acquire),
            0x0707_0707
        );
        buffer.read_exact_at(4, &mut [0; 4]).unwrap();
        (two_loads, buffer.double_fetches().len() - two_loads)
    };
    assert_eq!(counts(AtomicLoads::Exempt), (0, 0));
    assert_eq!(counts(AtomicLoads::WithCopies), (0, 1));
    assert_eq!(counts(AtomicLoads::Counted), (1, 1));
}

#[test]
fn loops_of_read_modify_writes_end_and_a_failed_one_clears_nothing() {
    for chaos in [Chaos::FlipFetched, Chaos::ScrambleAll] {
        let buffer = ChaosBuffer::new(&[0; LEN], 9)
            .chaos(chaos)
            .atomic_loads(AtomicLoads::Counted);
        let word = buffer.atomic::<u64>(8).unwrap();
        for _ in 0..3 {
            word.fetch_or(1, Ordering::AcqRel);
            word.fetch_add(1, Ordering::AcqRel);
            let look = |old| buffer.read_value::<u8>(0).is_ok().then_some(old + 1);
            assert!(
                word.fetch_update(Ordering::AcqRel, Ordering::Acquire, look)
                    .is_ok()
            );
        }
        assert_eq!(buffer.double_fetches().len(), 1, "byte 0 alone");
        assert!(
            word.compare_exchange(!0, 0, Ordering::AcqRel, Ordering::Acquire)
                .is_err()
        );
        buffer.read_exact_at(8, &mut [0; 8]).unwrap();
        assert!(
            word.compare_exchange(0, 0, Ordering::AcqRel, Ordering::Acquire)
                .is_err()
        );
        buffer.read_exact_at(8, &mut [0; 8]).unwrap();
        assert_eq!(
            buffer.double_fetches().len(),
            2,
            "{:?}",
            buffer.double_fetches()
        );
    }
}

#[test]
fn a_buffer_that_is_gone_leaves_nothing_behind() {
    let mut addresses = std::collections::BTreeSet::new();
    for _ in 0..if cfg!(miri) { 3 } else { 50 } {
        addresses.insert(fresh().as_ptr_len().0.addr());
        let ordinary = buffer_of(&[7; LEN]);
        assert_eq!(contents(&ordinary), contents(&ordinary));
        let next = fresh();
        contents(&next);
        next.assert_no_double_fetch();
    }
    assert!(cfg!(miri) || addresses.len() < 50, "memory was used again");
}

#[test]
fn an_ordinary_buffer_beside_it_is_left_alone() {
    let (chaos, ordinary) = (fresh(), buffer_of(&[7; 3 * LEN]));
    chaos.copy_to(0, &mut buffer_of(&[0; LEN])).unwrap();
    for _ in 0..2 {
        assert_eq!(contents(&ordinary), [7; 3 * LEN]);
        assert_eq!(ordinary.find(.., &[8]).unwrap(), None);
    }
    chaos.assert_no_double_fetch();
}

#[test]
fn a_swapped_buffer_outlives_its_handle() {
    let (mut one, mut other) = (fresh(), buffer_of(&[1; LEN]));
    core::mem::swap(&mut *one, &mut other);
    contents(&other);
    assert_eq!(contents(&one), [1; LEN], "the ordinary one is in there now");
    one.assert_no_double_fetch();
    drop(one);
    assert_ne!(contents(&other), [7; LEN]);
    let taken = fresh().take();
    contents(&taken);
    let _lost = fresh().take().consume();
    let none = ChaosBuffer::new(&[], 0);
    assert_eq!((contents(&none).len(), none.double_fetches().len()), (0, 0));
}

#[test]
fn threads_with_one_buffer_and_with_their_own_see_each_fetch() {
    let rounds = if cfg!(miri) { 5 } else { 200 };
    let shared = ChaosBuffer::new(&[0; 64], 4);
    thread::scope(|scope| {
        for idx in 0..4 {
            let shared = &shared;
            scope.spawn(move || {
                let word = shared.atomic::<u64>(0).unwrap();
                for _ in 0..rounds {
                    word.fetch_add(1, Ordering::Relaxed);
                    let mut own = fresh();
                    let first: u32 = own.read_value(idx).unwrap();
                    assert_ne!(first, own.read_value::<u32>(idx).unwrap());
                    assert_eq!(own.double_fetches().len(), 1);
                    shared.copy_to(8, own.slice_mut(..8)).unwrap();
                }
            });
        }
    });
    assert_eq!(shared.double_fetches()[0].offset, 8);
    let count = shared.atomic::<u64>(0).unwrap().load(Ordering::Relaxed);
    assert_eq!(count, 4 * rounds);
}
