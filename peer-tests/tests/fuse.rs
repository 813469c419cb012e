// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file whose server never answers: nobody who is offered it waits.
#![allow(
    clippy::print_stdout,
    reason = "a test that passes may say how far it went"
)]

use peer_tests::Peer;

#[test]
fn a_file_whose_server_never_answers_is_refused_by_every_policy_at_once() {
    let mut offered = Peer::start_alone(env!("CARGO_BIN_EXE_fuse_stall"), "");
    let first = offered.line();
    if first.starts_with("no FUSE here") {
        println!("skipped: {first}");
        return;
    }
    assert_eq!(first, "fstat on it stalls: true");
    for _ in 0..6 {
        let line = offered.line();
        assert!(line.contains("this is a file on FUSE"), "{line}");
        println!("{line}");
    }
    assert_eq!(offered.line(), "all good");
}
