// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long a large write takes: `memcpy`, the ordinary copy, the one past the caches, and a
//! fill beside `memset`. Interleaved, best and median of the rounds, on this machine.
//!
//! `cargo run --release -p mapped-vmo --example streaming [ROUNDS]`
#![allow(unsafe_code, reason = "memcpy is what the copies are measured against")]
#![allow(clippy::print_stdout, reason = "it is a program")]

use core::hint::black_box;
use core::ptr;
use std::time::Instant;

use mapped_vmo::Mapping;
use shared_buffer::border;

type Way = unsafe fn(*const u8, *mut u8, usize);

unsafe fn memcpy(src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the caller's two ranges; no other process has the VMO of this program.
    unsafe { ptr::copy_nonoverlapping(src, dst, len) }
}

unsafe fn fill(_src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the caller's range.
    unsafe { border::fill(dst, 0x5A, len) }
}

unsafe fn memset(_src: *const u8, dst: *mut u8, len: usize) {
    // SAFETY: the caller's range; no other process has the VMO of this program.
    unsafe { ptr::write_bytes(dst, 0x5A, len) }
}

const WAYS: [(&str, Way); 5] = [
    ("memcpy", memcpy),
    ("to_shared", border::to_shared),
    ("to_shared_streaming", border::to_shared_streaming),
    ("memset", memset),
    ("fill", fill),
];

/// Nanoseconds of each round of each way, sorted, and the bytes checked.
fn measure(len: usize, rounds: usize) -> Result<[Vec<u128>; 5], mapped_vmo::zx::Status> {
    let (mut mapping, _vmo) = Mapping::allocate(len)?;
    let src: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
    let (dst, _) = mapping.as_ptr_len();
    let mut times = [const { Vec::new() }; 5];
    // Small ones are repeated, so that the clock is not what is measured.
    let repeat = (1 << 16) / len.min(1 << 16);
    for round in 0..=rounds {
        for at in 0..WAYS.len() {
            let way = (at + round) % WAYS.len(); // nobody is always first
            let start = Instant::now();
            for _ in 0..repeat {
                // SAFETY: both sides are `len` bytes, mapped and allocated.
                unsafe { black_box(WAYS[way].1)(src.as_ptr(), black_box(dst), black_box(len)) };
            }
            let time = start.elapsed().as_nanos() / repeat as u128;
            let mut copy = vec![0; len];
            mapping.read(&mut copy);
            let right = if way < 3 {
                copy == src
            } else {
                copy.iter().all(|byte| *byte == 0x5A)
            };
            assert!(right, "{} wrote something else", WAYS[way].0);
            if round > 0 {
                times[way].push(time);
            }
        }
    }
    times.iter_mut().for_each(|times| times.sort_unstable());
    Ok(times)
}

fn main() -> Result<(), mapped_vmo::zx::Status> {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let rounds: usize = rounds.unwrap_or(15);
    for len in [
        128,
        1024,
        4096,
        16 << 10,
        256 << 10,
        1 << 20,
        8 << 20,
        16 << 20,
        32 << 20,
        64 << 20,
    ] {
        let times = measure(len, rounds)?;
        println!("{len} bytes, ns best/median, and the ratio to the first of its kind");
        for (way, (name, _)) in WAYS.iter().enumerate() {
            let (best, median) = (times[way][0], times[way][rounds / 2]);
            let base = &times[if way < 3 { 0 } else { 3 }];
            let ratio = |mine: u128, theirs: u128| mine as f64 / theirs as f64;
            println!(
                "  {name:20} {best:>11} {median:>11}   {:.2} {:.2}",
                ratio(best, base[0]),
                ratio(median, base[rounds / 2])
            );
        }
    }
    Ok(())
}
