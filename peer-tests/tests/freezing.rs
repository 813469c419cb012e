// SPDX-License-Identifier: MIT OR Apache-2.0
//! Making a VMO immutable while another process holds on to it, and what it can do after.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::os::fd::AsFd;
use std::time::Instant;

use mapped_vmo::zx::{Status, Vmo};
use mapped_vmo::{ImmutableMapping, Mapping};
use peer_tests::{Peer, checksum, noise};

const PEER: &str = env!("CARGO_BIN_EXE_peer");
const HOLDER: &str = env!("CARGO_BIN_EXE_holder");
const FILLER: &str = env!("CARGO_BIN_EXE_filler");
const OLD_KERNEL: &str = env!("CARGO_BIN_EXE_old_kernel");
const SIZE: usize = 3 * 4096;
const EPERM: i32 = 1;
const PATIENCE: Duration = Duration::from_secs(20);

/// A VMO full of noise that can be frozen, and the noise.
fn noisy() -> (Mapping, Vmo, Vec<u8>) {
    let (mapping, vmo) = Mapping::allocate_freezable(SIZE).unwrap();
    let noise: Vec<u8> = noise(3).take(SIZE).collect();
    mapping.write_all_at(0, &noise).unwrap();
    (mapping, vmo, noise)
}

/// One that is held by another process, and by nobody else; none where it can't hold it so.
fn held(how: &str) -> Option<(Peer, Vmo, Vec<u8>)> {
    let (_, vmo, noise) = noisy();
    let mut peer = Peer::start(HOLDER, how, vmo.as_fd());
    match peer.line().as_str() {
        "ready" => Some((peer, vmo, noise)),
        "unavailable" => {
            eprintln!("not run: no io_uring here");
            None
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_peer_that_lets_go_after_50_ms_is_waited_for() {
    let (mut peer, vmo, noise) = held("map 50").unwrap();
    assert_eq!(vmo.freeze_within(PATIENCE), Ok(()));
    assert_eq!(peer.line(), "gone");
    let mapping = ImmutableMapping::create_from_vmo(&vmo, false).unwrap();
    assert!(mapping.is_zero_copy() && mapping[..] == noise);
}

#[test]
fn a_peer_that_unpins_its_pages_is_waited_for() {
    let Some((mut peer, vmo, noise)) = held("pin 300") else {
        return;
    };
    assert_eq!(vmo.freeze_within(PATIENCE), Ok(()));
    assert_eq!(peer.line(), "gone");
    let mapping = ImmutableMapping::create_from_vmo(&vmo, false).unwrap();
    assert!(mapping.is_zero_copy() && mapping[..] == noise);
}

#[test]
fn a_peer_that_never_lets_go_costs_the_patience_and_one_try() {
    for how in ["map", "pin"] {
        let Some((mut peer, vmo, noise)) = held(how) else {
            continue;
        };
        let (start, patience) = (Instant::now(), Duration::from_millis(50));
        assert_eq!(vmo.freeze_within(patience), Err(Status::BAD_STATE), "{how}");
        let took = start.elapsed();
        assert!(
            took >= patience && took < Duration::from_secs(5),
            "{how}: {took:?}"
        );
        eprintln!("{how}: {took:?} for a patience of {patience:?}");
        // What is there can be had all the same, as a copy.
        let copy = ImmutableMapping::create_from_vmo(&vmo, false).unwrap();
        assert!(!copy.is_zero_copy() && copy[..] == noise, "{how}");
        peer.kill();
        // What it had pinned is let go of by a thread of the kernel, soon.
        assert_eq!(vmo.freeze_within(PATIENCE), Ok(()), "{how}");
    }
}

#[test]
fn a_peer_can_do_nothing_to_a_frozen_vmo() {
    let (mapping, vmo, noise) = noisy();
    let fixed = ImmutableMapping::freeze(mapping, &vmo, PATIENCE).unwrap();
    assert!(fixed.is_zero_copy());
    for (deed, tries) in [("punch", 1), ("truncate", 4), ("grow", 4), ("seal", 5)] {
        let answer = Peer::start(PEER, deed, vmo.as_fd()).answer();
        assert_eq!(answer, vec![EPERM; tries], "{deed}");
        assert!(fixed[..] == noise, "{deed} changed it");
    }
}

/// What `old_kernel` says of a frozen VMO; none where no call can be made to fail.
fn on_an_old_kernel(call: &str) -> Option<(String, u64)> {
    let (mapping, vmo, noise) = noisy();
    drop(mapping);
    vmo.freeze_within(PATIENCE).unwrap();
    let mut peer = Peer::start(OLD_KERNEL, call, vmo.as_fd());
    match peer.ended().code() {
        Some(0) => Some((peer.line(), checksum(&noise))),
        Some(77) => {
            eprintln!("not run: no seccomp filters here");
            None
        }
        other => panic!("{call}: it ended with {other:?}"),
    }
}

#[test]
fn where_shared_mappings_of_sealed_memory_are_refused_a_private_one_shows_the_same_bytes() {
    if let Some((line, sum)) = on_an_old_kernel("mmap_shared 1") {
        assert_eq!(line, format!("mapped r--p {sum}"));
    }
}

#[test]
fn where_the_kernel_can_not_populate_there_is_a_copy() {
    if let Some((line, sum)) = on_an_old_kernel("populate 22") {
        assert_eq!(line, format!("copied r--p {sum}"));
    }
}

#[test]
fn what_can_not_be_had_is_an_error_and_nothing_is_left_over() {
    // ENOMEM from mmap; EFAULT, a page that would be a signal, and ENOMEM from madvise.
    for call in ["mmap_shared 12", "populate 14", "populate 12"] {
        if let Some((line, _)) = on_an_old_kernel(call) {
            assert_eq!(line, "cannot get the pages: NO_MEMORY", "{call}");
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Plan {
    Frozen,
    Unsealed,
}

/// What a peer that may only read tries on a hole. The answers, and what is there then.
fn filled(plan: Plan) -> Option<(String, u8)> {
    let (mapping, vmo) = Mapping::allocate_freezable(4096).unwrap();
    drop(mapping);
    if plan == Plan::Frozen {
        vmo.freeze_within(PATIENCE).unwrap();
    }
    let line = Peer::start(FILLER, "", vmo.as_fd()).line();
    if line == "unavailable" {
        eprintln!("not run: no userfaultfd here");
        return None;
    }
    let fixed = ImmutableMapping::create_from_vmo(&vmo, false).unwrap();
    assert_eq!(fixed.is_zero_copy(), plan == Plan::Frozen);
    Some((line, fixed[0]))
}

#[test]
fn a_peer_can_not_fill_a_hole_of_a_frozen_vmo_with_bytes_of_its_own() {
    // The second answer is that of a page which is not registered.
    if let Some((answers, byte)) = filled(Plan::Frozen) {
        assert_eq!((answers.as_str(), byte), ("1 2 14", 0));
    }
    // The same peer, the same mapping to read, and no seal: this is what the seal is for.
    if let Some((answers, byte)) = filled(Plan::Unsealed) {
        assert_eq!((answers.as_str(), byte), ("0 0 14", b'!'));
    }
}
