// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rounds in which all take turns, so that what disturbs one disturbs the others: what counts
//! is the median of the ratios within a round.

use core::time::Duration;
use std::time::Instant;

use super::Run;
use crate::Failure;
use crate::look::Look;

/// The rounds in which everybody has one turn.
pub(super) const ROUNDS: u32 = 9;

/// The least of them, however slow this machine is.
const LEAST_ROUNDS: u32 = 3;

/// How long turns are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How many rounds there should be.
    pub(super) rounds: u32,
    /// How long each turn should take.
    pub(super) slice: Duration,
    /// How often something is done in the first, and in any turn at least.
    pub(super) first: u32,
    pub(super) least: u32,
}

impl Pace {
    /// In so much time for each candidate: as many rounds as there have to be.
    pub(super) fn of(time: Duration) -> Self {
        Self {
            rounds: ROUNDS,
            slice: time / ROUNDS,
            first: 1,
            least: 1,
        }
    }

    /// In so much time for each candidate: short turns, each of which others have little
    /// chance to be in the way of, and many of them.
    pub(super) fn in_short_turns(time: Duration) -> Self {
        const SHORT: Duration = Duration::from_micros(150);
        let rounds = (time.as_secs_f64() / SHORT.as_secs_f64()) as u32;
        let rounds = rounds.clamp(ROUNDS, 2_001) | 1;
        Self {
            rounds,
            slice: time / rounds,
            ..Self::of(time)
        }
    }
}

/// The steps of progress that something is worth, given bit by bit.
#[derive(Debug)]
pub(super) struct Share<'a> {
    look: &'a Look,
    steps: usize,
    given: usize,
}

impl<'a> Share<'a> {
    /// Of so many candidates.
    pub(super) fn new(run: &'a Run, candidates: usize) -> Self {
        let rounds = usize::try_from(ROUNDS).unwrap_or(1);
        Self {
            look: &run.look,
            steps: candidates.saturating_mul(rounds),
            given: 0,
        }
    }

    /// So large a part of it is done, from 0 to 1.
    pub(super) fn at(&mut self, part: f64) {
        let due = (part.clamp(0.0, 1.0) * self.steps as f64) as usize;
        while self.given < due {
            self.given = self.given.saturating_add(1);
            self.look.step();
        }
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.at(1.0);
    }
}

/// One turn: who has it, how often something is to be done, and how long that took.
pub(super) type Turn<'a> = &'a mut dyn FnMut(usize, u32) -> Result<Duration, Failure>;

/// Nanoseconds of doing it once, by candidate and by round.
pub(super) fn measure(
    run: &Run,
    candidates: usize,
    pace: Pace,
    turn: Turn<'_>,
) -> Result<Vec<Vec<f64>>, Failure> {
    let start = Instant::now();
    let mut counts = Vec::new();
    for who in 0..candidates {
        counts.push(calibrate(pace, &mut |count| turn(who, count))?);
    }
    let turns = pace.rounds.saturating_mul(u32::try_from(candidates)?);
    let mut share = Share::new(run, candidates);
    let mut times = vec![Vec::new(); candidates];
    for round in 0..pace.rounds {
        let mut order: Vec<_> = counts.iter().zip(&mut times).enumerate().collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for (who, (count, times)) in order {
            let time = turn(who, *count)?;
            times.push(time.as_secs_f64() * 1e9 / f64::from(*count));
        }
        share.at(f64::from(round) / f64::from(pace.rounds));
        // Where others are in the way, turns take longer than they should.
        let late = start.elapsed() > pace.slice.saturating_mul(turns);
        if round.saturating_add(1) >= LEAST_ROUNDS && late {
            break;
        }
    }
    Ok(times)
}

/// How often something has to be done to fill a slice of time. Warms up on the way.
fn calibrate(
    pace: Pace,
    turn: &mut dyn FnMut(u32) -> Result<Duration, Failure>,
) -> Result<u32, Failure> {
    const MOST: u32 = 1 << 22;
    let mut count = pace.first;
    loop {
        let took = turn(count)?;
        if took >= pace.slice / 4 || count >= MOST {
            let scale = pace.slice.as_secs_f64() / took.as_secs_f64().max(1e-9);
            return Ok(((f64::from(count) * scale) as u32).clamp(pace.least, MOST));
        }
        count = count.saturating_mul(2);
    }
}

/// The middle one.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of the ratios within a round.
pub(super) fn ratio(one: &[f64], other: &[f64]) -> f64 {
    let pairs = one.iter().zip(other);
    median(pairs.map(|(one, other)| one / other).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use super::*;
    use crate::style::Format;

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        assert_eq!(ratio(&[1.0, 50.0, 3.0], &[2.0, 100.0, 6.0]), 0.5);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }

    #[test]
    fn who_is_faster_does_it_more_often_and_everybody_has_a_turn_in_each_round() {
        let run = Run::new(Format::Json).unwrap();
        let pace = Pace::of(Duration::from_micros(900));
        let mut most = [0; 2];
        let costs = [Duration::from_nanos(100), Duration::from_nanos(1000)];
        let times = measure(&run, 2, pace, &mut |who, count| {
            most[who] = most[who].max(count);
            Ok(costs[who] * count)
        });
        let times = times.unwrap();
        assert_eq!(most, [1000, 100]);
        for (times, cost) in times.iter().zip([100.0, 1000.0]) {
            assert!(times.len() >= 3 && times.len() <= 9, "{times:?}");
            assert!(times.iter().all(|it| (it - cost).abs() < 1e-6));
        }
    }

    #[test]
    fn short_turns_are_many_and_have_a_middle_one() {
        for (millis, rounds) in [(0, 9), (1, 9), (30, 201), (10_000, 2_001)] {
            let pace = Pace::in_short_turns(Duration::from_millis(millis));
            assert_eq!(pace.rounds, rounds, "{millis}");
            assert!(pace.slice * rounds <= Duration::from_millis(millis));
        }
    }
}
