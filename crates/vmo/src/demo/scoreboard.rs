// SPDX-License-Identifier: MIT OR Apache-2.0
//! The scoreboard: a row per attack, as text while it happens or as JSON at the end.

use core::fmt;
use core::time::Duration;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::say;
use crate::Failure;
use crate::style::{Format, Style};

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
    style: Style,
    format: Format,
    rows: Vec<Value>,
    ratios: Map<String, Value>,
    picture: Option<String>,
    failed: usize,
}

impl Scoreboard {
    pub(super) fn new(style: Style, format: Format) -> Self {
        Self {
            style,
            format,
            rows: Vec::new(),
            ratios: Map::new(),
            picture: None,
            failed: 0,
        }
    }

    /// What is about to happen.
    pub(super) fn title(&self, title: &str) -> Result<(), Failure> {
        self.text(&format!("{}\n", self.style.bold(title)))
    }

    /// Something that must go well.
    pub(super) fn row(&mut self, row: Row<'_>) -> Result<(), Failure> {
        let Row { what, outcome, ok } = row;
        self.failed += usize::from(!ok);
        self.rows
            .push(json!({ "what": what, "outcome": outcome, "ok": ok }));
        let mark = match ok {
            true => self.style.good(),
            false => self.style.bad(),
        };
        self.text(&format!("  {mark}  {what:<38} {}", wrap(outcome)))
    }

    /// Something to compare with, which is neither good nor bad.
    pub(super) fn note(&mut self, what: &str, outcome: &str) -> Result<(), Failure> {
        self.rows.push(json!({ "what": what, "outcome": outcome }));
        let line = format!("{what:<38} {}", wrap(outcome));
        self.text(&format!("        {}", self.style.dim(&line)))
    }

    /// A ratio to memcpy.
    pub(super) fn ratio(&mut self, size: &str, ratio: f64) {
        self.ratios.insert(size.to_owned(), json!(ratio));
    }

    /// Where the picture is.
    pub(super) fn picture(&mut self, path: &Path) -> Result<(), Failure> {
        self.picture = Some(path.display().to_string());
        self.text(&format!("\n  The last frame is in {}", path.display()))
    }

    /// The end. Whether every row was good.
    pub(super) fn finish(self, time: Duration) -> Result<bool, Failure> {
        let seconds = time.as_secs_f64();
        let rows = self
            .rows
            .iter()
            .filter(|row| row.get("ok").is_some())
            .count();
        let good = rows.saturating_sub(self.failed);
        if self.format == Format::Json {
            let all = json!({
                "rows": self.rows,
                "copy_time_to_memcpy": self.ratios,
                "picture": self.picture,
                "seconds": seconds,
                "ok": self.failed == 0,
            });
            say(&all.to_string())?;
        } else {
            let line = format!("{good} of {rows} as they should be, in {seconds:.1} s");
            self.text(&format!("  {}", self.style.bold(&line)))?;
        }
        Ok(self.failed == 0)
    }

    fn text(&self, line: &str) -> Result<(), Failure> {
        match self.format {
            Format::Json => Ok(()),
            Format::Text => say(line),
        }
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

    #[test]
    fn one_bad_row_is_enough_and_notes_do_not_count() {
        let board = || Scoreboard::new(Style::of_stdout(), Format::Json);
        let row = |ok| Row {
            what: "a",
            outcome: "b",
            ok,
        };
        let mut good = board();
        good.row(row(true)).unwrap();
        good.note("b", "whatever").unwrap();
        assert_eq!(good.failed, 0);
        let mut bad = board();
        bad.row(row(false)).unwrap();
        bad.row(row(true)).unwrap();
        assert_eq!(bad.failed, 1);
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
