// SPDX-License-Identifier: MIT OR Apache-2.0
//! A record as a picture: round trips as bars, throughput as lines over the size.

use std::path::Path;

use definitions::Size;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Failure;
use crate::record::{Place, Record};
use crate::task::What;

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
const OURS: RGBColor = COLOURS[0];
const OTHERS: RGBColor = COLOURS[6];

/// Who is shown among the lines; the record has everybody.
const LINES: [&str; 8] = [
    "ours, spin",
    "ours, spin, batches of 16",
    "ours, sleep at once",
    "pipe",
    "Unix stream",
    "shmem-ipc, blocking",
    "iceoryx2, polling",
    "ipc-channel",
];

/// Draws it.
///
/// # Errors
///
/// If the picture can't be written.
pub(crate) fn draw(record: &Record, path: &Path) -> Result<(), Failure> {
    let root = SVGBackend::new(path, (1000, 520)).into_drawing_area();
    root.fill(&WHITE)?;
    let machine = &record.machine;
    let title = format!(
        "Messages between two processes. {}, Linux {}, {}",
        machine.name, machine.kernel, machine.date
    );
    let root = root.titled(&title, ("sans-serif", 17))?;
    let (left, right) = root.split_horizontally(500);
    bars(&left, &round_trips(record))?;
    lines(&right, record)?;
    root.present()?;
    println!("written to {}", path.display());
    Ok(())
}

/// Who, and how many nanoseconds, from fast to slow within each place.
fn round_trips(record: &Record) -> Vec<(String, f64)> {
    let mut bars = Vec::new();
    for place in [Place::TwoCores, Place::OneCore] {
        let tables = record.tables.iter();
        let tables = tables.filter(|it| it.what == What::RoundTrip && it.place == place);
        let mut rows: Vec<_> = tables.flat_map(|it| &it.rows).collect();
        rows.sort_by(|a, b| a.ns.total_cmp(&b.ns));
        let short = match place {
            Place::TwoCores => "",
            Place::OneCore | Place::OneProcess => " (one core)",
        };
        bars.extend(
            rows.iter()
                .map(|row| (format!("{}{short}", row.candidate), row.ns)),
        );
    }
    bars
}

fn bars(area: &DrawingArea<SVGBackend<'_>, Shift>, bars: &[(String, f64)]) -> Result<(), Failure> {
    const NS: std::ops::Range<f64> = 30.0..200_000.0;
    let count = bars.len().max(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .caption(
            "round trip of 8 bytes, ns: shorter is faster",
            ("sans-serif", 15),
        )
        .x_label_area_size(30)
        .y_label_area_size(10)
        .build_cartesian_2d(NS.log_scale(), 0.0..count)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|ns| format!("{ns}"))
        .draw()?;
    for (i, (name, ns)) in bars.iter().enumerate() {
        let top = count - i as f64;
        let colour = if name.starts_with("ours") {
            OURS
        } else {
            OTHERS
        };
        let corners = [(NS.start, top - 0.15), (ns.min(NS.end), top - 0.85)];
        chart.draw_series([Rectangle::new(corners, colour.mix(0.45).filled())])?;
        let text = format!("{name}  {ns:.0}");
        let place = (NS.start * 1.1, top - 0.25);
        chart.draw_series([Text::new(text, place, ("sans-serif", 11))])?;
    }
    Ok(())
}

/// The speed of a candidate by that of the limit, over the size.
fn points(record: &Record, name: &str) -> Vec<(f64, f64)> {
    let tables = record.tables.iter().filter(|it| it.what == What::Stream);
    let point = |(size, row): (usize, &crate::record::Row)| {
        (row.candidate == name).then(|| (size as f64, 1.0 / row.by_first))
    };
    let rows = tables.flat_map(|it| it.rows.iter().map(|row| (it.size, row)));
    rows.filter_map(point).collect()
}

fn lines(area: &DrawingArea<SVGBackend<'_>, Shift>, record: &Record) -> Result<(), Failure> {
    const SPEEDS: std::ops::Range<f64> = 0.0078125..8.0;
    let sizes = 32.0..2_097_152.0;
    let keys = [64.0, 4096.0, 65_536.0, 1_048_576.0];
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .margin_right(25)
        .caption("speed by that of two plain copies", ("sans-serif", 15))
        .x_label_area_size(30)
        .y_label_area_size(50)
        .build_cartesian_2d(
            sizes
                .clone()
                .log_scale()
                .base(4.0)
                .with_key_points(keys.to_vec()),
            SPEEDS
                .log_scale()
                .base(2.0)
                .with_key_points((-7..=3).map(|power| 2f64.powi(power)).collect()),
        )?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|size: &f64| Size(size.round() as usize).to_string())
        .y_label_formatter(&|speed| format!("{:.2}", speed))
        .draw()?;
    chart.draw_series(LineSeries::new(
        [(sizes.start, 1.0), (sizes.end, 1.0)],
        BLACK,
    ))?;
    let lines = LINES.iter().zip(COLOURS);
    let lines = lines.map(|(name, colour)| (name, colour, points(record, name)));
    for (name, colour, points) in lines.filter(|line| !line.2.is_empty()) {
        let style = colour.stroke_width(2);
        let inside = points
            .into_iter()
            .map(|(x, y)| (x, y.clamp(SPEEDS.start, SPEEDS.end)));
        chart
            .draw_series(LineSeries::new(inside, style).point_size(3))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    let labels = &mut chart.configure_series_labels();
    let labels = labels.position(SeriesLabelPosition::LowerMiddle);
    let labels = labels
        .background_style(WHITE.mix(0.85))
        .border_style(TRANSPARENT);
    labels.label_font(("sans-serif", 12)).draw()?;
    Ok(())
}
