// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rows 34, 39 and 44 of the catalogue: interruptions and races. Each runs in a process of
//! its own, so that a signal is something to look at.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that can't be tried says so"
)]

use peer_tests::{Peer, in_its_own_process};

const APART: &str = env!("CARGO_BIN_EXE_apart");

/// Catalogue row 34; where the compiler has its best chance, `ci/double-fetch` races longer.
#[test]
fn a_peer_that_flips_a_byte_changes_no_copy_that_was_checked() {
    let mut race = Peer::start_alone(env!("CARGO_BIN_EXE_flip_race"), "--seconds 2");
    let said = race.line();
    let status = race.ended();
    assert!(status.success(), "{status}: {said}");
}

/// Catalogue row 39.
#[test]
fn alarms_at_10_khz_disturb_no_call_and_the_sigbus_handler_stays_the_programs_own() {
    in_its_own_process(APART, "storm");
}

/// Catalogue row 39.
#[test]
fn a_call_that_is_interrupted_is_tried_again() {
    in_its_own_process(APART, "interrupts");
}

/// Catalogue row 44.
#[test]
fn a_descriptor_that_is_swapped_by_dup2_is_mapped_as_it_was_checked() {
    in_its_own_process(APART, "swap");
}
