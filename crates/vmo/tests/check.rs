// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo check`, as a user runs it.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use core::time::Duration;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal};
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
    assert_eq!(with("ok") + with("not-run"), rows.len());
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
    assert_eq!((of("immutable"), of("published")), (20, 20));
    // And one of them is raced.
    assert_eq!((of("shared"), of("guarded")), (22, 21));
    assert!(of("refused") >= 20, "{}", of("refused"));
}

/// The verdicts and groups of the rows, and what is said to be left out.
fn only(arguments: &[&str]) -> (Vec<String>, Vec<String>, Value) {
    let arguments = [&["--json"], arguments].concat();
    let output = check(&arguments, &place("check-only"));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(all["ok"], true, "{all}");
    let words = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = all["rows"].as_array().unwrap();
    let mut groups: Vec<_> = rows.iter().map(|row| words(&row["group"])).collect();
    groups.dedup();
    let left_out = all["left_out"].as_array().unwrap();
    (groups, left_out.iter().map(words).collect(), all)
}

#[test]
fn a_tier_that_is_named_runs_alone_and_the_json_says_what_was_left_out() {
    let (groups, left_out, all) = only(&["--tier", "immutable"]);
    assert_eq!(groups, ["immutable"]);
    let rest = ["machine", "published", "shared", "guarded", "refused"];
    assert_eq!(left_out, rest);
    assert_eq!(all["ok_rows"], 20);
    assert!(all["machine"]["vm.overcommit_memory"].is_null());
    assert!(all["machine"]["kernel"].is_string());
    // With commas, and again.
    let (_, left_out, _) = only(&["--tier", "refused,guarded", "--tier", "published"]);
    assert_eq!(left_out, ["machine", "immutable", "shared"]);
    let (_, left_out, _) = only(&[]);
    assert!(left_out.is_empty(), "{left_out:?}");
}

#[test]
fn a_group_that_is_named_runs_alone() {
    let (groups, left_out, all) = only(&["--group", "gate"]);
    assert_eq!(groups, ["refused"]);
    assert!(all["ok_rows"].as_u64().unwrap() >= 20);
    assert_eq!(left_out.len(), 5);
    // No row is asked for, and nothing is wrong.
    let (groups, _, all) = only(&["--group", "machine"]);
    assert!(groups.is_empty(), "{groups:?}");
    assert!(all["machine"]["vm.overcommit_memory"].is_string());
    let (_, left_out, _) = only(&["--group", "machine", "--tier", "shared"]);
    assert_eq!(left_out, ["immutable", "published", "guarded", "refused"]);
}

#[test]
fn the_text_has_a_column_for_each_tier_that_was_asked_for() {
    let output = check(&["--tier", "guarded,shared"], &place("check-columns"));
    let shown = text(&output.stdout);
    let heads = shown
        .lines()
        .find(|line| line.contains("the other process"));
    let heads: Vec<&str> = heads.unwrap().split_whitespace().skip(4).collect();
    assert_eq!(heads, ["shared", "guarded"]);
    let cells = shown.lines().find(|line| line.contains("to nothing"));
    assert!(
        cells.unwrap().ends_with("EPERM        Lost at 0"),
        "{shown}"
    );
    let left_out = "left out: machine, immutable, published, refused";
    assert!(shown.contains(left_out), "{shown}");
    assert!(!shown.contains("This machine"), "{shown}");
}

#[test]
fn a_tier_or_a_group_that_does_not_exist_is_one_line_that_lists_them() {
    let tiers = "immutable, published, shared, guarded, refused";
    for (option, known) in [("--tier", tiers), ("--group", "machine, attacks, gate")] {
        for value in ["immutible", "shared,no\x1b[2J", ""] {
            let output = check(&[option, value], &place("check-unknown"));
            assert_eq!(output.status.code(), Some(2), "{option} {value}");
            assert!(output.stdout.is_empty());
            let message = text(&output.stderr);
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(message.contains(known), "{message}");
            assert!(!message.contains('\x1b'), "{message:?}");
        }
    }
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

/// The program under a name of its own, so that its processes can be told from those of
/// other tests. A link, as a file that was just written may be too busy to be executed.
fn own_program(place: &Path) -> PathBuf {
    let program = place.canonicalize().unwrap().join("vmo-link");
    std::fs::remove_file(&program).ok();
    std::fs::hard_link(env!("CARGO_BIN_EXE_vmo"), &program).unwrap();
    program
}

/// The processes that run `program` in the role of `word`; all of them where it is empty.
fn running(program: &Path, word: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let ours = processes.filter(|process| {
        let exe = std::fs::read_link(process.path().join("exe"));
        let arguments = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        exe.is_ok_and(|exe| exe == program) && text(&arguments).contains(word)
    });
    ours.map(|process| process.file_name().into_string().unwrap())
        .collect()
}

/// Waits until `done`, for a few seconds. Whether it came to that.
fn soon(mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(15) {
        if done() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    false
}

fn start(program: &Path, place: &Path) -> Child {
    Command::new(program)
        .args(["check", "--json"])
        .current_dir(place)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Strikes the first process in the role of `word` that is seen. Whether there was one.
fn strike(program: &Path, word: &str, signal: Signal) -> bool {
    soon(|| {
        let found = running(program, word).into_iter().next();
        let id = found.and_then(|id| Pid::from_raw(id.parse().unwrap()));
        id.is_some_and(|id| rustix::process::kill_process(id, signal).is_ok())
    })
}

/// What the drill says of the one row in which a process was struck; it goes on after that.
fn struck(place: &Path, word: &str, signal: Signal) -> String {
    let program = own_program(place);
    for _ in 0..10 {
        let drill = start(&program, place);
        assert!(strike(&program, word, signal), "no {word} was seen");
        let output = drill.wait_with_output().unwrap();
        assert!(soon(|| running(&program, "").is_empty()), "{word} is left");
        let all: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = all["rows"].as_array().unwrap();
        let bad: Vec<_> = rows.iter().filter(|row| row["verdict"] == "bad").collect();
        if bad.is_empty() {
            continue; // It was about to end.
        }
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert_eq!(bad.len(), 1, "{bad:?}");
        assert!(all["ok_rows"].as_u64().unwrap() > 80, "the drill went on");
        return bad[0]["happened"].as_str().unwrap().to_owned();
    }
    panic!("no {word} was struck in time");
}

#[test]
fn an_attack_that_hangs_is_a_bad_row_and_the_drill_goes_on() {
    let happened = struck(&place("check-hangs"), "villain\0hostile", Signal::STOP);
    assert!(
        happened.contains("silent") || happened.contains("does not end"),
        "{happened}"
    );
}

#[test]
fn an_attack_that_ends_our_own_side_is_a_bad_row_and_the_drill_goes_on() {
    let place = place("check-dies");
    let happened = struck(&place, "villain\0defender", Signal::KILL);
    assert!(
        happened.ends_with("our own process ends: SIGKILL"),
        "{happened}"
    );
    let left = place.read_dir().unwrap().count();
    assert_eq!(left, 1, "more than the program is left");
}

#[test]
fn no_process_outlives_a_drill_that_is_killed() {
    let place = place("check-killed");
    let program = own_program(&place);
    for word in ["villain\0hostile", "villain\0defender", "villain\0peer"] {
        let mut drill = start(&program, &place);
        assert!(soon(|| !running(&program, word).is_empty()), "{word}");
        drill.kill().unwrap();
        drill.wait().unwrap();
        assert!(soon(|| running(&program, "").is_empty()), "{word}");
    }
}

#[test]
fn a_peer_that_writes_without_a_pause_dies_with_who_started_it() {
    let place = place("check-orphan");
    let program = own_program(&place);
    let bytes = place.join("bytes");
    let script = "\"$0\" villain hostile <>\"$1\" & wait";
    let (ours, theirs) = UnixStream::pair().unwrap();
    std::fs::write(&bytes, b"").unwrap();
    let mut parent = Command::new("sh")
        .args(["-c", script])
        .args([&program, &bytes])
        .stdout(OwnedFd::from(theirs))
        .spawn()
        .unwrap();
    (&ours).write_all(b"scribble\n").unwrap();
    let mut answer = String::new();
    BufReader::new(&ours).read_line(&mut answer).unwrap();
    assert_eq!(answer, "started\n");
    assert!(soon(|| std::fs::read(&bytes).unwrap().len() > 4096));
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(soon(|| running(&program, "").is_empty()), "it writes on");
}

#[test]
fn nobody_in_particular_can_run_it_where_nothing_can_be_written() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
    command.args(["check", "--json"]).current_dir("/proc");
    if rustix::process::geteuid().is_root() {
        use std::os::unix::process::CommandExt;
        command.uid(65534).gid(65534);
    }
    let output = match command.output() {
        // The program is in a place that only root can enter.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return,
        other => other.unwrap(),
    };
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    let all: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(all["bad_rows"], 0, "{shown}");
}

#[test]
fn a_limit_that_no_row_could_keep_is_an_error_in_one_line() {
    let script = "ulimit -f 1; exec \"$0\" check";
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_vmo")])
        .current_dir(place("check-limit"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{:?}", output.status);
    assert!(output.stdout.is_empty());
    let message = text(&output.stderr);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("ulimit -f"), "{message}");
}
