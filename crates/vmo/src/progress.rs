// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Progress`]: one line on a terminal, for who waits.

use core::cell::Cell;
use core::time::Duration;
use std::io::{IsTerminal, Write, stderr};
use std::time::Instant;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use vmo_census::escape;

use crate::size;
use crate::style::{Format, Style};

/// How long nobody needs to be told that something happens.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a line stands at least: ten a second are as many as anybody sees.
const STAND: Duration = Duration::from_millis(100);

/// To the first column, and everything behind it away.
const ERASE: &str = "\r\x1b[K";

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Bytes,
    Steps,
}

/// How far something is: a line on stderr if that is a terminal, once two seconds have
/// passed, ten times a second at most. Dropping it erases the line.
///
/// ```text
/// copying big.iso: 1.2 GiB of 4.0 GiB (30 %), 1.1 GiB/s
/// ```
#[derive(Debug)]
pub(crate) struct Progress {
    what: String,
    unit: Unit,
    total: Option<u64>,
    start: Instant,
    wanted: Cell<bool>,
    /// Whether a line stands there.
    drawn: Cell<bool>,
    /// When one was drawn last.
    last: Cell<Option<Instant>>,
}

impl Progress {
    /// Of so many bytes, where it is known how many there will be.
    pub(crate) fn new(what: &str, total: Option<u64>) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self {
            what: escape(what.as_bytes()),
            unit: Unit::Bytes,
            total,
            start: Instant::now(),
            wanted: Cell::new(!dumb && stderr().is_terminal()),
            drawn: Cell::new(false),
            last: Cell::new(None),
        }
    }

    /// Of so many steps.
    pub(crate) fn steps(what: &str, total: u64) -> Self {
        let mut steps = Self::new(what, Some(total));
        steps.unit = Unit::Steps;
        steps
    }

    /// Nothing is drawn where a machine reads.
    pub(crate) fn unless_json(self, format: Format) -> Self {
        self.wanted.set(self.wanted.get() && format == Format::Text);
        self
    }

    /// So much is done.
    pub(crate) fn at(&self, done: u64) {
        if !self.wanted.get() {
            return;
        }
        let now = Instant::now();
        let since = |then: Instant| now.saturating_duration_since(then);
        let soon = self.last.get().is_some_and(|last| since(last) < STAND);
        if soon || since(self.start) < PATIENCE {
            return;
        }
        let line = self.line(done, since(self.start), columns());
        self.say(&Style::of_stderr().dim(&line));
        self.drawn.set(true);
        self.last.set(Some(now));
    }

    /// Takes the line away, so that something else can be said; the next [`at`](Self::at)
    /// draws it again.
    pub(crate) fn erase(&self) {
        if self.drawn.replace(false) {
            self.say("");
        }
    }

    fn say(&self, line: &str) {
        let mut stderr = stderr().lock();
        let written = stderr.write_all(format!("{ERASE}{line}").as_bytes());
        if written.and_then(|()| stderr.flush()).is_err() {
            // Nobody looks any more.
            self.wanted.set(false);
        }
    }

    /// The line, of fewer columns than that: a longer one could not be erased.
    fn line(&self, done: u64, time: Duration, columns: usize) -> String {
        let figures = format!(": {}", self.figures(done, time));
        let room = columns.saturating_sub(1);
        let what = cut(&self.what, room.saturating_sub(figures.width()));
        cut(&format!("{what}{figures}"), room)
    }

    fn figures(&self, done: u64, time: Duration) -> String {
        // A file can grow while it is copied.
        let total = self.total.filter(|total| *total > 0 && done <= *total);
        let part = |total: u64| {
            let percent = u128::from(done).saturating_mul(100) / u128::from(total.max(1));
            format!("({percent} %)")
        };
        match (self.unit, total) {
            (Unit::Steps, None) => format!("{done}"),
            (Unit::Steps, Some(total)) => format!("{done} of {total} {}", part(total)),
            (Unit::Bytes, total) => {
                let speed = done as f64 / time.as_secs_f64().max(1e-3);
                let speed = size::human(speed as u64);
                let done = size::human(done);
                let of = |it| format!(" of {} {}", size::human(it), part(it));
                format!("{done}{}, {speed}/s", total.map_or_else(String::new, of))
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.erase();
    }
}

/// As much of `text` as has room in so many columns.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    for char in text.chars() {
        let width = char.width().unwrap_or(0);
        if kept.width().saturating_add(width) >= columns {
            break;
        }
        kept.push(char);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// How wide the terminal is.
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(stderr());
    // One that does not know says 0.
    let columns = size.map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { 80 } else { columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECONDS: Duration = Duration::from_secs(4);

    #[test]
    fn bytes_are_shown_with_their_part_and_their_speed() {
        let known = Progress::new("copying", Some(4 << 30));
        let line = known.line(1 << 30, SECONDS, 80);
        assert_eq!(line, "copying: 1.0 GiB of 4.0 GiB (25 %), 256.0 MiB/s");
        // More has come than was there.
        let line = known.line(8 << 30, SECONDS, 80);
        assert_eq!(line, "copying: 8.0 GiB, 2.0 GiB/s");
        let stream = Progress::new("copying", None);
        assert_eq!(
            stream.line(1 << 30, SECONDS, 80),
            "copying: 1.0 GiB, 256.0 MiB/s"
        );
    }

    #[test]
    fn steps_are_counted_and_nothing_divides_by_zero() {
        let steps = Progress::steps("attacks", 80);
        assert_eq!(steps.line(20, SECONDS, 80), "attacks: 20 of 80 (25 %)");
        let none = Progress::steps("attacks", 0);
        assert_eq!(none.line(0, Duration::ZERO, 80), "attacks: 0");
        let all = Progress::new("x", Some(u64::MAX));
        assert!(all.line(u64::MAX, Duration::ZERO, 80).contains("(100 %)"));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_or_moves_its_cursor() {
        let long = format!("copying {}\x1b[2J\n{}", "a".repeat(200), "b".repeat(99));
        for columns in [1, 2, 10, 40, 80, 132, 1000] {
            for name in [&long, "写真".repeat(99).as_str()] {
                let line = Progress::new(name, Some(1 << 40)).line(1 << 39, SECONDS, columns);
                assert!(line.width() < columns, "{columns}: {line}");
                assert!(!line.contains(['\x1b', '\n']), "{line}");
            }
        }
        let line = Progress::new(&long, Some(1 << 40)).line(1 << 39, SECONDS, 80);
        assert!(line.contains("…: "), "{line}");
        assert!(line.ends_with("128.0 GiB/s"), "{line}");
    }
}
