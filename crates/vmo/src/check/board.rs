// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rows of the drill, for people and for machines.

use core::time::Duration;
use std::io::{Write, stdout};

use serde_json::{Map, Value, json};

use crate::Failure;
use crate::style::{Format, Style};

/// The version of the JSON's shape: it goes up when something in it changes its meaning.
const SCHEMA: u32 = 1;

/// One attack on one tier.
#[derive(Clone, Debug)]
pub(super) struct Row<'a> {
    /// What it is about: the tier, or the gate.
    pub(super) group: &'a str,
    /// What is done.
    pub(super) attack: &'a str,
    /// What should come of it: one of these.
    pub(super) expected: &'a [String],
    /// What came of it.
    pub(super) happened: &'a str,
}

/// An attack on one tier, in short.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// What happened.
    pub(super) text: String,
    /// All of it, where it was not what was expected.
    pub(super) full: Option<String>,
}

/// What was said so far.
#[derive(Debug)]
pub(super) struct Board {
    style: Style,
    format: Format,
    machine: Map<String, Value>,
    rows: Vec<Value>,
    good: usize,
    bad: usize,
    not_run: usize,
}

impl Board {
    pub(super) fn new(style: Style, format: Format) -> Self {
        Self {
            style,
            format,
            machine: Map::new(),
            rows: Vec::new(),
            good: 0,
            bad: 0,
            not_run: 0,
        }
    }

    /// The heading of what follows.
    pub(super) fn title(&self, title: &str) -> Result<(), Failure> {
        self.text(&format!("{}\n", self.style.bold(title)))
    }

    /// The end of a group.
    pub(super) fn gap(&self) -> Result<(), Failure> {
        self.text("")
    }

    /// Something about the machine, with what it means.
    pub(super) fn fact(&mut self, what: &str, value: &str, means: &str) -> Result<(), Failure> {
        self.machine.insert(what.to_owned(), json!(value));
        let line = format!("  {what:<34} {value:<16} {}", self.style.dim(means));
        self.text(line.trim_end())
    }

    /// Notes an attack that was tried. It is good if what happened is among what was expected.
    pub(super) fn count(&mut self, row: &Row<'_>) -> bool {
        let ok = row.expected.iter().any(|one| one == row.happened);
        self.rows.push(json!({
            "group": row.group,
            "attack": row.attack,
            "expected": row.expected,
            "happened": row.happened,
            "verdict": if ok { "ok" } else { "bad" },
        }));
        (self.good, self.bad) = match ok {
            true => (self.good.saturating_add(1), self.bad),
            false => (self.good, self.bad.saturating_add(1)),
        };
        ok
    }

    /// The same, and says it.
    pub(super) fn row(&mut self, row: &Row<'_>) -> Result<(), Failure> {
        let ok = self.count(row);
        let mark = if ok {
            self.style.good()
        } else {
            self.style.bad()
        };
        self.text(&format!("  {mark}  {:<44} {}", row.attack, row.happened))?;
        if ok {
            return Ok(());
        }
        self.text(&format!("        expected: {}", row.expected.join(" or ")))
    }

    /// The heads of a table's columns.
    pub(super) fn columns(&self, names: &[&str]) -> Result<(), Failure> {
        let names: Vec<String> = names.iter().map(|name| format!("{name:<13}")).collect();
        let line = format!("        {:<41} {}", "the other process …", names.concat());
        self.text(&self.style.dim(line.trim_end()))
    }

    /// One attack on all tiers, which were counted already.
    pub(super) fn line(&self, attack: &str, cells: &[Cell]) -> Result<(), Failure> {
        let ok = cells.iter().all(|cell| cell.full.is_none());
        let columns: Vec<String> = cells
            .iter()
            .map(|cell| format!("{:<13}", cell.text))
            .collect();
        let columns = columns.concat();
        let mark = if ok {
            self.style.good()
        } else {
            self.style.bad()
        };
        self.text(&format!("  {mark}  {attack:<41} {}", columns.trim_end()))?;
        for full in cells.iter().filter_map(|cell| cell.full.as_deref()) {
            self.text(&format!("        {full}"))?;
        }
        Ok(())
    }

    /// An attack that can't be tried here, and why.
    pub(super) fn not_run(&mut self, group: &str, what: &str, why: &str) -> Result<(), Failure> {
        self.not_run = self.not_run.saturating_add(1);
        self.rows.push(json!({
            "group": group,
            "attack": what,
            "reason": why,
            "verdict": "not-run",
        }));
        let line = format!("{what:<44} not run: {why}");
        self.text(&format!(
            "  {}  {}",
            self.style.dim("-   "),
            self.style.dim(&line)
        ))
    }

    /// The end. Whether every row that ran was good, and some did.
    pub(super) fn finish(self, time: Duration) -> Result<bool, Failure> {
        let ok = self.bad == 0 && self.good > 0;
        let ran = self.good.saturating_add(self.bad);
        if self.format == Format::Json {
            let all = json!({
                "schema": SCHEMA,
                "machine": self.machine,
                "rows": self.rows,
                "ok_rows": self.good,
                "bad_rows": self.bad,
                "not_run_rows": self.not_run,
                "seconds": time.as_secs_f64(),
                "ok": ok,
            });
            writeln!(stdout().lock(), "{all}")?;
        } else {
            let line = format!(
                "{} of {ran} as they should be, {} not run, in {:.1} s",
                self.good,
                self.not_run,
                time.as_secs_f64()
            );
            self.text(&format!("  {}", self.style.bold(&line)))?;
        }
        Ok(ok)
    }

    fn text(&self, line: &str) -> Result<(), Failure> {
        match self.format {
            Format::Json => {}
            Format::Text => writeln!(stdout().lock(), "{line}")?,
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use super::*;

    fn board() -> Board {
        Board::new(Style::of_stdout(), Format::Json)
    }

    fn row<'a>(expected: &'a [String], happened: &'a str) -> Row<'a> {
        Row {
            group: "shared",
            attack: "an attack",
            expected,
            happened,
        }
    }

    #[test]
    fn what_was_not_expected_is_bad() {
        let expected = ["EPERM; same".to_owned(), "EACCES; same".to_owned()];
        let mut good = board();
        good.row(&row(&expected, "EACCES; same")).unwrap();
        assert!(good.finish(Duration::ZERO).unwrap());
        for happened in ["EPERM; zeros", "EPERM", "", "success; same"] {
            let mut bad = board();
            bad.row(&row(&expected, "EPERM; same")).unwrap();
            bad.row(&row(&expected, happened)).unwrap();
            assert_eq!((bad.good, bad.bad), (1, 1), "{happened}");
            assert!(!bad.finish(Duration::ZERO).unwrap(), "{happened}");
        }
    }

    #[test]
    fn what_did_not_run_is_no_success() {
        let mut nothing = board();
        nothing.not_run("gate", "a", "no pool").unwrap();
        assert!(!nothing.finish(Duration::ZERO).unwrap());
    }
}
