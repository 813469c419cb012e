// SPDX-License-Identifier: MIT OR Apache-2.0
//! Real time: no system call, no page fault, no allocation in a hundred thousand messages.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

fn run(sends: &str, receives: &str, look_at_all: &[(&str, &str)]) -> Output {
    let _alone = peer_tests::alone();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ring_real_time"));
    command
        .args([sends, receives])
        .envs(look_at_all.iter().copied());
    command.output().unwrap()
}

fn costs_nothing(sends: &str, receives: &str) {
    let run = run(sends, receives, &[]);
    let said = String::from_utf8_lossy(&run.stdout);
    let complaint = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{}: {complaint}", run.status);
    assert_eq!(said.trim_end(), "messages=100000 faults=0 allocations=0");
}

#[test]
fn two_sides_that_spin_make_no_call_no_fault_and_no_allocation() {
    costs_nothing("spins", "spins");
}

#[test]
fn a_sender_that_spins_makes_no_call_for_a_receiver_that_sleeps() {
    costs_nothing("spins", "sleeps");
}

#[test]
fn a_receiver_that_spins_makes_no_call_for_a_sender_that_sleeps() {
    costs_nothing("sleeps", "spins");
}

#[test]
fn the_first_call_of_a_side_that_is_looked_at_would_be_seen() {
    let run = run("sleeps", "sleeps", &[("RING_LOOK_AT_ALL", "1")]);
    assert_eq!(
        run.status.signal(),
        Some(31),
        "{}: SIGSYS is due",
        run.status
    );
}
