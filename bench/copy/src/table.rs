// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a record says, for people.

use std::io::{self, Write};

use definitions::{OPERATIONS, Operation, Size};

use crate::memcpy::Row;
use crate::record::Record;

/// The sizes that are shown; all of them are in the record.
const SHOWN: [usize; 25] = [
    1,
    2,
    3,
    4,
    7,
    8,
    12,
    16,
    24,
    32,
    48,
    64,
    100,
    128,
    200,
    256,
    512,
    1024,
    2048,
    4096,
    8192,
    16384,
    65536,
    262_144,
    1 << 20,
];

/// Prints everything.
///
/// # Errors
///
/// If nobody takes it.
pub fn print(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    facts(record, out)?;
    for operation in OPERATIONS {
        copies(record, operation, out)?;
    }
    unpredictable(record, out)?;
    chores(record, out)?;
    lifecycle(record, out)?;
    common::goal::print(&record.goals, out)
}

fn facts(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    let machine = &record.machine;
    let pinned = if machine.layout_pinned {
        "layout pinned"
    } else {
        "LAYOUT NOT PINNED"
    };
    writeln!(
        out,
        "{}: {}, {}, Linux {}, {}, {}, profile {}, {pinned}, load {}",
        machine.name,
        machine.cpu,
        machine.flags.join(" "),
        machine.kernel,
        machine.libc,
        machine.rustc,
        machine.profile,
        machine.load,
    )?;
    let threshold = |rival: &Option<String>| rival.clone().unwrap_or("unknown".to_owned());
    let rivals = &record.memcpy;
    let tuned = rivals
        .tuned
        .as_ref()
        .map(|it| threshold(&it.rep_movsb_threshold));
    writeln!(
        out,
        "memcpy uses rep movsb from {} bytes on, tuned from {}",
        threshold(&rivals.as_it_is.rep_movsb_threshold),
        tuned.unwrap_or("the same".to_owned()),
    )
}

fn find(rows: &[Row], operation: Operation, size: usize) -> Option<&Row> {
    rows.iter()
        .find(|row| row.operation == operation && row.size == size)
}

/// Time of ours by that of each other, in the mean over the offsets.
fn copies(record: &Record, operation: Operation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\n{operation}: time of ours by that of …, in the mean over the offsets"
    )?;
    write!(
        out,
        "{:>8} {:>10} {:>7} {:>7} {:>7}",
        "size", "memcpy ns", "as is", "tuned", "hole"
    )?;
    let others = &record.others;
    for other in others {
        write!(
            out,
            " {:>9}",
            other.engine.chars().take(9).collect::<String>()
        )?;
    }
    writeln!(out)?;
    let rivals = &record.memcpy;
    for size in SHOWN {
        let Some(row) = find(&rivals.as_it_is.part.grid, operation, size) else {
            continue;
        };
        let tuned = rivals.tuned.as_ref();
        let tuned = tuned
            .and_then(|it| find(&it.part.grid, operation, size))
            .map(Row::mean);
        let hole = Some(crate::rounds::mean(row.hole())).filter(|mean| mean.is_finite());
        write!(out, "{:>8} {:>10.1}", Size(size), row.memcpy_ns)?;
        for ratio in [Some(row.mean()), tuned, hole] {
            write!(out, " {:>7}", shown(ratio))?;
        }
        for other in others {
            let mut rows = other.rows.iter();
            let row = rows.find(|row| row.operation == operation && row.size == size);
            write!(out, " {:>9}", shown(row.map(|row| row.ours_by_it)))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn shown(ratio: Option<f64>) -> String {
    match ratio {
        Some(ratio) if ratio < 0.095 => format!("{ratio:.3}"),
        Some(ratio) => format!("{ratio:.2}"),
        None => "-".to_owned(),
    }
}

fn unpredictable(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\ntime of ours by that of memcpy as it is: random sizes, constant sizes"
    )?;
    let part = &record.memcpy.as_it_is.part;
    for operation in OPERATIONS {
        write!(out, "{operation:<6}")?;
        for row in part.mixes.iter().filter(|row| row.operation == operation) {
            write!(out, " {} {:.2} ", row.mix, row.ratio)?;
        }
        write!(out, "|")?;
        for row in part
            .constant
            .iter()
            .filter(|row| row.operation == operation)
        {
            write!(out, " {} {:.2} ", Size(row.size), row.ratio)?;
        }
        writeln!(out)?;
    }
    for other in &record.others {
        let (name, mean) = (&other.engine, other.mean_by_memcpy());
        writeln!(
            out,
            "all sizes: {name} by memcpy {mean:.2}, ours by it {:.2}",
            other.mean()
        )?;
    }
    Ok(())
}

fn chores(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\nsmall accesses in loops: ns each, and by a plain pointer"
    )?;
    let mut chore = "";
    for row in &record.chores {
        if row.chore != chore {
            chore = &row.chore;
            writeln!(out, "{chore}")?;
        }
        writeln!(
            out,
            "  {:<20} {:>7.2} {:>6.2}",
            row.engine, row.ns, row.by_pointer
        )?;
    }
    Ok(())
}

fn lifecycle(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\nsystem calls: ns of ours, by the same calls, by the fewest calls"
    )?;
    for step in &record.lifecycle {
        let what = format!("{}, {}", step.step, Size(step.size));
        writeln!(
            out,
            "  {what:<32} {:>8.0} {:>6.2} {:>6.2}",
            step.ours_ns, step.by_same_calls, step.by_bare
        )?;
    }
    Ok(())
}
