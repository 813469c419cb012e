// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Record`]: everything that was measured, with the facts of the machine, as JSON.

use std::fs;
use std::path::{Path, PathBuf};

use common::goal::Goal;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::chores::ChoreRow;
use crate::lifecycle::Step;
use crate::machine::Machine;
use crate::others::Other;
use crate::rival::Rivals;

/// One run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    pub machine: Machine,
    pub command: String,
    pub seconds: u64,
    pub goals: Vec<Goal>,
    pub memcpy: Rivals,
    /// Ours as the seed has it comes first.
    pub others: Vec<Other>,
    pub chores: Vec<ChoreRow>,
    pub lifecycle: Vec<Step>,
}

impl Record {
    /// Writes it to `<directory>/<machine>/<date>.json`.
    ///
    /// # Errors
    ///
    /// If it can't be written.
    pub fn write(&self, directory: &Path) -> Result<PathBuf, Failure> {
        let name = format!("{}.json", self.machine.date);
        common::json::write(self, &directory.join(&self.machine.name), &name)
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
