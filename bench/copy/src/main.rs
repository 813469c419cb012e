// SPDX-License-Identifier: MIT OR Apache-2.0
//! Measures the copies over the border against what else there is, and says which goals are
//! met. To be run in `bench/`, where the layout of the code is pinned:
//!
//! ```text
//! cargo run --release -p copy                 everything, some minutes
//! cargo run --release -p copy -- --quick      half a minute
//! cargo run --release -p copy -- --json       writes records/<machine>/<date>.json too
//! cargo run --release -p copy -- chart records/<machine>/<date>.json
//! ```
//!
//! The other work of a machine disturbs all who are compared alike: they take turns, on one
//! core, and ratios are taken within a turn.
#![deny(unsafe_code)]

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

mod chart;
mod chores;
mod field;
mod goals;
mod lifecycle;
mod memcpy;
mod others;
mod record;
mod rival;
mod table;

use common::{Failure, machine, rounds};
use record::Record;

/// Measures the copies of mapped-vmo against what else there is.
#[derive(Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    /// Fewer rounds: half a minute, and noisier.
    #[arg(long)]
    quick: bool,
    /// Also write a record, to DIRECTORY/<machine>/<date>.json.
    #[arg(long)]
    json: bool,
    /// Where records are.
    #[arg(long, value_name = "DIRECTORY", default_value = "records")]
    records: PathBuf,
}

#[derive(Subcommand)]
enum Role {
    /// Draw a record.
    Chart {
        /// The record.
        record: PathBuf,
        /// Where the picture goes.
        #[arg(long, default_value = "../docs/copy-speed.svg")]
        svg: PathBuf,
    },
    /// Show a record again.
    Show {
        /// The record.
        record: PathBuf,
    },
    /// What a child measures against memcpy.
    #[command(hide = true)]
    RivalFull,
    /// The same in a hurry.
    #[command(hide = true)]
    RivalQuick,
}

/// How much time is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    Full,
    Quick,
}

impl Effort {
    /// How often the grid is gone through, each time on fresh memory.
    fn sweeps(self) -> u64 {
        match self {
            Self::Full => 7,
            Self::Quick => 1,
        }
    }

    /// Rounds for each cell of a sweep.
    fn rounds(self) -> usize {
        match self {
            Self::Full => 15,
            Self::Quick => 9,
        }
    }

    fn sweeps_of_others(self) -> u64 {
        match self {
            Self::Full => 3,
            Self::Quick => 1,
        }
    }

    /// Where byte loops take a millisecond, fewer.
    fn rounds_of_others(self, size: usize) -> usize {
        match self {
            Self::Full if size < 65_536 => 9,
            Self::Full => 5,
            Self::Quick => 3,
        }
    }

    fn rounds_of_calls(self) -> u64 {
        match self {
            Self::Full => 1500,
            Self::Quick => 200,
        }
    }

    /// What a child is told to be.
    fn role(self) -> &'static str {
        match self {
            Self::Full => "rival-full",
            Self::Quick => "rival-quick",
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.role {
        None => measure(&arguments),
        Some(Role::Chart { record, svg }) => {
            Record::read(record).and_then(|record| chart::draw(&record, svg))
        }
        Some(Role::Show { record }) => Record::read(record).and_then(|record| show(&record)),
        Some(Role::RivalFull) => rival::child(Effort::Full).map(|json| println!("{json}")),
        Some(Role::RivalQuick) => rival::child(Effort::Quick).map(|json| println!("{json}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("copy: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, shows, writes.
fn measure(arguments: &Arguments) -> Result<(), Failure> {
    let effort = if arguments.quick {
        Effort::Quick
    } else {
        Effort::Full
    };
    let (start, machine) = (Instant::now(), machine::Machine::look());
    if !machine.layout_pinned {
        eprintln!("copy: the layout of the code is not pinned; build in bench/ for figures");
    }
    if machine::pin().is_none() {
        eprintln!("copy: this thread can't be pinned to a core");
    }
    let mut record = Record {
        machine,
        command: format!("copy{}", if arguments.quick { " --quick" } else { "" }),
        seconds: 0,
        goals: Vec::new(),
        memcpy: rival::measure(effort)?,
        others: others::measure(effort)?,
        chores: chores::measure(effort)?,
        lifecycle: lifecycle::measure(effort)?,
    };
    record.seconds = start.elapsed().as_secs();
    record.goals = goals::goals(&record);
    show(&record)?;
    if arguments.json {
        let path = record.write(&arguments.records)?;
        println!("written to {}", path.display());
    }
    Ok(())
}

fn show(record: &Record) -> Result<(), Failure> {
    table::print(record, &mut io::stdout().lock())?;
    println!("took {} s", record.seconds);
    Ok(())
}
