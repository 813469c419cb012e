// SPDX-License-Identifier: MIT OR Apache-2.0
//! Reads a frozen VMO where a system call fails, as it does on an older kernel.
//!
//! `old_kernel CALL ERRNO`, with the VMO as stdin. Says what became of it: whether it was
//! mapped or copied, how, and a checksum; or the error. Then what is left over of an error.
//! Ends with 77 where no call can be made to fail.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::process::ExitCode;

use mapped_vmo::ImmutableMapping;
use peer_tests::Held;
use peer_tests::seccomp::{Call, refuse};

fn main() -> ExitCode {
    let vmo = peer_tests::vmo_from_stdin();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [call, errno] = &args[..] else {
        panic!("a call and an errno are needed")
    };
    let call = match call.as_str() {
        "mmap_shared" => Call::MmapShared,
        "populate" => Call::PopulateRead,
        other => panic!("no call is called {other}"),
    };
    let before = Held::now();
    if refuse(call, errno.parse().expect("a number")).is_err() {
        return ExitCode::from(77);
    }
    match ImmutableMapping::create_from_vmo(&vmo, true) {
        Ok(mapping) => {
            let way = if mapping.is_zero_copy() {
                "mapped"
            } else {
                "copied"
            };
            let permissions = permissions(mapping.as_ptr().addr());
            println!("{way} {permissions} {}", peer_tests::checksum(&mapping));
        }
        Err(error) => println!("{error}"),
    }
    assert_eq!(Held::now(), before, "something is left over");
    ExitCode::SUCCESS
}

/// The permissions of the mapping at `addr`, as /proc writes them.
fn permissions(addr: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("/proc");
    let line = maps.lines().find(|line| {
        let ends = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        let parse = |hex| usize::from_str_radix(hex, 16).expect("an address");
        ends.is_some_and(|(start, end)| (parse(start)..parse(end)).contains(&addr))
    });
    let line = line.expect("it is mapped");
    line.split(' ').nth(1).expect("permissions").to_owned()
}
