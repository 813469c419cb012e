// SPDX-License-Identifier: MIT OR Apache-2.0
//! The policies of the gate: what each takes, what comes of it, and within which limits.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags};
use zx::{AdoptOptions, AdoptPolicy, FdKind, Rights, SealPlan, Status, Tier, Vmo};
use zx::{Extent, Name};

const SEAL: u32 = 0x1;
const SHRINK: u32 = 0x2;
const GROW: u32 = 0x4;
const WRITE: u32 = 0x8;
const FUTURE: u32 = 0x10;
const EXEC: u32 = 0x20;
const PAGE: u64 = 4096;

/// Every page of it holds its number.
fn memfd(pages: u64, seals: u32) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create("theirs", flags).unwrap();
    rustix::fs::ftruncate(&fd, pages * PAGE).unwrap();
    for page in 0..pages {
        let number = [u8::try_from(page + 1).unwrap(); 8];
        rustix::io::pwrite(&fd, &number, page * PAGE).unwrap();
    }
    rustix::fs::fcntl_add_seals(&fd, SealFlags::from_bits_retain(seals)).unwrap();
    fd
}

fn punch(fd: &OwnedFd, page: u64) {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(fd, flags, page * PAGE, PAGE).unwrap();
}

/// A file that has no name any more.
fn nameless(directory: &Path) -> Option<OwnedFd> {
    let path = directory.join(format!("mapped-vmo-policies-{}", std::process::id()));
    let mut open = OpenOptions::new();
    open.read(true).write(true).create_new(true);
    let file = open.open(&path).ok()?;
    std::fs::remove_file(path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"on disk", 0).unwrap();
    Some(file.into())
}

fn refusal(fd: OwnedFd, options: impl Into<AdoptOptions>) -> (Status, FdKind, String) {
    let error = Vmo::from_fd(fd, options).unwrap_err();
    (error.status(), error.kind(), error.to_string())
}

#[test]
fn seals_decide_what_each_policy_takes_and_in_which_tier() {
    use AdoptPolicy::{Copy, Guarded, Immutable, Published, Shrink, Strict};
    let all: &[AdoptPolicy] = &[Strict, Shrink, Copy, Immutable, Published, Guarded];
    let loose: &[AdoptPolicy] = &[Copy, Guarded];
    let shrink: &[AdoptPolicy] = &[Shrink, Copy, Guarded];
    let strict: &[AdoptPolicy] = &[Strict, Shrink, Copy, Guarded];
    let published: &[AdoptPolicy] = &[Strict, Shrink, Copy, Published, Guarded];
    let loosely_published: &[AdoptPolicy] = &[Shrink, Copy, Published, Guarded];
    let loosely_immutable: &[AdoptPolicy] = &[Shrink, Copy, Immutable, Published, Guarded];
    // The first nine were seen in programs of other people.
    let rows = [
        (0x0, loose, Tier::Guarded),
        (SEAL, loose, Tier::Guarded),
        (SHRINK, shrink, Tier::Shared),
        (SEAL | SHRINK, shrink, Tier::Shared),
        (SEAL | SHRINK | GROW, strict, Tier::Shared),
        (SEAL | SHRINK | GROW | WRITE, all, Tier::Immutable),
        (SEAL | SHRINK | GROW | FUTURE, published, Tier::Published),
        (SHRINK | GROW | FUTURE, loosely_published, Tier::Published),
        (SEAL | SHRINK | GROW | EXEC, all, Tier::Immutable),
        (GROW, loose, Tier::Guarded),
        (GROW | WRITE, loose, Tier::Guarded),
        (FUTURE | SEAL, loose, Tier::Guarded),
        (SHRINK | WRITE, loosely_immutable, Tier::Immutable),
        (SHRINK | FUTURE, loosely_published, Tier::Published),
        (SHRINK | GROW, shrink, Tier::Shared),
    ];
    for (seals, takers, tier) in rows {
        for policy in all {
            let adopted = Vmo::from_fd(memfd(2, seals), *policy);
            let label = format!("{seals:#x}, {policy:?}");
            assert_eq!(adopted.is_ok(), takers.contains(policy), "{label}");
            match adopted {
                Ok(vmo) => {
                    let copied = *policy == Copy;
                    assert_eq!(
                        vmo.tier(),
                        if copied { Tier::Shared } else { tier },
                        "{label}"
                    );
                    // EXEC implies the seals against writing, by the kernel's own rule.
                    let writable = copied || seals & (WRITE | FUTURE | EXEC) == 0;
                    assert_eq!(vmo.rights().contains(Rights::WRITE), writable, "{label}");
                    assert_eq!(vmo.read_to_array::<u8, 2>(PAGE), Ok([2, 2]), "{label}");
                }
                Err(error) => {
                    assert_eq!(error.status(), Status::NOT_SUPPORTED, "{label}");
                    assert!(error.to_string().contains("F_SEAL_"), "{label}: {error}");
                }
            }
        }
    }
}

#[test]
fn a_refusal_names_a_policy_that_takes_it() {
    let rows = [
        (0, AdoptPolicy::Shrink, "Copy or Guarded", AdoptPolicy::Copy),
        (
            SHRINK,
            AdoptPolicy::Immutable,
            "Shrink",
            AdoptPolicy::Shrink,
        ),
        (
            SHRINK | FUTURE,
            AdoptPolicy::Immutable,
            "Published",
            AdoptPolicy::Published,
        ),
        (
            SHRINK,
            AdoptPolicy::Published,
            "Shrink",
            AdoptPolicy::Shrink,
        ),
        (SHRINK, AdoptPolicy::Strict, "Shrink", AdoptPolicy::Shrink),
    ];
    for (seals, policy, name, taker) in rows {
        let (_, _, sentence) = refusal(memfd(1, seals), policy);
        assert!(
            sentence.contains(&format!("AdoptPolicy::{name}")),
            "{sentence}"
        );
        assert!(Vmo::from_fd(memfd(1, seals), taker).is_ok(), "{sentence}");
    }
}

#[test]
fn a_copy_is_ours_alone_and_keeps_its_holes() {
    let fd = memfd(64, 0);
    (8..48).for_each(|page| punch(&fd, page));
    let peer = fd.try_clone().unwrap();
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Copy).unwrap();
    rustix::io::pwrite(&peer, b"changed", 0).unwrap();
    rustix::fs::ftruncate(&peer, 0).unwrap();
    let first = |page: u64| vmo.read_to_array::<u8, 1>(page * PAGE).unwrap()[0];
    for page in 0..64 {
        let hole = (8..48).contains(&page);
        let expected = if hole { 0 } else { page as u8 + 1 };
        assert_eq!(first(page), expected, "page {page}");
    }
    assert_eq!(vmo.get_size(), Ok(64 * PAGE));
    assert_eq!(
        vmo.set_size(0),
        Err(Status::UNAVAILABLE),
        "its size is sealed"
    );
    let blocks = rustix::fs::fstat(&vmo).unwrap().st_blocks;
    assert!(
        blocks * 512 <= 40 * 4096,
        "holes were filled: {blocks} blocks"
    );
    assert_eq!(vmo.write(b"ours", 0), Ok(()));
}

#[test]
fn a_copy_of_an_odd_size_has_every_byte() {
    for size in [0, 1, 4095, 4097, 65_536 + 3, (1 << 18) + 1] {
        let fd = memfd(0, 0);
        let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        let mut done = 0;
        while done < bytes.len() {
            done += rustix::io::pwrite(&fd, &bytes[done..], done as u64).unwrap();
        }
        let vmo = Vmo::from_fd(fd, AdoptPolicy::Copy).unwrap();
        assert_eq!(vmo.get_content_size(), Ok(size as u64));
        assert_eq!(vmo.get_size(), Ok((size as u64).next_multiple_of(PAGE)));
        assert_eq!(vmo.read_to_vec::<u8>(0, size as u64).unwrap(), bytes);
    }
}

#[test]
fn a_sparse_terabyte_is_copied_without_reading_it() {
    let fd = memfd(0, 0);
    rustix::fs::ftruncate(&fd, 1 << 40).unwrap();
    rustix::io::pwrite(&fd, b"far away", (1 << 39) + 5).unwrap();
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Copy).unwrap();
    assert_eq!(vmo.read_to_array::<u8, 8>((1 << 39) + 5), Ok(*b"far away"));
    assert!(rustix::fs::fstat(&vmo).unwrap().st_blocks < 1000);
}

#[test]
fn a_copy_of_zeros_that_were_written_takes_no_memory() {
    let fd = memfd(0, 0);
    rustix::fs::ftruncate(&fd, 1 << 24).unwrap();
    rustix::fs::fallocate(&fd, FallocateFlags::empty(), 0, 1 << 24).unwrap();
    for at in (0..1 << 24).step_by(4096) {
        rustix::io::pwrite(&fd, &[0; 4096], at).unwrap();
    }
    rustix::io::pwrite(&fd, b"in the middle", (1 << 23) - 5).unwrap();
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Copy).unwrap();
    let middle = vmo.read_to_array::<u8, 13>((1 << 23) - 5);
    assert_eq!(middle, Ok(*b"in the middle"));
    let blocks = rustix::fs::fstat(&vmo).unwrap().st_blocks;
    assert!(
        blocks * 512 <= 2 * (1 << 16),
        "{blocks} blocks for 13 bytes"
    );
}

#[test]
fn sizes_are_limited_both_ways_to_the_byte() {
    for policy in [AdoptPolicy::Strict, AdoptPolicy::Copy, AdoptPolicy::Guarded] {
        let with = |size: u64, options: AdoptOptions| {
            let fd = memfd(0, 0);
            rustix::fs::ftruncate(&fd, size).unwrap();
            let seals = SealFlags::from_bits_retain(SEAL | SHRINK | GROW);
            rustix::fs::fcntl_add_seals(&fd, seals).unwrap();
            Vmo::from_fd(fd, options).map_err(|error| (error.status(), error.to_string()))
        };
        let options = AdoptOptions::new(policy).max_size(5000).claimed_size(4000);
        assert!(with(4000, options).is_ok() && with(5000, options).is_ok());
        let (status, sentence) = with(5001, options).unwrap_err();
        assert_eq!(status, Status::FILE_BIG);
        assert!(
            sentence.contains("5001 bytes, more than the 5000"),
            "{sentence}"
        );
        let (status, sentence) = with(3999, options).unwrap_err();
        assert_eq!(status, Status::BUFFER_TOO_SMALL);
        assert!(
            sentence.contains("3999 bytes, fewer than the 4000"),
            "{sentence}"
        );
    }
}

#[test]
fn holes_are_refused_or_filled_under_a_cap() {
    let sparse = || {
        let fd = memfd(8, 0);
        (2..5).for_each(|page| punch(&fd, page));
        let seals = SealFlags::from_bits_retain(SEAL | SHRINK | GROW | WRITE);
        rustix::fs::fcntl_add_seals(&fd, seals).unwrap();
        fd
    };
    let options = AdoptOptions::new(AdoptPolicy::Immutable);
    let (status, _, sentence) = refusal(sparse(), options.max_holes(3 * PAGE - 1));
    assert_eq!(status, Status::NOT_SUPPORTED);
    assert!(sentence.contains("12288 bytes are holes"), "{sentence}");
    let vmo = Vmo::from_fd(sparse(), options.max_holes(3 * PAGE)).unwrap();
    let blocks = rustix::fs::fstat(&vmo).unwrap().st_blocks;
    assert_eq!(blocks * 512, 8 * 4096, "the holes were not filled");
    assert_eq!(vmo.read_to_array::<u8, 1>(3 * PAGE), Ok([0]));
    assert_eq!(vmo.tier(), Tier::Immutable);
    assert!(
        Vmo::from_fd(sparse(), AdoptPolicy::Shrink).is_ok(),
        "not its business"
    );
}

#[test]
fn a_file_on_disk_is_copied_or_guarded_and_nothing_else() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let offered = |policy| Vmo::from_fd(nameless(target).unwrap(), policy);
    if let Err(error) = offered(AdoptPolicy::Copy) {
        // An overlay, say: nobody knows what is below it.
        assert_eq!(error.kind(), FdKind::RegularFile);
        return;
    }
    let copy = offered(AdoptPolicy::Copy).unwrap();
    assert_eq!(copy.read_to_array::<u8, 7>(0), Ok(*b"on disk"));
    assert_eq!(
        (copy.tier(), copy.get_content_size()),
        (Tier::Shared, Ok(7))
    );
    let guarded = offered(AdoptPolicy::Guarded).unwrap();
    assert_eq!(guarded.read_to_array::<u8, 7>(0), Ok(*b"on disk"));
    assert_eq!(
        (guarded.tier(), guarded.exact_size()),
        (Tier::Guarded, Ok(7))
    );
    let error = offered(AdoptPolicy::Shrink).unwrap_err();
    assert_eq!(error.status(), Status::WRONG_TYPE);
    assert!(error.to_string().contains("Copy or Guarded"), "{error}");
}

#[test]
fn a_tmpfs_file_is_copied_or_guarded_and_nothing_else() {
    let Some(file) = nameless(Path::new("/dev/shm")) else {
        return;
    };
    let offered = |policy| Vmo::from_fd(file.try_clone().unwrap(), policy);
    assert_eq!(offered(AdoptPolicy::Copy).unwrap().tier(), Tier::Shared);
    assert_eq!(offered(AdoptPolicy::Guarded).unwrap().tier(), Tier::Guarded);
    let error = offered(AdoptPolicy::Strict).unwrap_err();
    assert_eq!(error.kind(), FdKind::TmpfsFile);
}

#[test]
fn what_the_kernel_makes_up_while_it_is_read_is_taken_by_nobody() {
    let files = [
        "/proc/self/mem",
        "/proc/self/maps",
        "/sys/kernel/mm/transparent_hugepage/enabled",
    ];
    for path in files {
        let Ok(file) = File::open(path) else { continue };
        let fd = OwnedFd::from(file);
        for policy in [AdoptPolicy::Copy, AdoptPolicy::Guarded, AdoptPolicy::Shrink] {
            let (status, kind, _) = refusal(fd.try_clone().unwrap(), policy);
            assert_eq!(
                (status, kind),
                (Status::WRONG_TYPE, FdKind::RegularFile),
                "{path}"
            );
        }
    }
}

#[test]
fn a_guarded_vmo_is_never_mapped_for_access() {
    let vmo = Vmo::from_fd(memfd(2, SEAL), AdoptPolicy::Guarded).unwrap();
    let flags = zx::VmarFlags::PERM_READ | zx::VmarFlags::REQUIRE_NON_RESIZABLE;
    let mapped = zx::vmar_root_self().map(0, &vmo, 0, 4096, flags);
    assert_eq!(mapped, Err(Status::NOT_SUPPORTED));
}

#[test]
fn huge_pages_are_taken_by_name_and_only_where_they_can_go_away() {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::HUGETLB;
    let Ok(fd) = rustix::fs::memfd_create("huge", flags) else {
        return;
    };
    let seals = SealFlags::from_bits_retain(SEAL | SHRINK | GROW);
    rustix::fs::fcntl_add_seals(&fd, seals).unwrap();
    let again = || fd.try_clone().unwrap();
    let allowed = |policy| AdoptOptions::new(policy).allow_huge_pages();
    for policy in [AdoptPolicy::Copy, AdoptPolicy::Guarded, AdoptPolicy::Strict] {
        let (status, kind, sentence) = refusal(again(), policy);
        assert_eq!(
            (status, kind),
            (Status::NOT_SUPPORTED, FdKind::HugetlbMemfd)
        );
        assert!(sentence.contains("allow_huge_pages"), "{sentence}");
    }
    assert!(Vmo::from_fd(again(), allowed(AdoptPolicy::Strict)).is_err());
    let vmo = Vmo::from_fd(again(), allowed(AdoptPolicy::Guarded)).unwrap();
    assert_eq!(vmo.tier(), Tier::Guarded, "in spite of SHRINK");
    let mapped = zx::vmar_root_self().map(0, &vmo, 0, 1, zx::VmarFlags::ALLOW_FAULTS);
    assert_eq!(mapped, Err(Status::NOT_SUPPORTED));
    let copy = Vmo::from_fd(again(), allowed(AdoptPolicy::Copy)).unwrap();
    assert_eq!(copy.tier(), Tier::Shared);
}

#[test]
fn a_growable_vmo_grows_and_never_shrinks() {
    let name = Name::default();
    let vmo = Vmo::create_planned(&name, SealPlan::Growable, Extent::Pages, PAGE).unwrap();
    assert_eq!(vmo.tier(), Tier::Shared);
    vmo.write(b"kept", PAGE - 4).unwrap();
    assert_eq!(vmo.set_size(PAGE + 1), Ok(()));
    assert_eq!(
        (vmo.get_size(), vmo.get_content_size()),
        (Ok(2 * PAGE), Ok(PAGE + 1))
    );
    assert_eq!(vmo.set_size(PAGE), Err(Status::UNAVAILABLE));
    assert_eq!(vmo.read_to_array::<u8, 4>(PAGE - 4), Ok(*b"kept"));
    vmo.write(b"tail", 2 * PAGE - 4).unwrap();
    assert_eq!(
        vmo.set_size(2 * PAGE - 2),
        Ok(()),
        "the same number of pages"
    );
    assert_eq!(vmo.read_to_array::<u8, 4>(2 * PAGE - 4), Ok(*b"tail"));
    assert_eq!(rustix::fs::ftruncate(&vmo, 0), Err(rustix::io::Errno::PERM));
    let seals = rustix::fs::fcntl_get_seals(&vmo).unwrap().bits();
    assert_eq!(seals & !EXEC, SEAL | SHRINK);
    let theirs = Vmo::from_fd(vmo.into(), AdoptPolicy::Shrink).unwrap();
    assert_eq!(theirs.set_size(3 * PAGE), Err(Status::ACCESS_DENIED));
}

#[test]
fn publishing_takes_the_right_to_write_from_everybody_who_comes_later() {
    let name = Name::default();
    let plan = SealPlan::Published;
    let vmo = Vmo::create_planned(&name, plan, Extent::Pages, PAGE).unwrap();
    assert_eq!(vmo.tier(), Tier::Guarded, "not yet sealed");
    let reader = vmo.duplicate_handle(Rights::SAME_RIGHTS).unwrap();
    let vmo = vmo.publish().unwrap();
    assert_eq!(
        (vmo.tier(), reader.tier()),
        (Tier::Published, Tier::Published)
    );
    assert!(!vmo.rights().intersects(Rights::WRITE | Rights::RESIZE));
    assert!(reader.write(b"x", 0).is_err(), "the kernel says so");
    let flags = zx::VmarFlags::PERM_READ | zx::VmarFlags::PERM_WRITE;
    let mapped = zx::vmar_root_self().map(0, &reader, 0, 4096, flags);
    assert_eq!(mapped, Err(Status::ACCESS_DENIED));
    assert_eq!(vmo.publish().unwrap_err(), Status::ACCESS_DENIED);
    let fixed = Vmo::create(PAGE).unwrap();
    assert_eq!(fixed.publish().unwrap_err(), Status::NOT_SUPPORTED);
}

#[test]
fn a_read_only_descriptor_is_guarded_without_the_right_to_write() {
    let fd = memfd(1, SEAL);
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let fd = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).unwrap();
    let vmo = Vmo::from_fd(fd, AdoptPolicy::Guarded).unwrap();
    assert!(!vmo.rights().contains(Rights::WRITE));
}
