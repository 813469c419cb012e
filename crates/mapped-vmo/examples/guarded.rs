// SPDX-License-Identifier: MIT OR Apache-2.0
//! What guarded access costs: a read and a write of a `Guarded`, as multiples of those of a
//! `Mapping` of as many bytes. All ways take turns within a round; the ratios are of one
//! round, the medians of all rounds.
//!
//! `cargo run --release -p mapped-vmo --example guarded [ROUNDS]`
#![allow(clippy::print_stdout, reason = "it is a program")]

use core::error::Error;
use core::hint::black_box;
use std::time::Instant;

use mapped_vmo::zx::{VmarFlags, Vmo, VmoOptions};
use mapped_vmo::{Guarded, Mapping};

const SIZES: [usize; 4] = [64, 4096, 64 << 10, 1 << 20];
const READ_WRITE: VmarFlags = VmarFlags::PERM_READ.union(VmarFlags::PERM_WRITE);
const NAMES: [&str; 5] = [
    "Mapping read",
    "Guarded read",
    "Mapping write",
    "Guarded write, can grow",
    "Guarded write, fixed size",
];

/// The first and the third row are what the others are measured against.
const BASE: [usize; 5] = [0, 0, 2, 2, 2];

struct Ways {
    mapping: Mapping,
    /// Of memory that can change its size, and of memory that can't.
    guarded: Guarded,
    fixed: Guarded,
}

impl Ways {
    fn new(len: usize) -> Result<Self, Box<dyn Error>> {
        let (mapping, _) = Mapping::allocate(len)?;
        let size = u64::try_from(len)?;
        let resizable = Vmo::create_with_opts(VmoOptions::RESIZABLE, size)?;
        let ways = Self {
            mapping,
            guarded: Guarded::create_from_vmo(&resizable, len, READ_WRITE)?,
            fixed: Guarded::create_from_vmo(&Vmo::create(size)?, len, READ_WRITE)?,
        };
        Ok(ways)
    }

    fn run(&self, way: usize, bytes: &mut [u8]) -> Result<(), Box<dyn Error>> {
        match way {
            0 => self.mapping.read_exact_at(0, black_box(bytes))?,
            1 => self.guarded.read_exact_at(0, black_box(bytes))?,
            2 => self.mapping.write_all_at(0, black_box(bytes))?,
            3 => self.guarded.write_all_at(0, black_box(bytes))?,
            _ => self.fixed.write_all_at(0, black_box(bytes))?,
        }
        Ok(())
    }

    /// Whether all three have the same bytes.
    fn agree(&self, bytes: &[u8]) -> Result<bool, Box<dyn Error>> {
        let mut copies = [const { Vec::new() }; 3];
        copies
            .iter_mut()
            .for_each(|copy| copy.resize(bytes.len(), 0));
        self.mapping.read_exact_at(0, &mut copies[0])?;
        self.guarded.read_exact_at(0, &mut copies[1])?;
        self.fixed.read_exact_at(0, &mut copies[2])?;
        Ok(copies.iter().all(|copy| copy == bytes))
    }
}

/// Nanoseconds of each way in each round.
fn measure(len: usize, rounds: usize) -> Result<Vec<[f64; 5]>, Box<dyn Error>> {
    let ways = Ways::new(len)?;
    let mut bytes: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
    for way in [2, 3, 4] {
        ways.run(way, &mut bytes)?; // takes the pages
    }
    // Small ones are repeated, so that the clock is not what is measured.
    let repeat = ((256 << 10) / len).clamp(4, 200);
    let mut times = Vec::new();
    for round in 0..rounds {
        let mut row = [0.0; 5];
        for at in 0..5 {
            let way = (at + round) % 5; // nobody is always first
            let start = Instant::now();
            for _ in 0..repeat {
                ways.run(way, &mut bytes)?;
            }
            row[way] = start.elapsed().as_nanos() as f64 / repeat as f64;
        }
        times.push(row);
    }
    assert!(ways.agree(&bytes)?, "somebody copied something else");
    Ok(times)
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let rounds: usize = rounds.unwrap_or(401);
    for len in SIZES {
        let times = measure(len, rounds)?;
        println!("{len} bytes: median ns, and median ratio to the mapping");
        for (way, name) in NAMES.iter().enumerate() {
            let time = median(times.iter().map(|row| row[way]).collect());
            let ratio = median(times.iter().map(|row| row[way] / row[BASE[way]]).collect());
            println!("  {name:26} {time:>10.0} {ratio:>8.1}");
        }
    }
    Ok(())
}
