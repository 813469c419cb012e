// SPDX-License-Identifier: MIT OR Apache-2.0
//! Measures the ring between two processes, and says which goals are met. To be run in
//! `bench/`, where the layout of the code is pinned:
//!
//! ```text
//! cargo run --release -p bench-ring                 everything, a few minutes
//! cargo run --release -p bench-ring -- --quick      some seconds, and noisier
//! cargo run --release -p bench-ring -- --json       writes records/<machine>/<date>-ring.json
//! cargo run --release -p bench-ring -- chart records/<machine>/<date>-ring.json
//! ```
#![deny(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    bench_ring::main("ring", |_| Vec::new())
}
