// SPDX-License-Identifier: MIT OR Apache-2.0
//! `read_some`, `write_some` and `write_memory`: what is there, and no growth.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(unsafe_code, reason = "bytes are written to an address")]

use core::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{FallocateFlags, MemfdFlags, OFlags, SealFlags};
use zx::{AdoptOptions, AdoptPolicy, Rights, Status, VmarFlags, Vmo, VmoOptions, vmar_root_self};

const HUGE: u64 = 2 << 20;

/// A peer's descriptor of `size` bytes with these seals, and what the gate makes of it.
fn memfd(size: u64, seals: SealFlags) -> (OwnedFd, Vmo) {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let theirs = rustix::fs::memfd_create("some", flags).unwrap();
    rustix::fs::ftruncate(&theirs, size).unwrap();
    if !seals.is_empty() {
        rustix::fs::fcntl_add_seals(&theirs, seals).unwrap();
    }
    let sent = theirs.try_clone().unwrap();
    let vmo = Vmo::from_fd(sent, AdoptPolicy::Guarded).unwrap();
    (theirs, vmo)
}

fn size_of_file(fd: &OwnedFd) -> u64 {
    u64::try_from(rustix::fs::fstat(fd).unwrap().st_size).unwrap()
}

/// What `read_some` gives, and that it leaves the rest alone.
fn read(vmo: &Vmo, offset: u64, len: usize) -> Result<Vec<u8>, Status> {
    let mut room = vec![MaybeUninit::new(0xee); len];
    let count = vmo.read_some(&mut room, offset)?;
    // SAFETY: all of them were initialised before the call.
    let bytes: Vec<u8> = room.iter().map(|b| unsafe { b.assume_init() }).collect();
    assert!(
        bytes[count..].iter().all(|byte| *byte == 0xee),
        "past the count"
    );
    Ok(bytes[..count].to_vec())
}

#[test]
fn what_is_there_is_read_and_written_to_the_byte_whatever_the_seals() {
    let sizes = [0, 1, 4095, 4096, 4097, 10_000];
    let seals = [
        SealFlags::empty(),
        SealFlags::SHRINK,
        SealFlags::GROW,
        SealFlags::SHRINK | SealFlags::GROW,
    ];
    for (size, seals) in sizes.into_iter().flat_map(|s| seals.map(|seal| (s, seal))) {
        for offset in [0, 1, 4094, 4095, 4096, 4097, 9_999, 10_000, 20_000] {
            for len in [0, 1, 2, 4096, 4097, 30_000] {
                let (theirs, vmo) = memfd(size, seals);
                let there = usize::try_from(size.saturating_sub(offset)).unwrap();
                let case = format!("{len} bytes at {offset} of {size}, {seals:?}");
                let bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8 + 1).collect();
                let count = there.min(len);
                assert_eq!(vmo.write_some(&bytes, offset), Ok(count), "{case}");
                assert_eq!(size_of_file(&theirs), size, "{case}: it grew");
                assert_eq!(read(&vmo, offset, len).unwrap(), bytes[..count], "{case}");
                let mut all = vec![0; usize::try_from(size).unwrap()];
                let start = usize::try_from(offset).unwrap();
                if count > 0 {
                    all[start..start + count].copy_from_slice(&bytes[..count]);
                }
                assert_eq!(read(&vmo, 0, 40_000).unwrap(), all, "{case}");
            }
        }
    }
}

#[test]
fn a_write_past_an_odd_end_leaves_nothing_there_for_one_who_extends() {
    for seals in [SealFlags::empty(), SealFlags::SHRINK] {
        let (theirs, vmo) = memfd(100, seals);
        assert_eq!(vmo.write_some(b"0123456789", 95), Ok(5));
        rustix::fs::ftruncate(&theirs, 4096).unwrap();
        assert_eq!(read(&vmo, 95, 10).unwrap(), b"01234\0\0\0\0\0");
    }
}

#[test]
fn offsets_that_no_file_has_are_0_bytes() {
    for seals in [SealFlags::empty(), SealFlags::GROW] {
        let (_theirs, vmo) = memfd(4096, seals);
        let last = i64::MAX.unsigned_abs();
        for offset in [1 << 40, last - 1, last, last + 1, u64::MAX - 1, u64::MAX] {
            assert_eq!(read(&vmo, offset, 10), Ok(vec![]), "{offset}");
            assert_eq!(vmo.write_some(b"nowhere", offset), Ok(0), "{offset}");
        }
    }
}

#[test]
fn a_hole_is_zeros_and_stays_a_hole() {
    let (theirs, vmo) = memfd(1 << 20, SealFlags::empty());
    assert!(
        read(&vmo, 0, 1 << 20)
            .unwrap()
            .iter()
            .all(|byte| *byte == 0)
    );
    assert_eq!(rustix::fs::fstat(&theirs).unwrap().st_blocks, 0);
    vmo.write_some(&[7; 8192], 0).unwrap();
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(&theirs, punch, 0, 4096).unwrap();
    assert_eq!(read(&vmo, 4095, 2).unwrap(), [0, 7]);
}

#[test]
fn o_append_redirects_nothing() {
    for seals in [SealFlags::empty(), SealFlags::GROW, SealFlags::SHRINK] {
        let (theirs, vmo) = memfd(4096, seals);
        rustix::fs::fcntl_setfl(&theirs, OFlags::APPEND).unwrap();
        assert_eq!(vmo.write_some(b"here", 10), Ok(4), "{seals:?}");
        assert_eq!(read(&vmo, 9, 6).unwrap(), b"\0here\0");
        assert_eq!(size_of_file(&theirs), 4096);
    }
}

#[test]
fn rights_modes_and_seals_say_who_may() {
    let (theirs, vmo) = memfd(4096, SealFlags::empty());
    let reader = vmo.duplicate_handle(Rights::READ).unwrap();
    assert_eq!(reader.write_some(b"no", 0), Err(Status::ACCESS_DENIED));
    let writer = vmo.duplicate_handle(Rights::WRITE).unwrap();
    assert_eq!(read(&writer, 0, 1), Err(Status::ACCESS_DENIED));
    // In the middle of its use somebody seals it.
    for seals in [SealFlags::empty(), SealFlags::GROW] {
        for sealed in [SealFlags::WRITE, SealFlags::FUTURE_WRITE] {
            let (theirs, vmo) = memfd(4096, seals);
            assert_eq!(vmo.write_some(b"yes", 0), Ok(3));
            rustix::fs::fcntl_add_seals(&theirs, sealed).unwrap();
            let refused = vmo.write_some(b"no", 0);
            assert_eq!(refused, Err(Status::ACCESS_DENIED), "{seals:?}, {sealed:?}");
            assert_eq!(read(&vmo, 0, 3).unwrap(), b"yes");
        }
    }
    drop(theirs);
}

#[test]
fn only_a_seal_says_that_it_cannot_grow() {
    for (seals, grows) in [
        (SealFlags::empty(), true),
        (SealFlags::SHRINK, true),
        (SealFlags::GROW, false),
        (SealFlags::SHRINK | SealFlags::GROW, false),
    ] {
        assert_eq!(memfd(4096, seals).1.can_grow(), grows, "{seals:?}");
    }
    let (theirs, vmo) = memfd(4096, SealFlags::empty());
    rustix::fs::fcntl_add_seals(&theirs, SealFlags::GROW).unwrap();
    assert!(!vmo.can_grow(), "a seal that was added later");
}

/// Works where the pool of huge pages is empty: then nothing can be written, and the file must
/// not get larger by trying.
#[test]
fn a_memfd_of_huge_pages_is_read_and_never_grows() {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::HUGETLB;
    let Ok(theirs) = rustix::fs::memfd_create("huge", flags | MemfdFlags::HUGE_2MB) else {
        eprintln!("skipped: this kernel has no memfds of huge pages");
        return;
    };
    for seals in [SealFlags::empty(), SealFlags::GROW | SealFlags::SHRINK] {
        rustix::fs::ftruncate(&theirs, HUGE).unwrap();
        rustix::fs::fcntl_add_seals(&theirs, seals).unwrap();
        let options = AdoptOptions::new(AdoptPolicy::Guarded).allow_huge_pages();
        let vmo = Vmo::from_fd(theirs.try_clone().unwrap(), options).unwrap();
        assert!(vmo.can_grow(), "the seal does not hold with huge pages");
        for (offset, len) in [(0, 10), (HUGE - 5, 10), (HUGE, 10), (5 * HUGE, 10)] {
            let there = usize::try_from(HUGE.saturating_sub(offset))
                .unwrap()
                .min(len);
            assert_eq!(read(&vmo, offset, len).unwrap(), vec![0; there]);
            let count = vmo.write_some(&vec![0; len], offset).unwrap();
            assert!(count == there || count == 0, "{count} of {len} at {offset}");
            assert_eq!(size_of_file(&theirs), HUGE, "it grew: {len} at {offset}");
        }
    }
}

#[test]
fn bytes_to_an_address_stop_where_the_pages_do() {
    let vmo = Vmo::create_with_opts(VmoOptions::RESIZABLE, 8192).unwrap();
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE | VmarFlags::ALLOW_FAULTS;
    let root = vmar_root_self();
    let addr = root.map(0, &vmo, 0, 16384, flags).unwrap();
    let write = |at: usize, len: usize| {
        // SAFETY: a mapping of this test, which no reference points into.
        unsafe { root.write_memory(addr + at, &vec![1; len]) }
    };
    assert_eq!(write(0, 8192), Ok(8192));
    assert_eq!(write(4095, 8192), Ok(4097));
    assert_eq!(write(8192, 1), Ok(0));
    assert_eq!(write(16383, 2), Ok(0));
    assert_eq!(write(5, 0), Ok(0));
    vmo.set_size(0).unwrap();
    assert_eq!(write(0, 10), Ok(0));
    assert_eq!(vmo.get_size(), Ok(0), "it grew");
    // SAFETY: as above; a page that may only be read is written to by nobody.
    unsafe { root.protect(addr, 4096, VmarFlags::PERM_READ).unwrap() };
    vmo.set_size(4096).unwrap();
    assert_eq!(write(0, 10), Ok(0));
    // SAFETY: nobody else knows the address.
    unsafe { root.unmap(addr, 16384).unwrap() };
}
