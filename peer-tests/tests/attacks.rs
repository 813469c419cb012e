// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a hostile process can do to a VMO that it shares with us, and what comes of it.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::fd::AsFd;

use mapped_vmo::zx::{Extent, Name, SealPlan, Status, VmarFlags, Vmo};
use mapped_vmo::{ImmutableMapping, Mapping};
use peer_tests::Peer;

const PEER: &str = env!("CARGO_BIN_EXE_peer");
const SIZE: usize = 3 * 4096;
const EPERM: i32 = 1;

/// A mapping full of noise, its VMO, and the noise.
fn noisy() -> (Mapping, Vmo, Vec<u8>) {
    let (mapping, vmo) = Mapping::allocate_with_name(SIZE, "attacked").unwrap();
    let noise: Vec<u8> = peer_tests::noise(1).take(SIZE).collect();
    mapping.write_all_at(0, &noise).unwrap();
    (mapping, vmo, noise)
}

fn bytes(mapping: &Mapping) -> Vec<u8> {
    let mut bytes = vec![0; mapping.len()];
    mapping.read_exact_at(0, &mut bytes).unwrap();
    bytes
}

/// Reading and writing work, to the last byte, by memory and by system call.
fn assert_works(mapping: &Mapping, vmo: &Vmo) {
    assert_eq!(mapping.write_at(SIZE - 4, b"last"), 4);
    assert_eq!(vmo.read_to_array::<u8, 4>(SIZE as u64 - 4), Ok(*b"last"));
    vmo.write(b"first", 0).unwrap();
    assert_eq!(&bytes(mapping)[..5], b"first");
    assert_eq!(vmo.get_size(), Ok(SIZE as u64));
}

#[test]
fn a_peer_truncating_a_sealed_vmo_gets_eperm() {
    let (mapping, vmo, noise) = noisy();
    let answer = Peer::start(PEER, "truncate", vmo.as_fd()).answer();
    assert_eq!(answer, [EPERM; 4]);
    assert_eq!(bytes(&mapping), noise);
    assert_works(&mapping, &vmo);
}

#[test]
fn a_peer_growing_a_sealed_vmo_gets_eperm() {
    let (mapping, vmo, noise) = noisy();
    let answer = Peer::start(PEER, "grow", vmo.as_fd()).answer();
    assert_eq!(answer, [EPERM; 4]);
    assert_eq!(bytes(&mapping), noise);
    assert_works(&mapping, &vmo);
}

#[test]
fn a_peer_adding_a_seal_gets_eperm() {
    let (mapping, vmo, noise) = noisy();
    let answer = Peer::start(PEER, "seal", vmo.as_fd()).answer();
    assert_eq!(answer, [EPERM; 5]);
    assert_eq!(bytes(&mapping), noise);
    assert_works(&mapping, &vmo);
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    assert!(
        Mapping::create_from_vmo(&vmo, SIZE, flags).is_ok(),
        "locked out"
    );
}

#[test]
fn a_peer_punching_a_hole_makes_us_read_zeros_and_nobody_dies() {
    let (mapping, vmo, _) = noisy();
    let answer = Peer::start(PEER, "punch", vmo.as_fd()).answer();
    assert_eq!(answer, [0], "a peer that may write may do this");
    assert_eq!(bytes(&mapping), [0; SIZE]);
    assert_works(&mapping, &vmo);
}

#[test]
fn a_peer_punching_a_hole_does_not_change_a_snapshot() {
    let (_mapping, vmo, noise) = noisy();
    let snapshot = ImmutableMapping::create_from_vmo(&vmo, true).unwrap();
    assert_eq!(Peer::start(PEER, "punch", vmo.as_fd()).answer(), [0]);
    assert_eq!(snapshot[..], noise);
}

#[test]
fn a_peer_setting_o_append_cannot_redirect_a_write() {
    let (mapping, vmo, mut noise) = noisy();
    assert_eq!(Peer::start(PEER, "append", vmo.as_fd()).answer(), [0]);
    let flags = rustix::fs::fcntl_getfl(&vmo).unwrap();
    assert!(
        flags.contains(rustix::fs::OFlags::APPEND),
        "the description is not shared"
    );
    vmo.write(b"here", 100).unwrap();
    noise[100..104].copy_from_slice(b"here");
    assert_eq!(bytes(&mapping), noise);
    assert_works(&mapping, &vmo);
}

#[test]
fn a_peer_moving_the_shared_position_moves_no_read_and_no_write() {
    let (mapping, vmo, mut noise) = noisy();
    assert_eq!(Peer::start(PEER, "seek", vmo.as_fd()).answer(), [0]);
    let position = rustix::fs::tell(&vmo).unwrap();
    assert_eq!(position, 77, "the description is not shared");
    vmo.write(b"here", 100).unwrap();
    noise[100..104].copy_from_slice(b"here");
    assert_eq!(vmo.read_to_vec::<u8>(0, SIZE as u64).unwrap(), noise);
    assert_eq!(bytes(&mapping), noise);
    assert_eq!(rustix::fs::tell(&vmo).unwrap(), 77, "the library moved it");
}

#[test]
fn a_peer_taking_all_permissions_away_takes_nothing_from_us() {
    let (mapping, vmo, noise) = noisy();
    assert_eq!(Peer::start(PEER, "lock-out", vmo.as_fd()).answer(), [0]);
    assert_eq!(bytes(&mapping), noise);
    assert_works(&mapping, &vmo);
    assert!(Mapping::create_from_vmo(&vmo, SIZE, VmarFlags::PERM_READ).is_ok());
}

#[test]
fn a_peer_holding_a_writable_mapping_delays_a_freeze_until_it_dies() {
    let name = Name::new("to-be-frozen").unwrap();
    let plan = SealPlan::Freezable;
    let vmo = Vmo::create_planned(&name, plan, Extent::Pages, SIZE as u64).unwrap();
    vmo.write(b"kept", 0).unwrap();
    let mut peer = Peer::start(PEER, "hold", vmo.as_fd());
    assert_eq!(peer.line(), "ready");
    assert_eq!(vmo.freeze(), Err(Status::BAD_STATE));
    assert!(!vmo.is_immutable());
    peer.kill();
    assert_eq!(vmo.freeze(), Ok(()));
    assert!(vmo.is_immutable());
    assert_eq!(vmo.read_to_array::<u8, 4>(0), Ok(*b"kept"));
    assert_eq!(vmo.write(b"late", 0), Err(Status::ACCESS_DENIED));
}
