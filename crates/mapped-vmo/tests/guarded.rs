// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Guarded`: what is there is copied, what is not there is said, and nothing grows.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::mem::MaybeUninit;
use core::ops::Bound;
use std::os::fd::OwnedFd;

use mapped_vmo::zx::{AdoptPolicy, Rights, Status, VmarFlags, Vmo, VmoOptions};
use mapped_vmo::{Access, AccessError, Guarded, GuardedError};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate};

const READ: VmarFlags = VmarFlags::PERM_READ;
const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);

/// A peer's descriptor of `size` bytes with these seals, and a guarded view of `len` bytes.
fn guarded(size: u64, seals: SealFlags, len: usize) -> (OwnedFd, Guarded) {
    let (theirs, vmo) = adopted(size, seals);
    (
        theirs,
        Guarded::create_from_vmo(&vmo, len, READ_WRITE).unwrap(),
    )
}

fn adopted(size: u64, seals: SealFlags) -> (OwnedFd, Vmo) {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let theirs = rustix::fs::memfd_create("guarded", flags).unwrap();
    ftruncate(&theirs, size).unwrap();
    if !seals.is_empty() {
        fcntl_add_seals(&theirs, seals).unwrap();
    }
    let sent = theirs.try_clone().unwrap();
    let vmo = Vmo::from_fd(sent, AdoptPolicy::Guarded).unwrap();
    (theirs, vmo)
}

fn size_of_file(fd: &OwnedFd) -> u64 {
    u64::try_from(rustix::fs::fstat(fd).unwrap().st_size).unwrap()
}

fn lost(offset: usize) -> GuardedError {
    GuardedError::Lost { offset }
}

fn outside(offset: usize, len: usize, size: usize) -> GuardedError {
    GuardedError::Access(AccessError::OutOfBounds { offset, len, size })
}

fn kinds() -> [SealFlags; 4] {
    let (shrink, grow) = (SealFlags::SHRINK, SealFlags::GROW);
    [SealFlags::empty(), shrink, grow, shrink | grow]
}

/// How much is asked for, sizes of the file that are less and more, and what is accessed.
const LEN: usize = 3 * 4096 + 5;
const SIZES: [usize; 11] = [
    0,
    1,
    7,
    4095,
    4096,
    4097,
    8192,
    10_000,
    3 * 4096 + 4,
    LEN,
    20_000,
];
const RANGES: [(usize, usize); 11] = [
    (0, 1),
    (0, 4096),
    (0, LEN),
    (1, 4096),
    (4095, 1),
    (4095, 2),
    (4096, 4096),
    (5000, 5000),
    (5000, 5001),
    (LEN - 1, 1),
    (LEN, 0),
];

#[test]
fn every_boundary_is_ok_or_lost_at_the_first_byte_that_is_not_there() {
    let cases = kinds()
        .into_iter()
        .flat_map(|seals| SIZES.map(|size| (seals, size)));
    for (seals, size) in cases {
        let (theirs, memory) = guarded(size as u64, seals, LEN);
        for (offset, len) in RANGES {
            let case = format!("{len} at {offset} of {size}, {seals:?}");
            let there = size.saturating_sub(offset).min(len);
            let expected = if there == len {
                Ok(())
            } else {
                Err(lost(offset + there))
            };
            let src: Vec<u8> = (0..len).map(|i| (i % 250) as u8 + 1).collect();
            assert_eq!(memory.write_all_at(offset, &src), expected, "write {case}");
            assert_eq!(size_of_file(&theirs), size as u64, "{case}: it grew");
            let mut dst = vec![0xee; len];
            assert_eq!(
                memory.read_exact_at(offset, &mut dst),
                expected,
                "read {case}"
            );
            assert_eq!(dst[..there], src[..there], "{case}");
            assert!(dst[there..].iter().all(|byte| *byte == 0xee), "{case}");
            assert_eq!(memory.write_at(offset, &src), Ok(there), "{case}");
            assert_eq!(memory.read_at(offset, &mut dst), Ok(there), "{case}");
        }
    }
}

#[test]
fn bad_offsets_are_refused_and_touch_nothing() {
    let max = usize::MAX;
    for seals in kinds() {
        let (theirs, memory) = guarded(8192, seals, 5000);
        for (offset, len) in [
            (5000, 1),
            (4999, 2),
            (5001, 0),
            (0, 5001),
            (1, max),
            (max, 1),
            (max, 0),
        ] {
            let small = len.min(6000);
            let mut dst = vec![0xee; small];
            let expected = Err(outside(offset, small, 5000));
            if len == small {
                assert_eq!(memory.read_exact_at(offset, &mut dst), expected);
                assert_eq!(memory.write_all_at(offset, &vec![7; small]), expected);
            }
            if offset > 5000 {
                assert_eq!(memory.read_at(offset, &mut dst).map(|_| ()), expected);
                assert_eq!(
                    memory.write_at(offset, &vec![7; small]).map(|_| ()),
                    expected
                );
            }
            assert!(dst.iter().all(|byte| *byte == 0xee));
        }
        assert_eq!(memory.read_at(4990, &mut [0; 100]), Ok(10));
        assert_eq!(memory.write_at(4990, &[9; 100]), Ok(10));
        let mut bytes = [0; 8192];
        rustix::io::pread(&theirs, &mut bytes, 0).unwrap();
        let expected = |i| if (4990..5000).contains(&i) { 9 } else { 0 };
        assert!(
            bytes
                .iter()
                .enumerate()
                .all(|(i, byte)| *byte == expected(i))
        );
    }
}

#[test]
fn values_go_in_and_come_out_in_the_order_that_was_asked_for() {
    let (_theirs, memory) = guarded(4096, SealFlags::empty(), 8192);
    memory.write_value(1, 0x1122_3344_5566_7788_u64).unwrap();
    assert_eq!(memory.read_value::<u64>(1), Ok(0x1122_3344_5566_7788));
    memory.write_le(16, [0x0102_u16, 0x0304]).unwrap();
    assert_eq!(memory.read_value::<[u8; 4]>(16), Ok([2, 1, 4, 3]));
    assert_eq!(memory.read_le::<[u16; 2]>(16), Ok([0x0102, 0x0304]));
    memory.write_be(16, [0x0102_u16, 0x0304]).unwrap();
    assert_eq!(memory.read_value::<[u8; 4]>(16), Ok([1, 2, 3, 4]));
    assert_eq!(memory.read_be::<[u16; 2]>(16), Ok([0x0102, 0x0304]));
    memory.write_be(32, -1.5_f64).unwrap();
    assert_eq!(memory.read_be::<f64>(32), Ok(-1.5));
    // A signalling NaN keeps its bits.
    let nan = 0x7f80_0001_u32;
    memory.write_value(40, nan).unwrap();
    assert_eq!(memory.read_le::<f32>(40).unwrap().to_bits(), nan.to_le());
    // Half of a number is none.
    assert_eq!(memory.read_value::<u64>(4092), Err(lost(4096)));
    assert_eq!(memory.write_value(4092, 1_u64), Err(lost(4096)));
    assert_eq!(memory.read_be::<u64>(8188), Err(outside(8188, 8, 8192)));
}

#[test]
fn a_part_is_filled_up_to_where_the_memory_ends() {
    for seals in kinds() {
        let (theirs, memory) = guarded(100_001, seals, 200_000);
        memory.fill(5..70_000, 7).unwrap();
        let mut bytes = vec![0; 100_001];
        memory.read_exact_at(0, &mut bytes).unwrap();
        let expected = |i| if (5..70_000).contains(&i) { 7 } else { 0 };
        assert!(
            bytes
                .iter()
                .enumerate()
                .all(|(i, byte)| *byte == expected(i))
        );
        assert_eq!(memory.fill(.., 1), Err(lost(100_001)));
        assert_eq!(memory.fill(100_000..100_002, 1), Err(lost(100_001)));
        assert_eq!(memory.fill(100_000..=100_000, 1), Ok(()));
        assert_eq!(memory.fill(200_000.., 1), Ok(()));
        assert_eq!(memory.fill(7..7, 1), Ok(()));
        assert_eq!(size_of_file(&theirs), 100_001);
        assert_eq!(
            memory.fill(1..200_001, 1),
            Err(outside(1, 200_000, 200_000))
        );
        assert_eq!(memory.fill(200_001.., 1), Err(outside(200_001, 0, 200_000)));
        let past = (Bound::Excluded(usize::MAX), Bound::Unbounded);
        assert!(matches!(memory.fill(past, 1), Err(GuardedError::Access(_))));
        assert!(memory.fill(..=usize::MAX, 1).is_err());
        #[allow(
            clippy::reversed_empty_ranges,
            reason = "it is the mistake that is tested"
        )]
        let reversed = memory.fill(9..8, 1);
        let (start, end, size) = (9, 8, 200_000);
        let expected = AccessError::Reversed { start, end, size };
        assert_eq!(reversed, Err(GuardedError::Access(expected)));
    }
}

#[test]
fn what_is_read_into_fresh_room_is_what_was_initialised() {
    let (_theirs, memory) = guarded(10, SealFlags::empty(), 4096);
    memory.write_all_at(0, b"ten bytes!").unwrap();
    let mut room = [MaybeUninit::uninit(); 32];
    assert_eq!(memory.read_uninit_at(4, &mut room).unwrap(), b"bytes!");
    assert_eq!(memory.read_uninit_at(10, &mut room).unwrap(), b"");
    let room = &mut room[..6];
    assert_eq!(memory.read_exact_uninit_at(4, room).unwrap(), b"bytes!");
    assert_eq!(memory.read_exact_uninit_at(5, room), Err(lost(10)));
}

#[test]
fn a_view_that_only_reads_denies_writing() {
    let (_theirs, vmo) = adopted(4096, SealFlags::empty());
    let memory = Guarded::create_from_vmo(&vmo, 4096, READ).unwrap();
    assert_eq!((memory.access(), memory.len()), (Access::READ, 4096));
    let denied = GuardedError::Access(AccessError::Denied {
        needed: Access::WRITE,
        held: Access::READ,
    });
    assert_eq!(memory.write_all_at(0, b"no"), Err(denied));
    assert_eq!(memory.write_at(0, b"no"), Err(denied));
    assert_eq!(memory.write_value(0, 1_u8), Err(denied));
    assert_eq!(memory.fill(.., 1), Err(denied));
    assert_eq!(denied.status(), Status::ACCESS_DENIED);
    let nothing = Guarded::create_from_vmo(&vmo, 4096, VmarFlags::empty()).unwrap();
    assert!(nothing.read_at(0, &mut [0]).is_err());
    assert!(nothing.write_at(0, &[0]).is_err());
}

#[test]
fn rights_flags_and_sizes_are_checked_when_it_is_made() {
    let (_theirs, vmo) = adopted(4096, SealFlags::empty());
    let with = |rights, flags| {
        let vmo = vmo.duplicate_handle(rights).unwrap();
        Guarded::create_from_vmo(&vmo, 4096, flags).map(|_| ())
    };
    let enough = Rights::DUPLICATE | Rights::MAP | Rights::READ;
    assert_eq!(with(enough, READ), Ok(()));
    assert_eq!(with(enough | Rights::WRITE, READ_WRITE), Ok(()));
    for missing in [Rights::DUPLICATE, Rights::MAP, Rights::READ] {
        let refused = with(enough.difference(missing), READ);
        assert_eq!(refused, Err(Status::ACCESS_DENIED), "{missing:?}");
    }
    assert_eq!(with(enough, READ_WRITE), Err(Status::ACCESS_DENIED));
    let make = |size, flags| Guarded::create_from_vmo(&vmo, size, flags).map(|_| ());
    assert_eq!(make(0, READ), Err(Status::INVALID_ARGS));
    assert_eq!(make(usize::MAX, READ), Err(Status::OUT_OF_RANGE));
    assert_eq!(make(1 << 62, READ), Ok(()));
    assert_eq!(make(1 << 62, READ_WRITE), Err(Status::NO_MEMORY));
    assert_eq!(make(1, VmarFlags::PERM_WRITE), Err(Status::INVALID_ARGS));
    assert_eq!(
        make(1, READ | VmarFlags::SPECIFIC),
        Err(Status::INVALID_ARGS)
    );
    let execute = READ | VmarFlags::PERM_EXECUTE;
    assert_eq!(make(1, execute), Err(Status::ACCESS_DENIED));
    assert_eq!(make(1, READ | VmarFlags::ALLOW_FAULTS), Ok(()));
}

#[test]
fn the_size_may_change_as_often_as_it_likes() {
    let vmo = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    let memory = Guarded::create_from_vmo(&vmo, 16384, READ_WRITE).unwrap();
    for size in [4096, 0, 16384, 8192, 32768, 4096] {
        vmo.set_size(size).unwrap();
        let there = usize::try_from(size.min(16384)).unwrap();
        let expected = if there == 16384 {
            Ok(())
        } else {
            Err(lost(there))
        };
        assert_eq!(memory.write_all_at(0, &[1; 16384]), expected, "{size}");
        assert_eq!(memory.read_exact_at(0, &mut [0; 16384]), expected, "{size}");
        assert_eq!(vmo.get_size(), Ok(size));
    }
}

#[test]
fn threads_share_it() {
    fn is_shared<T: Send + Sync + core::fmt::Debug>() {}
    is_shared::<Guarded>();
    let (_theirs, memory) = guarded(65536, SealFlags::empty(), 65536);
    std::thread::scope(|scope| {
        for id in 0..4_u8 {
            let memory = &memory;
            scope.spawn(move || {
                let start = usize::from(id) * 16384;
                memory.write_all_at(start, &[id + 1; 16384]).unwrap();
                assert_eq!(memory.read_value(start + 16380), Ok([id + 1; 4]));
            });
        }
    });
    assert_eq!(memory.read_value(16383), Ok([1_u8, 2]));
}

#[test]
fn errors_say_what_is_wrong_in_words() {
    let text = lost(4096).to_string();
    assert!(
        text.starts_with("the byte at offset 4096 is not there"),
        "{text}"
    );
    assert_eq!(lost(1).status(), Status::OUT_OF_RANGE);
    assert_eq!(outside(1, 2, 2).status(), Status::OUT_OF_RANGE);
    let kernel = GuardedError::from(Status::NOT_SUPPORTED);
    assert!(kernel.to_string().contains("NOT_SUPPORTED"), "{kernel}");
    assert_eq!(Status::from(kernel), Status::NOT_SUPPORTED);
}
