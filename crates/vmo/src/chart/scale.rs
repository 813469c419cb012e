// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Log`]: from figures to pixels, by the logarithm.

/// A range of figures, drawn on a range of pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Log {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

/// What can be drawn by its logarithm.
pub(super) fn is_drawable(value: f64) -> bool {
    value.is_normal() && value > 0.0
}

impl Log {
    /// From the least to the greatest of these figures.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut range = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| is_drawable(*value)) {
            range = (range.0.min(value), range.1.max(value));
        }
        let (low, high) = match range {
            (low, high) if low < high => (low, high),
            (low, _) if low.is_finite() => (low / 2.0, low * 2.0),
            _ => (1.0, 10.0),
        };
        let (from, to) = (0.0, 1.0);
        Self {
            low,
            high,
            from,
            to,
        }
    }

    /// The same, from a power of ten to somewhat more than the greatest.
    pub(super) fn with_room(self) -> Self {
        let low = 10_f64.powf(self.low.log10().floor());
        let high = self.high * 1.25;
        Self { low, high, ..self }
    }

    /// On those pixels.
    pub(super) fn on(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// Where a figure stands.
    pub(super) fn at(self, value: f64) -> f64 {
        let part = (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln());
        self.from + (self.to - self.from) * part.clamp(0.0, 1.0)
    }

    /// The powers of ten in the range.
    pub(super) fn powers(self) -> Vec<f64> {
        let powers = (-12..=15).map(|power| 10_f64.powi(power));
        let near = |power: &f64| *power >= self.low * 0.999 && *power <= self.high * 1.001;
        powers.filter(near).collect()
    }
}

/// Moves places apart until neighbours are `least` apart, and none is past `end`; their
/// order stays. Each ends near where it was.
pub(super) fn spread(places: &[f64], least: f64, end: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    let place = |i: &usize| places.get(*i).copied().unwrap_or(0.0);
    order.sort_by(|one, other| place(one).total_cmp(&place(other)));
    // Blocks of labels that touch: where each begins, how many they are, the sum of where
    // their first would have to be.
    let mut blocks: Vec<(f64, usize, f64)> = Vec::new();
    for i in &order {
        let mut block = (place(i), 1_usize, place(i));
        while let Some(last) = blocks.last().copied() {
            let reach = last.1 as f64 * least;
            if last.0 + reach <= block.0 {
                break;
            }
            blocks.pop();
            let sum = last.2 + block.2 - reach * block.1 as f64;
            let count = last.1.saturating_add(block.1);
            block = (sum / count as f64, count, sum);
        }
        blocks.push(block);
    }
    let sorted = blocks
        .iter()
        .flat_map(|(first, count, _)| (0..*count).map(move |i| first + least * i as f64));
    let mut moved = vec![0.0; places.len()];
    let mut limit = end;
    let sorted: Vec<f64> = sorted.collect();
    for (i, place) in order.iter().zip(sorted).rev() {
        let place = place.min(limit);
        limit = place - least;
        if let Some(moved) = moved.get_mut(*i) {
            *moved = place;
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decade_is_as_wide_as_the_next() {
        let log = Log::of([0.3, 80.0].into_iter()).with_room();
        let log = log.on(0.0, 300.0);
        let at = log.powers().into_iter().map(|it| log.at(it).round());
        assert_eq!(at.collect::<Vec<_>>(), [0.0, 100.0, 200.0, 300.0]);
    }

    #[test]
    fn a_range_of_nothing_or_of_one_is_a_range() {
        for values in [&[][..], &[5.0], &[f64::NAN, -1.0, 0.0, f64::INFINITY]] {
            let log = Log::of(values.iter().copied()).on(0.0, 10.0);
            assert!(log.at(5.0).is_finite(), "{values:?}");
        }
    }

    #[test]
    fn labels_that_would_overlap_are_moved_apart_and_keep_their_order() {
        for places in [
            &[][..],
            &[50.0],
            &[50.0, 50.0, 50.0],
            &[90.0, 10.0, 12.0, 11.0, 95.0, 96.0, 97.0],
            &[100.0, 99.0, 98.0, 97.0, 20.0, 30.0],
        ] {
            let moved = spread(places, 10.0, 100.0);
            let mut pairs: Vec<_> = places.iter().zip(&moved).collect();
            pairs.sort_by(|one, other| one.1.total_cmp(other.1));
            for two in pairs.windows(2) {
                assert!(two[1].1 - two[0].1 >= 10.0 - 1e-9, "{places:?}: {moved:?}");
                assert!(two[0].0 <= two[1].0, "{places:?}: {moved:?}");
            }
            assert!(moved.iter().all(|it| *it <= 100.0 + 1e-9), "{moved:?}");
        }
        // Where there is room nothing moves.
        assert_eq!(spread(&[80.0, 10.0], 10.0, 100.0), [80.0, 10.0]);
        assert_eq!(spread(&[50.0, 50.0], 10.0, 100.0), [45.0, 55.0]);
    }
}
