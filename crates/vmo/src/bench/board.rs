// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was measured of messages, for people, for machines and for a picture.

use serde_json::{Map, json};

use super::rounds::{median, ratio};
use super::task::{SIZES, Who};
use super::{Found, Run};
use crate::Failure;
use crate::chart::{Bar, Bars, Ink, Line, Lines, Panel};

/// What was measured so far.
#[derive(Debug)]
pub(super) struct Board {
    round_trips: Vec<RoundTrip>,
    streams: Vec<Stream>,
}

/// One candidate's round trip.
#[derive(Debug)]
struct RoundTrip {
    who: Who,
    ns: f64,
    by_first: f64,
}

impl RoundTrip {
    fn of(who: Who, mine: &[f64], firsts: &[f64]) -> Self {
        Self {
            who,
            ns: median(mine.to_vec()),
            by_first: ratio(mine, firsts),
        }
    }

    fn line(&self) -> String {
        let Self { who, ns, by_first } = self;
        format!("  {:<28} {ns:>10.0}   {by_first:>8.2}", who.name())
    }
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
    pub(super) fn new() -> Self {
        Self {
            round_trips: Vec::new(),
            streams: Vec::new(),
        }
    }

    /// Where this runs.
    pub(super) fn title(&self, run: &Run) -> Result<(), Failure> {
        let where_to = match run.cores.as_slice() {
            [one, other] => format!("on cores {one} and {other}"),
            _ => "on one core: nobody spins".to_owned(),
        };
        let line = format!("Messages between two processes {where_to}");
        run.look.heading(&line)
    }

    /// The table of round trips; the first is what the others are compared with.
    pub(super) fn round_trips(
        &mut self,
        run: &Run,
        who: &[Who],
        times: &[Vec<f64>],
    ) -> Result<(), Failure> {
        let (Some(first), Some(its_times)) = (who.first(), times.first()) else {
            return Ok(());
        };
        let title = format!("times {}", first.name());
        let head = format!("  {:<28} {:>10}   {title}", "round trip of 8 bytes", "ns");
        run.look.text(&run.look.style().dim(&head))?;
        for (who, mine) in who.iter().zip(times) {
            let found = RoundTrip::of(*who, mine, its_times);
            run.look.text(&found.line())?;
            self.round_trips.push(found);
        }
        run.look.text("")
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
    pub(super) fn streams(&self, run: &Run) -> Result<(), Failure> {
        let names = ["64 B", "4 KiB", "64 KiB", "1 MiB"].map(|name| format!("{name:>16}"));
        let title = "GB/s, and times a pipe";
        let head = format!("  {title:<28}{}", names.concat());
        run.look.text(&run.look.style().dim(&head))?;
        for who in Who::STREAMS {
            let cells = SIZES.map(|size| self.cell(who, size));
            let line = format!("  {:<28}{}", who.name(), cells.concat());
            run.look.text(&line)?;
        }
        run.look.text("")
    }

    fn cell(&self, who: Who, size: usize) -> String {
        let mut streams = self.streams.iter();
        let cell = streams.find(|it| it.who == who && it.size == size);
        cell.map_or_else(
            || format!("{:>16}", "-"),
            |it| format!("{:>9.3} {:>5.1}x", it.gb_per_s, it.by_pipe),
        )
    }

    /// All of it, for machines and for a picture.
    pub(super) fn found(&self) -> Found {
        let round_trip =
            |it: &RoundTrip| json!({ "who": it.who.name(), "ns": it.ns, "by_first": it.by_first });
        let stream = |it: &Stream| {
            json!({
                "who": it.who.name(),
                "size": it.size,
                "gb_per_s": it.gb_per_s,
                "by_pipe": it.by_pipe,
            })
        };
        let round_trips: Vec<_> = self.round_trips.iter().map(round_trip).collect();
        let throughput: Vec<_> = self.streams.iter().map(stream).collect();
        let mut facts = Map::new();
        facts.insert("round_trips".to_owned(), json!(round_trips));
        facts.insert("throughput".to_owned(), json!(throughput));
        let panels = vec![Panel::Lines(self.lines()), Panel::Bars(self.bars())];
        Found { facts, panels }
    }

    fn lines(&self) -> Lines {
        let line = |who: Who| {
            let mine = self.streams.iter().filter(|it| it.who == who);
            Line {
                name: who.name().to_owned(),
                ink: ink(who),
                dashed: who == Who::Batched,
                points: mine.map(|it| (it.size as f64, it.gb_per_s)).collect(),
            }
        };
        Lines {
            title: "Messages: GB/s by size".to_owned(),
            tall: 170.0,
            lines: Who::STREAMS.map(line).into(),
        }
    }

    fn bars(&self) -> Bars {
        let bar = |it: &RoundTrip| {
            vec![Bar {
                name: it.who.name().to_owned(),
                value: it.ns,
                text: format!("{:.0} ns", it.ns),
                ink: ink(it.who),
            }]
        };
        Bars {
            title: "Messages: round trip of 8 bytes (logarithmic)".to_owned(),
            groups: self.round_trips.iter().map(bar).collect(),
            // A signal from core to core takes longer than that everywhere.
            log: Some(10.0),
        }
    }
}

fn ink(who: Who) -> Ink {
    match who {
        Who::Spin | Who::Batched | Who::Sleep => Ink::Ours,
        Who::Lines => Ink::Rule,
        Who::Futex => Ink::Call,
        Who::Pipe => Ink::Pipe,
        Who::Socket => Ink::Socket,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_carry_a_size_has_no_figure_there() {
        let mut board = Board::new();
        board.stream(64, &[Who::Spin, Who::Pipe], &[vec![10.0; 3], vec![40.0; 3]]);
        assert_eq!(board.cell(Who::Spin, 64).trim(), "6.400   4.0x");
        assert_eq!(board.cell(Who::Socket, 64).trim(), "-");
        assert_eq!(board.cell(Who::Spin, 4096).trim(), "-");
    }

    #[test]
    fn people_machines_and_the_picture_are_given_the_same_round_trips() {
        let mut board = Board::new();
        let found = RoundTrip::of(Who::Futex, &[300.0, 310.0, 9000.0], &[100.0, 155.0, 3000.0]);
        let line = found.line();
        let shown: Vec<_> = line.split_whitespace().collect();
        assert_eq!(shown, ["futex", "310", "3.00"]);
        board.round_trips.push(found);
        let Found { facts, panels } = board.found();
        let expected = json!([{ "who": "futex", "ns": 310.0, "by_first": 3.0 }]);
        assert_eq!(facts.get("round_trips"), Some(&expected));
        let [_, Panel::Bars(bars)] = panels.as_slice() else {
            panic!("{panels:?}");
        };
        let drawn = bars.groups.iter().flatten();
        let drawn: Vec<_> = drawn.map(|it| (&*it.name, it.value, &*it.text)).collect();
        assert_eq!(drawn, [("futex", 310.0, "310 ns")]);
    }

    #[test]
    fn machines_and_the_picture_are_given_the_same_streams() {
        let mut board = Board::new();
        board.stream(64, &[Who::Spin, Who::Pipe], &[vec![10.0; 3], vec![40.0; 3]]);
        let Found { facts, panels } = board.found();
        let expected = json!([
            { "who": "vmo-ring", "size": 64, "gb_per_s": 6.4, "by_pipe": 4.0 },
            { "who": "pipe", "size": 64, "gb_per_s": 1.6, "by_pipe": 1.0 },
        ]);
        assert_eq!(facts.get("throughput"), Some(&expected));
        let [Panel::Lines(lines), _] = panels.as_slice() else {
            panic!("{panels:?}");
        };
        let drawn = lines.lines.iter().filter(|it| !it.points.is_empty());
        let drawn: Vec<_> = drawn.map(|it| (&*it.name, it.points.as_slice())).collect();
        let expected = [("vmo-ring", &[(64.0, 6.4)][..]), ("pipe", &[(64.0, 1.6)])];
        assert_eq!(drawn, expected);
    }
}
