// SPDX-License-Identifier: MIT OR Apache-2.0
//! The picture of what was measured, and the file that it goes to.

use core::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use vmo_census::escape;

use crate::Failure;
use crate::chart::{Chart, Row};
use crate::graph::whole;
use crate::machine::Machine;

/// Whether a file can be written there, found out by doing it: better now than after all has
/// been measured. What is there stays as it is.
pub(super) fn can_be_written(path: &Path) -> Result<(), Failure> {
    try_it(path).map_err(|error| problem(path, &error))
}

fn try_it(path: &Path) -> io::Result<()> {
    if let Ok(found) = fs::metadata(path) {
        if found.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        return OpenOptions::new().write(true).open(path).map(drop);
    }
    File::create_new(path)?;
    fs::remove_file(path)
}

fn problem(path: &Path, error: &io::Error) -> Failure {
    let path = escape(path.as_os_str().as_encoded_bytes());
    format!("{path}: {error}; name another file with --svg FILE").into()
}

/// Draws it.
pub(super) fn draw(path: &Path, rows: Vec<Row>) -> Result<(), Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let date = Date::of(since.map_or(0, |since| since.as_secs()) / 86_400);
    let chart = Chart {
        title: "What mapped-vmo does on one machine, beside what else there is".to_owned(),
        caption: format!(
            "{}, {date}. Medians; who is compared took turns.",
            Machine::this().line()
        ),
        rows,
    };
    whole(path, chart.svg().as_bytes()).map_err(|error| problem(path, &error))
}

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Date {
    year: u64,
    month: u64,
    day: u64,
}

impl Date {
    /// So many days after the first of January 1970. Years are counted from March, so that
    /// the day that not every year has is the last one.
    fn of(days: u64) -> Self {
        // From the first of March of the year 0.
        let days = days.saturating_add(719_468);
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let (year, from_march) = (year + era * 400, month);
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        Self {
            year: year + u64::from(month <= 2),
            month,
            day: day - (153 * from_march + 2) / 5 + 1,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        write!(f, "{year}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, date) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (789, "1972-02-29"),
            (10_956, "1999-12-31"),
            (11_016, "2000-02-29"),
            (20_782, "2026-11-25"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Date::of(days).to_string(), date);
        }
    }
}
