// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other process of the litmus tests, with the VMO as stdin.
//!
//! `litmus store-buffering STRENGTH` plays the second side; `litmus receive` reads messages
//! through a read-only mapping and prints how often the flag was new and how many messages
//! were stale.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use mapped_vmo::Mapping;
use mapped_vmo::zx::VmarFlags;
use peer_tests::litmus::{self, Strength};

fn main() {
    let vmo = peer_tests::vmo_from_stdin();
    let map = |flags| Mapping::create_from_vmo(&vmo, litmus::SIZE, flags).expect("a mapping");
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["store-buffering", strength] => {
            let strength = Strength::from_name(strength).expect("a strength");
            let mapping = map(VmarFlags::PERM_READ | VmarFlags::PERM_WRITE);
            println!("ready");
            litmus::store_buffering_peer(&mapping, strength);
        }
        ["receive"] => {
            let mapping = map(VmarFlags::PERM_READ);
            println!("ready");
            let passed = litmus::receive_messages(&mapping);
            println!("{} {}", passed.new, passed.stale);
        }
        _ => panic!("litmus store-buffering relaxed|seq-cst|fenced, or litmus receive"),
    }
}
