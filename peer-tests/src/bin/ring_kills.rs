// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rings whose other side is killed, wherever it is just then.
//!
//! `ring_kills [--kills N]` kills ten thousand, or as many as it is told, and says what was
//! counted. Ends with 0 only if each end was noticed within a second, what was received was
//! sent, in order and whole, and nothing is left over.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use std::process::ExitCode;

use peer_tests::rings::{judge, kills};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let program = std::env::current_exe().expect("this program's path");
    let program = program.to_str().expect("a path in UTF-8");
    match args[..] {
        ["victim", kills] => {
            let kills = kills.parse().expect("a number");
            let tally = kills::run(program, kills, |tally| {
                if tally.get("kills") % 50 == 0 {
                    println!("{}", tally.line());
                }
            });
            println!("end {}", tally.line());
            ExitCode::SUCCESS
        }
        ["peer", role] => {
            kills::peer(role);
            ExitCode::SUCCESS
        }
        _ => {
            let kills = args.iter().skip_while(|arg| **arg != "--kills").nth(1);
            let kills: u64 = kills.map_or(10_000, |text| text.parse().expect("a number"));
            let tally = judge::watch(program, &format!("victim {kills}"));
            let due = [
                ("kills", kills),
                ("killed_senders", kills / 10),
                ("killed_receivers", kills / 10),
                ("received", kills),
                ("sent", kills),
            ];
            let (table, good) = judge::report(&tally, &judge::complaints(&tally, &due));
            println!("{table}");
            ExitCode::from(u8::from(!good))
        }
    }
}
