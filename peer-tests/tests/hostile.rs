// SPDX-License-Identifier: MIT OR Apache-2.0
//! The hostile run, for some seconds; `cargo run -p peer-tests --bin hostile` takes a minute.
#![allow(
    clippy::print_stdout,
    reason = "a test that passes says how far it went"
)]

use std::process::Command;

#[test]
fn a_peer_that_attacks_everything_and_is_killed_fifty_times_harms_nobody() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostile"));
    let run = command.args(["--seconds", "3"]).output();
    let run = run.expect("the program of this crate");
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", words(&run.stdout));
    assert!(
        run.status.success(),
        "{}: {}",
        run.status,
        words(&run.stderr)
    );
}
