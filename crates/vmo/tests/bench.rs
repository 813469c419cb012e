// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo bench`, as a user runs it, in a hurry.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde_json::Value;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
    command.arg("bench").args(arguments).stdin(Stdio::null());
    command
}

fn bench(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json() -> Value {
    json_of(&["ring"])
}

fn json_of(arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json", "--seconds", "0.05"]].concat();
    let output = bench(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Who copies, in the order of the table.
const COPIES: [&str; 9] = [
    "vmo: read_at",
    "memcpy out",
    "pread",
    "vmo: write_at",
    "memcpy in",
    "pwrite",
    "memcpy, private memory",
    "pipe",
    "Unix socket (stream)",
];

const STEPS: [&str; 6] = [
    "allocate",
    "drop both",
    "map",
    "drop mapping",
    "adopt",
    "drop VMO",
];

/// A figure that something which happened can have.
fn is_plausible(figure: &Value) -> bool {
    let figure = figure.as_f64();
    figure.is_some_and(|it| it.is_finite() && (1e-6..1e6).contains(&it))
}

/// All that `key` says in rows that have it, without repeats.
fn all<'a>(rows: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut seen: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row[key])
        .collect();
    seen.dedup();
    seen
}

#[test]
fn everybody_is_shown() {
    let output = bench(&["ring", "--seconds", "0.05"]);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    assert!(!shown.contains('\x1b'), "colours, where nobody looks");
    for row in [
        "vmo-ring",
        "asleep each time",
        "futex",
        "pipe",
        "Unix socket",
        "1 MiB",
    ] {
        assert!(shown.contains(row), "no {row:?} in {shown}");
    }
    assert!(shown.contains("ok    all messages arrived"), "{shown}");
}

#[test]
fn every_candidate_has_a_time_at_every_size() {
    let all_of_it = json();
    assert_eq!(
        (&all_of_it["schema"], &all_of_it["ok"]),
        (&1.into(), &true.into())
    );
    let streams = &all_of_it["throughput"];
    assert_eq!(all(streams, "size"), [64, 4096, 65_536, 1 << 20]);
    // A socket that keeps messages apart has a limit.
    assert_eq!(streams.as_array().unwrap().len(), 4 * 4 - 1);
    for row in streams.as_array().unwrap() {
        assert!(row["gb_per_s"].as_f64().unwrap() > 0.0, "{row}");
        assert!(row["by_pipe"].as_f64().unwrap() > 0.0, "{row}");
    }
    let round_trips = all_of_it["round_trips"].as_array().unwrap();
    assert!(round_trips.len() >= 4);
    for row in round_trips {
        assert!(row["ns"].as_f64().unwrap() > 10.0, "{row}");
    }
}

#[test]
fn every_copy_is_measured_at_every_size_and_compared_with_memcpy() {
    let all_of_it = json_of(&["copy"]);
    assert_eq!(
        (&all_of_it["schema"], &all_of_it["ok"]),
        (&1.into(), &true.into())
    );
    // It was on one core while it measured, and said what there is afterwards.
    let cpus = std::thread::available_parallelism().unwrap();
    assert_eq!(all_of_it["machine"]["cpus"], cpus.get());
    let rows = all_of_it["throughput"].as_array().unwrap();
    let sizes: Vec<u64> = (3..14).map(|power| 1 << (2 * power)).collect();
    assert_eq!(sizes.last(), Some(&(64 << 20)));
    let cells = sizes.iter().flat_map(|size| COPIES.map(|who| (who, *size)));
    let measured = rows.iter().map(|row| {
        let size = row["size"].as_u64().unwrap();
        (row["who"].as_str().unwrap(), size)
    });
    assert!(measured.eq(cells), "{rows:?}");
    for row in rows {
        assert!(is_plausible(&row["gb_per_s"]), "{row}");
        assert!(is_plausible(&row["by_memcpy"]), "{row}");
        if ["memcpy out", "memcpy in"].contains(&row["who"].as_str().unwrap()) {
            assert_eq!(row["by_memcpy"], 1.0, "{row}");
        }
    }
}

#[test]
fn every_step_is_measured_beside_the_bare_calls() {
    let all_of_it = json_of(&["alloc"]);
    let rows = all_of_it["steps"].as_array().unwrap();
    let measured = rows.iter().map(|row| {
        let size = row["size"].as_u64().unwrap();
        (row["step"].as_str().unwrap(), size)
    });
    let cells = [4 << 10, 1 << 20].map(|size| STEPS.map(|step| (step, size)));
    assert!(measured.eq(cells.concat()), "{rows:?}");
    for row in rows {
        // No system call takes less, here or on any machine that there is.
        for time in ["ours_ns", "bare_ns"] {
            assert!(row[time].as_f64().unwrap() > 10.0, "{row}");
        }
        assert!(is_plausible(&row["by_bare"]), "{row}");
    }
}

#[test]
fn without_a_name_all_three_are_measured_and_keep_to_the_time() {
    let start = Instant::now();
    let output = bench(&["--seconds", "0.3"]);
    // The default is 15 seconds; what can't be done faster takes the most of this.
    let took = start.elapsed();
    assert!(took < Duration::from_secs(60), "{took:?}");
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    assert!(!shown.contains('\x1b'), "colours, where nobody looks");
    for row in COPIES.iter().chain(&STEPS).chain(&["vmo-ring", "futex"]) {
        assert!(shown.contains(row), "no {row:?} in {shown}");
    }
    for row in [
        "all copies are what",
        "all messages arrived",
        "what was made",
    ] {
        assert!(shown.contains(&format!("ok    {row}")), "{shown}");
    }
    let last = shown.lines().last().unwrap();
    assert!(last.contains("as they should be"), "{last}");

    let all_of_it = json_of(&[]);
    assert!(all_of_it["machine"]["cores"].is_array());
    for (name, rows) in [
        ("copy", "throughput"),
        ("ring", "round_trips"),
        ("alloc", "steps"),
    ] {
        let rows = all_of_it[name][rows].as_array();
        assert!(!rows.unwrap().is_empty(), "{name}");
    }
}

#[test]
fn more_time_makes_for_a_longer_run() {
    let took = |seconds: &str| {
        let output = bench(&["alloc", "--json", "--seconds", seconds]);
        let all_of_it: Value = serde_json::from_slice(&output.stdout).unwrap();
        all_of_it["seconds"].as_f64().unwrap()
    };
    let (long, short) = (took("3"), took("0.05"));
    assert!(long >= 2.9, "{long}");
    assert!(short < long, "{short} {long}");
}

#[test]
fn on_one_core_nobody_spins() {
    let mut one = CpuSet::new();
    let allowed = sched_getaffinity(None).unwrap();
    one.set((0..).find(|core| allowed.is_set(*core)).unwrap());
    // Of this thread, which the program inherits.
    sched_setaffinity(None, &one).unwrap();
    let all_of_it = json();
    let names = all(&all_of_it["round_trips"], "who");
    let sleepers = [
        "vmo-ring, asleep each time",
        "futex",
        "pipe",
        "Unix socket (seqpacket)",
    ];
    assert_eq!(names, sleepers);
    assert_eq!(all_of_it["machine"]["cores"].as_array().unwrap().len(), 1);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [
        &["ring"][..],
        &["copy"],
        &["alloc"],
        &[],
        &["alloc", "--json"],
    ] {
        goes_away(arguments);
    }
}

fn goes_away(arguments: &[&str]) {
    let mut command = command(&[arguments, &["--seconds", "0.05"]].concat());
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{:?}", output.status);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn arguments_that_make_no_sense_are_one_line() {
    for arguments in [
        &["ring", "--seconds", "0"][..],
        &["ring", "--seconds", "x"],
        &["rung"],
    ] {
        let output = bench(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = text(&output.stderr);
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.ends_with("see vmo bench --help\n"), "{message}");
    }
}

/// Waits until `done`, for so many seconds. Whether it came to that.
fn within(seconds: u64, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        if done() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    false
}

/// The other process of a run that takes a while, once it is what it is to be.
fn partner(child: &Child, role: &str) -> u32 {
    let mut found = None;
    let path = format!("/proc/{0}/task/{0}/children", child.id());
    let seen = within(30, || {
        let children = std::fs::read_to_string(&path).unwrap_or_default();
        found = children
            .split_whitespace()
            .next()
            .and_then(|id| id.parse().ok());
        found.is_some_and(|id: u32| {
            let arguments = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            text(&arguments).contains(&format!("villain\0{role}"))
        })
    });
    assert!(seen, "no other process");
    found.unwrap()
}

/// What is measured, and the role of the other process.
const PAIRS: [(&str, &str); 2] = [("ring", "partner"), ("copy", "sink")];

fn start(what: &str) -> Child {
    let mut command = command(&[what, "--seconds", "100"]);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What becomes of a run whose partner is struck after so many milliseconds.
fn struck((what, role): (&str, &str), signal: Signal, wait: u64) {
    let child = start(what);
    let partner = Pid::from_raw(partner(&child, role).try_into().unwrap()).unwrap();
    std::thread::sleep(Duration::from_millis(wait));
    let begin = Instant::now();
    kill_process(partner, signal).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{:?}", output.status);
    let message = text(&output.stderr);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(
        begin.elapsed() < Duration::from_secs(60),
        "{:?}",
        begin.elapsed()
    );
}

#[test]
fn a_partner_that_is_killed_is_an_error_in_one_line() {
    for pair in PAIRS {
        struck(pair, Signal::KILL, 0);
        struck(pair, Signal::KILL, 500);
    }
}

#[test]
fn a_partner_that_stops_is_an_error_in_one_line() {
    for pair in PAIRS {
        struck(pair, Signal::STOP, 500);
    }
}

#[test]
fn no_partner_outlives_a_run_that_is_killed() {
    for pair in PAIRS {
        outlived(pair);
    }
}

fn outlived((what, role): (&str, &str)) {
    let mut child = start(what);
    let partner = partner(&child, role);
    std::thread::sleep(Duration::from_millis(500));
    child.kill().unwrap();
    child.wait().unwrap();
    let gone = || {
        let state = std::fs::read_to_string(format!("/proc/{partner}/stat"));
        // What nobody waits for stays as a zombie where process 1 does nothing.
        state.map_or(true, |state| state.contains(") Z "))
    };
    // Its own patience, with a ring or a word, is longer.
    assert!(within(5, gone), "{partner} is left");
}
