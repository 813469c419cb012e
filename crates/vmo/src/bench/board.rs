// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was measured, for people and for machines.

use core::time::Duration;
use std::io::{Write, stdout};

use serde_json::{Map, Value, json};

use super::task::{SIZES, Who};
use crate::Failure;
use crate::style::{Format, Style};

/// The version of the JSON's shape: it goes up when something in it changes its meaning.
const SCHEMA: u32 = 1;

/// What was measured so far.
#[derive(Debug)]
pub(super) struct Board {
    style: Style,
    format: Format,
    machine: Map<String, Value>,
    round_trips: Vec<Value>,
    streams: Vec<Stream>,
}

/// One candidate at one size.
#[derive(Debug)]
struct Stream {
    who: Who,
    size: usize,
    gb_per_s: f64,
    by_pipe: f64,
}

impl Board {
    pub(super) fn new(style: Style, format: Format) -> Self {
        Self {
            style,
            format,
            machine: Map::new(),
            round_trips: Vec::new(),
            streams: Vec::new(),
        }
    }

    /// Where this runs.
    pub(super) fn machine(&mut self, cores: &[usize]) -> Result<(), Failure> {
        let system = rustix::system::uname();
        let release = system.release().to_string_lossy().into_owned();
        let where_to = match cores {
            [one, other] => format!("on cores {one} and {other}"),
            _ => "on one core: nobody spins".to_owned(),
        };
        self.machine.insert("kernel".to_owned(), json!(release));
        self.machine.insert("cores".to_owned(), json!(cores));
        let line = format!("Messages between two processes {where_to}, Linux {release}");
        self.text(&self.style.bold(&line))
    }

    /// The table of round trips; the first is what the others are compared with.
    pub(super) fn round_trips(&mut self, who: &[Who], times: &[Vec<f64>]) -> Result<(), Failure> {
        let Some(first) = who.first() else {
            return Ok(());
        };
        self.text("")?;
        self.text(&self.style.bold("Round trip of 8 bytes"))?;
        let head = format!("  {:<28} {:>10}   times {}", "", "ns", first.name());
        self.text(&self.style.dim(&head))?;
        for (who, mine) in who.iter().zip(times) {
            let ratio = ratio(mine, times.first().map_or(&[], Vec::as_slice));
            let ns = median(mine.clone());
            self.round_trips.push(json!({
                "who": who.name(),
                "ns": ns,
                "by_first": ratio,
            }));
            self.text(&format!("  {:<28} {ns:>10.0}   {ratio:>8.2}", who.name()))?;
        }
        Ok(())
    }

    /// One size of messages.
    pub(super) fn stream(&mut self, size: usize, who: &[Who], times: &[Vec<f64>]) {
        let pipe = who.iter().position(|who| *who == Who::Pipe);
        let pipe = pipe
            .and_then(|i| times.get(i))
            .map_or(&[][..], Vec::as_slice);
        for (who, mine) in who.iter().zip(times) {
            self.streams.push(Stream {
                who: *who,
                size,
                gb_per_s: size as f64 / median(mine.clone()),
                by_pipe: ratio(pipe, mine),
            });
        }
    }

    /// The table of all sizes.
    pub(super) fn streams(&self) -> Result<(), Failure> {
        self.text("")?;
        let title = "Throughput in GB/s, and times that of a pipe";
        self.text(&self.style.bold(title))?;
        let names = ["64 B", "4 KiB", "64 KiB", "1 MiB"].map(|name| format!("{name:>16}"));
        self.text(&self.style.dim(&format!("  {:<28}{}", "", names.concat())))?;
        for who in Who::STREAMS {
            let cells = SIZES.map(|size| self.cell(who, size));
            self.text(&format!("  {:<28}{}", who.name(), cells.concat()))?;
        }
        Ok(())
    }

    fn cell(&self, who: Who, size: usize) -> String {
        let mut streams = self.streams.iter();
        let cell = streams.find(|it| it.who == who && it.size == size);
        cell.map_or_else(
            || format!("{:>16}", "-"),
            |it| format!("{:>9.3} {:>5.1}x", it.gb_per_s, it.by_pipe),
        )
    }

    /// The end. It came to this: every byte that was looked at was right.
    pub(super) fn finish(self, time: Duration) -> Result<bool, Failure> {
        let seconds = time.as_secs_f64();
        if self.format == Format::Json {
            let stream = |it: &Stream| {
                json!({
                    "who": it.who.name(),
                    "size": it.size,
                    "gb_per_s": it.gb_per_s,
                    "by_pipe": it.by_pipe,
                })
            };
            let all = json!({
                "schema": SCHEMA,
                "machine": self.machine,
                "round_trips": self.round_trips,
                "throughput": self.streams.iter().map(stream).collect::<Vec<_>>(),
                "seconds": seconds,
                "ok": true,
            });
            writeln!(stdout().lock(), "{all}")?;
        } else {
            self.text("")?;
            let line = format!("all messages arrived as they were sent, in {seconds:.1} s");
            self.text(&format!("  {}  {line}", self.style.good()))?;
        }
        Ok(true)
    }

    fn text(&self, line: &str) -> Result<(), Failure> {
        match self.format {
            Format::Json => {}
            Format::Text => writeln!(stdout().lock(), "{line}")?,
        }
        Ok(())
    }
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of the ratios within a round.
fn ratio(one: &[f64], other: &[f64]) -> f64 {
    median(
        one.iter()
            .zip(other)
            .map(|(one, other)| one / other)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        assert_eq!(ratio(&[1.0, 50.0, 3.0], &[2.0, 100.0, 6.0]), 0.5);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn who_does_not_carry_a_size_has_no_figure_there() {
        let mut board = Board::new(Style::of_stdout(), Format::Json);
        board.stream(64, &[Who::Spin, Who::Pipe], &[vec![10.0; 3], vec![40.0; 3]]);
        assert_eq!(board.cell(Who::Spin, 64).trim(), "6.400   4.0x");
        assert_eq!(board.cell(Who::Socket, 64).trim(), "-");
        assert_eq!(board.cell(Who::Spin, 4096).trim(), "-");
    }
}
