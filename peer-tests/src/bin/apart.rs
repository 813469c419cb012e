// SPDX-License-Identifier: MIT OR Apache-2.0
//! `apart DEED`: does what needs a process of its own, and says how it went in one line.
//!
//! Ends with 0 if all was as it should be, with 77 where it can't be tried here, else by a
//! panic or by whatever ended it.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use core::time::Duration;
use std::io::Write;
use std::os::fd::AsFd;
use std::process::ExitCode;

use mapped_vmo::zx::Vmo;
use peer_tests::apart::{
    fork, interrupts, namespaces, neighbours, ring_fork, signals, swap, verdict,
};
use peer_tests::{Held, message};

fn main() -> ExitCode {
    let deed = std::env::args().nth(1).unwrap_or_default();
    let program = std::env::current_exe().expect("this program's path");
    let program = program.to_str().expect("a path in UTF-8");
    let result = match deed.as_str() {
        "without-proc" => namespaces::without_proc(),
        "noexec" => namespaces::noexec(program),
        "noexec-inside" => namespaces::noexec_inside(),
        "fork" => Ok(fork::inherits()),
        "ring-fork" => Ok(ring_fork::stays_with_the_parent()),
        "fork-in-mid-call" => Ok(fork::holds_no_lock()),
        "storm" => Ok(signals::storm(Duration::from_secs(2))),
        "interrupts" => interrupts::first_try(),
        "neighbours" => Ok(neighbours::unharmed(Duration::from_secs(1))),
        "swap" => Ok(swap::between_check_and_map()),
        "held" => Ok(format!("{:?}", Held::now())),
        "truncate" => Ok(answer(rustix::fs::ftruncate(std::io::stdin(), 0))),
        "remove" => Ok(answer(swap::remove_pages(3 * 4096))),
        "send" => Ok(send()),
        "send-and-stay" => {
            say(&send());
            loop {
                std::thread::park();
            }
        }
        other => panic!("no deed is called {other:?}"),
    };
    let (said, code) = verdict(result);
    say(&said);
    code
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("the test listens");
}

/// What the kernel answered: 0, or the number of the error.
fn answer(result: Result<(), rustix::io::Errno>) -> String {
    let number = result.map_or_else(|errno| errno.raw_os_error(), |()| 0);
    number.to_string()
}

/// Sends a VMO over the socket that is its stdin.
fn send() -> String {
    let vmo = Vmo::create(8192).expect("a VMO");
    vmo.write(b"from afar", 0).expect("room");
    message::send(std::io::stdin(), b"a VMO", &[vmo.as_fd()]).expect("a receiver");
    "sent".to_owned()
}
