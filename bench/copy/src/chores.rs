// SPDX-License-Identifier: MIT OR Apache-2.0
//! Small accesses in loops, as programs have them: headers, pixels, random reads.

#![allow(unsafe_code, reason = "candidates are called here, inside the area")]

use definitions::bytes::{pattern, random_offsets};
use engines::{Area, Candidate, Chore, all};
use serde::{Deserialize, Serialize};

use crate::Effort;
use crate::rounds::{interleave, rounded};

/// How much memory there is to work on.
const LEN: usize = 1 << 20;

/// What one engine took for one chore.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChoreRow {
    pub chore: String,
    pub engine: String,
    /// For each access.
    pub ns: f64,
    /// By a plain pointer.
    pub by_pointer: f64,
}

/// The chores: a name, what is done, and at which offsets.
fn chores() -> [(&'static str, bool, Vec<usize>); 3] {
    let row = 1920 * 4;
    let pixels = (0..100).flat_map(|y| (0..100).map(move |x| y * row + x * 4));
    [
        (
            "8-byte headers, one in 64 bytes",
            false,
            (0..LEN / 64).map(|i| i * 64).collect(),
        ),
        ("4-byte pixels, 100 x 100", true, pixels.collect()),
        (
            "1 M random reads of 8 bytes",
            false,
            random_offsets(1_000_000, LEN, 8),
        ),
    ]
}

/// Measures each chore with each engine that takes single words. The kernel's calls are left
/// out: they are hundreds of times slower.
///
/// # Errors
///
/// If an engine read or wrote wrong bytes, or there is no memory.
pub fn measure(effort: Effort) -> Result<Vec<ChoreRow>, crate::Failure> {
    let area = Area::new(LEN)?;
    let bytes = pattern(LEN, 1);
    let mut engines = all(&area);
    engines.retain(|engine| {
        engine.takes(4) && !["pread", "process_vm_readv"].contains(&engine.name())
    });
    let mut rows = Vec::new();
    for (name, writes, offsets) in &chores() {
        let chore = match writes {
            true => Chore::Set(offsets),
            false => Chore::Sum(offsets),
        };
        for engine in &engines {
            area.set(0, &bytes);
            check(&area, &bytes, &**engine, chore)?;
        }
        area.set(0, &bytes);
        let samples = interleave(engines.len(), effort.rounds(), |c, times| {
            for _ in 0..times {
                // SAFETY: every offset leaves room for eight bytes.
                std::hint::black_box(unsafe { engines[c].chore(chore) });
            }
        });
        for (c, engine) in engines.iter().enumerate() {
            area.set(0, &bytes);
            check(&area, &bytes, &**engine, chore)?;
            rows.push(ChoreRow {
                chore: (*name).to_owned(),
                engine: match engine.name() {
                    "memcpy" => "plain pointer".to_owned(),
                    name => name.to_owned(),
                },
                ns: rounded(samples.ns(c) / offsets.len() as f64),
                by_pointer: rounded(samples.ratio(c, 0)),
            });
        }
    }
    Ok(rows)
}

/// That a chore has the right result.
fn check(
    area: &Area,
    bytes: &[u8],
    engine: &dyn Candidate,
    chore: Chore<'_>,
) -> Result<(), String> {
    // SAFETY: every offset leaves room for eight bytes.
    let sum = unsafe { engine.chore(chore) };
    let right = match chore {
        Chore::Sum(offsets) => {
            let word = |at: &usize| bytes[*at..].first_chunk().copied().map(u64::from_ne_bytes);
            let words = offsets.iter().filter_map(word);
            sum == words.fold(0, u64::wrapping_add)
        }
        Chore::Set(offsets) => {
            let mut expected = bytes.to_vec();
            for at in offsets {
                expected[*at..*at + 4].copy_from_slice(&(*at as u32).to_ne_bytes());
            }
            area.look(0..LEN) == expected
        }
    };
    match right {
        true => Ok(()),
        false => Err(format!("{}: wrong bytes in a loop", engine.name())),
    }
}
