// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rows 26, 28, 31, 32, 37 and 38 of the catalogue: what becomes of a mapping in the life of
//! its process, and of a process where something is missing.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that can't be tried says so"
)]

use core::panic::AssertUnwindSafe;
use std::os::fd::{AsFd, OwnedFd};
use std::panic::catch_unwind;

use mapped_vmo::zx::{AdoptPolicy, Extent, Name, Rights, SealPlan, VmarFlags, Vmo};
use mapped_vmo::{ImmutableMapping, Mapping, SharedBuffer};
use peer_tests::{Held, Peer, alone, in_its_own_process};

const APART: &str = env!("CARGO_BIN_EXE_apart");
const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);

/// Catalogue row 26.
#[test]
fn where_no_memfd_may_be_executed_everything_works() {
    in_its_own_process(APART, "noexec");
}

/// Catalogue row 28.
#[test]
fn where_proc_is_missing_everything_works() {
    in_its_own_process(APART, "without-proc");
}

/// Catalogue row 31.
#[test]
fn a_forked_child_shares_the_mapping_and_drops_only_its_own() {
    in_its_own_process(APART, "fork");
}

/// Catalogue row 31.
#[test]
fn a_fork_in_the_middle_of_a_call_leaves_no_lock_for_the_child_to_wait_for() {
    in_its_own_process(APART, "fork-in-mid-call");
}

/// Catalogue row 32.
#[test]
fn a_program_that_is_started_inherits_no_descriptor_and_no_mapping() {
    let _alone = alone();
    let held = || {
        let mut program = Peer::start_alone(APART, "held");
        program.line()
    };
    let without = held();
    let (_mapping, vmo) = Mapping::allocate(8192).unwrap();
    let _copy = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    let _snapshot = ImmutableMapping::create_from_vmo(&vmo, true).unwrap();
    let name = Name::default();
    for plan in [SealPlan::Fixed, SealPlan::Resizable, SealPlan::Freezable] {
        let vmo = Vmo::create_planned(&name, plan, Extent::Pages, 4096).unwrap();
        assert_eq!(held(), without, "{plan:?}");
        drop(vmo);
    }
    // A sender can hand us a descriptor that is not close-on-exec.
    let theirs = vmo.as_fd().try_clone_to_owned().unwrap();
    rustix::io::fcntl_setfd(&theirs, rustix::io::FdFlags::empty()).unwrap();
    let _adopted = Vmo::from_fd(theirs, AdoptPolicy::Shrink).unwrap();
    assert_eq!(held(), without, "a started program has what we have");
}

/// One way to end the life of a mapping, its handles and its views.
type End = fn(Mapping, Vmo, Vmo);

/// Every order in which they go, and every way.
const ENDS: [(&str, End); 9] = [
    ("mapping, then handles", |mapping, vmo, copy| {
        drop(mapping);
        drop((vmo, copy));
    }),
    ("handles, then mapping", |mapping, vmo, copy| {
        drop((vmo, copy));
        assert_eq!(mapping.write_at(0, b"still there"), 11);
        drop(mapping);
    }),
    ("one handle, mapping, the other", |mapping, vmo, copy| {
        drop(vmo);
        drop(mapping);
        assert!(copy.write(b"still there", 0).is_ok());
    }),
    ("views before their mapping", |mut mapping, _vmo, _copy| {
        let (left, right) = mapping.split_at_mut(4096);
        right.write(b"right");
        assert_eq!(left.len(), 4096);
    }),
    ("in a box, as a trait object", |mapping, vmo, _copy| {
        let boxed: Box<dyn core::fmt::Debug> = Box::new((mapping, vmo));
        assert!(format!("{boxed:?}").contains("Mapping"));
    }),
    ("by another thread", |mapping, vmo, _copy| {
        let moved = move || drop((mapping.write_at(8, b"moved"), mapping, vmo));
        std::thread::spawn(moved).join().unwrap();
    }),
    ("while a panic unwinds", |mapping, vmo, copy| {
        let unwound = catch_unwind(AssertUnwindSafe(move || {
            let _held = (mapping, vmo, copy);
            std::panic::resume_unwind(Box::new("planned"));
        }));
        assert!(unwound.is_err());
    }),
    ("in a callback that panics", |mapping, _vmo, _copy| {
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            with(&mapping, |_| -> u8 {
                std::panic::resume_unwind(Box::new("planned"))
            })
        }));
        assert!(unwound.is_err());
        assert_eq!(mapping.write_at(0, b"usable"), 6);
    }),
    ("as a file descriptor", |mapping, vmo, copy| {
        let fd = OwnedFd::from(vmo);
        drop((copy, mapping));
        assert!(Vmo::from_fd(fd, AdoptPolicy::Strict).is_ok());
    }),
];

/// Lends the buffer to a callback, as code that uses a mapping does.
fn with<R>(mapping: &Mapping, call: impl FnOnce(&SharedBuffer) -> R) -> R {
    call(mapping)
}

/// Catalogue row 37.
#[test]
fn in_whatever_order_and_way_things_end_each_is_given_back_once() {
    let _alone = alone();
    for (what, end) in ENDS {
        let before = Held::now();
        for _ in 0..3 {
            let (mapping, vmo) = Mapping::allocate(8192).unwrap();
            let copy = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
            // Whoever unmaps twice unmaps what came to lie there since.
            let (neighbour, _) = Mapping::allocate(8192).unwrap();
            end(mapping, vmo, copy);
            let (next, _) = Mapping::allocate(8192).unwrap();
            for other in [&neighbour, &next] {
                assert_eq!(other.write_at(8191, b"x"), 1, "{what}");
            }
        }
        assert!(before.is_back(), "{what}: {before:?}, {:?}", Held::now());
    }
}

/// Catalogue row 37.
#[test]
fn what_is_unmapped_is_never_what_another_thread_has_there_by_now() {
    in_its_own_process(APART, "neighbours");
}

/// Catalogue row 37: what is forgotten stays, and is all that stays.
#[test]
fn a_forgotten_mapping_leaks_itself_and_nothing_else() {
    let _alone = alone();
    let before = Held::now();
    let (mapping, vmo) = Mapping::allocate(8192).unwrap();
    core::mem::forget(mapping);
    let again = Mapping::create_from_vmo(&vmo, 8192, READ_WRITE).unwrap();
    assert_eq!(again.write_at(0, b"on we go"), 8);
    drop((again, vmo));
    let after = Held::now();
    assert_eq!(after.fds, before.fds);
    assert_eq!(after.mappings, before.mappings + 1);
}

/// Catalogue row 38: `swap` through `DerefMut` moves the pages with the duty to unmap them.
#[test]
fn swapped_buffers_of_unequal_size_are_each_unmapped_whole_and_once() {
    let _alone = alone();
    let before = Held::now();
    let (mut small, _) = Mapping::allocate(4096).unwrap();
    let (mut large, _) = Mapping::allocate(5 * 4096).unwrap();
    small.write(b"small");
    core::mem::swap(&mut *small, &mut *large);
    assert_eq!((small.len(), large.len()), (5 * 4096, 4096));
    drop(small);
    assert!(large.eq_at(0, b"small").unwrap(), "the other was unmapped");
    drop(large);
    assert_eq!(Held::now(), before, "not unmapped, or not whole");
}
