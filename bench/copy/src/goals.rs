// SPDX-License-Identifier: MIT OR Apache-2.0
//! The goals, what was measured for each, and what misses them.

use common::goal::Goal;
use definitions::{Placement, Size};

use crate::lifecycle::Step;
use crate::memcpy::{Part, Row};
use crate::others::Other;
use crate::record::Record;
use crate::rounds::mean;

/// What no size may be slower than.
const WORST: f64 = 1.05;

/// All goals.
pub fn goals(record: &Record) -> Vec<Goal> {
    let mut goals = against(&record.memcpy.as_it_is.part, "memcpy as it is", 0.80);
    goals.push(hole(&record.memcpy.as_it_is.part));
    if let Some(tuned) = &record.memcpy.tuned {
        goals.extend(against(&tuned.part, "memcpy tuned", 0.95));
    }
    goals.extend(record.others.iter().skip(1).flat_map(other));
    goals.extend(record.lifecycle.iter().map(step));
    goals
}

/// Ours by one memcpy.
fn against(part: &Part, rival: &str, limit: f64) -> Vec<Goal> {
    let cells = |from: usize, to: usize| {
        let rows = part
            .grid
            .iter()
            .filter(|row| (from..=to).contains(&row.size));
        mean(rows.flat_map(Row::ordinary).map(|(_, ratio)| ratio))
    };
    let detail = format!(
        "1..64 {:.3}, 80..2048 {:.3}, from 3000 on {:.3}",
        cells(1, 64),
        cells(65, 2048),
        cells(2049, usize::MAX)
    );
    let mut goals = vec![
        Goal::at_most(format!("{rival}: all cells"), cells(1, usize::MAX), limit).with(detail),
        Goal::at_most(format!("{rival}: up to 32 B"), cells(1, 32), 0.65),
        worst_size(part, rival),
    ];
    let mut mixes: Vec<_> = part.mixes.iter().map(|row| row.mix.clone()).collect();
    mixes.dedup();
    for mix in mixes {
        let rows = part.mixes.iter().filter(|row| row.mix == mix);
        let each: Vec<String> = rows
            .clone()
            .map(|row| format!("{} {:.3}", row.operation, row.ratio))
            .collect();
        let measured = mean(rows.map(|row| row.ratio));
        let what = format!("{rival}: sizes {mix}");
        goals.push(Goal::at_most(what, measured, 1.00).with(each.join(", ")));
    }
    goals
}

/// The worst mean of a size, and every size that is too slow, with its worst placement.
fn worst_size(part: &Part, rival: &str) -> Goal {
    let mut slow: Vec<&Row> = part.grid.iter().filter(|row| row.mean() > WORST).collect();
    slow.sort_by(|a, b| b.mean().total_cmp(&a.mean()));
    let worst = part.grid.iter().map(Row::mean).fold(0.0, f64::max);
    let names: Vec<String> = slow.into_iter().map(slow_size).collect();
    let what = format!("{rival}: worst size, mean of its offsets");
    Goal::at_most(what, worst, WORST).with(names.join("; "))
}

fn slow_size(row: &Row) -> String {
    let cells = row.ordinary();
    let slow = cells.iter().filter(|(_, ratio)| *ratio > WORST).count();
    let worst = cells.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let (placement, ratio) = worst.copied().unwrap_or((
        Placement {
            shared: 0,
            private: 0,
        },
        f64::NAN,
    ));
    let (operation, size, mean) = (row.operation, Size(row.size), row.mean());
    format!(
        "{operation}/{size} {mean:.2} ({slow} of {} offsets, worst {placement} {ratio:.2})",
        cells.len()
    )
}

/// How many times faster ours is in the hole.
fn hole(part: &Part) -> Goal {
    let faster = |rows: &mut dyn Iterator<Item = &Row>| 1.0 / mean(rows.flat_map(Row::hole));
    let mut sizes: Vec<usize> = part.grid.iter().map(|row| row.size).collect();
    sizes.dedup();
    let each: Vec<String> = sizes
        .into_iter()
        .filter_map(|size| {
            let times = faster(&mut part.grid.iter().filter(|row| row.size == size));
            times
                .is_finite()
                .then(|| format!("{} {times:.1}", Size(size)))
        })
        .collect();
    let what = "memcpy as it is: times faster in the hole";
    Goal::at_least(what, faster(&mut part.grid.iter()), 15.0).with(each.join(", "))
}

/// Ours by another engine.
fn other(other: &Other) -> [Goal; 2] {
    let worst = other.worst();
    let detail = worst.map(|row| format!("{}/{}", row.operation, Size(row.size)));
    let slow: Vec<String> = other
        .rows
        .iter()
        .filter(|row| row.ours_by_it > WORST)
        .map(|row| format!("{}/{} {:.2}", row.operation, Size(row.size), row.ours_by_it))
        .collect();
    let detail = if slow.is_empty() {
        detail.unwrap_or_default()
    } else {
        slow.join("; ")
    };
    let name = &other.engine;
    let worst = worst.map_or(f64::NAN, |row| row.ours_by_it);
    [
        Goal::at_most(format!("{name}: mean of all sizes"), other.mean(), 1.00),
        Goal::at_most(format!("{name}: worst size"), worst, WORST).with(detail),
    ]
}

/// Making, mapping, adopting, dropping.
fn step(step: &Step) -> Goal {
    let what = format!("{}, {}: by the same calls", step.step, Size(step.size));
    let detail = format!(
        "by the fewest calls {:.2}; {:.0} ns",
        step.by_bare, step.ours_ns
    );
    Goal::at_most(what, step.by_same_calls, WORST).with(detail)
}
