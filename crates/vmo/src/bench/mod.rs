// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo bench`: what the library does here, beside what else this machine has.
//!
//! | name | what | beside |
//! |---|---|---|
//! | `copy` | `read_at`, `write_at` of a mapping | memcpy, `pread`, `pwrite`, a pipe, a socket |
//! | `ring` | messages between two processes | a cache line, a futex, a pipe, a socket |
//! | `alloc` | making, mapping, adopting, dropping | the system calls that it takes |
//!
//! All take turns in the same processes, so that what disturbs one disturbs the others: the
//! ratios say more than the times. What was copied, sent and made is looked at.

use core::time::Duration;
use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::chart::Panel;
use crate::cli::Output;
use crate::look::{Look, Tally};
use crate::machine::Machine;
use crate::style::Format;

mod alloc;
mod board;
mod copy;
mod far;
mod links;
mod loops;
mod messages;
mod near;
mod picture;
mod ring;
mod rounds;
mod task;
mod watchdog;

pub(crate) use copy::sink;
pub(crate) use far::far as partner;

/// What `vmo bench --help` ends with.
pub(crate) const NOTES: &str = "\
What is measured:
  copy   copies out of and into a mapping, beside memcpy, pread, pwrite, pipe, socket
  ring   messages between two processes, each on a core of its own, beside a cache
         line that goes there and back (the fastest there can be), futex, pipe, socket
  alloc  making, mapping, adopting and dropping, beside the bare system calls

Examples:
  vmo bench                          all three, in less than 20 seconds
  vmo bench copy --svg speed.svg     one, and a picture to paste into a document
  vmo bench ring --seconds 60        one, at leisure
  vmo bench --json > here.json       figures to be compared with another machine's

Times swing with where a machine puts its cores and who else is there: look at the ratios. \
Each is the median over rounds in which all take turns.

Exit code: 0 if every byte arrived, 1 if not.";

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Copies out of and into a mapping
    Copy,
    /// Messages between two processes
    Ring,
    /// Making, mapping, adopting, dropping
    Alloc,
}

impl What {
    const ALL: [Self; 3] = [Self::Copy, Self::Ring, Self::Alloc];

    fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Ring => "ring",
            Self::Alloc => "alloc",
        }
    }

    /// Which part of the time of all three it has.
    fn part(self) -> f64 {
        match self {
            Self::Copy => 0.5,
            Self::Ring => 0.4,
            Self::Alloc => 0.1,
        }
    }
}

/// The value of `--seconds`.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=600.0).contains(&seconds) => Ok(seconds),
        _ => Err("from 0.01 to 600".to_owned()),
    }
}

/// Arguments of `vmo bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// What to measure; all of it without a name
    #[arg(value_name = "WHAT")]
    what: Option<What>,
    /// How long it takes, about [default: 15 for all, 10 for copy and ring, 2 for alloc]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    seconds: Option<f64>,
    /// Draw the figures into this file, a picture for a document
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// What all of the benchmarks have in common.
#[derive(Debug)]
struct Run {
    look: Look,
    tally: Tally,
    /// Those of the two processes, or the only one.
    cores: Vec<usize>,
    /// All that this process may use.
    allowed: CpuSet,
}

/// What one of them found, for machines and for a picture.
#[derive(Debug)]
struct Found {
    facts: Map<String, Value>,
    panels: Vec<Panel>,
}

impl Run {
    fn new(format: Format) -> Result<Self, Failure> {
        Ok(Self {
            look: Look::of_stdout(format),
            tally: Tally::default(),
            cores: near::cores()?,
            allowed: sched_getaffinity(None)?,
        })
    }

    /// Runs one, and lets this process go where it may again.
    fn one(&mut self, what: What, time: Duration) -> Result<Found, Failure> {
        let found = match what {
            What::Copy => copy::copy(self, time),
            What::Ring => ring::ring(self, time),
            What::Alloc => alloc::alloc(self, time),
        };
        sched_setaffinity(None, &self.allowed)?;
        found
    }

    /// How many turns there will be, about.
    fn turns(&self, wanted: &[What]) -> usize {
        let candidates = wanted.iter().map(|what| match what {
            What::Copy => copy::CANDIDATES,
            What::Ring => ring::candidates(self.cores.len()),
            What::Alloc => alloc::CANDIDATES,
        });
        let rounds = usize::try_from(rounds::ROUNDS).unwrap_or(1);
        candidates.sum::<usize>().saturating_mul(rounds)
    }
}

/// Measures. Whether every byte was right.
pub(crate) fn bench(args: &BenchArgs) -> Result<bool, Failure> {
    let start = Instant::now();
    if let Some(path) = &args.svg {
        picture::can_be_written(path)?;
    }
    let (wanted, default) = match args.what {
        None => (What::ALL.to_vec(), 15.0),
        Some(What::Alloc) => (vec![What::Alloc], 2.0),
        Some(what) => (vec![what], 10.0),
    };
    let seconds = args.seconds.unwrap_or(default);
    let mut run = Run::new(args.output.format())?;
    run.look
        .headline("What the library does on this machine, beside what else there is")?;
    run.look.expect("measuring", run.turns(&wanted));
    let parts: f64 = wanted.iter().map(|what| what.part()).sum();
    let mut all = Vec::new();
    for what in wanted {
        let time = Duration::from_secs_f64(seconds * what.part() / parts);
        all.push((what, run.one(what, time)?));
    }
    let mut facts = facts(&run, &all);
    if let Some(path) = &args.svg {
        let rows = all.into_iter().map(|(_, found)| found.panels).collect();
        picture::draw(path, rows)?;
        let path = path.display().to_string();
        let shown = vmo_census::escape(path.as_bytes());
        run.look.text(&format!("  The picture is in {shown}"))?;
        facts.insert("svg".to_owned(), json!(path));
    }
    let Run { look, tally, .. } = run;
    look.finish(tally, start.elapsed(), tally.ok().into(), facts)
}

/// What was found: of one, its figures; of several, each under its name.
fn facts(run: &Run, all: &[(What, Found)]) -> Map<String, Value> {
    let mut machine = Machine::this().facts();
    machine.insert("cores".to_owned(), json!(run.cores));
    let mut facts = match all {
        [(_, only)] => only.facts.clone(),
        all => {
            let all = all.iter();
            all.map(|(what, found)| (what.name().to_owned(), json!(found.facts)))
                .collect()
        }
    };
    facts.insert("machine".to_owned(), json!(machine));
    facts
}
