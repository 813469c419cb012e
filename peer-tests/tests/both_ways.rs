// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes travel between two processes that each map the VMO, in both directions.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::fd::AsFd;

use mapped_vmo::Mapping;
use peer_tests::{Peer, checksum, noise};

const PEER: &str = env!("CARGO_BIN_EXE_peer");
const SIZES: [usize; 8] = [1, 15, 64, 65, 4096, 4097, 300_000, 1 << 20];

#[test]
fn what_we_write_the_peer_reads_through_a_mapping_of_its_own() {
    for size in SIZES {
        let (mut mapping, vmo) = Mapping::allocate(size).unwrap();
        let content: Vec<u8> = noise(99).take(size).collect();
        mapping.write_all_at(0, &content).unwrap();
        mapping.release_writes();
        let mut peer = Peer::start(PEER, &format!("sum {size}"), vmo.as_fd());
        assert_eq!(peer.line(), checksum(&content).to_string(), "{size} bytes");
        assert!(peer.ended().success());
    }
}

#[test]
fn what_the_peer_writes_we_read_and_keep_after_it_is_gone() {
    for size in SIZES {
        let (mapping, vmo) = Mapping::allocate(size).unwrap();
        let mut peer = Peer::start(PEER, &format!("reply {size}"), vmo.as_fd());
        let theirs = peer.line();
        assert!(peer.ended().success());
        drop((peer, vmo));
        mapping.acquire_writes();
        let mut content = vec![0; size];
        mapping.read_exact_at(0, &mut content).unwrap();
        assert_eq!(checksum(&content).to_string(), theirs, "{size} bytes");
        let expected: Vec<u8> = noise(size as u64).take(size).collect();
        assert_eq!(content, expected, "{size} bytes");
    }
}

#[test]
fn what_one_peer_writes_another_reads() {
    let (_mapping, vmo) = Mapping::allocate(5000).unwrap();
    let mut writer = Peer::start(PEER, "reply 5000", vmo.as_fd());
    let wrote = writer.line();
    assert!(writer.ended().success());
    let mut reader = Peer::start(PEER, "sum 5000", vmo.as_fd());
    assert_eq!(reader.line(), wrote);
}
