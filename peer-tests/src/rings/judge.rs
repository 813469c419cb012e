// SPDX-License-Identifier: MIT OR Apache-2.0
//! Looks on while a victim uses rings with a villain, or with peers that are killed, and says
//! what is not as it should be.

use std::io::{IsTerminal, Write};

use crate::Peer;
use crate::hostile::Tally;

/// Starts `program` with the words of `deed`: a victim that prints its counts as often as it
/// likes, and `end` before the last ones.
///
/// # Panics
///
/// If it says nothing for some seconds (it hangs), or does not end well (a signal, a panic).
#[must_use]
pub fn watch(program: &str, deed: &str) -> Tally {
    let mut victim = Peer::start_alone(program, deed);
    let shown = std::io::stderr().is_terminal();
    loop {
        let line = victim.line();
        if let Some(last) = line.strip_prefix("end ") {
            let status = victim.ended();
            assert!(status.success(), "the victim: {status}");
            return Tally::of_line(last);
        }
        if shown {
            let start: String = line.chars().take(100).collect();
            let _ = write!(std::io::stderr(), "\r{start:100}");
        }
    }
}

/// What is wrong with these counts.
#[must_use]
pub fn complaints(tally: &Tally, least: &[(&str, u64)]) -> Vec<String> {
    let mut all = Vec::new();
    for (name, least) in least {
        let count = tally.get(name);
        if count < *least {
            all.push(format!("{name}: {count}, and {least} are due"));
        }
    }
    // What a thread waits for that asks for nothing but a millisecond of sleep is the machine's.
    if tally.get("slowest_us") >= 1_000_000 + tally.get("late_by_itself_us") {
        all.push(format!("a call took {} us", tally.get("slowest_us")));
    }
    for never in ["leaks", "wrong"] {
        if tally.get(never) != 0 {
            all.push(format!("{never}: {}", tally.get(never)));
        }
    }
    all
}

/// A line for each count, and the complaints. Whether there are none.
#[must_use]
pub fn report(tally: &Tally, complaints: &[String]) -> (String, bool) {
    let line = |(name, count)| format!("{name:32} {count:12}\n");
    let table: String = tally.iter().map(line).collect();
    let wrong = complaints.join("\n");
    (format!("{table}{wrong}"), complaints.is_empty())
}
