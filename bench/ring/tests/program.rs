// SPDX-License-Identifier: MIT OR Apache-2.0
//! The program, in a hurry: everybody is measured, and a record can be drawn.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn ring(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ring"));
    command
        .args(arguments)
        .current_dir(env!("CARGO_TARGET_TMPDIR"));
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The record of a run of some tables, and where it is.
fn record(only: &str, directory: &str) -> (Value, String) {
    let arguments = ["--quick", "--runs", "1", "--json", "--only", only];
    let output = ring(&[&arguments[..], &["--records", directory]].concat());
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    let line = shown.lines().find(|line| line.starts_with("written to "));
    let path = line.unwrap().trim_start_matches("written to ").to_owned();
    let full = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&path);
    (
        serde_json::from_slice(&std::fs::read(full).unwrap()).unwrap(),
        path,
    )
}

#[test]
fn everybody_is_measured_and_the_record_can_be_shown_and_drawn() {
    let (record, path) = record("one core", "one-core");
    assert_eq!(
        record["notes"].as_array().unwrap().len(),
        0,
        "{}",
        record["notes"]
    );
    let rows = record["tables"][0]["rows"].as_array().unwrap();
    let names: Vec<_> = rows
        .iter()
        .map(|row| row["candidate"].as_str().unwrap())
        .collect();
    let all = [
        "futex",
        "eventfd",
        "pipe",
        "Unix stream",
        "Unix seqpacket",
        "ours, sleep at once",
    ];
    assert_eq!(names, all);
    assert!(
        rows.iter().all(|row| row["ns"].as_f64().unwrap() > 100.0),
        "{rows:?}"
    );
    let goals = record["goals"].as_array().unwrap();
    assert_eq!(goals.len(), 1);
    assert_eq!(goals[0]["limit"], 1.8);
    let shown = ring(&["show", &path]);
    assert!(text(&shown.stdout).contains("ours, sleep at once by futex"));
    let drawn = ring(&["chart", &path, "--svg", "one-core.svg"]);
    assert!(drawn.status.success(), "{}", text(&drawn.stderr));
    let svg = Path::new(env!("CARGO_TARGET_TMPDIR")).join("one-core.svg");
    assert!(
        std::fs::read_to_string(svg)
            .unwrap()
            .contains("Unix seqpacket (one core)")
    );
}

#[test]
fn a_handle_goes_through() {
    let (record, _) = record("handle", "handle");
    let rows = record["tables"][0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(record["notes"].as_array().unwrap().is_empty());
    assert_eq!(record["goals"][0]["limit"], 10.0);
}

/// Whether there are two cores, which spinning takes.
fn two_cores() -> bool {
    std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)
}

#[test]
fn everybody_streams_and_no_byte_is_wrong() {
    if !two_cores() {
        return;
    }
    let (record, _) = record("throughput, 64B", "stream");
    assert_eq!(
        record["notes"].as_array().unwrap().len(),
        0,
        "{}",
        record["notes"]
    );
    let rows = record["tables"][0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 11, "{rows:?}");
    // Ours by the limit, in batches by the limit, and by a pipe.
    assert_eq!(record["goals"].as_array().unwrap().len(), 3);
}

#[test]
fn a_broadcast_has_one_reader_and_four() {
    if !two_cores() {
        return;
    }
    let (record, _) = record("broadcast", "broadcast");
    assert_eq!(
        record["notes"].as_array().unwrap().len(),
        0,
        "{}",
        record["notes"]
    );
    for table in record["tables"].as_array().unwrap() {
        assert_eq!(table["rows"].as_array().unwrap().len(), 4, "{table}");
    }
    assert_eq!(record["goals"].as_array().unwrap().len(), 2);
}
