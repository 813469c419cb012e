// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that grows under its readers: nothing moves, nothing faults, nothing is left over.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::sync::atomic::{AtomicBool, Ordering};
use std::os::fd::OwnedFd;

use mapped_vmo::zx::{AdoptPolicy, Status, VmarFlags, Vmo, VmoOptions};
use mapped_vmo::{AccessError, GrowableMapping};

const PAGE: usize = 4096;
const READ: VmarFlags = VmarFlags::PERM_READ;

fn mappings() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains("/memfd:")).count()
}

#[test]
fn views_see_what_was_there_and_keep_seeing_it() {
    let (mapping, vmo) = GrowableMapping::allocate(PAGE, 100 * PAGE).unwrap();
    let first = mapping.view();
    first.write_all_at(PAGE - 4, b"edge").unwrap();
    for pages in 2..=100 {
        assert_eq!(mapping.grow(pages * PAGE), Ok(pages * PAGE));
        let view = mapping.view();
        assert_eq!(view.len(), pages * PAGE);
        view.write_all_at(view.len() - 4, b"last").unwrap();
    }
    let mut edge = [0; 4];
    first.read_exact_at(PAGE - 4, &mut edge).unwrap();
    assert_eq!(&edge, b"edge");
    let past = first.read_exact_at(PAGE - 3, &mut edge);
    assert!(matches!(past, Err(AccessError::OutOfBounds { .. })));
    assert_eq!(
        vmo.read_to_array::<u8, 4>(99 * PAGE as u64 - 4),
        Ok(*b"last")
    );
}

#[test]
fn a_view_never_reaches_past_what_is_there() {
    let (mapping, vmo) = GrowableMapping::allocate(0, 8 * PAGE).unwrap();
    let view = mapping.view();
    assert_eq!((view.len(), view.read(&mut [0; 8])), (0, 0));
    assert!(view.write_all_at(0, b"x").is_err());
    vmo.set_size(20 * PAGE as u64).unwrap();
    assert_eq!(mapping.len(), 0, "it has not looked yet");
    assert_eq!(
        mapping.refresh(),
        Ok(8 * PAGE),
        "never more than was reserved"
    );
    let mut all = vec![1; 8 * PAGE];
    mapping.view().read_exact_at(0, &mut all).unwrap();
    assert!(all.iter().all(|byte| *byte == 0));
}

#[test]
fn an_adopted_one_grows_with_its_owner_and_only_by_it() {
    let (ours, vmo) = GrowableMapping::allocate(PAGE, 16 * PAGE).unwrap();
    let fd = OwnedFd::from(vmo.duplicate_handle(vmo.rights()).unwrap());
    let theirs = Vmo::from_fd(fd, AdoptPolicy::Shrink).unwrap();
    let reader = GrowableMapping::create_from_vmo(&theirs, 16 * PAGE, READ).unwrap();
    assert_eq!(reader.grow(2 * PAGE), Err(Status::ACCESS_DENIED));
    ours.grow(9 * PAGE).unwrap();
    ours.view().write_all_at(9 * PAGE - 3, b"new").unwrap();
    assert_eq!(reader.refresh(), Ok(9 * PAGE));
    assert!(reader.view().eq_at(9 * PAGE - 3, b"new").unwrap());
    assert!(
        reader.view().write_all_at(0, b"no").is_err(),
        "mapped to read"
    );
}

#[test]
fn the_tail_of_an_odd_sized_file_is_not_part_of_it() {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("odd", flags).unwrap();
    ftruncate(&fd, 4100).unwrap();
    fcntl_add_seals(&fd, SealFlags::SHRINK).unwrap();
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Shrink).unwrap();
    let mapping = GrowableMapping::create_from_vmo(&vmo, 16 * PAGE, READ).unwrap();
    assert_eq!(mapping.len(), 4100);
}

#[test]
fn what_can_shrink_and_what_makes_no_sense_is_refused() {
    let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    let create = |vmo: &Vmo, max| GrowableMapping::create_from_vmo(vmo, max, READ).map(|_| ());
    assert_eq!(create(&resizable, PAGE), Err(Status::NOT_SUPPORTED));
    let fixed = Vmo::create(PAGE as u64).unwrap();
    assert_eq!(create(&fixed, 0), Err(Status::INVALID_ARGS));
    assert_eq!(create(&fixed, usize::MAX), Err(Status::OUT_OF_RANGE));
    assert_eq!(
        create(&fixed, usize::MAX / 4096 * 4096),
        Err(Status::NO_MEMORY)
    );
    let allocate = |size, max| GrowableMapping::allocate(size, max).map(|_| ());
    assert_eq!(allocate(2, 1), Err(Status::INVALID_ARGS));
    assert_eq!(allocate(0, 0), Err(Status::INVALID_ARGS));
    let mapping = GrowableMapping::create_from_vmo(&fixed, 4 * PAGE, READ).unwrap();
    assert_eq!(mapping.grow(2 * PAGE), Err(Status::UNAVAILABLE));
    assert_eq!(mapping.len(), PAGE);
}

#[test]
fn threads_grow_it_and_read_what_is_there_at_the_same_time() {
    let pages = 200;
    let (mapping, _vmo) = GrowableMapping::allocate(PAGE, pages * PAGE).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for step in [1, 3] {
            let mapping = &mapping;
            scope.spawn(move || {
                for page in (1..=pages).step_by(step) {
                    let len = mapping.grow(page * PAGE).unwrap();
                    assert!(len >= page * PAGE);
                }
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let view = mapping.view();
                view.write_all_at(view.len() - 8, &[7; 8]).unwrap();
                done.store(view.len() == pages * PAGE, Ordering::Relaxed);
            }
        });
    });
    assert_eq!(mapping.len(), pages * PAGE);
}

#[test]
fn nothing_stays_mapped() {
    // Other tests of this file map too, in other threads: so many that these would stand out.
    let before = mappings();
    for _ in 0..1000 {
        drop(GrowableMapping::allocate(PAGE, 1 << 20).unwrap());
    }
    assert!(mappings() < before + 500, "{before} became {}", mappings());
}
