// SPDX-License-Identifier: MIT OR Apache-2.0
//! A record as a picture: the time of a copy by that of memcpy, over its size.
//!
//! Two panels: ours against memcpy as it is, tuned, and in the hole; and everybody.

use std::path::Path;

use definitions::{Size, sizes};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Failure;
use crate::record::Record;
use crate::rival::Rival;
use crate::rounds::mean;

/// A line: what it is, its colour, and its points.
struct Line {
    name: String,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
}

/// Colours that people with any eyes can tell apart (Okabe and Ito's).
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(120, 120, 120),
    RGBColor(150, 75, 0),
];

/// Where the axis of sizes ends.
const SIZES: std::ops::Range<f64> = 1.0..1_048_576.0;

/// Draws it.
///
/// # Errors
///
/// If the picture can't be written.
pub fn draw(record: &Record, path: &Path) -> Result<(), Failure> {
    let root = SVGBackend::new(path, (1000, 460)).into_drawing_area();
    root.fill(&WHITE)?;
    let machine = &record.machine;
    let title = format!(
        "Time of a copy by that of memcpy: lower is faster. {}, {}, {}",
        machine.name, machine.libc, machine.date
    );
    let root = root.titled(&title, ("sans-serif", 17))?;
    let (left, right) = root.split_horizontally(500);
    let lower = SeriesLabelPosition::LowerLeft;
    panel(&left, "ours by memcpy", 0.0625..2.0, ours(record), lower)?;
    let corner = SeriesLabelPosition::LowerRight;
    panel(
        &right,
        "everybody by memcpy",
        0.125..32.0,
        everybody(record),
        corner,
    )?;
    root.present()?;
    println!("written to {}", path.display());
    Ok(())
}

/// The mean of both directions at each size, where there are any.
fn points(value: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
    let points = sizes().map(|size| (size as f64, value(size)));
    points.filter(|(_, y)| y.is_finite()).collect()
}

fn ours(record: &Record) -> Vec<Line> {
    let by = |rival: &Rival| {
        let rows = |size| rival.part.grid.iter().filter(move |row| row.size == size);
        points(|size| mean(rows(size).map(|row| row.mean())))
    };
    let as_it_is = &record.memcpy.as_it_is;
    let rows = |size| {
        as_it_is
            .part
            .grid
            .iter()
            .filter(move |row| row.size == size)
    };
    let mut lines = vec![
        ("memcpy as it is", by(as_it_is)),
        (
            "the same, where rep movsb collapses",
            points(|size| mean(rows(size).flat_map(|row| row.hole()))),
        ),
    ];
    if let Some(tuned) = &record.memcpy.tuned {
        lines.push(("memcpy tuned, without rep movsb", by(tuned)));
    }
    let lines = lines.into_iter().zip(COLOURS);
    lines
        .map(|((name, points), colour)| Line {
            name: name.to_owned(),
            colour,
            points,
        })
        .collect()
}

fn everybody(record: &Record) -> Vec<Line> {
    let as_it_is = &record.memcpy.as_it_is.part.grid;
    let rows = |size| as_it_is.iter().filter(move |row| row.size == size);
    let mut lines = vec![Line {
        name: "ours".to_owned(),
        colour: COLOURS[0],
        points: points(|size| mean(rows(size).map(|row| row.mean()))),
    }];
    let shown = [
        "vm-memory",
        "ecmascript_atomics",
        "atomic-memcpy",
        "volatile bytes",
        "AtomicU64",
    ];
    let others = record
        .others
        .iter()
        .filter(|other| shown.contains(&other.engine.as_str()));
    for (other, colour) in others.zip(&COLOURS[1..]) {
        let by = |size| {
            let rows = other.rows.iter().filter(|row| row.size == size);
            mean(rows.map(|row| row.by_memcpy))
        };
        lines.push(Line {
            name: other.engine.clone(),
            colour: *colour,
            points: points(by),
        });
    }
    lines
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    caption: &str,
    ratios: std::ops::Range<f64>,
    lines: Vec<Line>,
    legend: SeriesLabelPosition,
) -> Result<(), Failure> {
    let (low, high) = (ratios.start, ratios.end);
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .margin_right(25)
        .caption(caption, ("sans-serif", 15))
        .x_label_area_size(30)
        .y_label_area_size(45)
        .build_cartesian_2d(
            SIZES
                .log_scale()
                .base(4.0)
                .with_key_points((0..=10).map(|power| 4f64.powi(power)).collect()),
            ratios.log_scale().base(2.0).with_key_points(
                (-5..=5)
                    .map(|power| 2f64.powi(power))
                    .filter(|y| (low..=high).contains(y))
                    .collect(),
            ),
        )?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|size| Size(size.round() as usize).to_string())
        .y_label_formatter(&|ratio| format!("{ratio}"))
        .draw()?;
    chart.draw_series(LineSeries::new(
        [(SIZES.start, 1.0), (SIZES.end, 1.0)],
        BLACK,
    ))?;
    for line in lines {
        let style = line.colour.stroke_width(2);
        let inside = line
            .points
            .into_iter()
            .map(|(x, y)| (x, y.clamp(low, high)));
        chart
            .draw_series(LineSeries::new(inside, style))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(legend)
        .background_style(WHITE.mix(0.85))
        .border_style(TRANSPARENT)
        .label_font(("sans-serif", 12))
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_was_not_measured_has_no_point() {
        let points = points(|size| if size == 8 { 0.5 } else { f64::NAN });
        assert_eq!(points, [(8.0, 0.5)]);
    }
}
