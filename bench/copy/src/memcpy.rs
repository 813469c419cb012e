// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ours against memcpy: the grid, the hole, mixes and constant sizes. The goal is about these.

use definitions::{
    CONSTANT, Case, MIXES, Mix, OPERATIONS, Operation, Placement, grid, hole, placements,
};
use engines::{Area, Candidate, Memcpy, Ours};
use serde::{Deserialize, Serialize};

use crate::Effort;
use crate::field::{Field, area};
use crate::rounds::{Samples, interleave, mean, order, rounded};

/// Ours by memcpy, everywhere.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part {
    /// By direction and size.
    pub grid: Vec<Row>,
    /// Copies of unpredictable sizes.
    pub mixes: Vec<MixRow>,
    /// Lengths that the compiler knows.
    pub constant: Vec<ConstantRow>,
}

/// One direction and size.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    pub operation: Operation,
    pub size: usize,
    /// Nanoseconds of memcpy, in the mean over the placements.
    pub memcpy_ns: f64,
    /// Time of ours by time of memcpy, for each of [`placements`].
    pub ratios: Vec<f64>,
    /// The same where the destination starts 16 bytes after the source, where that is a cell
    /// of the hole.
    pub sixteen_after: Option<f64>,
}

/// Random sizes.
#[derive(Debug, Serialize, Deserialize)]
pub struct MixRow {
    pub operation: Operation,
    pub mix: String,
    pub memcpy_ns: f64,
    pub ratio: f64,
}

/// A constant size.
#[derive(Debug, Serialize, Deserialize)]
pub struct ConstantRow {
    pub operation: Operation,
    pub size: usize,
    pub memcpy_ns: f64,
    pub ratio: f64,
}

impl Row {
    /// The ratios inside or outside the hole.
    fn cells(&self, wanted: impl Fn(Case) -> bool) -> impl Iterator<Item = (Placement, f64)> {
        let cells = placements().into_iter().zip(&self.ratios);
        let cells = cells.filter(move |(placement, _)| {
            wanted(Case {
                operation: self.operation,
                size: self.size,
                placement: *placement,
            })
        });
        cells.map(|(placement, ratio)| (placement, *ratio))
    }

    /// The cells that count with the others.
    pub fn ordinary(&self) -> Vec<(Placement, f64)> {
        self.cells(|case| !case.is_hole()).collect()
    }

    /// The cells of the hole.
    pub fn hole(&self) -> Vec<f64> {
        let inside = self.cells(Case::is_hole).map(|(_, ratio)| ratio);
        inside.chain(self.sixteen_after).collect()
    }

    /// The mean over the placements outside the hole.
    pub fn mean(&self) -> f64 {
        mean(self.ordinary().into_iter().map(|(_, ratio)| ratio))
    }
}

/// The two that are compared.
fn pair(area: &Area) -> [Box<dyn Candidate + '_>; 2] {
    [Box::new(Ours::new(area)), Box::new(Memcpy::new(area))]
}

/// Measures everything, in as many sweeps as asked for, each on fresh memory.
///
/// # Errors
///
/// If an engine copied wrong bytes, or there is no memory.
pub fn measure(effort: Effort) -> Result<Part, crate::Failure> {
    let cases: Vec<Case> = grid().into_iter().chain(hole()).collect();
    let mut cells = vec![Samples::default(); cases.len()];
    let mut mixes = vec![Samples::default(); MIXES.len() * OPERATIONS.len()];
    let mut constant = vec![Samples::default(); CONSTANT.len() * OPERATIONS.len()];
    for sweep in 0..effort.sweeps() {
        let area = area()?;
        let (mut field, pair) = (Field::new(&area, sweep), pair(&area));
        for (case, samples) in cases.iter().zip(&mut cells) {
            samples.extend(cell(&mut field, &pair, *case, effort.rounds())?);
        }
        for ((mix, operation), samples) in all(&MIXES).zip(&mut mixes) {
            samples.extend(unpredictable(&mut field, &pair, mix, operation, sweep)?);
        }
        for ((size, operation), samples) in all(&CONSTANT).zip(&mut constant) {
            samples.extend(known(&mut field, &pair, size, operation)?);
        }
    }
    Ok(Part {
        grid: rows(&cases, &cells),
        mixes: all(&MIXES)
            .zip(&mixes)
            .map(|((mix, operation), samples)| MixRow {
                operation,
                mix: mix.to_string(),
                memcpy_ns: rounded(samples.ns(1)),
                ratio: rounded(samples.ratio(0, 1)),
            })
            .collect(),
        constant: all(&CONSTANT)
            .zip(&constant)
            .map(|((size, operation), samples)| ConstantRow {
                operation,
                size,
                memcpy_ns: rounded(samples.ns(1)),
                ratio: rounded(samples.ratio(0, 1)),
            })
            .collect(),
    })
}

/// Each of `items` in both directions.
fn all<T: Copy>(items: &[T]) -> impl Iterator<Item = (T, Operation)> {
    items
        .iter()
        .flat_map(|item| OPERATIONS.map(|operation| (*item, operation)))
}

type Pair<'a> = [Box<dyn Candidate + 'a>; 2];

fn cell(
    field: &mut Field<'_>,
    pair: &Pair<'_>,
    case: Case,
    rounds: usize,
) -> Result<Samples, String> {
    for candidate in pair {
        field.verify(&**candidate, case)?;
    }
    let samples = interleave(2, rounds, |c, times| field.run(&*pair[c], case, times));
    for candidate in pair {
        field.verify(&**candidate, case)?;
    }
    Ok(samples)
}

/// Where mixes and constant sizes are measured.
const SOME: [Placement; 3] = [
    Placement {
        shared: 0,
        private: 0,
    },
    Placement {
        shared: 1,
        private: 8,
    },
    Placement {
        shared: 192,
        private: 64,
    },
];

fn unpredictable(
    field: &mut Field<'_>,
    pair: &Pair<'_>,
    mix: Mix,
    operation: Operation,
    sweep: u64,
) -> Result<Samples, String> {
    let mut samples = Samples::new(2);
    for placement in SOME {
        let case = Case {
            operation,
            size: mix.to,
            placement,
        };
        for candidate in pair {
            field.verify_mix(&**candidate, case, mix)?;
        }
        for round in 0..24 {
            let sizes = mix.sizes(sweep * 1000 + round);
            for c in order(2, round as usize) {
                samples.push(c, field.run_mix(&*pair[c], case, &sizes));
            }
        }
        for candidate in pair {
            field.verify_mix(&**candidate, case, mix)?;
        }
    }
    Ok(samples)
}

fn known(
    field: &mut Field<'_>,
    pair: &Pair<'_>,
    size: usize,
    operation: Operation,
) -> Result<Samples, String> {
    let mut samples = Samples::default();
    for placement in SOME {
        let case = Case {
            operation,
            size,
            placement,
        };
        for candidate in pair {
            field.verify_constant(&**candidate, case)?;
        }
        samples.extend(interleave(2, 15, |c, times| {
            field.run_constant(&*pair[c], case, times);
        }));
        for candidate in pair {
            field.verify_constant(&**candidate, case)?;
        }
    }
    Ok(samples)
}

/// Cells, in the order of the grid and then of the hole, as rows.
fn rows(cases: &[Case], cells: &[Samples]) -> Vec<Row> {
    let width = placements().len();
    let (grid, hole) = cells.split_at(definitions::grid().len());
    let hole_cases = &cases[grid.len()..];
    let rows = cases.chunks(width).zip(grid.chunks(width));
    rows.map(|(cases, cells)| Row {
        operation: cases[0].operation,
        size: cases[0].size,
        memcpy_ns: rounded(mean(cells.iter().map(|cell| cell.ns(1)))),
        ratios: cells.iter().map(|cell| rounded(cell.ratio(0, 1))).collect(),
        sixteen_after: hole_cases
            .iter()
            .zip(hole)
            .find(|(case, _)| (case.operation, case.size) == (cases[0].operation, cases[0].size))
            .map(|(_, cell)| rounded(cell.ratio(0, 1))),
    })
    .collect()
}
