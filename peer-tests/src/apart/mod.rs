// SPDX-License-Identifier: MIT OR Apache-2.0
//! What has to happen in a process of its own: namespaces, forks, signals, a race that must
//! not kill the test with it. `bin/apart` runs one of these; the test looks at how it ended.

pub mod fork;
pub mod interrupts;
pub mod namespaces;
pub mod neighbours;
pub mod ring_fork;
pub mod signals;
pub mod swap;

use std::process::ExitCode;

/// Where something can't be tried here, and why: shown, counted, never taken for a pass.
#[derive(Debug)]
pub struct CannotTry(pub String);

/// What a process says that could not try: as the gates.
pub const SKIPPED: u8 = 77;

/// The end of a process, with a word on its stdout.
#[must_use]
pub fn verdict(result: Result<String, CannotTry>) -> (String, ExitCode) {
    match result {
        Ok(said) => (said, ExitCode::SUCCESS),
        Err(CannotTry(reason)) => (format!("skipped: {reason}"), ExitCode::from(SKIPPED)),
    }
}
