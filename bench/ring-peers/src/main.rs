// SPDX-License-Identifier: MIT OR Apache-2.0
//! Measures the ring beside other crates: the tables of `bench-ring`, with more rows.
//!
//! ```text
//! cargo run --release                        everything, some minutes
//! cargo run --release -- --quick --only 64B
//! cargo run --release -- --json --records ../records
//! ```
//!
//! To be run here or in `bench/`, where the layout of the code is pinned.
#![deny(unsafe_code)]

use std::process::ExitCode;

use bench_ring::Candidate;
use bench_ring::record::Place;
use bench_ring::table::Table;
use bench_ring::tables::peers;
use bench_ring::task::What;

mod iceoryx2;
mod ipc_channel;
mod shmem_ipc;

fn main() -> ExitCode {
    bench_ring::main("ring-peers", more)
}

/// Who is added to a table: those that spin where others spin, those that sleep beside those
/// that sleep.
fn more(table: &Table) -> Vec<Candidate> {
    let spinning = || {
        [
            shmem_ipc::spin(peers::SHMEM_IPC_SPIN),
            iceoryx2::polling(peers::ICEORYX2),
        ]
    };
    let sleeping = || {
        [
            shmem_ipc::blocking(peers::SHMEM_IPC_BLOCKING),
            ipc_channel::bytes("ipc-channel"),
        ]
    };
    match (table.what, table.place) {
        (What::RoundTrip, Place::OneCore) => sleeping().into(),
        // Both tables on two cores are round trips: the one with the cache line spins.
        (What::RoundTrip, Place::TwoCores) => match table.candidates.first() {
            Some(first) if first.name().starts_with("cache line") => spinning().into(),
            _ => sleeping().into(),
        },
        (What::Stream, _) => spinning().into_iter().chain(sleeping()).collect(),
        _ => Vec::new(),
    }
}
