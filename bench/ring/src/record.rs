// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Record`]: everything that was measured, with the facts of the machine, as JSON.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use common::goal::Goal;
use common::machine::Machine;
use common::rounds::{median, rounded};
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::table::Measured;
use crate::task::What;

/// Where the two processes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Both on one core.
    OneCore,
    /// Each on a core of its own.
    TwoCores,
    /// There is only one that does anything.
    OneProcess,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneCore => "both on one core",
            Self::TwoCores => "on two cores",
            Self::OneProcess => "in one process",
        })
    }
}

/// One run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    pub machine: Machine,
    /// The cores that were used.
    pub cores: Vec<usize>,
    pub command: String,
    pub seconds: u64,
    /// How many pairs of processes each table had.
    pub runs: usize,
    /// How many rounds each pair did.
    pub rounds: usize,
    pub goals: Vec<Goal>,
    pub tables: Vec<Rows>,
    pub notes: Vec<String>,
}

/// A table.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rows {
    pub what: What,
    pub size: usize,
    pub place: Place,
    pub rows: Vec<Row>,
}

/// One candidate.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    pub candidate: String,
    /// Nanoseconds for each message or round trip.
    pub ns: f64,
    /// Its time by that of the first row.
    pub by_first: f64,
    /// The same for each run.
    pub runs: Vec<f64>,
}

impl Rows {
    /// The rows of a table, of those who were measured.
    pub(crate) fn of(measured: &Measured) -> Self {
        let row = |(i, name): (usize, &String)| {
            let runs = measured.samples.ratios(i, 0);
            (!runs.is_empty()).then(|| Row {
                candidate: name.clone(),
                ns: rounded(measured.samples.ns(i)),
                by_first: rounded(median(runs.clone())),
                runs: runs.into_iter().map(rounded).collect(),
            })
        };
        Self {
            what: measured.what,
            size: measured.size,
            place: measured.place,
            rows: measured.names.iter().enumerate().filter_map(row).collect(),
        }
    }
}

impl Record {
    /// Writes it to `<directory>/<machine>/<date>-<name>.json`.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn write(&self, directory: &Path, name: &str) -> Result<PathBuf, Failure> {
        let file = format!("{}-{name}.json", self.machine.date);
        common::json::write(self, &directory.join(&self.machine.name), &file)
    }

    /// Reads one.
    ///
    /// # Errors
    ///
    /// If it can't be read, or is no record.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
    }
}
