// SPDX-License-Identifier: MIT OR Apache-2.0
//! Files of `/proc`.
#![no_main]

#[path = "../src/proc.rs"]
mod proc;

libfuzzer_sys::fuzz_target!(|data: &[u8]| proc::body(data));
