// SPDX-License-Identifier: MIT OR Apache-2.0
//! The library lives with a hostile peer that is killed and restarted.
//!
//! `hostile [--seconds N] [--json]` runs for a minute, or for as long as it is told, and says
//! what was counted. Ends with 0 only if there was no signal, no hang, no panic and no leak,
//! and the peer was killed often enough: a thousand times a minute.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command prints its findings")]

use core::time::Duration;
use std::process::ExitCode;

use peer_tests::hostile::{Tally, judge, victim, villain};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let program = std::env::current_exe().expect("this program's path");
    let program = program.to_str().expect("a path in UTF-8");
    let number = |text: &str| text.parse::<u64>().expect("a number");
    match args[..] {
        ["victim", seconds] => {
            let time = Duration::from_secs(number(seconds));
            println!("{}", victim::run(program, time).line());
            ExitCode::SUCCESS
        }
        ["villain", seed] => {
            villain::run(number(seed));
            ExitCode::SUCCESS
        }
        _ => {
            let seconds = args.iter().skip_while(|arg| **arg != "--seconds").nth(1);
            let tally = judge::run(program, seconds.map_or(60, |text| number(text)));
            let as_json = args.contains(&"--json");
            println!("{}", if as_json { tally.json() } else { table(&tally) });
            verdict(&tally)
        }
    }
}

/// A line for each count.
fn table(tally: &Tally) -> String {
    let line = |(name, count)| format!("{name:24} {count:12}");
    tally.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Says what is not as it should be, to stderr.
fn verdict(tally: &Tally) -> ExitCode {
    let complaints = judge::complaints(tally);
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    ExitCode::from(u8::from(!complaints.is_empty()))
}
