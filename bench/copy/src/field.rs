// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Field`]: the memory that is copied from and to, and the check of what was copied.
//!
//! ```text
//!   shared, private:  ├ page ┼ source: a pattern ─┼ page ┤├ page ┼ sink: clear ─────┼ page ┤
//! ```
#![allow(
    unsafe_code,
    reason = "candidates are called here, inside the area that they know"
)]

use std::ops::Range;
use std::time::Instant;

use definitions::bytes::{CLEAR, GUARD, is_copied, pattern, window};
use definitions::{Case, MAX, Mix, Operation, PAGE};
use engines::{Area, Candidate, Job};

use crate::rounds::nanoseconds;

/// How long either half is.
const HALF: usize = MAX + 4 * PAGE;

/// Where the copies of a case start in its half.
fn start(offset: usize) -> usize {
    PAGE + offset
}

/// The shared memory of a [`Field`], which lives longer, for engines borrow it.
///
/// # Errors
///
/// If there is none.
pub fn area() -> Result<Area, mapped_vmo::zx::Status> {
    Area::new(2 * HALF)
}

/// What copies are made in.
pub struct Field<'a> {
    area: &'a Area,
    /// Both halves, behind some bytes that put them at the start of a page.
    private: Vec<u8>,
    skip: usize,
    /// What the source halves hold.
    shared_pattern: Vec<u8>,
    private_pattern: Vec<u8>,
    clear: Vec<u8>,
}

impl<'a> Field<'a> {
    /// Fills the area and as much private memory.
    pub fn new(area: &'a Area, seed: u64) -> Self {
        let mut private = vec![CLEAR; 2 * HALF + PAGE];
        let skip = private.as_ptr().addr().wrapping_neg() % PAGE;
        let shared_pattern = pattern(HALF, 2 * seed);
        let private_pattern = pattern(HALF, 2 * seed + 1);
        private[skip..skip + HALF].copy_from_slice(&private_pattern);
        area.set(0, &shared_pattern);
        Self {
            area,
            private,
            skip,
            shared_pattern,
            private_pattern,
            clear: vec![CLEAR; MAX + 2 * GUARD],
        }
    }

    /// Where a case copies.
    fn sides(&self, case: Case) -> (Job, Range<usize>) {
        let (shared, private) = (start(case.placement.shared), start(case.placement.private));
        let (shared, private) = match case.operation {
            Operation::Read => (shared, HALF + private),
            Operation::Write => (HALF + shared, private),
        };
        let job = Job {
            operation: case.operation,
            at: shared,
        };
        let private = self.skip + private;
        (job, private..private + case.size)
    }

    /// Copies `times` times.
    pub fn run(&mut self, candidate: &dyn Candidate, case: Case, times: u32) {
        let (job, private) = self.sides(case);
        // SAFETY: a case's offset and size are less than what a half has.
        unsafe { candidate.repeat(job, &mut self.private[private], times) };
    }

    /// The same with a constant length.
    pub fn run_constant(&mut self, candidate: &dyn Candidate, case: Case, times: u32) {
        let (job, private) = self.sides(case);
        // SAFETY: as above.
        unsafe { candidate.repeat_constant(job, &mut self.private[private], times) };
    }

    /// Copies each of `sizes`, none of which is more than the case's. Gives nanoseconds per
    /// copy.
    pub fn run_mix(&mut self, candidate: &dyn Candidate, case: Case, sizes: &[usize]) -> f64 {
        let (job, private) = self.sides(case);
        let private = &mut self.private[private];
        let begin = Instant::now();
        // SAFETY: as above; slicing checks each size.
        unsafe { candidate.mix(job, private, sizes) };
        nanoseconds(begin) / sizes.len() as f64
    }

    /// That what was copied is there, and nothing around it was touched.
    ///
    /// # Errors
    ///
    /// The name of the benchmark and of the engine.
    fn check(&self, candidate: &dyn Candidate, case: Case) -> Result<(), String> {
        let (job, private) = self.sides(case);
        let copied = match case.operation {
            Operation::Read => {
                let window = &self.private[window(&private)];
                is_copied(window, &self.shared_pattern[job.at..job.at + case.size])
            }
            Operation::Write => {
                let window = self.area.look(window(&(job.at..job.at + case.size)));
                let from = private.start - self.skip;
                is_copied(&window, &self.private_pattern[from..from + case.size])
            }
        };
        match copied {
            true => Ok(()),
            false => Err(format!("{case}: {} copies wrong bytes", candidate.name())),
        }
    }

    /// Makes the destination clear, with its guards.
    fn clear(&mut self, case: Case) {
        let (job, private) = self.sides(case);
        let clear = &self.clear[..case.size + 2 * GUARD];
        match case.operation {
            Operation::Read => self.private[window(&private)].copy_from_slice(clear),
            Operation::Write => self.area.set(job.at - GUARD, clear),
        }
    }

    /// That a candidate copies the right bytes: clear, copy, look.
    ///
    /// # Errors
    ///
    /// The name of the benchmark and of the engine, if it does not.
    pub fn verify(&mut self, candidate: &dyn Candidate, case: Case) -> Result<(), String> {
        self.clear(case);
        self.run(candidate, case, 1);
        self.check(candidate, case)
    }

    /// The same with a constant length.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_constant(&mut self, candidate: &dyn Candidate, case: Case) -> Result<(), String> {
        self.clear(case);
        self.run_constant(candidate, case, 1);
        self.check(candidate, case)
    }

    /// The same for a mix: each of its sizes, one by one.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_mix(
        &mut self,
        candidate: &dyn Candidate,
        case: Case,
        mix: Mix,
    ) -> Result<(), String> {
        for size in mix.sizes(0).into_iter().take(64) {
            self.clear(Case { size, ..case });
            self.run_mix(candidate, case, &[size]);
            self.check(candidate, Case { size, ..case })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use definitions::{CONSTANT, MIXES, Placement};

    fn case(operation: Operation, size: usize) -> Case {
        let placement = Placement {
            shared: 1,
            private: 8,
        };
        Case {
            operation,
            size,
            placement,
        }
    }

    #[test]
    fn every_engine_copies_the_right_bytes() {
        let area = area().expect("memory");
        let mut field = Field::new(&area, 1);
        for candidate in engines::all(&area) {
            for operation in definitions::OPERATIONS {
                for size in [1, 2, 3, 7, 8, 15, 16, 31, 64, 65, 255, 256, 1000, 4096, MAX] {
                    if candidate.takes(size) {
                        field
                            .verify(&*candidate, case(operation, size))
                            .expect("right bytes");
                    }
                }
            }
        }
    }

    #[test]
    fn constant_sizes_and_mixes_copy_the_right_bytes() {
        let area = area().expect("memory");
        let mut field = Field::new(&area, 1);
        for candidate in engines::all(&area).iter().take(3) {
            for operation in definitions::OPERATIONS {
                for size in CONSTANT {
                    field
                        .verify_constant(&**candidate, case(operation, size))
                        .expect("right bytes");
                }
                for mix in MIXES {
                    field
                        .verify_mix(&**candidate, case(operation, mix.to), mix)
                        .expect("right bytes");
                }
            }
        }
    }

    /// One that forgets the last byte of a copy, and one that copies one too many.
    struct Off<'a>(&'a Area, isize);

    impl engines::Engine for Off<'_> {
        const NAME: &'static str = "off by one";

        unsafe fn read(&self, at: usize, dst: &mut [u8]) {
            let len = dst.len().wrapping_add_signed(self.1);
            let src = self.0.ptr().wrapping_add(at);
            // SAFETY: there are guards after the destination, and more bytes after the source.
            unsafe { dst.as_mut_ptr().copy_from_nonoverlapping(src, len) };
        }

        unsafe fn write(&self, at: usize, src: &[u8]) {
            let len = src.len().wrapping_add_signed(self.1);
            let dst = self.0.ptr().wrapping_add(at);
            // SAFETY: as above.
            unsafe { dst.copy_from_nonoverlapping(src.as_ptr(), len) };
        }
    }

    #[test]
    fn an_engine_that_is_off_by_one_is_seen() {
        let area = area().expect("memory");
        let mut field = Field::new(&area, 1);
        for operation in definitions::OPERATIONS {
            for by in [-1, 1] {
                let result = field.verify(&Off(&area, by), case(operation, 100));
                assert!(result.is_err(), "{operation} {by}");
            }
        }
    }
}
