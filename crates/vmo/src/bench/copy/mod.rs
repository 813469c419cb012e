// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo bench copy`: bytes out of a mapping and into it, by us, by memcpy, by the kernel; and
//! the ways to another process that need no mapping.

use core::time::Duration;

use serde_json::{Map, json};

use super::near::pin;
use super::rounds::{Pace, measure, median, ratio};
use super::{Found, Run};
use crate::chart::{Line, Lines, Panel};
use crate::look::Verdict;
use crate::{Failure, size};

mod bytes;
mod field;
mod sink;
mod who;

pub(crate) use sink::sink;

use field::Field;
use sink::{Look, Sink};
use who::Who;

/// How much is copied at once.
const SIZES: [usize; 11] = [
    64,
    256,
    1 << 10,
    4 << 10,
    16 << 10,
    64 << 10,
    256 << 10,
    1 << 20,
    4 << 20,
    16 << 20,
    LARGEST,
];
const LARGEST: usize = 64 << 20;

/// Those of them that have room in a table.
const SHOWN: [usize; 6] = [64, 4 << 10, 64 << 10, 1 << 20, 16 << 20, LARGEST];

/// How many candidates there are, over all sizes.
pub(super) const CANDIDATES: usize = Who::ALL.len() * SIZES.len();

/// One candidate at one size.
#[derive(Debug)]
struct Figure {
    who: Who,
    size: usize,
    gb_per_s: f64,
    /// How many times as fast as memcpy in the same direction.
    by_memcpy: f64,
}

/// Everybody who copies.
struct Hands {
    field: Field,
    pipe: Sink,
    socket: Sink,
}

impl Hands {
    fn new(run: &Run) -> Result<Self, Failure> {
        let (pipe, socket) = (Sink::start(Who::Pipe)?, Sink::start(Who::Socket)?);
        // From here on: a process that was started later would have to stay there as well.
        if let Some(first) = run.cores.first() {
            pin(*first)?;
        }
        let field = Field::new(LARGEST)?;
        Ok(Self {
            field,
            pipe,
            socket,
        })
    }

    fn sink(&mut self, who: Who) -> &mut Sink {
        match who {
            Who::Pipe => &mut self.pipe,
            _ => &mut self.socket,
        }
    }

    /// One copy, every byte of which is looked at.
    fn check(&mut self, who: Who, size: usize) -> Result<(), Failure> {
        if !who.is_far() {
            return self.field.check(who, size);
        }
        let mut bytes = self.field.source(size)?.to_vec();
        self.sink(who).turn(&mut bytes, 1, Look::All).map(drop)
    }

    fn turn(&mut self, who: Who, size: usize, count: u32) -> Result<Duration, Failure> {
        let Self {
            field,
            pipe,
            socket,
        } = self;
        match who {
            Who::Pipe => pipe.turn(field.source(size)?, count, Look::Ends),
            Who::Socket => socket.turn(field.source(size)?, count, Look::Ends),
            _ => field.turn(who, size, count),
        }
    }

    fn finish(self) -> Result<(), Failure> {
        self.pipe.finish()?;
        self.socket.finish()
    }
}

/// Measures. An error if a byte is not what was copied.
pub(super) fn copy(run: &mut Run, time: Duration) -> Result<Found, Failure> {
    run.look
        .heading("Copies out of and into a mapping, and to another process")?;
    let mut hands = Hands::new(run)?;
    let each = time / u32::try_from(CANDIDATES)?;
    let mut figures = Vec::new();
    for size in SIZES {
        for who in Who::ALL {
            hands.check(who, size)?;
            run.tally.count(Verdict::Good);
        }
        let (far, near): (Vec<Who>, _) = Who::ALL.into_iter().partition(|who| who.is_far());
        let paces = [Pace::in_short_turns(each), Pace::of(each)];
        let mut times = Vec::new();
        for (all, pace) in [near, far].iter().zip(paces) {
            times.extend(measure(run, all.len(), pace, &mut |who, count| {
                let who = all.get(who).ok_or("no such candidate")?;
                hands.turn(*who, size, count)
            })?);
        }
        figures.extend(rated(size, &times));
        hands.field.restore(size)?;
    }
    hands.finish()?;
    table(run, &figures)?;
    run.look
        .row(Verdict::Good, "all copies are what was copied")?;
    run.look.text("")?;
    Ok(found(&figures))
}

/// The figures of one size.
fn rated(size: usize, times: &[Vec<f64>]) -> Vec<Figure> {
    let of = |who: Who| {
        let place = Who::ALL.iter().position(|one| *one == who);
        place
            .and_then(|i| times.get(i))
            .map_or(&[][..], Vec::as_slice)
    };
    let middle = |who: Who| median(of(who).to_vec());
    let figure = |who: Who| Figure {
        who,
        size,
        gb_per_s: size as f64 / middle(who),
        // Who has longer turns has them in rounds of their own.
        by_memcpy: match who.is_far() {
            true => middle(who.rule()) / middle(who),
            false => ratio(of(who.rule()), of(who)),
        },
    };
    Who::ALL.map(figure).into()
}

fn table(run: &Run, figures: &[Figure]) -> Result<(), Failure> {
    let names = SHOWN.map(|size| {
        let name = size::human(size as u64).replace(".0 ", " ");
        format!("{name:>13}")
    });
    let title = "GB/s, and times memcpy";
    let head = format!("  {title:<23}{}", names.concat());
    run.look.text(&run.look.style().dim(&head))?;
    for who in Who::ALL {
        let at = |size: usize| {
            let mut figures = figures.iter();
            let figure = figures.find(|it| it.who == who && it.size == size);
            figure.map_or_else(String::new, cell)
        };
        let line = format!("  {:<23}{}", who.name(), SHOWN.map(at).concat());
        run.look.text(&line)?;
    }
    run.look.text("")
}

fn cell(it: &Figure) -> String {
    format!("{:>7.2} {:>5}", it.gb_per_s, times(it.by_memcpy))
}

/// A ratio in four columns.
fn times(ratio: f64) -> String {
    if ratio < 9.995 {
        format!("{ratio:.2}x")
    } else {
        format!("{ratio:.0}x")
    }
}

fn found(figures: &[Figure]) -> Found {
    let fact = |it: &Figure| {
        json!({
            "who": it.who.name(),
            "size": it.size,
            "gb_per_s": it.gb_per_s,
            "by_memcpy": it.by_memcpy,
        })
    };
    let throughput: Vec<_> = figures.iter().map(fact).collect();
    let mut facts = Map::new();
    facts.insert("throughput".to_owned(), json!(throughput));
    let line = |who: Who| {
        let mine = figures.iter().filter(|it| it.who == who);
        Line {
            name: who.name().to_owned(),
            ink: who.ink(),
            dashed: who.is_in(),
            points: mine.map(|it| (it.size as f64, it.gb_per_s)).collect(),
        }
    };
    let lines = Lines {
        title: "Copies: GB/s by size (dashed: into shared memory)".to_owned(),
        tall: 270.0,
        lines: Who::ALL.map(line).into(),
    };
    let panels = vec![Panel::Lines(lines)];
    Found { facts, panels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_needs_twice_the_time_of_memcpy_is_half_as_fast() {
        // In the order of all: 64 bytes in 2 ns, memcpy out in 1 ns, memcpy in in 4 ns.
        let times = Who::ALL.map(|who| match who {
            Who::MemcpyOut => vec![1.0; 3],
            Who::MemcpyIn => vec![4.0; 3],
            _ => vec![2.0; 3],
        });
        for figure in rated(64, &times) {
            let expected = match figure.who {
                Who::MemcpyOut => (64.0, 1.0),
                Who::MemcpyIn => (16.0, 1.0),
                who if who.is_in() => (32.0, 2.0),
                _ => (32.0, 0.5),
            };
            assert_eq!((figure.gb_per_s, figure.by_memcpy), expected, "{figure:?}");
        }
    }

    #[test]
    fn people_machines_and_the_picture_are_given_the_same_figures() {
        let figure = Figure {
            who: Who::ReadAt,
            size: 4096,
            gb_per_s: 12.5,
            by_memcpy: 0.75,
        };
        assert_eq!(cell(&figure), "  12.50 0.75x");
        let Found { facts, panels } = found(&[figure]);
        let expected = json!([
            { "who": "vmo: read_at", "size": 4096, "gb_per_s": 12.5, "by_memcpy": 0.75 },
        ]);
        assert_eq!(facts.get("throughput"), Some(&expected));
        let [Panel::Lines(lines)] = panels.as_slice() else {
            panic!("{panels:?}");
        };
        let drawn = lines.lines.iter().filter(|it| !it.points.is_empty());
        let drawn: Vec<_> = drawn.map(|it| (&*it.name, it.points.as_slice())).collect();
        assert_eq!(drawn, [("vmo: read_at", &[(4096.0, 12.5)][..])]);
    }
}
