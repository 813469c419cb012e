// SPDX-License-Identifier: MIT OR Apache-2.0
//! A test that is two processes: this program again, as a child that runs the same test.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::process::{Child, Command, Stdio};

use vmo_ring::zx::{
    Handle, MonotonicDuration, MonotonicInstant, StartupHandles, take_startup_handle,
};

/// Says to the child which part it has.
const PART: &str = "VMO_TEST_PART";

/// What this process is in its test: `None` if it is the test itself.
pub(crate) fn part() -> Option<String> {
    std::env::var(PART).ok()
}

/// Runs `test` in a child, as `part`, with one handle.
pub(crate) fn start(test: &str, part: &str, handle: Handle) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    command.env(PART, part);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.startup_handle(0, handle).unwrap();
    command.spawn().unwrap()
}

/// The handle that the child was started with.
pub(crate) fn handle<T: TryFrom<Handle, Error: core::fmt::Debug>>() -> T {
    T::try_from(take_startup_handle(0).unwrap()).unwrap()
}

/// Waits for the child, whose test has to have passed.
pub(crate) fn finish(child: Child) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "{text}{errors}");
}

/// A deadline that is met only if something is wrong.
pub(crate) fn soon() -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_seconds(30))
}

pub(crate) fn after_millis(millis: i64) -> MonotonicInstant {
    MonotonicInstant::after(MonotonicDuration::from_millis(millis))
}

/// Numbers that look like no pattern.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Less than `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: u64) -> usize {
        usize::try_from(self.next() % bound).unwrap()
    }
}

/// `len` bytes that belong to `number`, and to no other.
pub(crate) fn fill(number: u64, len: usize, bytes: &mut Vec<u8>) {
    let mut random = Random(number.wrapping_mul(2).wrapping_add(1));
    bytes.clear();
    while bytes.len() < len {
        bytes.extend_from_slice(&random.next().to_le_bytes());
    }
    bytes.truncate(len);
}

/// The length of a message of a stream of many lengths.
pub(crate) fn length(number: u64) -> usize {
    Random(number + 1).below(300)
}
