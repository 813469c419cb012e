// SPDX-License-Identifier: MIT OR Apache-2.0
//! The goals, and what was measured for each: medians over the runs.

use common::goal::Goal;
use common::rounds::{median, rounded};
use definitions::Size;

use crate::record::Place;
use crate::table::Measured;
use crate::tables::{self, peers};
use crate::task::What;

/// All goals for which there are figures.
pub(crate) fn goals(all: &[Measured]) -> Vec<Goal> {
    let mut goals = round_trips(all);
    goals.extend(streams(all));
    goals.extend(one(all, What::RoundTrip, Place::OneProcess, handles));
    goals.extend(
        all.iter()
            .filter(|it| it.what == What::Publish)
            .flat_map(readers),
    );
    goals
}

/// The goals of the table of round trips, or of whatever there is one of.
fn one(
    all: &[Measured],
    what: What,
    place: Place,
    goals: impl Fn(&Measured) -> Vec<Goal>,
) -> Vec<Goal> {
    let mut found = all.iter().filter(|it| it.what == what && it.place == place);
    found
        .find_map(|it| Some(goals(it)).filter(|goals| !goals.is_empty()))
        .unwrap_or_default()
}

/// Median and range of ratios, if there are any.
fn range(ratios: &[f64]) -> Option<(f64, String)> {
    let low = ratios.iter().copied().reduce(f64::min)?;
    let high = ratios.iter().copied().reduce(f64::max)?;
    let detail = format!("runs {:.3} .. {:.3}", low, high);
    Some((median(ratios.to_vec()), detail))
}

/// The time of one by that of another.
fn time(table: &Measured, one: &str, other: &str, limit: f64) -> Option<Goal> {
    let (measured, detail) = range(&table.speed(other, one))?;
    let what = format!("round trip {}: {one} by {other}", table.place);
    Some(Goal::at_most(what, measured, limit).with(detail))
}

/// How many times faster one is than another.
fn speed(table: &Measured, one: &str, other: &str, limit: f64) -> Option<Goal> {
    let (measured, detail) = range(&table.speed(one, other))?;
    let what = format!("speed at {}: {one} by {other}", Size(table.size));
    Some(Goal::at_least(what, measured, limit).with(detail))
}

fn round_trips(all: &[Measured]) -> Vec<Goal> {
    let mut goals = one(all, What::RoundTrip, Place::TwoCores, |table| {
        let goals = [
            time(table, tables::SPIN, tables::TWO_LINES, 1.6),
            time(table, tables::SPIN, peers::SHMEM_IPC_SPIN, 1.0),
            time(table, tables::SPIN, peers::ICEORYX2, 0.2),
        ];
        goals.into_iter().flatten().collect()
    });
    goals.extend(one(all, What::RoundTrip, Place::OneCore, |table| {
        time(table, tables::SLEEP, tables::FUTEX, 1.8)
            .into_iter()
            .collect()
    }));
    goals
}

fn streams(all: &[Measured]) -> Vec<Goal> {
    let tables = all.iter().filter(|table| table.what == What::Stream);
    tables.flat_map(stream).collect()
}

fn stream(table: &Measured) -> Vec<Goal> {
    use tables::{BATCHED, LIMIT, PIPE, SPIN};
    let goals = match table.size {
        64 => vec![
            speed(table, SPIN, LIMIT, 0.6),
            speed(table, BATCHED, LIMIT, 0.85),
            speed(table, SPIN, PIPE, 20.0),
        ],
        4096 => vec![
            speed(table, SPIN, LIMIT, 1.0),
            speed(table, SPIN, PIPE, 5.0),
        ],
        65_536 => vec![best(table)],
        _ => vec![
            speed(table, SPIN, LIMIT, 1.0),
            speed(table, SPIN, PIPE, 10.0),
        ],
    };
    goals.into_iter().flatten().collect()
}

/// Ours by the best of those who carry 64 KiB well.
fn best(table: &Measured) -> Option<Goal> {
    let others = [
        tables::LIMIT,
        tables::NAPPING,
        peers::SHMEM_IPC_SPIN,
        peers::SHMEM_IPC_BLOCKING,
    ];
    let ratios = others
        .iter()
        .map(|other| (other, table.speed(tables::SPIN, other)));
    let mut ratios: Vec<_> = ratios.filter(|(_, ratios)| !ratios.is_empty()).collect();
    ratios.sort_by(|a, b| median(a.1.clone()).total_cmp(&median(b.1.clone())));
    let (other, ratios) = ratios.first()?;
    let (measured, detail) = range(ratios)?;
    let modes = [tables::DEFAULT, tables::SLEEP, tables::IN_PLACE];
    let modes = modes.map(|mode| format!("; {mode} {:.2}", median(table.speed(mode, other))));
    let what = format!("speed at 64K: {} by {other}, the best", tables::SPIN);
    Some(Goal::at_least(what, measured, 0.8).with(detail + &modes.concat()))
}

/// An absolute time: system calls take what they take.
fn handles(table: &Measured) -> Vec<Goal> {
    let Some(ours) = table.index(tables::PASS) else {
        return Vec::new();
    };
    let us = table.samples.ns(ours) / 1000.0;
    let by_bare = median(table.samples.ratios(ours, 0));
    let detail = format!("by the bare system calls {}", rounded(by_bare));
    let what = "a handle passed and adopted, in one process: µs";
    vec![Goal::at_most(what, us, 10.0).with(detail)]
}

fn readers(table: &Measured) -> Vec<Goal> {
    use tables::{FOUR_ASLEEP, FOUR_READERS, ONE_ASLEEP, ONE_READER};
    let ratios = table.speed(ONE_READER, FOUR_READERS);
    let asleep = median(table.speed(ONE_ASLEEP, FOUR_ASLEEP));
    let goal = range(&ratios).map(|(measured, detail)| {
        let what = format!(
            "a writer's time at {}: {FOUR_READERS} by {ONE_READER}",
            Size(table.size)
        );
        let detail = format!("{detail}; with those that sleep and are woken {asleep:.2}");
        Goal::at_most(what, measured, 1.2).with(detail)
    });
    goal.into_iter().collect()
}
