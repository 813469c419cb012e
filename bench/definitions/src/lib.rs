// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is measured: an operation, a size, a placement, and the bytes that must come out.
//!
//! A benchmark is called `operation/size/placement`, as in `read/4KiB/shared+0,private+64`.
//! Who is measured is not known here: see the crate `engines`.
#![forbid(unsafe_code)]

use std::fmt;

use serde::{Deserialize, Serialize};

pub mod bytes;
mod mix;

pub use mix::{MIXES, Mix};

/// The page that offsets are counted in.
pub const PAGE: usize = 4096;

/// The longest copy.
pub const MAX: usize = 1 << 20;

/// What comes after the sizes 1 to 64, which are all measured.
const LARGER: [usize; 18] = [
    80, 100, 128, 160, 200, 256, 384, 512, 1000, 1024, 2048, 3000, 4096, 8192, 16384, 65536,
    262_144, MAX,
];

/// How far from the start of a page either side starts.
pub const OFFSETS: [usize; 6] = [0, 1, 8, 64, 192, 2048];

/// Lengths that the compiler knows.
pub const CONSTANT: [usize; 8] = [1, 2, 4, 8, 12, 16, 32, 64];

/// Which way the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Out of shared memory.
    Read,
    /// Into shared memory.
    Write,
}

/// Both of them.
pub const OPERATIONS: [Operation; 2] = [Operation::Read, Operation::Write];

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

/// Where in a page the two sides start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The shared side.
    pub shared: usize,
    /// The private side.
    pub private: usize,
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shared+{},private+{}", self.shared, self.private)
    }
}

/// Every pair of [`OFFSETS`].
#[must_use]
pub fn placements() -> Vec<Placement> {
    let all = OFFSETS
        .iter()
        .flat_map(|&shared| OFFSETS.map(|private| Placement { shared, private }));
    all.collect()
}

/// One benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Which way.
    pub operation: Operation,
    /// How many bytes.
    pub size: usize,
    /// Where.
    pub placement: Placement,
}

impl Case {
    /// How far the destination starts after the source, modulo the page.
    #[must_use]
    pub fn distance(self) -> usize {
        let Placement { shared, private } = self.placement;
        let (src, dst) = match self.operation {
            Operation::Read => (shared, private),
            Operation::Write => (private, shared),
        };
        (PAGE + dst - src) % PAGE
    }

    /// Whether `rep movsb` collapses here on some processors: the destination starts within
    /// one cache line after the source, modulo the page. Such cells are counted apart, from
    /// the sizes on from which a libc uses that instruction and as far as the collapse goes.
    /// Shorter and longer copies count with the others, wherever they are.
    #[must_use]
    pub fn is_hole(self) -> bool {
        (1..64).contains(&self.distance()) && (2113..=262_144).contains(&self.size)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            size,
            placement,
        } = self;
        write!(f, "{operation}/{}/{placement}", Size(*size))
    }
}

/// A size, as people write it.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self.0 {
            size if size >= 1 << 20 && size % (1 << 20) == 0 => format!("{}MiB", size >> 20),
            size if size >= 1 << 10 && size % (1 << 10) == 0 => format!("{}KiB", size >> 10),
            size => format!("{size}B"),
        })
    }
}

/// Every size of the grid.
pub fn sizes() -> impl Iterator<Item = usize> {
    (1..=64).chain(LARGER)
}

/// The grid: sizes, directions, placements.
#[must_use]
pub fn grid() -> Vec<Case> {
    let mut cases = Vec::new();
    for size in sizes() {
        for operation in OPERATIONS {
            cases.extend(placements().into_iter().map(|placement| Case {
                operation,
                size,
                placement,
            }));
        }
    }
    cases
}

/// More cells of the hole, at a distance that [`OFFSETS`] do not have: 16.
#[must_use]
pub fn hole() -> Vec<Case> {
    let mut cases = Vec::new();
    for size in sizes() {
        for operation in OPERATIONS {
            let placement = match operation {
                Operation::Read => Placement {
                    shared: 0,
                    private: 16,
                },
                Operation::Write => Placement {
                    shared: 16,
                    private: 0,
                },
            };
            cases.push(Case {
                operation,
                size,
                placement,
            });
        }
    }
    cases.retain(|case| case.is_hole());
    cases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_has_every_size_direction_and_pair_of_offsets() {
        assert_eq!(sizes().count(), 82);
        assert_eq!(grid().len(), 82 * 2 * 36);
        assert_eq!(sizes().last(), Some(MAX));
    }

    #[test]
    fn the_hole_is_where_the_destination_is_a_little_after_the_source() {
        let mut case = Case {
            operation: Operation::Read,
            size: 4096,
            placement: Placement {
                shared: 0,
                private: 8,
            },
        };
        assert!(case.is_hole());
        case.operation = Operation::Write;
        assert_eq!(case.distance(), PAGE - 8);
        assert!(!case.is_hole());
        assert!(hole().iter().all(|case| case.distance() == 16));
    }

    #[test]
    fn a_benchmark_is_called_by_operation_size_and_placement() {
        let names: Vec<_> = grid().iter().map(Case::to_string).collect();
        assert_eq!(names[0], "read/1B/shared+0,private+0");
        assert_eq!(
            names.last().map(String::as_str),
            Some("write/1MiB/shared+2048,private+2048")
        );
    }
}
