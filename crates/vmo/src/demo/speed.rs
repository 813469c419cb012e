// SPDX-License-Identifier: MIT OR Apache-2.0
//! Copy speed here and now, as a ratio to memcpy of the same bytes.

use core::hint::black_box;
use core::time::Duration;
use std::time::Instant;

use mapped_vmo::SharedBuffer;

use super::scoreboard::Scoreboard;
use super::unsafe_ways::Plain;
use crate::Failure;

/// How many pairs of measurements.
const ROUNDS: usize = 31;

/// How long one measurement takes, about.
const SLICE: Duration = Duration::from_micros(1000);

/// The sizes of the copies.
const SIZES: [(usize, &str); 3] = [(64, "64 B"), (4096, "4 KiB"), (65536, "64 KiB")];

/// Measures in turns, so that what disturbs one disturbs the other, and shows medians.
pub(super) fn measure(board: &mut Scoreboard, buffer: &mut SharedBuffer) -> Result<(), Failure> {
    // A value in every page: reading holes would measure the page tables.
    buffer.write_all_at(0, &vec![7; buffer.len()])?;
    let mut parts = Vec::new();
    for (size, name) in SIZES {
        let mut dst = vec![0; size];
        let copies = calibrate(buffer, &mut dst);
        let mut ratios: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let ours = time(copies, || {
                    buffer.read_at(0, black_box(&mut dst));
                });
                let plain = Plain::new(buffer);
                let memcpy = time(copies, || plain.copy_to(black_box(&mut dst)));
                ours.as_secs_f64() / memcpy.as_secs_f64().max(f64::MIN_POSITIVE)
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        let median = ratios.get(ROUNDS / 2).copied().unwrap_or(f64::NAN);
        board.ratio(name, median);
        parts.push(format!("{name} {median:.2}"));
    }
    board.note("time to copy, memcpy = 1.00", &parts.join(", "))
}

/// How many copies fill a slice of time.
fn calibrate(buffer: &SharedBuffer, dst: &mut [u8]) -> u32 {
    let probe = time(100, || {
        buffer.read_at(0, black_box(&mut *dst));
    });
    let copies = SLICE.as_secs_f64() / (probe.as_secs_f64() / 100.0).max(1e-10);
    copies.clamp(10.0, 100_000.0) as u32
}

fn time(copies: u32, mut copy: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..copies {
        copy();
    }
    start.elapsed()
}
