// SPDX-License-Identifier: MIT OR Apache-2.0
//! A packet that comes over a channel.
#![no_main]

#[path = "../src/packet.rs"]
mod packet;

libfuzzer_sys::fuzz_target!(|data: &[u8]| packet::body(data));
