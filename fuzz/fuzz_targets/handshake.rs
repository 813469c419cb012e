// SPDX-License-Identifier: MIT OR Apache-2.0
//! The message of a handshake, and its handles.
#![no_main]

#[path = "../src/handshake.rs"]
mod handshake;

libfuzzer_sys::fuzz_target!(|data: &[u8]| handshake::body(data));
