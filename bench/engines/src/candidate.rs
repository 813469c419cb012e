// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Candidate`]: what is done over and over, the same code around every engine.
//!
//! Offset, address and length go through `black_box` before each copy, so that nothing about
//! them is known to the compiler, and a copy can't be moved out of the loop.

use std::hint::black_box;

use definitions::Operation;

use crate::Engine;

/// One copy, to be repeated.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Which way.
    pub operation: Operation,
    /// The offset of the shared side in the area.
    pub at: usize,
}

/// Small accesses in a loop.
#[derive(Clone, Copy, Debug)]
pub enum Chore<'a> {
    /// Adds up the u64 at each of these offsets.
    Sum(&'a [usize]),
    /// Sets the u32 at each of these offsets, to the offset.
    Set(&'a [usize]),
}

/// An engine in the loops that are measured.
pub trait Candidate {
    /// What it is called in tables.
    fn name(&self) -> &'static str;

    /// Whether it can copy `size` bytes.
    fn takes(&self, size: usize) -> bool;

    /// Copies all of `private`, `times` times.
    ///
    /// # Safety
    ///
    /// The shared side lies in the area, and the engine [`takes`](Self::takes) that many.
    unsafe fn repeat(&self, job: Job, private: &mut [u8], times: u32);

    /// The same with a length that the compiler knows: that of `private`, which is one of
    /// [`definitions::CONSTANT`].
    ///
    /// # Safety
    ///
    /// As [`repeat`](Self::repeat).
    unsafe fn repeat_constant(&self, job: Job, private: &mut [u8], times: u32);

    /// Copies as many bytes as each of `sizes` says.
    ///
    /// # Safety
    ///
    /// As [`repeat`](Self::repeat), for each of them.
    unsafe fn mix(&self, job: Job, private: &mut [u8], sizes: &[usize]);

    /// Does a chore and returns its sum, or 0.
    ///
    /// # Safety
    ///
    /// As [`repeat`](Self::repeat), for each offset.
    unsafe fn chore(&self, chore: Chore<'_>) -> u64;
}

impl<E: Engine> Candidate for E {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn takes(&self, size: usize) -> bool {
        Engine::takes(self, size)
    }

    #[inline(never)]
    unsafe fn repeat(&self, job: Job, private: &mut [u8], times: u32) {
        match job.operation {
            Operation::Read => {
                for _ in 0..times {
                    // SAFETY: the caller's contract.
                    unsafe { self.read(black_box(job.at), black_box(&mut *private)) };
                }
            }
            Operation::Write => {
                for _ in 0..times {
                    // SAFETY: the caller's contract.
                    unsafe { self.write(black_box(job.at), black_box(&*private)) };
                }
            }
        }
    }

    #[inline(never)]
    unsafe fn repeat_constant(&self, job: Job, private: &mut [u8], times: u32) {
        // SAFETY: the caller's contract.
        unsafe {
            match private.len() {
                1 => constant::<E, 1>(self, job, private, times),
                2 => constant::<E, 2>(self, job, private, times),
                4 => constant::<E, 4>(self, job, private, times),
                8 => constant::<E, 8>(self, job, private, times),
                12 => constant::<E, 12>(self, job, private, times),
                16 => constant::<E, 16>(self, job, private, times),
                32 => constant::<E, 32>(self, job, private, times),
                64 => constant::<E, 64>(self, job, private, times),
                other => panic!("{other} is not one of the constant sizes"),
            }
        }
    }

    #[inline(never)]
    unsafe fn mix(&self, job: Job, private: &mut [u8], sizes: &[usize]) {
        match job.operation {
            Operation::Read => {
                for &size in sizes {
                    let dst = &mut black_box(&mut *private)[..size];
                    // SAFETY: the caller's contract.
                    unsafe { self.read(black_box(job.at), dst) };
                }
            }
            Operation::Write => {
                for &size in sizes {
                    let src = &black_box(&*private)[..size];
                    // SAFETY: the caller's contract.
                    unsafe { self.write(black_box(job.at), src) };
                }
            }
        }
    }

    #[inline(never)]
    unsafe fn chore(&self, chore: Chore<'_>) -> u64 {
        match chore {
            Chore::Sum(offsets) => offsets.iter().fold(0, |sum: u64, &at| {
                // SAFETY: the caller's contract.
                sum.wrapping_add(unsafe { self.read_u64(at) })
            }),
            Chore::Set(offsets) => {
                for &at in offsets {
                    // SAFETY: the caller's contract.
                    unsafe { self.write_u32(at, at as u32) };
                }
                0
            }
        }
    }
}

/// # Safety
///
/// As [`Candidate::repeat`].
#[inline(never)]
unsafe fn constant<E: Engine, const N: usize>(
    engine: &E,
    job: Job,
    private: &mut [u8],
    times: u32,
) {
    let Some(private) = private.first_chunk_mut::<N>() else {
        return;
    };
    for _ in 0..times {
        // The array goes through the box, not a slice of it: the length stays known.
        let private: &mut [u8; N] = black_box(&mut *private);
        match job.operation {
            // SAFETY: the caller's contract.
            Operation::Read => unsafe { engine.read(black_box(job.at), private) },
            // SAFETY: the caller's contract.
            Operation::Write => unsafe { engine.write(black_box(job.at), private) },
        }
    }
}
