// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rows 1, 3, 8 and 15 of the catalogue: what a descriptor can be, and how far it goes.
//! The other kinds are in `refusals.rs`, the other attacks in `attacks.rs`.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::fd::{AsFd, OwnedFd};

use mapped_vmo::Mapping;
use mapped_vmo::zx::{
    AdoptOptions, AdoptPolicy, FdKind, Status, VmarFlags, Vmo, VmoOptions, vmar_root_self,
};
use peer_tests::{Held, Peer, alone};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

const APART: &str = env!("CARGO_BIN_EXE_apart");
const READ: VmarFlags = VmarFlags::PERM_READ;

/// The policies whose memory can be mapped.
const MAPPED: [AdoptPolicy; 4] = [
    AdoptPolicy::Strict,
    AdoptPolicy::Shrink,
    AdoptPolicy::Immutable,
    AdoptPolicy::Published,
];

fn memfd(flags: MemfdFlags) -> OwnedFd {
    let fd = memfd_create("theirs", flags | MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&fd, 8192).unwrap();
    fd
}

/// Catalogue row 1.
#[test]
fn an_unsealed_memfd_is_refused_for_what_its_peer_then_does() {
    let _alone = alone();
    let before = Held::now();
    let theirs = memfd(MemfdFlags::ALLOW_SEALING);
    for policy in MAPPED {
        let offered = theirs.as_fd().try_clone_to_owned().unwrap();
        let refused = Vmo::from_fd(offered, policy).unwrap_err();
        assert_eq!(refused.status(), Status::NOT_SUPPORTED, "{refused}");
        assert!(refused.to_string().contains("F_SEAL_SHRINK"), "{refused}");
    }
    // A VMO of our own that may shrink is held to the same.
    let ours = Vmo::create_with_opts(VmoOptions::RESIZABLE, 8192).unwrap();
    let mapped = Mapping::create_from_vmo(&ours, 8192, READ);
    assert_eq!(mapped.unwrap_err(), Status::NOT_SUPPORTED);
    for fd in [theirs.as_fd(), ours.as_fd()] {
        let mut peer = Peer::start(APART, "truncate", fd);
        assert_eq!((peer.line(), peer.ended().success()), ("0".into(), true));
        assert_eq!(
            rustix::fs::fstat(fd).unwrap().st_size,
            0,
            "it had no effect"
        );
    }
    drop((theirs, ours));
    assert!(before.is_back(), "{before:?} became {:?}", Held::now());
}

/// Catalogue row 3, the other way to punch: a mapping of the peer's, and `MADV_REMOVE`.
#[test]
fn a_peer_removing_pages_through_its_mapping_makes_us_read_zeros() {
    let _alone = alone();
    let (mapping, vmo) = Mapping::allocate(3 * 4096).unwrap();
    mapping.write_all_at(0, &[0xaa; 3 * 4096]).unwrap();
    let mut peer = Peer::start(APART, "remove", vmo.as_fd());
    assert_eq!(peer.line(), "0", "a peer that may write may do this");
    assert!(peer.ended().success());
    assert!(mapping.eq_at(0, &[0; 3 * 4096]).unwrap());
    assert_eq!(mapping.write_at(3 * 4096 - 4, b"last"), 4);
    assert_eq!(vmo.read_to_array::<u8, 4>(3 * 4096 - 4), Ok(*b"last"));
}

/// Catalogue row 8: a memfd that was made without sealing has one seal, the one against seals.
#[test]
fn a_memfd_that_can_not_be_sealed_is_refused() {
    let _alone = alone();
    let before = Held::now();
    for policy in MAPPED {
        let refused = Vmo::from_fd(memfd(MemfdFlags::empty()), policy).unwrap_err();
        assert_eq!(refused.kind(), FdKind::Memfd, "{refused}");
        assert_eq!(refused.status(), Status::NOT_SUPPORTED, "{refused}");
    }
    assert!(before.is_back(), "{before:?} became {:?}", Held::now());
}

/// Catalogue row 15: past the end is an answer before anything is mapped.
#[test]
fn lengths_and_offsets_beyond_the_file_are_refused_before_they_are_mapped() {
    let _alone = alone();
    let vmo = Vmo::create(8192).unwrap();
    let before = Held::now();
    let map = |offset, len| vmar_root_self().map(0, &vmo, offset, len, READ);
    let small = Status::BUFFER_TOO_SMALL;
    let rows = [
        (0, 8193, small),
        (4096, 8192, small),
        (8192, 1, small),
        (1 << 62, 4096, small),
        (0, 1 << 46, small),
        ((1 << 62) + 4096, 1 << 46, small),
        (u64::MAX - 4095, 4096, Status::OUT_OF_RANGE),
        (1 << 63, 1 << 63, Status::OUT_OF_RANGE),
        (1, 1, Status::INVALID_ARGS),
    ];
    for (offset, len, expected) in rows {
        assert_eq!(map(offset, len), Err(expected), "{len:#x} at {offset:#x}");
    }
    for len in [8193, 1 << 46, 1 << 62, 1 << 63, usize::MAX - 4095] {
        let refused = Mapping::create_from_vmo(&vmo, len, READ).unwrap_err();
        assert_eq!(refused, small, "{len:#x}");
    }
    assert_eq!(Held::now(), before);
}

/// Catalogue row 15, for what a peer claims in its message.
#[test]
fn a_claim_beyond_the_file_and_a_file_beyond_the_limit_are_refused_by_the_gate() {
    let _alone = alone();
    let vmo = Vmo::create(8192).unwrap();
    let before = Held::now();
    let adopt = |options: AdoptOptions| {
        let offered = vmo.as_fd().try_clone_to_owned().unwrap();
        Vmo::from_fd(offered, options).map_err(|error| error.status())
    };
    let options = AdoptOptions::new(AdoptPolicy::Strict);
    for claim in [8193, 1 << 62, u64::MAX] {
        let refused = adopt(options.claimed_size(claim)).unwrap_err();
        assert_eq!(refused, Status::BUFFER_TOO_SMALL, "{claim:#x}");
    }
    for limit in [0, 1, 8191] {
        let refused = adopt(options.max_size(limit)).unwrap_err();
        assert_eq!(refused, Status::FILE_BIG, "{limit}");
    }
    assert!(adopt(options.claimed_size(8192).max_size(8192)).is_ok());
    assert!(before.is_back(), "{before:?} became {:?}", Held::now());
}
