// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rings with a peer that scribbles, and with peers that are killed: for some seconds each.
//! `cargo run --release -p peer-tests --bin ring_hostile` (or `ring_kills`) goes on for longer.
#![allow(
    clippy::print_stdout,
    reason = "a test that passes says how far it went"
)]

use std::process::Command;

fn ends_well(program: &str, args: [&str; 2]) {
    let _alone = peer_tests::alone();
    let run = Command::new(program).args(args).output();
    let run = run.expect("the program of this crate");
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", words(&run.stdout));
    let status = run.status;
    assert!(status.success(), "{status}: {}", words(&run.stderr));
}

#[test]
fn a_peer_that_scribbles_over_its_side_of_a_ring_keeps_nobody_and_kills_nobody() {
    ends_well(env!("CARGO_BIN_EXE_ring_hostile"), ["--writes", "3000000"]);
}

#[test]
fn three_hundred_peers_killed_in_mid_ring_are_each_noticed_within_a_second() {
    ends_well(env!("CARGO_BIN_EXE_ring_kills"), ["--kills", "300"]);
}

#[test]
fn a_forked_child_can_not_use_a_ring_and_its_drop_harms_nobody() {
    peer_tests::in_its_own_process(env!("CARGO_BIN_EXE_apart"), "ring-fork");
}
