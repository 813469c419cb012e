// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Table`]: who is compared at what, and [`Measured`]: what came of it.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};

use crate::Failure;
use crate::candidate::Candidate;
use crate::link::Shape;
use crate::pair::{self, Plan, Report};
use crate::process;
use crate::record::Place;
use crate::samples::Samples;
use crate::task::What;

/// Who is compared at what.
#[derive(Debug)]
pub struct Table {
    /// What is done.
    pub what: What,
    /// How long the messages are, and how many may be under way.
    pub shape: Shape,
    /// Where the two processes run.
    pub place: Place,
    /// The first is what the others are compared with.
    pub candidates: Vec<Candidate>,
}

/// How much time is taken.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How many pairs of processes.
    pub runs: usize,
    /// How many rounds each of them does.
    pub rounds: usize,
    /// How long one turn takes, about.
    pub slice: Duration,
}

/// A table with its samples.
#[derive(Debug)]
pub struct Measured {
    pub(crate) what: What,
    pub(crate) size: usize,
    pub(crate) place: Place,
    pub(crate) names: Vec<String>,
    pub(crate) samples: Samples,
    /// Who could not, and why; what went wrong.
    pub notes: Vec<String>,
}

impl Table {
    /// Measures it: every run in processes of its own. This one is forked, so it has one thread.
    ///
    /// # Errors
    ///
    /// If no processes can be started. What goes wrong with a candidate is noted.
    pub fn measure(&self, cores: &[usize], effort: Effort) -> Result<Measured, Failure> {
        let (Some(&first), Some(&last)) = (cores.first(), cores.last()) else {
            return Err("there is no core".into());
        };
        let plan = Plan {
            candidates: &self.candidates,
            what: self.what,
            shape: self.shape,
            cores: match self.place {
                Place::OneCore | Place::OneProcess => (first, first),
                Place::TwoCores => (first, last),
            },
            rounds: effort.rounds,
            slice: effort.slice,
        };
        let mut measured = Measured {
            what: self.what,
            size: self.shape.size,
            place: self.place,
            names: self
                .candidates
                .iter()
                .map(|it| it.name().to_owned())
                .collect(),
            samples: Samples::new(self.candidates.len()),
            notes: Vec::new(),
        };
        for run in 1..=effort.runs {
            measured.run(&plan, run)?;
        }
        measured.notes.sort();
        measured.notes.dedup();
        Ok(measured)
    }
}

impl Measured {
    /// One run. One that hangs or dies is noted, and what it measured before counts.
    fn run(&mut self, plan: &Plan<'_>, number: usize) -> Result<(), Failure> {
        let (from, to) = pipe_with(PipeFlags::CLOEXEC)?;
        let mut to = Some(to);
        let near = process::fork(|| {
            let mut lines = Lines(to.take().ok_or("no pipe")?.into());
            pair::near(plan, &mut lines)
        })?;
        drop(to);
        self.samples.next_run();
        let mut turn = None;
        for line in BufReader::new(File::from(from)).lines() {
            let line = line?;
            let mut words = line.splitn(3, ' ');
            let word = words.next().unwrap_or_default();
            let candidate: usize = words.next().unwrap_or_default().parse()?;
            let name = self.names.get(candidate).map_or("?", String::as_str);
            match (word, words.next()) {
                ("turn", _) => turn = Some(name.to_owned()),
                ("sample", Some(ns)) => self.samples.push(candidate, ns.parse()?),
                ("absent", Some(why)) => self.notes.push(format!("{name}: {why}")),
                _ => return Err(format!("near says {line:?}").into()),
            }
        }
        if let Err(error) = near.wait() {
            let turn = turn.unwrap_or_else(|| "nobody".to_owned());
            self.notes
                .push(format!("run {number}, in the turn of {turn}: {error}"));
        }
        Ok(())
    }

    /// How long a message takes that candidate, in nanoseconds: NaN if it was not measured.
    #[must_use]
    pub fn ns(&self, name: &str) -> f64 {
        self.index(name).map_or(f64::NAN, |i| self.samples.ns(i))
    }

    /// Which candidate that is.
    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|it| it == name)
    }

    /// By run, how many times faster one is than another; empty if either is missing.
    pub(crate) fn speed(&self, one: &str, other: &str) -> Vec<f64> {
        match (self.index(one), self.index(other)) {
            (Some(one), Some(other)) => self.samples.ratios(other, one),
            _ => Vec::new(),
        }
    }
}

/// Near's report, as lines.
struct Lines(File);

impl Report for Lines {
    fn absent(&mut self, candidate: usize, why: &str) -> Result<(), Failure> {
        let why = why.lines().next().unwrap_or_default();
        Ok(writeln!(self.0, "absent {candidate} {why}")?)
    }

    fn turn(&mut self, candidate: usize) -> Result<(), Failure> {
        Ok(writeln!(self.0, "turn {candidate}")?)
    }

    fn sample(&mut self, candidate: usize, ns: f64) -> Result<(), Failure> {
        Ok(writeln!(self.0, "sample {candidate} {ns}")?)
    }
}
