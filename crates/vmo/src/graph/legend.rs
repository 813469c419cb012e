// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lines, colours and signs mean.

use super::model::{Line, State, Writes};
use super::svg::{MARGIN, SMALL, classes, sign, text};
use super::text::width;

/// The least width that it is given.
pub(super) const LEAST: f64 = 520.0;

/// Between two rows, and between two entries of a row.
const ROW: f64 = 24.0;
const GAP: f64 = 22.0;

/// The space for a sample in front of its words.
const SAMPLE: f64 = 40.0;

/// A legend, drawn.
#[derive(Debug)]
pub(super) struct Legend {
    pub(super) text: String,
    pub(super) bottom: f64,
}

#[derive(Clone, Copy, Debug)]
enum Sample {
    Line(Line, Writes),
    State(State),
}

/// As many entries in a row as `inner` has room for, from `top` on.
pub(super) fn legend(inner: f64, top: f64) -> Legend {
    let mut out = String::new();
    let mut y = top + ROW;
    for group in [lines(), states()] {
        let mut x = 0.0;
        for (sample, words) in group {
            let w = SAMPLE + width(&words, SMALL);
            if x > 0.0 && x + w > inner {
                (x, y) = (0.0, y + ROW);
            }
            draw(&mut out, sample, (MARGIN + x, y));
            text(&mut out, "s", (MARGIN + x + SAMPLE, y + 3.5), &words);
            x += w + GAP;
        }
        y += ROW;
    }
    Legend {
        text: out,
        bottom: y - ROW + 8.0,
    }
}

fn lines() -> Vec<(Sample, String)> {
    let words = |line| match line {
        Line::MapWrite => "mapped to write",
        Line::MapRead => "mapped to read",
        Line::Fd => "descriptor only",
    };
    let writes = |line| match line {
        Line::MapWrite => Writes::Yes,
        Line::MapRead | Line::Fd => Writes::No,
    };
    let lines = Line::ALL.iter().map(|line| {
        let sample = Sample::Line(*line, writes(*line));
        (sample, words(*line).to_owned())
    });
    let orange = Sample::Line(Line::Fd, Writes::Yes);
    lines
        .chain([(orange, "orange: can write".to_owned())])
        .collect()
}

fn states() -> Vec<(Sample, String)> {
    let states = State::ALL.iter();
    states
        .map(|state| (Sample::State(*state), state.to_string()))
        .collect()
}

fn draw(out: &mut String, sample: Sample, at: (f64, f64)) {
    let (x, y) = at;
    match sample {
        Sample::Line(line, writes) => out.push_str(&format!(
            "<path class=\"{}\" d=\"M{x:.1} {y:.1}h30\"/>\n",
            classes(line, writes)
        )),
        Sample::State(state) => {
            let (left, top) = (x + 2.0, y - 10.0);
            out.push_str(&format!(
                "<g class=\"{}\"><rect class=\"o\" x=\"{left:.1}\" y=\"{top:.1}\" \
                 width=\"28\" height=\"20\" rx=\"4\"/>\n",
                state.word()
            ));
            sign(out, state, (x + 8.0, y - 8.0));
            out.push_str("</g>\n");
        }
    }
}

/// The path of a sign, in a square of 16.
pub(super) fn glyph(state: State) -> &'static str {
    match state {
        // A lock.
        State::Frozen => "M3.5 7.5h9v6h-9zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2M8 10v1.2",
        // A pen that one hand has, behind a lock's bow: written by one, read by all.
        State::Published => "M3 13l1-3.5L10.5 3l2.5 2.5L6.5 12zM9 4.5L11.5 7M9.5 13.5h4",
        // A length between two walls.
        State::Fixed => "M2.5 4v8M13.5 4v8M4.5 8h7M6.5 6l-2 2 2 2M9.5 6l2 2-2 2",
        // A warning.
        State::Loose => "M8 2.5L14.3 13.5H1.7zM8 6.5v3.4M8 11.7v.1",
        // A question.
        State::Other => "M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.7 8 9 8 10M8 12.6v.1",
    }
}
