// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Look`]: what `vmo demo`, `vmo check` and `vmo bench` have in common, for people and for
//! machines.
//!
//! ```text
//! A headline                                  {"schema": 1,
//! this machine, in one line                    "machine": {"kernel": …, "arch": …, …},
//!                                              …what was found…
//!   ok    what was done      what came of it   "seconds": 1.5,
//!   FAIL  …                                    "ok": false}
//!   -     …                  not run: why
//!
//!   1 of 2 as they should be, 1 not run, in 1.5 s
//! ```

use core::cell::Cell;
use core::time::Duration;
use std::io::{Write, stdout};

use serde_json::{Map, Value, json};

use crate::Failure;
use crate::machine::Machine;
use crate::progress::Progress;
use crate::style::{Format, Style};

/// The version of the shapes of JSON: it goes up when something in them changes its meaning.
pub(crate) const SCHEMA: u32 = 1;

/// What became of something that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is as it should be.
    Good,
    /// It is not.
    Bad,
    /// It can't be tried here.
    NotRun,
}

impl From<bool> for Verdict {
    fn from(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }
}

/// How many of each there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) good: usize,
    pub(crate) bad: usize,
    pub(crate) not_run: usize,
}

impl Tally {
    pub(crate) fn count(&mut self, verdict: Verdict) {
        let one = match verdict {
            Verdict::Good => &mut self.good,
            Verdict::Bad => &mut self.bad,
            Verdict::NotRun => &mut self.not_run,
        };
        *one = one.saturating_add(1);
    }

    /// How many were tried.
    pub(crate) fn ran(self) -> usize {
        self.good.saturating_add(self.bad)
    }

    /// Whether some were tried, and all were good.
    pub(crate) fn ok(self) -> bool {
        self.bad == 0 && self.good > 0
    }

    fn summary(self, time: Duration) -> String {
        let Self { good, not_run, .. } = self;
        let not_run = match not_run {
            0 => String::new(),
            some => format!(", {some} not run"),
        };
        let seconds = time.as_secs_f64();
        let ran = self.ran();
        format!("{good} of {ran} as they should be{not_run}, in {seconds:.1} s")
    }
}

/// Where it goes.
#[derive(Debug)]
pub(crate) struct Look {
    style: Style,
    format: Format,
    progress: Option<Progress>,
    done: Cell<usize>,
}

impl Look {
    /// To standard output.
    pub(crate) fn of_stdout(format: Format) -> Self {
        Self {
            style: Style::of_stdout(),
            format,
            progress: None,
            done: Cell::new(0),
        }
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// From here on there are so many steps, which somebody may wait for.
    pub(crate) fn expect(&mut self, what: &str, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.progress = Some(Progress::steps(what, steps).unless_json(self.format));
    }

    /// One of them more is done.
    pub(crate) fn step(&self) {
        self.done.set(self.done.get().saturating_add(1));
        if let Some(progress) = &self.progress {
            progress.at(u64::try_from(self.done.get()).unwrap_or(u64::MAX));
        }
    }

    /// A line for people.
    pub(crate) fn text(&self, line: &str) -> Result<(), Failure> {
        if self.format == Format::Json {
            return Ok(());
        }
        if let Some(progress) = &self.progress {
            progress.erase();
        }
        Ok(writeln!(stdout().lock(), "{line}")?)
    }

    /// What all of this is about, and where.
    pub(crate) fn headline(&self, title: &str) -> Result<(), Failure> {
        self.text(&self.style.bold(title))?;
        let machine = Machine::this().line();
        self.text(&format!("{}\n", self.style.dim(&machine)))
    }

    /// What follows.
    pub(crate) fn heading(&self, title: &str) -> Result<(), Failure> {
        self.text(&format!("{}\n", self.style.bold(title)))
    }

    /// What was tried, and what came of it.
    pub(crate) fn row(&self, verdict: Verdict, line: &str) -> Result<(), Failure> {
        let line = line.trim_end();
        match verdict {
            Verdict::Good => self.text(&format!("  {}  {line}", self.style.good())),
            Verdict::Bad => self.text(&format!("  {}  {line}", self.style.bad())),
            Verdict::NotRun => {
                let line = self.style.dim(line);
                self.text(&format!("  {}  {line}", self.style.not_run()))
            }
        }
    }

    /// The end: a line for people, or all that was found.
    pub(crate) fn finish(
        self,
        tally: Tally,
        time: Duration,
        ok: Verdict,
        found: Map<String, Value>,
    ) -> Result<bool, Failure> {
        let ok = ok == Verdict::Good;
        let line = self.style.bold(&tally.summary(time));
        self.text(&format!("  {line}"))?;
        if self.format == Format::Json {
            let mut all = Map::new();
            all.insert("schema".to_owned(), json!(SCHEMA));
            all.insert("machine".to_owned(), json!(Machine::this().facts()));
            all.extend(found);
            all.insert("seconds".to_owned(), json!(time.as_secs_f64()));
            all.insert("ok".to_owned(), json!(ok));
            writeln!(stdout().lock(), "{}", Value::Object(all))?;
        }
        Ok(ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(verdicts: &[Verdict]) -> Tally {
        let mut tally = Tally::default();
        verdicts.iter().for_each(|verdict| tally.count(*verdict));
        tally
    }

    #[test]
    fn one_bad_row_is_enough_and_what_did_not_run_is_no_success() {
        use Verdict::{Bad, Good, NotRun};
        assert!(tally(&[Good, NotRun]).ok());
        assert!(!tally(&[Good, Bad]).ok());
        assert!(!tally(&[NotRun]).ok());
        assert!(!tally(&[]).ok());
    }

    #[test]
    fn the_last_line_counts_what_ran() {
        use Verdict::{Bad, Good, NotRun};
        let time = Duration::from_millis(1_540);
        let line = tally(&[Good, Good, Bad, NotRun]).summary(time);
        assert_eq!(line, "2 of 3 as they should be, 1 not run, in 1.5 s");
        let line = tally(&[Good]).summary(time);
        assert_eq!(line, "1 of 1 as they should be, in 1.5 s");
    }
}
