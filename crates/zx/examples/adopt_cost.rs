// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the gate costs: the median time of `Vmo::from_fd` for a sealed memfd, for each policy
//! that takes the memory itself.
//!
//! ```sh
//! cargo run --release -p vmo-zx --example adopt_cost
//! ```
//!
//! The policies take turns, so other work on the machine hits all of them. Closing the VMO is
//! not counted. Ends with 1 if a median is more than two microseconds.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "an example prints its findings")]

use core::hint::black_box;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::time::Instant;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use zx::{AdoptOptions, AdoptPolicy, Vmo};

/// How many are adopted between two looks at the clock, and how often that is done.
const BATCH: u32 = 256;
const ROUNDS: usize = 400;

/// The most that a median may be, in nanoseconds.
const LIMIT: f64 = 2000.0;

/// Policies, by the seals that they ask for.
const ROWS: [(&str, AdoptPolicy, SealFlags); 4] = [
    ("Strict", AdoptPolicy::Strict, FIXED),
    ("Shrink", AdoptPolicy::Shrink, SealFlags::SHRINK),
    (
        "Immutable",
        AdoptPolicy::Immutable,
        FIXED.union(SealFlags::WRITE),
    ),
    (
        "Published",
        AdoptPolicy::Published,
        FIXED.union(SealFlags::FUTURE_WRITE),
    ),
];

const FIXED: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::SEAL);

fn main() -> ExitCode {
    let memfds = ROWS.map(|(_, _, seals)| memfd(seals));
    let mut medians = [const { Vec::new() }; ROWS.len()];
    for round in 0..ROUNDS {
        for turn in 0..ROWS.len() {
            // Another one begins each time.
            let row = (turn + round) % ROWS.len();
            let options = AdoptOptions::new(ROWS[row].1).claimed_size(8192);
            medians[row].push(batch(&memfds[row], options));
        }
    }
    println!("Vmo::from_fd of a sealed memfd, median of {ROUNDS} times {BATCH}:");
    let mut worst: f64 = 0.0;
    for ((name, _, seals), times) in ROWS.iter().zip(&mut medians) {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let best = times[0];
        println!(
            "{name:10} {median:6.0} ns  best {best:6.0} ns  seals {:#x}",
            seals.bits()
        );
        worst = worst.max(median);
    }
    println!(
        "limit {LIMIT:.0} ns: {}",
        if worst > LIMIT { "missed" } else { "met" }
    );
    ExitCode::from(u8::from(worst > LIMIT))
}

/// A memfd without holes, sealed.
fn memfd(seals: SealFlags) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("adopted", flags).expect("a memfd");
    ftruncate(&fd, 8192).expect("a size");
    assert_eq!(rustix::io::pwrite(&fd, &[1; 8192], 0), Ok(8192));
    fcntl_add_seals(&fd, seals).expect("seals");
    fd
}

/// Nanoseconds for one adoption.
fn batch(memfd: &OwnedFd, options: AdoptOptions) -> f64 {
    let another = |_| memfd.try_clone().expect("a descriptor");
    let offered: Vec<OwnedFd> = (0..BATCH).map(another).collect();
    let mut adopted = Vec::with_capacity(offered.len());
    let start = Instant::now();
    for fd in offered {
        adopted.push(Vmo::from_fd(black_box(fd), options).expect("it is sealed"));
    }
    let time = start.elapsed();
    drop(adopted);
    time.as_secs_f64() * 1e9 / f64::from(BATCH)
}
