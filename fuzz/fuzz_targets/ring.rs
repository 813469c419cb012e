// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words of a ring.
#![no_main]

#[allow(dead_code, reason = "a body uses what it is about")]
#[path = "../../crates/vmo-ring/src/protocol/mod.rs"]
mod protocol;
#[path = "../src/ring.rs"]
mod ring;

libfuzzer_sys::fuzz_target!(|data: &[u8]| ring::body(data));
