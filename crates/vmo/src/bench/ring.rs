// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo bench ring`: messages between two processes.
//!
//! ```text
//!   vmo bench ring                                vmo villain partner
//!   near: sends, and holds the watch ═ a ring ═►  far: receives, looks, answers
//!         takes turns between                ═ a pipe ═►
//!         all of them                        ═ a socket ═►   …
//! ```
//!
//! Both ends of every message are looked at, and before that each kind of message is compared
//! byte by byte.

use core::time::Duration;

use super::board::Board;
use super::near::Near;
use super::rounds::{Pace, measure};
use super::task::{SIZES, What, Who};
use super::{Found, Run};
use crate::Failure;
use crate::look::Verdict;

/// Who streams messages of a size, and how many turns there are in all.
fn carriers(size: usize) -> Vec<Who> {
    let all = Who::STREAMS.into_iter();
    all.filter(|who| who.carries(size)).collect()
}

/// Who is asked for round trips where there are so many cores.
fn asked(cores: usize) -> Vec<Who> {
    let can = |who: &Who| cores > 1 || !matches!(who, Who::Lines | Who::Spin);
    Who::ROUND_TRIPS.into_iter().filter(can).collect()
}

/// How many candidates there are, over all sizes.
pub(super) fn candidates(cores: usize) -> usize {
    let streams = SIZES.map(|size| carriers(size).len());
    asked(cores)
        .len()
        .saturating_add(streams.iter().sum::<usize>())
}

/// Measures. An error if something that was sent did not arrive.
pub(super) fn ring(run: &mut Run, time: Duration) -> Result<Found, Failure> {
    let mut near = Near::start(run.cores.clone())?;
    let mut board = Board::new();
    board.title(run)?;
    let all = u32::try_from(candidates(run.cores.len()))?;
    let pace = Pace {
        first: 16,
        least: 4,
        ..Pace::of(time / all.max(1))
    };
    let who = asked(run.cores.len());
    let times = turns(run, &mut near, (What::RoundTrip, 8, &who), pace)?;
    board.round_trips(run, &who, &times)?;
    for size in SIZES {
        let who = carriers(size);
        for who in &who {
            let count = if size > 4096 { 8 } else { 64 };
            near.turn(*who, What::Check, (size, count))?;
            run.tally.count(Verdict::Good);
        }
        for _ in who.len()..Who::STREAMS.len() {
            run.tally.count(Verdict::NotRun);
        }
        let times = turns(run, &mut near, (What::Stream, size, &who), pace)?;
        board.stream(size, &who, &times);
    }
    board.streams(run)?;
    near.finish()?;
    let line = "all messages arrived as they were sent";
    run.look.row(Verdict::Good, line)?;
    run.look.text("")?;
    Ok(board.found())
}

/// Nanoseconds of each message, by candidate and by round.
fn turns(
    run: &Run,
    near: &mut Near,
    (what, size, all): (What, usize, &[Who]),
    pace: Pace,
) -> Result<Vec<Vec<f64>>, Failure> {
    measure(run, all.len(), pace, &mut |who, count| {
        let who = all.get(who).ok_or("no such candidate")?;
        near.turn(*who, what, (size, count))
    })
}
