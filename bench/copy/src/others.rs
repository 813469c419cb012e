// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ours against everybody else, in the same rounds.

use definitions::{Case, Operation, grid, placements};
use engines::{Candidate, all};
use serde::{Deserialize, Serialize};

use crate::Effort;
use crate::field::{Field, area};
use crate::rounds::{Samples, interleave, mean, rounded};

/// An engine that is not memcpy.
#[derive(Debug, Serialize, Deserialize)]
pub struct Other {
    pub engine: String,
    pub rows: Vec<Row>,
}

/// One direction and size of it, in the mean over the placements.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    pub operation: Operation,
    pub size: usize,
    /// Its time by that of memcpy.
    pub by_memcpy: f64,
    /// The time of ours by its time: less than one is good for us.
    pub ours_by_it: f64,
}

impl Other {
    /// Ours by it: in the mean over all rows.
    pub fn mean(&self) -> f64 {
        mean(self.rows.iter().map(|row| row.ours_by_it))
    }

    /// It by memcpy: in the mean over all rows.
    pub fn mean_by_memcpy(&self) -> f64 {
        mean(self.rows.iter().map(|row| row.by_memcpy))
    }

    /// The row where it is best against ours.
    pub fn worst(&self) -> Option<&Row> {
        let rows = self.rows.iter();
        rows.max_by(|a, b| a.ours_by_it.total_cmp(&b.ours_by_it))
    }
}

/// Where memcpy and ours are among all engines.
const MEMCPY: usize = 0;
const OURS: usize = 1;

/// Measures all engines on the whole grid.
///
/// # Errors
///
/// If an engine copied wrong bytes, or there is no memory.
pub fn measure(effort: Effort) -> Result<Vec<Other>, crate::Failure> {
    let cases = grid();
    let mut cells = vec![Vec::new(); cases.len()];
    let mut names = Vec::new();
    for sweep in 0..effort.sweeps_of_others() {
        let area = area()?;
        let (mut field, engines) = (Field::new(&area, sweep), all(&area));
        names = engines.iter().map(|engine| engine.name()).collect();
        for (case, cell) in cases.iter().zip(&mut cells) {
            sample(&mut field, &engines, *case, effort, cell)?;
        }
    }
    Ok((OURS + 1..names.len())
        .map(|engine| Other {
            engine: names[engine].to_owned(),
            rows: rows(&cases, &cells, engine),
        })
        .collect())
}

/// What one cell was: the engines that took part, and their samples.
type Cell = Vec<(Vec<usize>, Samples)>;

/// One more sweep of one cell.
fn sample(
    field: &mut Field<'_>,
    engines: &[Box<dyn Candidate + '_>],
    case: Case,
    effort: Effort,
    cell: &mut Cell,
) -> Result<(), String> {
    let takes = |engine: &usize| engines[*engine].takes(case.size);
    let taking: Vec<usize> = (0..engines.len()).filter(takes).collect();
    for engine in &taking {
        field.verify(&*engines[*engine], case)?;
    }
    let rounds = effort.rounds_of_others(case.size);
    let samples = interleave(taking.len(), rounds, |c, times| {
        field.run(&*engines[taking[c]], case, times);
    });
    for engine in &taking {
        field.verify(&*engines[*engine], case)?;
    }
    match cell.first_mut() {
        Some((_, before)) => before.extend(samples),
        None => cell.push((taking, samples)),
    }
    Ok(())
}

/// The rows of one engine.
fn rows(cases: &[Case], cells: &[Cell], engine: usize) -> Vec<Row> {
    let width = placements().len();
    let chunks = cases.chunks(width).zip(cells.chunks(width));
    chunks
        .filter_map(|(cases, cells)| {
            let ratios = |a: usize, b: usize| {
                let each = cells.iter().flatten().filter_map(move |(taking, samples)| {
                    let place = |engine| taking.iter().position(|taker| *taker == engine);
                    Some(samples.ratio(place(a)?, place(b)?))
                });
                each.collect::<Vec<f64>>()
            };
            let ours = ratios(OURS, engine);
            (!ours.is_empty()).then(|| Row {
                operation: cases[0].operation,
                size: cases[0].size,
                by_memcpy: rounded(mean(ratios(engine, MEMCPY))),
                ours_by_it: rounded(mean(ours)),
            })
        })
        .collect()
}
