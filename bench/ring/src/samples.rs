// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Samples`]: by run, by candidate, by round; and the ratios of two candidates.

use common::rounds::median;

/// Nanoseconds for each message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    candidates: usize,
    /// By run, by candidate, by round.
    runs: Vec<Vec<Vec<f64>>>,
}

impl Samples {
    pub(crate) fn new(candidates: usize) -> Self {
        let runs = Vec::new();
        Self { candidates, runs }
    }

    /// From here on it is another pair of processes.
    pub(crate) fn next_run(&mut self) {
        self.runs.push(vec![Vec::new(); self.candidates]);
    }

    pub(crate) fn push(&mut self, candidate: usize, ns: f64) {
        let run = self.runs.last_mut();
        if let Some(samples) = run.and_then(|run| run.get_mut(candidate)) {
            samples.push(ns);
        }
    }

    /// The median over the runs of the medians over the rounds.
    pub(crate) fn ns(&self, candidate: usize) -> f64 {
        let runs = self.runs.iter().filter_map(|run| run.get(candidate));
        let runs = runs.filter(|samples| !samples.is_empty());
        median(runs.map(|samples| median(samples.clone())).collect())
    }

    /// For each run the median, over its rounds, of the time of one by that of another.
    pub(crate) fn ratios(&self, one: usize, other: usize) -> Vec<f64> {
        let of_run = |run: &Vec<Vec<f64>>| {
            let pairs = run.get(one)?.iter().zip(run.get(other)?);
            let ratios: Vec<f64> = pairs.map(|(one, other)| one / other).collect();
            (!ratios.is_empty()).then(|| median(ratios))
        };
        self.runs.iter().filter_map(of_run).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_taken_within_a_round_and_by_run() {
        let mut samples = Samples::new(2);
        for scale in [1.0, 10.0, 3.0] {
            samples.next_run();
            for ns in [1.0, 40.0, 2.0] {
                samples.push(0, ns * scale);
                samples.push(1, ns * scale * 2.0);
            }
        }
        assert_eq!(samples.ratios(0, 1), [0.5, 0.5, 0.5]);
        assert_eq!(samples.ns(0), 6.0);
    }

    #[test]
    fn a_run_that_ended_early_counts_as_far_as_it_went() {
        let mut samples = Samples::new(2);
        samples.next_run();
        samples.push(0, 3.0);
        samples.push(1, 6.0);
        samples.push(0, 100.0);
        samples.next_run();
        samples.push(0, 7.0);
        assert_eq!(samples.ratios(0, 1), [0.5]);
    }

    #[test]
    fn who_was_never_measured_has_no_time() {
        let mut samples = Samples::new(2);
        samples.next_run();
        samples.push(0, 3.0);
        assert!(samples.ns(1).is_nan());
        assert!(samples.ratios(0, 1).is_empty());
    }
}
