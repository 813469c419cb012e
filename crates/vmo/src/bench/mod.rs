// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo bench`: what the library does here, beside what else this machine has.
//!
//! ```text
//!   vmo bench ring                                vmo villain partner
//!   near: sends, and holds the watch ═ a ring ═►  far: receives, looks, answers
//!         takes turns between                ═ a pipe ═►
//!         all of them                        ═ a socket ═►   …
//! ```
//!
//! All take turns in the same two processes, so that what disturbs one disturbs the others:
//! the ratios say more than the times. Both ends of every message are looked at, and before
//! that each kind of message is compared byte by byte.

use core::time::Duration;
use std::time::Instant;

use clap::Args;

use crate::Failure;
use crate::cli::Output;
use crate::style::Style;

mod board;
mod far;
mod links;
mod loops;
mod messages;
mod near;
mod task;
mod watchdog;

pub(crate) use far::far as partner;

use board::Board;
use near::Near;
use task::{SIZES, What, Who};

/// What `vmo bench ring --help` ends with.
pub(crate) const NOTES: &str = "\
Two processes, each on a core of its own, exchange messages. A cache line that goes there and
back is the fastest that there can be. Times swing with where the machine puts the cores:
look at the ratios.

Exit code: 0 if every byte arrived, 1 if not.";

/// The rounds in which everybody has one turn.
const ROUNDS: u32 = 9;

/// The value of `--seconds`.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=600.0).contains(&seconds) => Ok(seconds),
        _ => Err("from 0.01 to 600".to_owned()),
    }
}

/// Arguments of `vmo bench ring`.
#[derive(Debug, Args)]
pub(crate) struct RingBenchArgs {
    /// How long all of it takes, about
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) seconds: f64,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Measures. Whether all that was sent has arrived.
pub(crate) fn ring(args: &RingBenchArgs) -> Result<bool, Failure> {
    let start = Instant::now();
    let mut board = Board::new(Style::of_stdout(), args.output.format());
    let mut near = Near::start()?;
    board.machine(near.cores())?;
    let asked: Vec<Who> = Who::ROUND_TRIPS
        .into_iter()
        .filter(|who| near.can(*who))
        .collect();
    let turns = asked
        .len()
        .saturating_add(Who::STREAMS.len().saturating_mul(SIZES.len()));
    let turns = u32::try_from(turns)?.saturating_mul(ROUNDS);
    let slice = Duration::from_secs_f64(args.seconds) / turns.max(1);
    let times = measure(&mut near, What::RoundTrip, &asked, (8, slice))?;
    board.round_trips(&asked, &times)?;
    for size in SIZES {
        let who: Vec<Who> = Who::STREAMS
            .into_iter()
            .filter(|who| who.carries(size))
            .collect();
        for who in &who {
            let count = if size > 4096 { 8 } else { 64 };
            near.turn(*who, What::Check, (size, count))?;
        }
        let times = measure(&mut near, What::Stream, &who, (size, slice))?;
        board.stream(size, &who, &times);
    }
    board.streams()?;
    near.finish()?;
    board.finish(start.elapsed())
}

/// Nanoseconds of each message, by candidate and by round.
fn measure(
    near: &mut Near,
    what: What,
    all: &[Who],
    (size, slice): (usize, Duration),
) -> Result<Vec<Vec<f64>>, Failure> {
    let start = Instant::now();
    let turns = ROUNDS.saturating_mul(u32::try_from(all.len())?);
    let mut counts = Vec::new();
    for who in all {
        counts.push(near.calibrate(*who, what, (size, slice))?);
    }
    let mut times = vec![Vec::new(); all.len()];
    for round in 0..ROUNDS {
        let mut order: Vec<_> = all.iter().zip(&counts).zip(&mut times).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for ((who, count), times) in order {
            let time = near.turn(*who, what, (size, *count))?;
            times.push(time.as_secs_f64() * 1e9 / f64::from(*count));
        }
        // Where others are in the way, turns take longer than they should.
        if round >= 2 && start.elapsed() > slice.saturating_mul(turns) {
            break;
        }
    }
    Ok(times)
}
