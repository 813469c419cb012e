// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Lines`]: a figure over the size, a line for each who has it.

use core::fmt::Write;

use super::scale::{Log, is_drawable, spread};
use super::{Ink, Place, SMALL, TEXT, line, text, width};
use crate::size;

/// What stands below the plot.
const BELOW: f64 = 22.0;

/// What stands to the left of it.
const LEFT: f64 = 44.0;

/// From the end of a line to its label, and how much a label needs.
const LEAD: f64 = 26.0;
const LABEL: f64 = 15.0;

/// A panel of lines: both axes by the logarithm.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) title: String,
    /// How tall the plot is.
    pub(crate) tall: f64,
    pub(crate) lines: Vec<Line>,
}

/// Somebody's figures.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) ink: Ink,
    /// For the second of two that are of one colour.
    pub(crate) dashed: bool,
    /// Bytes, and the figure.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Line {
    fn drawable(&self) -> impl Iterator<Item = (f64, f64)> {
        let points = self.points.iter().copied();
        points.filter(|(size, figure)| is_drawable(*size) && is_drawable(*figure))
    }
}

/// Where figures stand.
struct Axes {
    x: Log,
    y: Log,
    left: f64,
    right: f64,
    bottom: f64,
}

impl Lines {
    pub(super) fn height(&self) -> f64 {
        self.tall + BELOW
    }

    pub(super) fn draw(&self, out: &mut String, place: Place) {
        let names = self.lines.iter().map(|it| width(&it.name, SMALL));
        let widest = names.fold(0.0, f64::max);
        let (left, top) = (place.x + LEFT, place.y);
        let right = place.x + place.width - widest - LEAD - 4.0;
        let points = || self.lines.iter().flat_map(Line::drawable);
        let y = Log::of(points().map(|point| point.1)).with_room();
        let axes = Axes {
            x: Log::of(points().map(|point| point.0)).on(left, right),
            y: y.on(top + self.tall, top),
            left,
            right,
            bottom: top + self.tall,
        };
        self.frame(out, &axes);
        for line in &self.lines {
            curve(out, &axes, line);
        }
        self.ends(out, &axes);
    }

    /// The grid and its figures.
    fn frame(&self, out: &mut String, axes: &Axes) {
        let (left, right, bottom) = (axes.left, axes.right, axes.bottom);
        for power in axes.y.powers() {
            let y = axes.y.at(power);
            line(out, "grid", (left, y), (right, y));
            let power = format!("{power}");
            text(out, "s r", (left - 7.0, y + 3.5), &power);
        }
        line(out, "axis", (left, bottom), (right, bottom));
        let points = self.lines.iter().flat_map(Line::drawable);
        let mut sizes: Vec<f64> = points.map(|(size, _)| size).collect();
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        let mut free = f64::MIN;
        for size in sizes {
            let x = axes.x.at(size);
            line(out, "axis", (x, bottom), (x, bottom + 4.0));
            let name = whole(size);
            let half = width(&name, SMALL) / 2.0;
            if x - half >= free {
                text(out, "s m", (x, bottom + 18.0), &name);
                free = x + half + 6.0;
            }
        }
    }

    /// A label for each line, where it ends.
    fn ends(&self, out: &mut String, axes: &Axes) {
        let ends: Vec<(f64, f64)> = self.lines.iter().map(|it| end(axes, it)).collect();
        let wanted: Vec<f64> = ends.iter().map(|end| end.1).collect();
        let places = spread(&wanted, LABEL, axes.bottom);
        for ((line, end), y) in self.lines.iter().zip(&ends).zip(&places) {
            let x = axes.right + LEAD;
            let class = line.ink.class();
            let points = [
                *end,
                (axes.right + 6.0, end.1),
                (x - 10.0, *y),
                (x - 3.0, *y),
            ];
            poly(out, "lead", &points);
            let _ = writeln!(
                out,
                "<circle class=\"b {class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>",
                end.0, end.1
            );
            text(out, "v", (x, y + TEXT * 0.3), &line.name);
        }
    }
}

/// A power of two as it is said.
fn whole(bytes: f64) -> String {
    size::human(bytes as u64).replace(".0 ", " ")
}

/// Where a line ends, on the plot.
fn end(axes: &Axes, line: &Line) -> (f64, f64) {
    line.drawable()
        .last()
        .map_or((axes.right, axes.bottom), |(size, figure)| {
            (axes.x.at(size), axes.y.at(figure))
        })
}

fn curve(out: &mut String, axes: &Axes, line: &Line) {
    let place = |(size, figure)| (axes.x.at(size), axes.y.at(figure));
    let points: Vec<_> = line.drawable().map(place).collect();
    let dashed = if line.dashed { " out" } else { "" };
    poly(out, &format!("l {}{dashed}", line.ink.class()), &points);
}

fn poly(out: &mut String, class: &str, points: &[(f64, f64)]) {
    let points: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    let points = points.join(" ");
    let _ = writeln!(out, "<polyline class=\"{class}\" points=\"{points}\"/>");
}
