// SPDX-License-Identifier: MIT OR Apache-2.0
//! The grid: every size, in both directions, at every pair of offsets.

use crate::{Case, OPERATIONS, Operation, Placement};

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

/// Every pair of [`OFFSETS`].
#[must_use]
pub fn placements() -> Vec<Placement> {
    let all = OFFSETS
        .iter()
        .flat_map(|&shared| OFFSETS.map(|private| Placement { shared, private }));
    all.collect()
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
    use crate::PAGE;

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
