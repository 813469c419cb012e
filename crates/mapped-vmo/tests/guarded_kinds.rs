// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Guarded` over every kind of memory that it is for, and what is left when it goes.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::fd::{AsRawFd, OwnedFd};

use mapped_vmo::zx::{
    AdoptOptions, AdoptPolicy, Extent, Name, SealPlan, Status, VmarFlags, Vmo, VmoOptions,
};
use mapped_vmo::{Guarded, GuardedError};
use rustix::fs::{MemfdFlags, OFlags, SealFlags, fcntl_add_seals, fcntl_setfl, ftruncate};

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

fn kinds() -> [SealFlags; 4] {
    let (shrink, grow) = (SealFlags::SHRINK, SealFlags::GROW);
    [SealFlags::empty(), shrink, grow, shrink | grow]
}

#[test]
fn a_descriptor_that_only_reads_gives_a_view_that_only_reads() {
    let (theirs, _) = adopted(4096, SealFlags::empty());
    rustix::io::pwrite(&theirs, b"readable", 0).unwrap();
    let path = format!("/proc/self/fd/{}", theirs.as_raw_fd());
    let file = std::fs::File::open(path).unwrap();
    let vmo = Vmo::from_fd(file.into(), AdoptPolicy::Guarded).unwrap();
    let refused = Guarded::create_from_vmo(&vmo, 4096, READ_WRITE).map(|_| ());
    assert_eq!(refused, Err(Status::ACCESS_DENIED));
    let memory = Guarded::create_from_vmo(&vmo, 4096, READ).unwrap();
    assert_eq!(memory.read_value(0), Ok(*b"readable"));
}

#[test]
fn o_append_redirects_nothing_and_the_shared_position_stays() {
    for seals in kinds() {
        let (theirs, memory) = guarded(4096, seals, 8192);
        fcntl_setfl(&theirs, OFlags::APPEND).unwrap();
        memory.write_all_at(10, b"here").unwrap();
        assert_eq!(memory.write_all_at(4094, b"here"), Err(lost(4096)));
        assert_eq!(memory.read_value(9), Ok(*b"\0here\0"));
        assert_eq!(size_of_file(&theirs), 4096);
        assert_eq!(rustix::fs::tell(&theirs), Ok(0));
    }
}

#[test]
fn a_seal_in_mid_use_is_an_error_that_says_so() {
    let denied = Err(GuardedError::Kernel(Status::ACCESS_DENIED));
    let (theirs, memory) = guarded(4096, SealFlags::GROW, 4096);
    memory.write_all_at(0, b"before").unwrap();
    fcntl_add_seals(&theirs, SealFlags::WRITE).unwrap();
    assert_eq!(memory.write_all_at(0, b"after"), denied);
    assert_eq!(memory.read_value(0), Ok(*b"before"));
    // Memory that can grow can't be sealed while it is held here, and can afterwards.
    let (theirs, memory) = guarded(4096, SealFlags::empty(), 4096);
    assert!(fcntl_add_seals(&theirs, SealFlags::WRITE).is_err());
    memory.write_all_at(0, b"still").unwrap();
    drop(memory);
    assert!(fcntl_add_seals(&theirs, SealFlags::WRITE).is_ok());
    let (_, vmo) = adopted(4096, SealFlags::WRITE);
    let refused = Guarded::create_from_vmo(&vmo, 4096, READ_WRITE).map(|_| ());
    assert_eq!(refused, Err(Status::ACCESS_DENIED));
}

#[test]
fn a_vmo_that_cannot_change_is_taken_too() {
    let name = Name::default();
    for plan in [SealPlan::Fixed, SealPlan::Freezable, SealPlan::Growable] {
        let vmo = Vmo::create_planned(&name, plan, Extent::Exact, 5000).unwrap();
        let memory = Guarded::create_from_vmo(&vmo, 8192, READ_WRITE).unwrap();
        memory.write_all_at(4990, b"the end...").unwrap();
        assert_eq!(memory.read_value(4990), Ok(*b"the end..."));
        assert_eq!(
            memory.read_value::<[u8; 11]>(4990),
            Err(lost(5000)),
            "{plan:?}"
        );
    }
}

#[test]
fn a_file_on_a_disk_and_one_in_memory_are_the_same() {
    for dir in ["/dev/shm", env!("CARGO_TARGET_TMPDIR")] {
        let path = format!("{dir}/guarded-{}", std::process::id());
        let open = std::fs::File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path);
        let Ok(theirs) = open else {
            eprintln!("skipped: no file can be made in {dir}");
            continue;
        };
        std::fs::remove_file(&path).unwrap();
        theirs.set_len(5000).unwrap();
        let sent = OwnedFd::from(theirs.try_clone().unwrap());
        let vmo = match Vmo::from_fd(sent, AdoptPolicy::Guarded) {
            Ok(vmo) => vmo,
            Err(error) => {
                eprintln!("skipped: {dir}: {error}");
                continue;
            }
        };
        let memory = Guarded::create_from_vmo(&vmo, 8192, READ_WRITE).unwrap();
        assert_eq!(
            memory.write_all_at(4990, &[7; 20]),
            Err(lost(5000)),
            "{dir}"
        );
        assert_eq!(
            memory.read_exact_at(4990, &mut [0; 20]),
            Err(lost(5000)),
            "{dir}"
        );
        theirs.set_len(4990).unwrap();
        assert_eq!(memory.write_all_at(4990, b"x"), Err(lost(4990)), "{dir}");
        theirs.set_len(8192).unwrap();
        assert_eq!(memory.read_value::<[u8; 20]>(4990), Ok([0; 20]), "{dir}");
        assert_eq!(theirs.metadata().unwrap().len(), 8192);
    }
}

#[test]
fn huge_pages_get_in_by_opt_in_and_never_grow() {
    const HUGE: usize = 2 << 20;
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::HUGETLB | MemfdFlags::HUGE_2MB;
    let Ok(theirs) = rustix::fs::memfd_create("huge", flags) else {
        eprintln!("skipped: this kernel has no memfds of huge pages");
        return;
    };
    ftruncate(&theirs, HUGE as u64).unwrap();
    let options = AdoptOptions::new(AdoptPolicy::Guarded).allow_huge_pages();
    let vmo = Vmo::from_fd(theirs.try_clone().unwrap(), options).unwrap();
    let memory = Guarded::create_from_vmo(&vmo, 2 * HUGE, READ_WRITE).unwrap();
    assert_eq!(memory.read_value(HUGE - 4), Ok([0_u8; 4]));
    assert_eq!(memory.read_value::<[u8; 4]>(HUGE - 3), Err(lost(HUGE)));
    let written = memory.write_all_at(HUGE - 5, b"these");
    let after = memory.read_value::<[u8; 5]>(HUGE - 5).unwrap();
    match written {
        Ok(()) => assert_eq!(&after, b"these"),
        // The pool is empty: no page can be had.
        other => assert_eq!(other, Err(lost(HUGE - 5))),
    }
    assert!(matches!(memory.write_at(HUGE - 5, &[1; 10]), Ok(0 | 5)));
    assert_eq!(memory.write_all_at(HUGE, b"x"), Err(lost(HUGE)));
    assert_eq!(size_of_file(&theirs), HUGE as u64, "it grew");
}

/// How many mappings and descriptors of this process are called so.
fn held(name: &str) -> (usize, usize) {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let fds = std::fs::read_dir("/proc/self/fd").unwrap();
    let links = fds.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
    (
        maps.lines().filter(|line| line.contains(name)).count(),
        links
            .filter(|link| link.to_string_lossy().contains(name))
            .count(),
    )
}

#[test]
fn it_needs_no_other_handle_and_leaves_nothing_when_it_goes() {
    let name = Name::new("guarded-and-gone").unwrap();
    let vmo = Vmo::create_named(&name, VmoOptions::RESIZABLE, 8192).unwrap();
    let memory = Guarded::create_from_vmo(&vmo, 1 << 30, READ_WRITE).unwrap();
    let reader = Guarded::create_from_vmo(&vmo, 1 << 30, READ).unwrap();
    drop(vmo);
    memory.write_all_at(4000, &[3; 4000]).unwrap();
    let mut bytes = [0; 4000];
    reader.read_exact_at(4000, &mut bytes).unwrap();
    assert_eq!(bytes, [3; 4000]);
    assert_eq!(held("guarded-and-gone"), (1, 2));
    drop(memory);
    assert_eq!(held("guarded-and-gone"), (0, 1));
    drop(reader);
    assert_eq!(held("guarded-and-gone"), (0, 0));
}

#[test]
fn an_error_on_the_way_leaves_nothing() {
    let name = Name::new("guarded-and-failed").unwrap();
    let vmo = Vmo::create_named(&name, VmoOptions::RESIZABLE, 8192).unwrap();
    for (size, flags) in [(0, READ), (1 << 62, READ_WRITE), (1, VmarFlags::PERM_WRITE)] {
        assert!(Guarded::create_from_vmo(&vmo, size, flags).is_err());
    }
    assert_eq!(held("guarded-and-failed"), (0, 1));
}
