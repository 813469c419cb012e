// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo check`, as a user runs it.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A fresh place, which must be empty afterwards.
fn place(test: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&place).unwrap();
    place
}

fn check(arguments: &[&str], place: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vmo"))
        .arg("check")
        .args(arguments)
        .current_dir(place)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(place: &Path) -> Value {
    let output = check(&["--json"], place);
    assert!(output.status.success(), "{}", text(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_attack_comes_to_what_was_expected() {
    let place = place("check");
    let output = check(&[], &place);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    assert!(!shown.contains('\x1b'), "colours, where nobody looks");
    assert!(!shown.contains("FAIL"), "{shown}");
    for row in [
        "truncates",
        "punches",
        "killed",
        "flips",
        "SIGBUS",
        "not run",
    ] {
        assert!(shown.contains(row), "no {row:?} in {shown}");
    }
    let left = std::fs::read_dir(&place).unwrap().count();
    assert_eq!(left, 0, "a file is left over");
}

#[test]
fn the_json_has_a_verdict_for_every_row_and_its_counts_are_true() {
    let all = json(&place("check-json"));
    let rows = all["rows"].as_array().unwrap();
    let with = |verdict: &str| rows.iter().filter(|row| row["verdict"] == verdict).count();
    assert_eq!(all["schema"], 1);
    assert_eq!(all["ok"], true);
    assert_eq!(all["ok_rows"], with("ok"));
    assert_eq!(all["bad_rows"], with("bad"));
    assert_eq!(all["not_run_rows"], with("not-run"));
    assert_eq!(with("ok") + with("not-run") + with("note"), rows.len());
    for row in rows.iter().filter(|row| row["verdict"] == "ok") {
        let expected = row["expected"].as_array().unwrap();
        assert!(expected.contains(&row["happened"]), "{row}");
    }
    for row in rows.iter().filter(|row| row["verdict"] == "not-run") {
        assert!(!row["reason"].as_str().unwrap().is_empty(), "{row}");
    }
    for fact in ["kernel", "F_SEAL_FUTURE_WRITE", "vm.overcommit_memory"] {
        assert!(all["machine"][fact].is_string(), "{fact}");
    }
}

#[test]
fn each_tier_is_attacked_in_every_way() {
    let all = json(&place("check-tiers"));
    let rows = all["rows"].as_array().unwrap();
    let of = |tier: &str| {
        let rows = rows.iter().filter(|row| row["group"] == tier);
        rows.filter(|row| row["verdict"] == "ok").count()
    };
    // The two that can't be written have nobody to kill in the middle of it.
    assert_eq!((of("immutable"), of("published")), (18, 18));
    // And one of them is raced.
    assert_eq!((of("shared"), of("guarded")), (20, 19));
    assert!(of("refused") >= 15, "{}", of("refused"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vmo"))
        .arg("check")
        .current_dir(place("check-pipe"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{:?}", output.status);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn the_help_says_what_the_tiers_are() {
    let output = check(&["--help"], &place("check-help"));
    let shown = text(&output.stdout);
    assert!(output.status.success());
    for tier in [
        "immutable",
        "published",
        "shared",
        "guarded",
        "refused",
        "Exit code",
    ] {
        assert!(shown.contains(tier), "no {tier:?} in {shown}");
    }
}
