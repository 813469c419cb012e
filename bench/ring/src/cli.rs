// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program: measures, shows, writes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use common::machine::Machine;
use definitions::Size;

use crate::record::{Record, Rows};
use crate::table::{Effort, Measured};
use crate::tables::{More, tables};
use crate::task::What;
use crate::{Failure, chart, goals, process};

/// Measures messages between two processes.
#[derive(Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    /// Fewer runs and rounds: noisier, and no basis for a goal.
    #[arg(long)]
    quick: bool,
    /// Only tables whose name has this in it, as in "64K" or "one core".
    #[arg(long, value_name = "WORDS")]
    only: Option<String>,
    /// How many pairs of processes each table has.
    #[arg(long, value_name = "COUNT")]
    runs: Option<usize>,
    /// Also write a record, to DIRECTORY/<machine>/<date>-<program>.json.
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
        #[arg(long, default_value = "../docs/ring-speed.svg")]
        svg: PathBuf,
    },
    /// Show a record again.
    Show {
        /// The record.
        record: PathBuf,
    },
}

/// What a program of this kind does. `name` is what its records are called by, `more` gives
/// the candidates that it adds to each table.
#[must_use]
pub fn main(name: &str, more: More) -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.role {
        None => measure(name, more, &arguments),
        Some(Role::Chart { record, svg }) => {
            Record::read(record).and_then(|record| chart::draw(&record, svg))
        }
        Some(Role::Show { record }) => Record::read(record).and_then(|record| show(&record)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    fn effort(&self) -> Effort {
        let (runs, rounds, slice) = match self.quick {
            true => (2, 5, 1),
            false => (7, 21, 4),
        };
        Effort {
            runs: self.runs.unwrap_or(runs),
            rounds,
            slice: Duration::from_millis(slice),
        }
    }
}

fn measure(name: &str, more: More, arguments: &Arguments) -> Result<(), Failure> {
    let (start, machine, effort) = (Instant::now(), Machine::look(), arguments.effort());
    let cores = process::cores()?;
    if !machine.layout_pinned {
        eprintln!("{name}: the layout of the code is not pinned; build in bench/ for figures");
    }
    if cores.len() < 2 {
        eprintln!("{name}: there is one core, so nothing is measured on two");
    }
    let mut all = Vec::new();
    for mut table in tables() {
        let title = title(table.what, table.shape.size, table.place);
        let wanted = arguments
            .only
            .as_ref()
            .is_none_or(|words| title.contains(words));
        if !wanted || (cores.len() < 2 && table.place == crate::record::Place::TwoCores) {
            continue;
        }
        table.candidates.extend(more(&table));
        let measured = table.measure(&cores, effort)?;
        print(&Rows::of(&measured), &mut io::stdout().lock())?;
        all.push(measured);
    }
    let record = record(arguments, machine, &all, start.elapsed());
    finish(&record)?;
    if arguments.json {
        let path = record.write(&arguments.records, name)?;
        println!("written to {}", path.display());
    }
    Ok(())
}

fn record(arguments: &Arguments, machine: Machine, all: &[Measured], time: Duration) -> Record {
    let note = |it: &Measured| {
        let title = title(it.what, it.size, it.place);
        let notes = it.notes.iter().map(move |note| format!("{title}: {note}"));
        notes.collect::<Vec<_>>()
    };
    let effort = arguments.effort();
    Record {
        machine,
        cores: process::cores().unwrap_or_default(),
        command: std::env::args().skip(1).collect::<Vec<_>>().join(" "),
        seconds: time.as_secs(),
        runs: effort.runs,
        rounds: effort.rounds,
        goals: goals::goals(all),
        tables: all.iter().map(Rows::of).collect(),
        notes: all.iter().flat_map(note).collect(),
    }
}

fn show(record: &Record) -> Result<(), Failure> {
    for rows in &record.tables {
        print(rows, &mut io::stdout().lock())?;
    }
    finish(record)
}

/// What comes after the tables.
fn finish(record: &Record) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let machine = &record.machine;
    writeln!(
        out,
        "\n{}: {}, Linux {}, cores {:?}, profile {}, load {}; {} runs of {} rounds, {} s",
        machine.name,
        machine.cpu,
        machine.kernel,
        record.cores,
        machine.profile,
        machine.load,
        record.runs,
        record.rounds,
        record.seconds,
    )?;
    for note in &record.notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(common::goal::print(&record.goals, &mut out)?)
}

/// What a table is called.
fn title(what: What, size: usize, place: crate::record::Place) -> String {
    let what = match (what, place) {
        (What::RoundTrip, crate::record::Place::OneProcess) => "a handle passed and adopted",
        (What::RoundTrip, _) => "round trip",
        (What::Publish, _) => "broadcast: the writer's time",
        (What::Stream | What::Check, _) => "throughput",
    };
    format!("{what}, {}, {place}", Size(size))
}

fn print(rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", title(rows.what, rows.size, rows.place))?;
    let streams = rows.what == What::Stream;
    let (head, by) = match streams {
        true => ("GB/s", "speed by the first"),
        false => ("ns", "time by the first"),
    };
    writeln!(out, "  {:<28} {head:>10}   {by} (runs)", "")?;
    for row in &rows.rows {
        let speed = |ratio: f64| if streams { 1.0 / ratio } else { ratio };
        let value = match streams {
            true => rows.size as f64 / row.ns,
            false => row.ns,
        };
        let runs = row.runs.iter().map(|ratio| speed(*ratio));
        let low = runs.clone().fold(f64::INFINITY, f64::min);
        let high = runs.fold(0.0, f64::max);
        writeln!(
            out,
            "  {:<28} {value:>10.3}   {:>7.3} ({low:.3} .. {high:.3})",
            row.candidate,
            speed(row.by_first),
        )?;
    }
    Ok(())
}
