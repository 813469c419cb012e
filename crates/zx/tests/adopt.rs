// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gate: what is adopted, with which rights, and what is refused in which words.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags};
use zx::{AdoptPolicy, Extent, FdKind, Name, Rights, SealPlan, Status, VmarFlags, Vmo};

const POLICIES: [AdoptPolicy; 2] = [AdoptPolicy::Strict, AdoptPolicy::Shrink];

/// A memfd of one page as another program would make it.
fn memfd(seals: u32) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create("theirs", flags).unwrap();
    rustix::fs::ftruncate(&fd, 4096).unwrap();
    rustix::fs::fcntl_add_seals(&fd, SealFlags::from_bits_retain(seals)).unwrap();
    fd
}

/// The same memfd, opened again in another mode.
fn reopened(fd: &OwnedFd, mode: OFlags) -> OwnedFd {
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    rustix::fs::open(path, mode | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

#[test]
fn seals_decide_what_each_policy_takes() {
    let (seal, shrink, grow, write, future) = (0x1, 0x2, 0x4, 0x8, 0x10);
    let rows = [
        (0, false, false),
        (seal, false, false),
        (grow, false, false),
        (grow | write, false, false),
        (shrink, false, true),
        (seal | shrink, false, true),
        (shrink | grow, false, true),
        (seal | shrink | grow, true, true),
        (seal | shrink | grow | write, true, true),
        (seal | shrink | grow | future, true, true),
        (shrink | grow | write, false, true),
        (seal | shrink | grow | 0x20, true, true),
    ];
    for (seals, strict, loose) in rows {
        for (policy, taken) in POLICIES.into_iter().zip([strict, loose]) {
            let adopted = Vmo::from_fd(memfd(seals), policy);
            assert_eq!(
                adopted.is_ok(),
                taken,
                "seals {seals:#x}, {policy:?}: {adopted:?}"
            );
            match adopted {
                // EXEC implies the seals against writing, by the kernel's own rule.
                Ok(vmo) => {
                    let sealed = seals & (write | future | 0x20) != 0;
                    assert_eq!(vmo.rights().contains(Rights::WRITE), !sealed, "{seals:#x}");
                }
                Err(error) => {
                    assert_eq!(error.status(), Status::NOT_SUPPORTED);
                    assert_eq!(error.kind(), FdKind::Memfd);
                    assert!(error.to_string().contains("F_SEAL_"), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_refusal_says_what_is_missing_and_who_would_take_it() {
    let message = |seals, policy| Vmo::from_fd(memfd(seals), policy).unwrap_err().to_string();
    let shrinks = message(0, AdoptPolicy::Shrink);
    assert!(
        shrinks.starts_with("this is a memfd without F_SEAL_SHRINK"),
        "{shrinks}"
    );
    assert!(shrinks.contains("SIGBUS"), "{shrinks}");
    let grows = message(0x3, AdoptPolicy::Strict);
    assert!(
        grows.contains("F_SEAL_GROW") && grows.contains("AdoptPolicy::Shrink"),
        "{grows}"
    );
    let sealable = message(0x6, AdoptPolicy::Strict);
    assert!(sealable.contains("F_SEAL_SEAL"), "{sealable}");
}

#[test]
fn our_own_vmos_pass_and_keep_their_bytes() {
    for policy in POLICIES {
        let vmo = Vmo::create(5000).unwrap();
        vmo.write(b"hello", 4995).unwrap();
        let adopted = Vmo::from_fd(OwnedFd::from(vmo), policy).unwrap();
        assert_eq!(adopted.read_to_array::<u8, 5>(4995), Ok(*b"hello"));
        assert_eq!(adopted.rights(), Rights::VMO_DEFAULT);
        assert_eq!(adopted.get_content_size(), Ok(8192), "the file's size");
        assert_eq!(adopted.set_size(0), Err(Status::UNAVAILABLE));
        assert!(
            adopted.get_name().unwrap().is_empty(),
            "the peer's name was believed"
        );
    }
}

#[test]
fn an_odd_sized_memfd_is_adopted_to_its_byte() {
    let name = Name::default();
    let vmo = Vmo::create_planned(&name, SealPlan::Freezable, Extent::Exact, 11).unwrap();
    vmo.write(b"the-content", 0).unwrap();
    vmo.freeze().unwrap();
    let adopted = Vmo::try_from(OwnedFd::from(vmo)).unwrap();
    assert_eq!(
        (adopted.get_content_size(), adopted.get_size()),
        (Ok(11), Ok(4096))
    );
    assert!(adopted.is_immutable());
    assert!(!adopted.rights().contains(Rights::WRITE));
    assert_eq!(adopted.write(b"x", 0), Err(Status::ACCESS_DENIED));
}

#[test]
fn a_descriptor_that_can_only_read_gives_a_handle_that_can_only_read() {
    let fd = memfd(0x7);
    let vmo = Vmo::try_from(reopened(&fd, OFlags::RDONLY)).unwrap();
    assert_eq!(vmo.rights(), Rights::VMO_DEFAULT.difference(Rights::WRITE));
    let write = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let mapped = zx::vmar_root_self().map(0, &vmo, 0, 4096, write);
    assert_eq!(mapped, Err(Status::ACCESS_DENIED));
}

#[test]
fn a_descriptor_that_can_only_write_is_refused() {
    let fd = memfd(0x7);
    let error = Vmo::try_from(reopened(&fd, OFlags::WRONLY)).unwrap_err();
    assert_eq!(error.status(), Status::ACCESS_DENIED);
    assert!(error.to_string().contains("writing only"), "{error}");
}

#[test]
fn a_path_descriptor_is_the_wrong_type() {
    let fd = memfd(0x7);
    let error = Vmo::try_from(reopened(&fd, OFlags::PATH)).unwrap_err();
    assert_eq!(
        (error.status(), error.kind()),
        (Status::WRONG_TYPE, FdKind::PathOnly)
    );
}

#[test]
fn a_growing_memfd_is_seen_at_its_new_size() {
    let fd = memfd(0x2);
    let peer = fd.try_clone().unwrap();
    let vmo = Vmo::try_from(fd).unwrap();
    rustix::fs::ftruncate(&peer, 3 * 4096).unwrap();
    assert_eq!(vmo.get_size(), Ok(3 * 4096));
    assert_eq!(vmo.set_size(0), Err(Status::ACCESS_DENIED), "not ours");
}

#[test]
fn an_adopted_descriptor_is_closed_on_exec() {
    let fd = memfd(0x7);
    rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::empty()).unwrap();
    let vmo = Vmo::try_from(fd).unwrap();
    let flags = rustix::io::fcntl_getfd(vmo.as_fd()).unwrap();
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
}

#[test]
fn a_peer_that_sets_o_append_does_not_redirect_a_write() {
    let fd = memfd(0x7);
    let peer = fd.try_clone().unwrap();
    let vmo = Vmo::try_from(fd).unwrap();
    rustix::fs::fcntl_setfl(&peer, OFlags::APPEND).unwrap();
    vmo.write(b"here", 8).unwrap();
    assert_eq!(vmo.read_to_array::<u8, 6>(7), Ok(*b"\0here\0"));
    rustix::fs::seek(&peer, rustix::fs::SeekFrom::Start(99)).unwrap();
    assert_eq!(
        vmo.read_to_array::<u8, 4>(8),
        Ok(*b"here"),
        "the position is shared"
    );
}
