// SPDX-License-Identifier: MIT OR Apache-2.0
//! What bulk processing costs: a sum, a checksum and a UTF-8 check over private chunks, as
//! multiples of the same over a slice in place, which nobody may do with shared memory.
//!
//! ```sh
//! RUSTFLAGS="-C llvm-args=-align-all-nofallthru-blocks=5" \
//!     cargo run --release -p vmo-shared-buffer --example bulk
//! ```
//!
//! The ways take turns and each figure is the ratio of two medians. The flag pins the layout
//! of loops, which alone can be worth a factor of two. Both sides call the same function.
#![allow(
    unsafe_code,
    clippy::print_stdout,
    reason = "a program that stands private memory in for shared memory and prints a table"
)]

use core::hint::black_box;
use std::time::Instant;

use shared_buffer::SharedBuffer;

/// A way to do it with a buffer, and with scratch if it needs some.
type Way = fn(&SharedBuffer, &mut [u8]) -> u32;

/// One thing to find out about many bytes.
struct Task {
    name: &'static str,
    in_place: fn(&[u8]) -> u32,
    ways: Vec<(&'static str, Way)>,
}

#[inline(never)]
fn sum_of(bytes: &[u8]) -> u32 {
    // SAFETY: any bytes are a valid `u32`. It is what somebody in a hurry would do in place.
    let (before, words, after) = unsafe { bytes.align_to::<u32>() };
    assert!(before.is_empty() && after.is_empty());
    words.iter().copied().fold(0, u32::wrapping_add)
}

#[inline(never)]
fn update(crc: &mut crc32fast::Hasher, bytes: &[u8]) {
    crc.update(bytes);
}

#[inline(never)]
fn check(bytes: &[u8]) -> Result<&str, core::str::Utf8Error> {
    core::str::from_utf8(bytes)
}

/// A check of text that comes in pieces, wherever they were cut.
#[derive(Default)]
struct Utf8 {
    cut: Vec<u8>,
    wrong: bool,
}

impl Utf8 {
    fn push(&mut self, mut piece: &[u8]) {
        while let ([first, rest @ ..], false) = (piece, self.cut.is_empty()) {
            self.cut.push(*first);
            piece = rest;
            match check(&self.cut) {
                Ok(_) => self.cut.clear(),
                Err(error) => self.wrong |= error.error_len().is_some(),
            }
        }
        if let Err(error) = check(piece) {
            self.wrong |= error.error_len().is_some();
            self.cut.extend_from_slice(&piece[error.valid_up_to()..]);
        }
    }

    fn finish(&self) -> u32 {
        u32::from(!self.wrong && self.cut.is_empty())
    }
}

/// All chunks of a buffer, in the scratch that there is.
fn in_scratch(buffer: &SharedBuffer, scratch: &mut [u8], mut see: impl FnMut(&[u8])) {
    let mut chunks = buffer.chunks(.., scratch).expect("all of it");
    while let Some(chunk) = chunks.next_chunk() {
        see(chunk);
    }
}

fn tasks() -> [Task; 3] {
    let sum = Task {
        name: "u32 sum",
        in_place: sum_of,
        ways: vec![
            ("scratch", |buffer, scratch| {
                let mut sum = 0u32;
                in_scratch(buffer, scratch, |c| sum = sum.wrapping_add(sum_of(c)));
                sum
            }),
            ("each", |buffer, _| {
                let mut sum = 0u32;
                let see = |c: &[u8]| sum = sum.wrapping_add(sum_of(c));
                buffer.for_each_chunk(.., see).expect("all of it");
                sum
            }),
            ("records", |buffer, _| {
                let words = buffer.records::<u32>(..).expect("all of it");
                words.fold(0, u32::wrapping_add)
            }),
            ("for loop", |buffer, _| {
                let mut sum = 0u32;
                for word in buffer.records::<u32>(..).expect("all of it") {
                    sum = sum.wrapping_add(word);
                }
                sum
            }),
        ],
    };
    [sum, crc(), utf8()]
}

fn crc() -> Task {
    Task {
        name: "CRC-32",
        in_place: crc32fast::hash,
        ways: vec![
            ("scratch", |buffer, scratch| {
                let mut crc = crc32fast::Hasher::new();
                in_scratch(buffer, scratch, |chunk| update(&mut crc, chunk));
                crc.finalize()
            }),
            ("each", |buffer, _| {
                let mut crc = crc32fast::Hasher::new();
                let see = |chunk: &[u8]| update(&mut crc, chunk);
                buffer.for_each_chunk(.., see).expect("all of it");
                crc.finalize()
            }),
        ],
    }
}

fn utf8() -> Task {
    Task {
        name: "UTF-8",
        in_place: |bytes| u32::from(check(bytes).is_ok()),
        ways: vec![
            ("scratch", |buffer, scratch| {
                let mut utf8 = Utf8::default();
                in_scratch(buffer, scratch, |chunk| utf8.push(chunk));
                utf8.finish()
            }),
            ("each", |buffer, _| {
                let mut utf8 = Utf8::default();
                let see = |chunk: &[u8]| utf8.push(chunk);
                buffer.for_each_chunk(.., see).expect("all of it");
                utf8.finish()
            }),
        ],
    }
}

/// Seconds for one call, of some that take a tenth of a millisecond at least.
fn time(calls: usize, mut call: impl FnMut() -> u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call());
    }
    start.elapsed().as_secs_f64() / calls as f64
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// One line: how fast in place, and how many times as long each way takes.
fn measure(task: &Task, size: usize, scratch: &mut [u8]) {
    let text = "The quick brown fox jumps over the lazy dog. ".bytes();
    let mut memory: Vec<u8> = text.cycle().take(size).collect();
    let (calls, expected) = ((1 << 22) / size, (task.in_place)(&memory));
    let (calls, mut in_place) = (calls.max(1), Vec::new());
    let mut ways = vec![Vec::new(); task.ways.len()];
    for _ in 0..25 {
        in_place.push(time(calls, || (task.in_place)(black_box(&memory))));
        for ((_, way), times) in task.ways.iter().zip(&mut ways) {
            // SAFETY: the bytes are there, and nothing else touches them while it lives.
            let buffer = unsafe { SharedBuffer::new(memory.as_mut_ptr(), size) };
            assert_eq!(way(&buffer, scratch), expected, "{}", task.name);
            times.push(time(calls, || way(black_box(&buffer), scratch)));
        }
    }
    let base = median(in_place);
    print!(
        "{:8} {size:9} {:6.1} GB/s",
        task.name,
        size as f64 / base / 1e9
    );
    for ((name, _), times) in task.ways.iter().zip(ways) {
        print!("   {name} {:5.2}", median(times) / base);
    }
    println!();
}

fn main() {
    let len = std::env::args()
        .nth(1)
        .map_or(8192, |len| len.parse().expect("a number"));
    println!(
        "scratch: {len} bytes; each: {} bytes",
        shared_buffer::CHUNK_LEN
    );
    for task in tasks() {
        for size in [
            4 << 10,
            64 << 10,
            256 << 10,
            1 << 20,
            4 << 20,
            16 << 20,
            64 << 20,
        ] {
            measure(&task, size, &mut vec![0; len]);
        }
    }
}
