// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Chart`]: figures as an SVG picture, to be put into a document: no scripts, no fonts of
//! others, light and dark.
//!
//! ```text
//!   A title                                        a row is one panel over the whole
//!   the machine, the date                          width, or several beside each other
//!   ┌ row ────────────────────────────────────┐
//!   │ lines over the size, by two logarithms   │ ─ labels where the lines end
//!   ├ row ──────────────┬─────────────────────┤
//!   │ lines             │ bars                │
//!   └───────────────────┴─────────────────────┘
//! ```

use core::fmt::Write;

mod bars;
mod lines;
mod scale;

pub(crate) use bars::{Bar, Bars};
pub(crate) use lines::{Line, Lines};

use crate::graph::{width, xml};

/// How wide every picture is, and what is left free around it.
const WIDTH: f64 = 920.0;
const MARGIN: f64 = 24.0;

/// Between panels beside each other, and between rows.
const GAP: f64 = 36.0;

/// The title and the caption.
const HEAD: f64 = 62.0;

/// The title of a panel.
const PANEL_HEAD: f64 = 30.0;

/// Sizes of text.
const TEXT: f64 = 12.0;
const SMALL: f64 = 10.5;

/// What the classes look like. The dark colours are for those whose system is dark.
const STYLE: &str = "\
text{font-family:ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',\
'DejaVu Sans',Arial,sans-serif;font-size:12px;fill:#1f2328}\
.s{font-size:10.5px;fill:#59636e}.h{font-size:17px;font-weight:600}.p{font-weight:600}\
.v{font-size:10.5px}.r{text-anchor:end}.m{text-anchor:middle}\
.bg{fill:#fff}.grid{stroke:#d8dee4;stroke-width:1}.axis{stroke:#8b949e;stroke-width:1}\
.l{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}\
.lead{fill:none;stroke:#8b949e;stroke-width:.8}.out{stroke-dasharray:5 4}\
.ours{stroke:#0072b2;fill:#0072b2}.l.ours{stroke-width:2.8}\
.rule{stroke:#1f2328;fill:#57606a}.plain{stroke:#8b949e;fill:#8b949e}\
.call{stroke:#d55e00;fill:#d55e00}.pipe{stroke:#009e73;fill:#009e73}\
.sock{stroke:#c0609a;fill:#c0609a}.l.l{fill:none}.b{stroke:none}\
@media (prefers-color-scheme:dark){\
text{fill:#e6edf3}.s{fill:#9aa5b1}.bg{fill:#0d1117}.grid{stroke:#2a313b}\
.axis,.lead{stroke:#6e7781}.ours{stroke:#58a6ff;fill:#58a6ff}\
.rule{stroke:#e6edf3;fill:#b6bfc9}.plain{stroke:#8b949e;fill:#8b949e}\
.call{stroke:#f0883e;fill:#f0883e}.pipe{stroke:#3fb98f;fill:#3fb98f}\
.sock{stroke:#e39cc4;fill:#e39cc4}.l.l{fill:none}.b{stroke:none}}";

/// A picture.
#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) title: String,
    /// Where the figures are from.
    pub(crate) caption: String,
    pub(crate) rows: Vec<Row>,
}

/// Panels beside each other, each as wide as the next.
pub(crate) type Row = Vec<Panel>;

/// Some figures of one kind.
#[derive(Debug)]
pub(crate) enum Panel {
    Lines(Lines),
    Bars(Bars),
}

/// Who a figure is of, by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// This library.
    Ours,
    /// What it is compared with.
    Rule,
    /// Something without a name of its own.
    Plain,
    /// A system call.
    Call,
    Pipe,
    Socket,
}

impl Ink {
    fn class(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Rule => "rule",
            Self::Plain => "plain",
            Self::Call => "call",
            Self::Pipe => "pipe",
            Self::Socket => "sock",
        }
    }
}

/// Where a panel stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
}

impl Panel {
    fn height(&self) -> f64 {
        match self {
            Self::Lines(lines) => lines.height(),
            Self::Bars(bars) => bars.height(),
        }
    }

    fn draw(&self, out: &mut String, place: Place) {
        let title = match self {
            Self::Lines(lines) => &lines.title,
            Self::Bars(bars) => &bars.title,
        };
        text(out, "p", (place.x, place.y + TEXT), title);
        let place = Place {
            y: place.y + PANEL_HEAD,
            ..place
        };
        match self {
            Self::Lines(lines) => lines.draw(out, place),
            Self::Bars(bars) => bars.draw(out, place),
        }
    }
}

impl Chart {
    /// The picture.
    pub(crate) fn svg(&self) -> String {
        let tall = |row: &Row| row.iter().map(Panel::height).fold(0.0, f64::max) + PANEL_HEAD;
        let rows: f64 = self.rows.iter().map(|row| tall(row) + GAP).sum();
        let height = (MARGIN + HEAD + rows - GAP + MARGIN).ceil();
        let label = xml(&format!("{}. {}", self.title, self.caption));
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-label=\"{label}\">\n\
             <title>{label}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n"
        );
        text(&mut out, "h", (MARGIN, MARGIN + 14.0), &self.title);
        text(&mut out, "s", (MARGIN, MARGIN + 33.0), &self.caption);
        let mut y = MARGIN + HEAD;
        for row in &self.rows {
            let panels = row.len().max(1) as f64;
            let width = (WIDTH - 2.0 * MARGIN - GAP * (panels - 1.0)) / panels;
            for (i, panel) in row.iter().enumerate() {
                let x = MARGIN + (width + GAP) * i as f64;
                panel.draw(&mut out, Place { x, y, width });
            }
            y += tall(row) + GAP;
        }
        out.push_str("</svg>\n");
        out
    }
}

fn text(out: &mut String, class: &str, (x, y): (f64, f64), text: &str) {
    let text = xml(text);
    // Writing to a string can't fail.
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
    );
}

fn line(out: &mut String, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(
        out,
        "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
    );
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails may panic")]
mod tests {
    use super::*;

    /// A chart of everything, with figures and names that nobody would choose.
    fn odd() -> Chart {
        let line = |name: &str, points: &[(f64, f64)]| Line {
            name: name.to_owned(),
            ink: Ink::Call,
            dashed: false,
            points: points.to_vec(),
        };
        let bar = |value: f64| Bar {
            name: "a<b>&\"'".to_owned(),
            value,
            text: format!("{value:.2}"),
            ink: Ink::Ours,
        };
        let odd = [f64::NAN, f64::INFINITY, 0.0, -1.0, f64::MIN_POSITIVE];
        let points: Vec<_> = odd.iter().map(|value| (64.0, *value)).collect();
        let lines = Panel::Lines(Lines {
            title: "]]>".to_owned(),
            tall: 200.0,
            lines: vec![
                line("<&>", &points),
                line("one", &[(64.0, 1.0)]),
                line("none", &[]),
            ],
        });
        let bars = |values: &[f64]| {
            Panel::Bars(Bars {
                title: "<title>".to_owned(),
                groups: vec![values.iter().copied().map(bar).collect(), Vec::new()],
                log: None,
            })
        };
        Chart {
            title: "T & t".to_owned(),
            caption: "<script>".to_owned(),
            rows: vec![vec![lines, bars(&odd)], vec![bars(&[])], Vec::new()],
        }
    }

    #[test]
    fn whatever_is_in_it_a_chart_is_xml_and_every_number_in_it_is_one() {
        let svg = odd().svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let numbers = [
            "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "width", "height",
        ];
        for node in document.descendants() {
            let attributes = node.attributes().filter(|it| numbers.contains(&it.name()));
            for attribute in attributes.filter(|it| it.value() != "100%") {
                let number: f64 = attribute.value().parse().unwrap();
                assert!(number.is_finite(), "{node:?}");
            }
            let points = node.attribute("points").unwrap_or_default();
            let mut numbers = points.split([' ', ',']).filter(|it| !it.is_empty());
            assert!(numbers.all(|it| it.parse::<f64>().unwrap().is_finite()));
        }
        let texts: Vec<_> = document.descendants().filter_map(|it| it.text()).collect();
        assert!(texts.contains(&"a<b>&\"'"), "{texts:?}");
    }
}
