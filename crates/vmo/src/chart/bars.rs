// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Bars`]: one figure each.

use core::fmt::Write;

use super::scale::{Log, is_drawable};
use super::{Ink, Place, SMALL, TEXT, text, width};

/// How much a bar needs, how thick it is, and what is between two groups.
const STEP: f64 = 17.0;
const THICK: f64 = 12.0;
const BETWEEN: f64 = 7.0;

/// A panel of bars, in groups.
#[derive(Debug)]
pub(crate) struct Bars {
    pub(crate) title: String,
    pub(crate) groups: Vec<Vec<Bar>>,
    /// By the logarithm, from here; without it, from zero.
    pub(crate) log: Option<f64>,
}

/// A figure.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    /// The figure in words.
    pub(crate) text: String,
    pub(crate) ink: Ink,
}

impl Bars {
    fn all(&self) -> impl Iterator<Item = &Bar> {
        self.groups.iter().flatten()
    }

    pub(super) fn height(&self) -> f64 {
        let gaps = self.groups.len().saturating_sub(1) as f64;
        STEP * self.all().count() as f64 + BETWEEN * gaps
    }

    pub(super) fn draw(&self, out: &mut String, place: Place) {
        let widest = |text: fn(&Bar) -> &str| {
            let widths = self.all().map(|bar| width(text(bar), SMALL));
            widths.fold(0.0, f64::max)
        };
        let names = widest(|bar| &bar.name);
        let left = place.x + names + 8.0;
        let room = place.width - names - 8.0 - widest(|bar| &bar.text) - 8.0;
        let mut y = place.y;
        for group in &self.groups {
            for bar in group {
                let middle = y + THICK / 2.0 + TEXT * 0.3;
                text(out, "v r", (left - 8.0, middle), &bar.name);
                let length = self.length(bar.value) * room;
                let class = bar.ink.class();
                let _ = writeln!(
                    out,
                    "<rect class=\"b {class}\" x=\"{left:.1}\" y=\"{y:.1}\" \
                     width=\"{length:.1}\" height=\"{THICK}\" rx=\"2\"/>"
                );
                text(out, "v", (left + length + 6.0, middle), &bar.text);
                y += STEP;
            }
            y += BETWEEN;
        }
    }

    /// How long a bar is, as a part of the longest.
    fn length(&self, value: f64) -> f64 {
        let figures = || {
            self.all()
                .map(|bar| bar.value)
                .filter(|it| is_drawable(*it))
        };
        if !is_drawable(value) {
            return 0.0;
        }
        match self.log {
            Some(from) => Log::of(figures().chain([from])).at(value),
            None => value / figures().fold(f64::MIN_POSITIVE, f64::max),
        }
    }
}
