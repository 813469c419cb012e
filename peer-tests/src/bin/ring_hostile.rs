// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rings whose other side scribbles over all that it can write.
//!
//! `ring_hostile [--writes N]` goes on for a hundred million stores, or as many as it is told,
//! and says what was counted. Ends with 0 only if there was no signal, no hang, no panic, no
//! call that took a second, and no leak; and if each kind of end was met.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::process::ExitCode;

use peer_tests::hostile::Tally;
use peer_tests::rings::{judge, victim, villain};

const MUST_BE: [(&str, u64); 8] = [
    ("received_Nearly", 100),
    ("sent_Nearly", 100),
    ("calls_timed_out", 10),
    ("calls_would_block", 10),
    ("receiving_Noise_Corrupt", 1),
    ("sending_Noise_Corrupt", 1),
    ("receiving_Silent_lasted", 1),
    ("sending_Rings_lasted", 1),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let program = std::env::current_exe().expect("this program's path");
    let program = program.to_str().expect("a path in UTF-8");
    match args[..] {
        ["victim", writes] => {
            let writes = writes.parse().expect("a number");
            let (mut last, second) = (
                std::time::Instant::now(),
                core::time::Duration::from_secs(1),
            );
            let tally = victim::run(program, writes, |tally: &Tally| {
                if last.elapsed() > second {
                    last = std::time::Instant::now();
                    println!(
                        "stores={} rings={}",
                        tally.get("stores"),
                        tally.get("rings")
                    );
                }
            });
            println!("end {}", tally.line());
            ExitCode::SUCCESS
        }
        ["villain"] => {
            villain::run();
            ExitCode::SUCCESS
        }
        _ => {
            let writes = args.iter().skip_while(|arg| **arg != "--writes").nth(1);
            let writes = writes.map_or(100_000_000, |text| text.parse().expect("a number"));
            let tally = judge::watch(program, &format!("victim {writes}"));
            let mut due = MUST_BE.to_vec();
            due.push(("stores", writes));
            let (table, good) = judge::report(&tally, &judge::complaints(&tally, &due));
            println!("{table}");
            ExitCode::from(u8::from(!good))
        }
    }
}
