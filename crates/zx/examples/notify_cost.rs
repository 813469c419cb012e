// SPDX-License-Identifier: MIT OR Apache-2.0
//! What it costs that a peer can't make `EventFd::notify` and `take` wait: the median time of
//! each, beside the `write(2)` and `read(2)` that it can.
//!
//! ```sh
//! cargo run --release -p vmo-zx --example notify_cost
//! ```
//!
//! The rows take turns, so other work on the machine hits all of them. Nobody waits for the
//! eventfd: waking somebody costs the same on every way.
#![deny(unsafe_code)]
#![allow(clippy::print_stdout, reason = "an example prints its findings")]

use std::time::Instant;

use zx::EventFd;

/// How many calls there are between two looks at the clock, and how often that is done.
const BATCH: u32 = 1000;
const ROUNDS: usize = 400;

fn main() {
    let first = Instant::now();
    let (kernel, thread) = (eventfd(), eventfd());
    kernel.notify().expect("AIO or a thread");
    println!("the first notify of the process: {:?}", first.elapsed());
    thread.notify_by_thread().expect("a thread");
    let write = || assert_eq!(rustix::io::write(&kernel, &1_u64.to_ne_bytes()), Ok(8));
    let rows: [(&str, &dyn Fn()); 5] = [
        ("write(2)", &write),
        ("notify", &|| kernel.notify().expect("an eventfd")),
        ("notify by a thread", &|| {
            thread.notify().expect("its thread")
        }),
        ("write(2), read(2)", &|| {
            write();
            assert_eq!(rustix::io::read(&kernel, &mut [0; 8]), Ok(8));
        }),
        ("write(2), take", &|| {
            write();
            assert_ne!(kernel.take(), Ok(0));
        }),
    ];
    let mut medians = [const { Vec::new() }; 5];
    for round in 0..ROUNDS {
        for turn in 0..rows.len() {
            // Another one begins each time.
            let row = (turn + round) % rows.len();
            let start = Instant::now();
            (0..BATCH).for_each(|_| rows[row].1());
            medians[row].push(start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH));
        }
    }
    println!("median and best of {ROUNDS} times {BATCH}:");
    for ((name, _), times) in rows.iter().zip(&mut medians) {
        times.sort_by(f64::total_cmp);
        let (median, best) = (times[times.len() / 2], times[0]);
        println!("{name:20} {median:6.0} ns  best {best:6.0} ns");
    }
}

fn eventfd() -> EventFd {
    EventFd::create().expect("an eventfd")
}
