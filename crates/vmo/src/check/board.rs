// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rows of the drill, for people and for machines.

use core::time::Duration;

use serde_json::{Map, Value, json};

use crate::Failure;
use crate::look::{Look, Tally, Verdict};
use crate::machine::Machine;

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
    look: Look,
    machine: Map<String, Value>,
    rows: Vec<Value>,
    tally: Tally,
    left_out: Vec<&'static str>,
}

impl Board {
    pub(super) fn new(look: Look) -> Self {
        Self {
            look,
            machine: Machine::this().facts(),
            rows: Vec::new(),
            tally: Tally::default(),
            left_out: Vec::new(),
        }
    }

    /// What all of it is about.
    pub(super) fn headline(&self) -> Result<(), Failure> {
        self.look
            .headline("What a hostile process can do to shared memory here")
    }

    /// What was not asked for.
    pub(super) fn leave_out(&mut self, parts: Vec<&'static str>) {
        self.left_out = parts;
    }

    /// From here on there are so many attacks.
    pub(super) fn expect(&mut self, attacks: usize) {
        self.look.expect("attacks", attacks);
    }

    /// The heading of what follows.
    pub(super) fn title(&self, title: &str) -> Result<(), Failure> {
        self.look.heading(title)
    }

    /// The end of a group.
    pub(super) fn gap(&self) -> Result<(), Failure> {
        self.look.text("")
    }

    /// Something about the machine, with what it means.
    pub(super) fn fact(&mut self, what: &str, value: &str, means: &str) -> Result<(), Failure> {
        self.machine.insert(what.to_owned(), json!(value));
        let line = format!("  {what:<34} {value:<16} {}", self.look.style().dim(means));
        self.look.text(line.trim_end())
    }

    /// Notes an attack that was tried. It is good if what happened is among what was expected.
    pub(super) fn count(&mut self, row: &Row<'_>) -> bool {
        let ok = row.expected.iter().any(|one| one == row.happened);
        self.tally.count(ok.into());
        self.look.step();
        self.rows.push(json!({
            "group": row.group,
            "attack": row.attack,
            "expected": row.expected,
            "happened": row.happened,
            "verdict": if ok { "ok" } else { "bad" },
        }));
        ok
    }

    /// The same, and says it.
    pub(super) fn row(&mut self, row: &Row<'_>) -> Result<(), Failure> {
        let ok = self.count(row);
        let line = format!("{:<44} {}", row.attack, row.happened);
        self.look.row(ok.into(), &line)?;
        if ok {
            return Ok(());
        }
        let expected = row.expected.join(" or ");
        self.look.text(&format!("        expected: {expected}"))
    }

    /// The heads of a table's columns.
    pub(super) fn columns(&self, names: &[&str]) -> Result<(), Failure> {
        let names: Vec<String> = names.iter().map(|name| format!("{name:<13}")).collect();
        let line = format!("        {:<41} {}", "the other process …", names.concat());
        self.look.text(&self.look.style().dim(line.trim_end()))
    }

    /// One attack on all tiers, which were counted already.
    pub(super) fn line(&self, attack: &str, cells: &[Cell]) -> Result<(), Failure> {
        let ok = cells.iter().all(|cell| cell.full.is_none());
        let columns: Vec<String> = cells
            .iter()
            .map(|cell| format!("{:<13}", cell.text))
            .collect();
        let columns = columns.concat();
        let line = format!("{attack:<41} {columns}");
        self.look.row(ok.into(), &line)?;
        for full in cells.iter().filter_map(|cell| cell.full.as_deref()) {
            self.look.text(&format!("        {full}"))?;
        }
        Ok(())
    }

    /// An attack that can't be tried here, and why.
    pub(super) fn not_run(&mut self, group: &str, what: &str, why: &str) -> Result<(), Failure> {
        self.tally.count(Verdict::NotRun);
        self.rows.push(json!({
            "group": group,
            "attack": what,
            "reason": why,
            "verdict": "not-run",
        }));
        let line = format!("{what:<44} not run: {why}");
        self.look.row(Verdict::NotRun, &line)
    }

    /// The end. Whether every row that ran was good, and some did.
    pub(super) fn finish(self, time: Duration) -> Result<bool, Failure> {
        let Self { look, tally, .. } = self;
        if !self.left_out.is_empty() {
            let line = format!("  left out: {}", self.left_out.join(", "));
            look.text(&look.style().dim(&line))?;
        }
        // Who asks about the machine alone asks for no row.
        let nothing_asked = self.rows.is_empty() && !self.left_out.is_empty();
        let found = [
            ("machine", json!(self.machine)),
            ("rows", json!(self.rows)),
            ("left_out", json!(self.left_out)),
            ("ok_rows", json!(tally.good)),
            ("bad_rows", json!(tally.bad)),
            ("not_run_rows", json!(tally.not_run)),
        ];
        let found = found.map(|(key, value)| (key.to_owned(), value));
        let ok = Verdict::from(tally.ok() || nothing_asked);
        look.finish(tally, time, ok, found.into_iter().collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use super::*;
    use crate::style::Format;

    fn board() -> Board {
        Board::new(Look::of_stdout(Format::Json))
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
            assert_eq!((bad.tally.good, bad.tally.bad), (1, 1), "{happened}");
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
