// SPDX-License-Identifier: MIT OR Apache-2.0
//! A peer that scribbles and punches while every call that reads or writes runs. One test,
//! because it counts what the process holds.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that passes may say how far it went"
)]

use core::mem::MaybeUninit;
use core::time::Duration;
use std::os::fd::AsFd;
use std::time::Instant;

use mapped_vmo::zx::{VmarFlags, Vmo, VmoOp};
use mapped_vmo::{ImmutableMapping, Mapping, TruncatedImmutableMapping};
use peer_tests::{Held, Peer};

const PEER: &str = env!("CARGO_BIN_EXE_peer");
const SIZE: usize = 8 * 4096;

#[test]
fn a_peer_that_scribbles_never_makes_a_call_panic_or_fail() {
    let before = Held::now();
    let (mut mapping, vmo) = Mapping::allocate_with_name(SIZE, "victim").unwrap();
    let mut peer = Peer::start(PEER, "scribble", vmo.as_fd());
    assert_eq!(peer.line(), "ready");
    let start = Instant::now();
    let mut rounds = 0_u32;
    let mut seen = std::collections::BTreeSet::new();
    while start.elapsed() < Duration::from_secs(2) {
        let offset = peer_tests::noise(u64::from(rounds))
            .take(2)
            .fold(0, |sum, byte| (sum << 8 | usize::from(byte)) % SIZE);
        reads(&mapping, offset);
        writes(&mapping, offset);
        slices(&mut mapping, offset);
        by_system_call(&vmo, offset);
        others(&vmo);
        let mut word = [0; 8];
        mapping.read(&mut word);
        seen.insert(word);
        rounds += 1;
    }
    println!(
        "{rounds} rounds of every call, {} values of one word",
        seen.len()
    );
    assert!(seen.len() > 1, "the peer changed nothing");
    assert!(peer.runs(), "the peer died: {}", peer.ended());
    drop((peer, mapping, vmo));
    assert!(before.is_back(), "{before:?} became {:?}", Held::now());
}

fn reads(mapping: &Mapping, offset: usize) {
    let mut dst = [0; 700];
    let mut room = [MaybeUninit::uninit(); 700];
    let rest = (SIZE - offset).min(700);
    assert_eq!(mapping.read(&mut dst), 700);
    assert_eq!(mapping.read_at(offset, &mut dst), rest);
    assert_eq!(mapping.try_read_at(offset, &mut dst), Ok(rest));
    assert!(mapping.read_exact_at(offset, &mut dst[..rest]).is_ok());
    assert_eq!(mapping.read_uninit_at(offset, &mut room).len(), rest);
    assert!(mapping.try_read_uninit_at(offset, &mut room).is_ok());
    assert!(
        mapping
            .read_exact_uninit_at(offset, &mut room[..rest])
            .is_ok()
    );
    mapping.acquire_writes();
}

fn writes(mapping: &Mapping, offset: usize) {
    let src = [0x55; 600];
    let rest = (SIZE - offset).min(600);
    assert_eq!(mapping.write(&src), 600);
    assert_eq!(mapping.write_at(offset, &src), rest);
    assert_eq!(mapping.try_write_at(offset, &src), Ok(rest));
    assert!(mapping.write_all_at(offset, &src[..rest]).is_ok());
    mapping.publish_writes();
}

fn slices(mapping: &mut Mapping, offset: usize) {
    let mut dst = [0; 100];
    mapping.slice(offset..).read(&mut dst);
    let (left, right) = mapping.split_at(offset);
    assert_eq!(left.len() + right.len(), SIZE);
    left.read(&mut dst);
    right.read_at(right.len() / 2, &mut dst);
    let (mut left, mut right) = mapping.split_at_mut(offset);
    left.write(&dst);
    right.reborrow_mut(..).write(&dst);
    right.release_writes();
    left.slice_mut(..offset / 2).write(&dst);
    mapping.release_writes();
}

fn by_system_call(vmo: &Vmo, offset: usize) {
    let at = offset.min(SIZE - 512) as u64;
    let mut dst = [0; 512];
    vmo.read(&mut dst, at).unwrap();
    vmo.write(&dst, at).unwrap();
    let mut room = [MaybeUninit::<u8>::uninit(); 512];
    assert_eq!(vmo.read_uninit(&mut room, at).unwrap().len(), 512);
    assert_eq!(vmo.read_to_vec::<u32>(at, 128).unwrap().len(), 128);
    vmo.read_to_array::<u16, 9>(at).unwrap();
    vmo.read_to_object::<u64>(at).unwrap();
    vmo.op_range(VmoOp::COMMIT, 0, SIZE as u64).unwrap();
    vmo.op_range(VmoOp::ZERO, at, 512).unwrap();
}

fn others(vmo: &Vmo) {
    assert_eq!(vmo.get_size(), Ok(SIZE as u64));
    assert_eq!(vmo.get_name().unwrap(), "victim");
    let snapshot = ImmutableMapping::create_from_vmo(vmo, true).unwrap();
    let first = peer_tests::checksum(&snapshot);
    assert_eq!(first, peer_tests::checksum(&snapshot), "a snapshot changed");
    let cut = TruncatedImmutableMapping::create_from_vmo(vmo, false, 100).unwrap();
    assert_eq!(cut.len(), 100);
    let again = Mapping::create_from_vmo(vmo, SIZE - 1, VmarFlags::PERM_READ).unwrap();
    assert_eq!(again.len(), SIZE - 1);
    assert!(format!("{again:?} {vmo:?} {snapshot:?}").len() < 1000);
}
