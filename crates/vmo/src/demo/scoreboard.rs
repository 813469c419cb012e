// SPDX-License-Identifier: MIT OR Apache-2.0
//! The scoreboard: a row per attack, as text while it happens or as JSON at the end.

use core::fmt;
use core::time::Duration;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Failure;
use crate::look::{Look, Tally, Verdict};
use crate::object::shown;

/// Something that must go well, and how it went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// What was done.
    pub(super) what: &'a str,
    /// What came of it.
    pub(super) outcome: &'a str,
    /// Whether that is as it should be.
    pub(super) ok: bool,
}

/// Rows, and where they go.
#[derive(Debug)]
pub(super) struct Scoreboard {
    look: Look,
    rows: Vec<Value>,
    ratios: Map<String, Value>,
    picture: Option<String>,
    tally: Tally,
}

impl Scoreboard {
    pub(super) fn new(look: Look) -> Self {
        Self {
            look,
            rows: Vec::new(),
            ratios: Map::new(),
            picture: None,
            tally: Tally::default(),
        }
    }

    /// What is about to happen.
    pub(super) fn title(&self, title: &str) -> Result<(), Failure> {
        self.look.headline(title)
    }

    /// Something that must go well.
    pub(super) fn row(&mut self, row: Row<'_>) -> Result<(), Failure> {
        let Row { what, outcome, ok } = row;
        let verdict = Verdict::from(ok);
        self.tally.count(verdict);
        self.rows
            .push(json!({ "what": what, "outcome": outcome, "ok": ok }));
        let line = format!("{what:<38} {}", wrap(outcome));
        self.look.row(verdict, &line)
    }

    /// Something to compare with, which is neither good nor bad.
    pub(super) fn note(&mut self, what: &str, outcome: &str) -> Result<(), Failure> {
        self.rows.push(json!({ "what": what, "outcome": outcome }));
        let line = format!("{what:<38} {}", wrap(outcome));
        let line = self.look.style().dim(&line);
        self.look.text(&format!("        {line}"))
    }

    /// A ratio to memcpy.
    pub(super) fn ratio(&mut self, size: &str, ratio: f64) {
        self.ratios.insert(size.to_owned(), json!(ratio));
    }

    /// Where the picture is.
    pub(super) fn picture(&mut self, path: &Path) -> Result<(), Failure> {
        self.picture = Some(path.display().to_string());
        let line = format!("\n  The last frame is in {}", shown(path));
        self.look.text(&line)
    }

    /// The end. Whether every row was good.
    pub(super) fn finish(self, time: Duration) -> Result<bool, Failure> {
        let found = [
            ("rows", json!(self.rows)),
            ("copy_time_to_memcpy", json!(self.ratios)),
            ("picture", json!(self.picture)),
        ];
        let found = found.map(|(key, value)| (key.to_owned(), value));
        let ok = Verdict::from(self.tally.ok());
        self.look
            .finish(self.tally, time, ok, found.into_iter().collect())
    }
}

/// Breaks a long outcome into lines, each below the first.
fn wrap(outcome: &str) -> String {
    const WIDTH: usize = 54;
    let mut lines = String::new();
    let mut width = 0;
    for word in outcome.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            lines.push_str(&format!("\n{:47}", ""));
            width = 0;
        } else if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines.push_str(word);
        width += length;
    }
    lines
}

/// What this process holds that could be left over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    descriptors: usize,
    mappings: usize,
}

impl Held {
    pub(super) fn now() -> Result<Self, Failure> {
        let problem = |error| format!("/proc, which the demo needs: {error}");
        let maps = std::fs::read_to_string("/proc/self/maps").map_err(problem)?;
        let descriptors = std::fs::read_dir("/proc/self/fd").map_err(problem)?;
        Ok(Self {
            // One of them is that of the folder itself.
            descriptors: descriptors.count().saturating_sub(1),
            mappings: maps.lines().filter(|line| line.contains("/memfd:")).count(),
        })
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            descriptors,
            mappings,
        } = self;
        write!(f, "{descriptors} fds, {mappings} mappings")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use super::*;
    use crate::style::Format;

    #[test]
    fn one_bad_row_is_enough_and_notes_do_not_count() {
        let board = || Scoreboard::new(Look::of_stdout(Format::Json));
        let row = |ok| Row {
            what: "a",
            outcome: "b",
            ok,
        };
        let mut good = board();
        good.row(row(true)).unwrap();
        good.note("b", "whatever").unwrap();
        assert_eq!((good.tally.good, good.tally.bad), (1, 0));
        assert!(good.finish(Duration::ZERO).unwrap());
        let mut bad = board();
        bad.row(row(false)).unwrap();
        bad.row(row(true)).unwrap();
        assert_eq!((bad.tally.good, bad.tally.bad), (1, 1));
        assert!(!bad.finish(Duration::ZERO).unwrap());
    }

    #[test]
    fn long_outcomes_become_several_lines_and_lose_no_word() {
        assert_eq!(wrap("short"), "short");
        let long = "word ".repeat(30);
        let wrapped = wrap(long.trim());
        assert!(wrapped.lines().count() > 1);
        assert!(wrapped.lines().all(|line| line.len() <= 47 + 54));
        assert!(wrapped.split_whitespace().eq(long.split_whitespace()));
    }
}
