// SPDX-License-Identifier: MIT OR Apache-2.0
//! Interleaved rounds: who is compared takes turns, so that a slow moment of the machine hits
//! all of them, and what counts is the median of the ratios within a round.

use std::time::{Duration, Instant};

/// How long one candidate runs in one round, at least.
const SLICE: Duration = Duration::from_micros(6);

/// Nanoseconds per call: by candidate, then by round.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<Vec<f64>>);

impl Samples {
    /// For that many candidates.
    pub fn new(candidates: usize) -> Self {
        Self(vec![Vec::new(); candidates])
    }

    /// One more sample.
    pub fn push(&mut self, candidate: usize, ns: f64) {
        self.0[candidate].push(ns);
    }

    /// More rounds of the same.
    pub fn extend(&mut self, more: Self) {
        if self.0.is_empty() {
            *self = more;
            return;
        }
        for (samples, more) in self.0.iter_mut().zip(more.0) {
            samples.extend(more);
        }
    }

    /// The median time of a candidate.
    pub fn ns(&self, candidate: usize) -> f64 {
        median(self.0[candidate].clone())
    }

    /// The median, over the rounds, of the time of one candidate by that of another.
    pub fn ratio(&self, candidate: usize, rival: usize) -> f64 {
        let pairs = self.0[candidate].iter().zip(&self.0[rival]);
        median(pairs.map(|(ours, theirs)| ours / theirs).collect())
    }
}

/// Lets `candidates` take turns for some rounds. `run(c, n)` does the work of `c` `n` times.
pub fn interleave(candidates: usize, rounds: usize, mut run: impl FnMut(usize, u32)) -> Samples {
    let times: Vec<u32> = (0..candidates).map(|c| calibrate(c, &mut run)).collect();
    let mut samples = Samples::new(candidates);
    for round in 0..rounds {
        for c in order(candidates, round) {
            let start = Instant::now();
            run(c, times[c]);
            samples.push(c, nanoseconds(start) / f64::from(times[c]));
        }
    }
    samples
}

/// Who comes first changes from round to round, and so does who comes after whom.
pub fn order(candidates: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..candidates).map(move |i| {
        let i = if round % 2 == 0 {
            i
        } else {
            candidates - 1 - i
        };
        (i + round / 2) % candidates
    })
}

/// Nanoseconds since then.
pub fn nanoseconds(start: Instant) -> f64 {
    start.elapsed().as_nanos() as f64
}

/// How often a candidate has to run for [`SLICE`] to pass. Warms up on the way.
fn calibrate(candidate: usize, run: &mut impl FnMut(usize, u32)) -> u32 {
    let mut times = 1;
    loop {
        let start = Instant::now();
        run(candidate, times);
        let took = start.elapsed();
        if took >= SLICE / 2 || times >= 1 << 14 {
            let scale = SLICE.as_secs_f64() / took.as_secs_f64().max(1e-9);
            return ((f64::from(times) * scale) as u32).clamp(1, 1 << 14);
        }
        times *= 2;
    }
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

/// The geometric mean, which is what ratios have.
pub fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value.ln();
        count += 1.0;
    }
    (sum / count).exp()
}

/// To three digits after the point: more are noise, and records stay readable.
pub fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        let mut samples = Samples::new(2);
        for (ours, theirs) in [(1.0, 2.0), (50.0, 100.0), (3.0, 6.0)] {
            samples.push(0, ours);
            samples.push(1, theirs);
        }
        assert_eq!(samples.ratio(0, 1), 0.5);
        assert_eq!(samples.ns(0), 3.0);
    }

    #[test]
    fn every_candidate_has_one_turn_in_a_round() {
        for round in 0..10 {
            let mut turns: Vec<_> = order(5, round).collect();
            turns.sort_unstable();
            assert_eq!(turns, [0, 1, 2, 3, 4]);
        }
        assert_ne!(order(5, 0).next(), order(5, 1).next());
    }

    #[test]
    fn means_are_geometric() {
        assert!((mean([0.5, 2.0]) - 1.0).abs() < 1e-12);
        assert_eq!(median(vec![3.0, 1.0]), 2.0);
    }
}
