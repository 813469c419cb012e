// SPDX-License-Identifier: MIT OR Apache-2.0
//! memcpy twice: as this machine has it, and tuned.
//!
//! Above a threshold glibc copies by `rep movsb`, which on some processors collapses at some
//! placements. Newer versions raise the threshold there. The loader reads it when a process
//! starts, so each rival is this program again, in another environment.

use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::memcpy::{self, Part};
use crate::{Effort, Failure, machine};

/// What the environment of the tuned one has: never `rep movsb`.
const TUNED: &str = "glibc.cpu.x86_rep_movsb_threshold=0x7fffffffffff";

/// Ours against one memcpy.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rival {
    /// From how many bytes on it uses `rep movsb`; not known where the libc is another.
    pub rep_movsb_threshold: Option<String>,
    pub part: Part,
}

/// The two of them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rivals {
    pub as_it_is: Rival,
    /// Missing where there is nothing to tune.
    pub tuned: Option<Rival>,
}

/// What a child does: measures in the environment that it has, and prints the result.
///
/// # Errors
///
/// Those of [`memcpy::measure`].
pub fn child(effort: Effort) -> Result<String, Failure> {
    let rival = Rival {
        rep_movsb_threshold: machine::rep_movsb_threshold(),
        part: memcpy::measure(effort)?,
    };
    Ok(serde_json::to_string(&rival)?)
}

/// Measures against both.
///
/// # Errors
///
/// If a child fails.
pub fn measure(effort: Effort) -> Result<Rivals, Failure> {
    let as_it_is = start(effort, None)?;
    let tuned = start(effort, Some(TUNED))?;
    let is_another = tuned.rep_movsb_threshold != as_it_is.rep_movsb_threshold;
    Ok(Rivals {
        as_it_is,
        tuned: is_another.then_some(tuned),
    })
}

fn start(effort: Effort, tunables: Option<&str>) -> Result<Rival, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env_remove("GLIBC_TUNABLES");
    if let Some(tunables) = tunables {
        command.env("GLIBC_TUNABLES", tunables);
    }
    command.arg(effort.role()).stderr(Stdio::inherit());
    let output = command.output()?;
    if !output.status.success() {
        return Err("the part against memcpy failed".into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
