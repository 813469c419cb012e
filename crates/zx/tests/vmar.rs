// SPDX-License-Identifier: MIT OR Apache-2.0
//! `Vmar`: the rows of Zircon's conformance tests for map, unmap and protect.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use zx::{Extent, Name, Rights, SealPlan, Status, VmarFlags, Vmo, VmoOptions, vmar_root_self};

const PAGE: usize = 4096;
const READ: VmarFlags = VmarFlags::PERM_READ;
const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);

/// Maps at an address that the kernel chooses.
fn map(vmo: &Vmo, len: usize, flags: VmarFlags) -> Result<usize, Status> {
    vmar_root_self().map(0, vmo, 0, len, flags)
}

/// Takes away what a test mapped.
fn unmap(addr: usize, len: usize) {
    // SAFETY: the tests keep no pointer to what they mapped.
    let result = unsafe { vmar_root_self().unmap(addr, len) };
    assert_eq!(result, Ok(()));
}

fn protect(addr: usize, len: usize, flags: VmarFlags) -> Result<(), Status> {
    // SAFETY: the tests keep no pointer to what they mapped.
    unsafe { vmar_root_self().protect(addr, len, flags) }
}

/// The permissions of the page at `addr`, as in "rw-s", or `None` if there is none.
fn permissions(addr: usize) -> Option<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let parse = |hex| usize::from_str_radix(hex, 16).unwrap();
        (parse(start)..parse(end))
            .contains(&addr)
            .then(|| rest[..4].to_string())
    })
}

#[test]
fn the_root_holds_all_that_is_mapped() {
    let info = vmar_root_self().info().unwrap();
    let vmo = Vmo::create(1).unwrap();
    let addr = map(&vmo, 1, READ).unwrap();
    assert!(info.base <= addr && addr + PAGE <= info.base + info.len);
    let local = 0u8;
    assert!((&raw const local).addr() < info.base + info.len);
    unmap(addr, 1);
}

#[test]
fn what_is_mapped_permits_what_was_asked_for() {
    let vmo = Vmo::create(4096).unwrap();
    for (flags, expected) in [
        (VmarFlags::empty(), "---s"),
        (READ, "r--s"),
        (READ_WRITE, "rw-s"),
    ] {
        let addr = map(&vmo, PAGE, flags).unwrap();
        assert_eq!(permissions(addr).as_deref(), Some(expected));
        unmap(addr, PAGE);
        assert_ne!(
            permissions(addr).as_deref(),
            Some(expected),
            "it is still mapped"
        );
    }
}

#[test]
fn a_length_is_rounded_up_in_map_protect_and_unmap() {
    let vmo = Vmo::create(4 * 4096).unwrap();
    let addr = map(&vmo, 4 * PAGE - 1, READ).unwrap();
    assert_eq!(permissions(addr + 3 * PAGE).as_deref(), Some("r--s"));
    protect(addr, 4 * PAGE - 1, READ_WRITE).unwrap();
    assert_eq!(permissions(addr + 3 * PAGE).as_deref(), Some("rw-s"));
    unmap(addr, 4 * PAGE - 1);
    assert_ne!(permissions(addr + 3 * PAGE).as_deref(), Some("rw-s"));
}

/// Rights, flags, and what mapping with them answers.
fn refused_maps() -> [(Rights, VmarFlags, Status); 8] {
    let map = Rights::MAP;
    let (read, write) = (map | Rights::READ, map | Rights::WRITE);
    let (denied, invalid) = (Status::ACCESS_DENIED, Status::INVALID_ARGS);
    [
        (map, READ, denied),
        (read, READ_WRITE, denied),
        (write, READ_WRITE, denied),
        (write, VmarFlags::PERM_WRITE, invalid),
        (read | write, VmarFlags::PERM_WRITE, invalid),
        (read | write, VmarFlags::PERM_EXECUTE, invalid),
        (read | write, READ | VmarFlags::PERM_EXECUTE, denied),
        (map, VmarFlags::CAN_MAP_READ, invalid),
    ]
}

#[test]
fn rights_and_flags_are_checked_in_zircons_order() {
    let vmo = Vmo::create(4096).unwrap();
    let with = |rights| vmo.duplicate_handle(rights).unwrap();
    let none = with(Rights::NONE);
    let write_only = VmarFlags::PERM_WRITE;
    assert_eq!(
        map(&none, PAGE, write_only),
        Err(Status::ACCESS_DENIED),
        "MAP comes first"
    );
    for (rights, flags, expected) in refused_maps() {
        assert_eq!(
            map(&with(rights), PAGE, flags),
            Err(expected),
            "{rights:?} {flags:?}"
        );
    }
    let nothing = map(&with(Rights::MAP), PAGE, VmarFlags::empty()).unwrap();
    unmap(nothing, PAGE);
}

#[test]
fn arguments_that_make_no_sense_are_invalid_args() {
    let vmo = Vmo::create(4 * 4096).unwrap();
    let root = vmar_root_self();
    let at =
        |vmar_offset, vmo_offset, len, flags| root.map(vmar_offset, &vmo, vmo_offset, len, flags);
    let unknown = VmarFlags::from_bits_retain(1 << 5);
    let align = |log2: u32| VmarFlags::from_bits_retain(log2 << 24);
    let rows = [
        ("an offset without SPECIFIC", at(PAGE, 0, PAGE, READ)),
        (
            "an unaligned offset",
            at(1, 0, PAGE, READ | VmarFlags::SPECIFIC),
        ),
        ("an unaligned VMO offset", at(0, 1, PAGE, READ)),
        ("a length of 0", at(0, 0, 0, READ)),
        ("a length that rounds to 0", at(0, 0, usize::MAX, READ)),
        ("the unknown flag 1 << 5", at(0, 0, PAGE, READ | unknown)),
        ("an alignment of 512 bytes", at(0, 0, PAGE, READ | align(9))),
        ("an alignment of 8 GiB", at(0, 0, PAGE, READ | align(33))),
        ("an alignment of 2^63", at(0, 0, PAGE, READ | align(63))),
        (
            "an address past the end",
            at(usize::MAX & !4095, 0, PAGE, READ | VmarFlags::SPECIFIC),
        ),
        (
            "the end of the VMAR",
            at(
                root.info().unwrap().len,
                0,
                PAGE,
                READ | VmarFlags::SPECIFIC,
            ),
        ),
        (
            "faults beyond the content",
            at(0, 0, PAGE, READ | VmarFlags::FAULT_BEYOND_STREAM_SIZE),
        ),
        (
            "a sub-range's flag",
            at(0, 0, PAGE, READ | VmarFlags::CAN_MAP_SPECIFIC),
        ),
    ];
    for (what, result) in rows {
        assert_eq!(result, Err(Status::INVALID_ARGS), "{what}");
    }
    let overflow = at(0, !4095, 2 * PAGE, READ);
    assert_eq!(overflow, Err(Status::OUT_OF_RANGE));
    let limit = at(0, 0, PAGE, READ | VmarFlags::OFFSET_IS_UPPER_LIMIT);
    assert_eq!(limit, Err(Status::NOT_SUPPORTED));
}

#[test]
fn unmap_and_protect_check_their_arguments() {
    let vmo = Vmo::create(2 * 4096).unwrap();
    let addr = map(&vmo, 2 * PAGE, READ).unwrap();
    for (at, len) in [
        (addr + 1, PAGE),
        (addr, 0),
        (addr, usize::MAX),
        (usize::MAX & !4095, PAGE),
    ] {
        assert_eq!(
            protect(at, len, READ),
            Err(Status::INVALID_ARGS),
            "{at:#x} {len}"
        );
        // SAFETY: the arguments are refused before anything is unmapped.
        let unmapped = unsafe { vmar_root_self().unmap(at, len) };
        assert_eq!(unmapped, Err(Status::INVALID_ARGS), "{at:#x} {len}");
    }
    let bad = [
        VmarFlags::PERM_WRITE,
        VmarFlags::SPECIFIC | READ,
        VmarFlags::ALIGN_4KB | READ,
    ];
    for flags in bad {
        assert_eq!(
            protect(addr, PAGE, flags),
            Err(Status::INVALID_ARGS),
            "{flags:?}"
        );
    }
    assert_eq!(
        protect(addr, PAGE, READ | VmarFlags::PERM_EXECUTE),
        Err(Status::ACCESS_DENIED)
    );
    assert_eq!(permissions(addr).as_deref(), Some("r--s"));
    unmap(addr, 2 * PAGE);
}

#[test]
fn protect_0_then_read_works() {
    let vmo = Vmo::create(4096).unwrap();
    let addr = map(&vmo, PAGE, READ_WRITE).unwrap();
    for (flags, expected) in [
        (VmarFlags::empty(), "---s"),
        (READ, "r--s"),
        (READ_WRITE, "rw-s"),
    ] {
        protect(addr, PAGE, flags).unwrap();
        assert_eq!(permissions(addr).as_deref(), Some(expected));
    }
    unmap(addr, PAGE);
}

#[test]
fn specific_maps_there_or_says_that_something_is_there() {
    let vmo = Vmo::create(4 * 4096).unwrap();
    let root = vmar_root_self();
    let base = root.info().unwrap().base;
    let addr = map(&vmo, 4 * PAGE, READ).unwrap();
    let specific = READ | VmarFlags::SPECIFIC;
    for (offset, len) in [(0, 4), (0, 1), (1, 1), (3, 1), (0, 4)] {
        let at = addr - base + offset * PAGE;
        let taken = root.map(at, &vmo, 0, len * PAGE, specific);
        assert_eq!(
            taken,
            Err(Status::ALREADY_EXISTS),
            "{len} pages at {offset}"
        );
    }
    assert_eq!(
        permissions(addr).as_deref(),
        Some("r--s"),
        "something was replaced"
    );
    unmap(addr, 4 * PAGE);
    // Somewhere that no other mapping of this test program comes by itself.
    let free = 1 << 32;
    assert_eq!(root.map(free - base, &vmo, 0, PAGE, specific), Ok(free));
    let misaligned = specific | VmarFlags::ALIGN_2MB;
    let refused = root.map(free - base + PAGE, &vmo, 0, PAGE, misaligned);
    assert_eq!(refused, Err(Status::INVALID_ARGS));
    unmap(free, PAGE);
}

#[test]
fn every_alignment_is_honoured() {
    let vmo = Vmo::create(3 * 4096).unwrap();
    for log2 in 10..=32u32 {
        let flags = READ | VmarFlags::from_bits_retain(log2 << 24);
        let addr = map(&vmo, 3 * PAGE, flags).unwrap();
        assert_eq!(addr % (1 << log2), 0, "2^{log2}");
        assert_eq!(permissions(addr + 2 * PAGE).as_deref(), Some("r--s"));
        unmap(addr, 3 * PAGE);
    }
}

#[test]
fn an_offset_into_the_vmo_is_where_the_mapping_starts() {
    let vmo = Vmo::create(4 * 4096).unwrap();
    let root = vmar_root_self();
    let flags = READ | VmarFlags::MAP_RANGE;
    let addr = root.map(0, &vmo, 2 * 4096, 2 * PAGE, flags).unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps
        .lines()
        .find(|line| line.starts_with(&format!("{addr:x}-")))
        .unwrap();
    assert!(line.contains(" 00002000 "), "{line}");
    unmap(addr, 2 * PAGE);
    let past = root.map(0, &vmo, 2 * 4096, 3 * PAGE, READ);
    assert_eq!(past, Err(Status::BUFFER_TOO_SMALL));
}

#[test]
fn past_the_end_needs_allow_faults() {
    let vmo = Vmo::create(4096).unwrap();
    assert_eq!(map(&vmo, PAGE + 1, READ), Err(Status::BUFFER_TOO_SMALL));
    let addr = map(&vmo, 2 * PAGE, READ | VmarFlags::ALLOW_FAULTS).unwrap();
    unmap(addr, 2 * PAGE);
    let empty = Vmo::create(0).unwrap();
    assert_eq!(map(&empty, 1, READ), Err(Status::BUFFER_TOO_SMALL));
    assert_eq!(map(&empty, 0, READ), Err(Status::INVALID_ARGS));
}

#[test]
fn what_can_shrink_is_refused_where_that_is_asked() {
    let vmo = Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096).unwrap();
    let refused = map(&vmo, PAGE, READ | VmarFlags::REQUIRE_NON_RESIZABLE);
    assert_eq!(refused, Err(Status::NOT_SUPPORTED));
    let addr = map(&vmo, PAGE, READ).unwrap();
    assert_eq!(vmo.set_size(8192), Ok(()), "resizing while it is mapped");
    unmap(addr, PAGE);
    let fixed = Vmo::create(4096).unwrap();
    let addr = map(&fixed, PAGE, READ | VmarFlags::REQUIRE_NON_RESIZABLE).unwrap();
    unmap(addr, PAGE);
}

#[test]
fn a_mapping_that_could_write_stops_a_freeze() {
    let name = Name::default();
    let vmo = Vmo::create_planned(&name, SealPlan::Freezable, Extent::Pages, 4096).unwrap();
    // One that reads could be made writable, and the kernel counts it too.
    for flags in [READ_WRITE, READ] {
        let before = map(&vmo, PAGE, flags).unwrap();
        assert_eq!(vmo.freeze(), Err(Status::BAD_STATE), "{flags:?}");
        assert!(!vmo.is_immutable());
        unmap(before, PAGE);
    }
    assert_eq!(vmo.freeze(), Ok(()));
    assert_eq!(map(&vmo, PAGE, READ_WRITE), Err(Status::ACCESS_DENIED));
    let after = map(&vmo, PAGE, READ).unwrap();
    assert_eq!(protect(after, PAGE, READ_WRITE), Err(Status::ACCESS_DENIED));
    unmap(after, PAGE);
}

#[test]
fn sizes_that_do_not_fit_are_no_memory() {
    let giant = Vmo::create(1 << 60).unwrap();
    assert_eq!(map(&giant, 1 << 60, READ), Err(Status::NO_MEMORY));
    assert_eq!(map(&giant, 1 << 47, READ), Err(Status::NO_MEMORY));
    let aligned = map(&giant, 1 << 47, READ | VmarFlags::ALIGN_4GB);
    assert_eq!(aligned, Err(Status::NO_MEMORY));
}
