// SPDX-License-Identifier: MIT OR Apache-2.0
//! Each program of `src/bin` does its exchange with another process, to the end and in time.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::process::Command;

fn assert_counts(program: &str) {
    for _ in 0..20 {
        let output = Command::new(program).output().unwrap();
        let (said, complained) = (&output.stdout, String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: {complained}", output.status);
        assert_eq!(said, b"the peer counted [1, 2, 3, 4, 5]\n", "{complained}");
    }
}

#[test]
fn poll_is_told_of_signals_and_messages() {
    assert_counts(env!("CARGO_BIN_EXE_on_poll"));
}

#[test]
fn mio_is_told_of_signals_and_messages() {
    assert_counts(env!("CARGO_BIN_EXE_on_mio"));
}

#[test]
fn calloop_is_told_of_signals_and_messages() {
    assert_counts(env!("CARGO_BIN_EXE_on_calloop"));
}

#[test]
fn tokio_is_told_of_signals_and_messages() {
    assert_counts(env!("CARGO_BIN_EXE_on_tokio"));
}
