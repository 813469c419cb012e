// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo run`, with programs that know nothing of VMOs.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn place(test: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&place).unwrap();
    place
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vmo"))
        .arg("run")
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Asserts that vmo itself failed, in one line that has `words` in it.
fn failed_itself(output: &Output, words: &str) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(125), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(
        message.starts_with("vmo: ") && message.contains(words),
        "{message}"
    );
}

#[test]
fn sha256sum_of_a_vmo_is_that_of_the_file() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let spec = format!("f=@{file}");
    let output = run(&["--vmo", &spec, "--", "sha256sum", "{f}"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let expected = Command::new("sha256sum").arg(file).output().unwrap();
    let hash = |output: &Output| stdout(output).split(' ').next().unwrap().to_owned();
    assert_eq!(hash(&output), hash(&expected));
    assert!(
        stdout(&output).contains("/proc/self/fd/"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn files_of_odd_sizes_have_their_exact_length() {
    let place = place("odd");
    for size in [0, 1, 4095, 4096, 4097, (1 << 20) + 3] {
        let path = place.join(size.to_string());
        std::fs::write(&path, vec![b'x'; size]).unwrap();
        let spec = format!("f=@{}", path.display());
        let output = run(&["--vmo", &spec, "--", "wc", "-c", "{f}"]);
        assert!(
            stdout(&output).starts_with(&format!("{size} ")),
            "{}",
            stdout(&output)
        );
    }
}

#[test]
fn a_file_is_immutable_unless_it_was_asked_for() {
    let path = place("immutable").join("file");
    std::fs::write(&path, "content").unwrap();
    let script = "printf changed 1<>{f}; cat {f}";
    let spec = format!("f=@{}", path.display());
    let refused = run(&["--vmo", &spec, "--", "sh", "-c", script]);
    assert_eq!(stdout(&refused), "content", "an immutable VMO was written");
    assert!(stderr(&refused).contains("rror"), "{}", stderr(&refused));

    let spec = format!("f=@{},rw", path.display());
    let changed = run(&["--vmo", &spec, "--", "sh", "-c", script]);
    assert_eq!(stdout(&changed), "changed", "{}", stderr(&changed));
    assert_eq!(
        std::fs::read(&path).unwrap(),
        b"content",
        "the file itself was changed"
    );
}

#[test]
fn nobody_can_change_the_size() {
    for spec in ["b=64K", "b=@/etc/passwd", "b=@/etc/passwd,rw"] {
        let output = run(&["--vmo", spec, "--", "sh", "-c", "truncate -s 0 {b}"]);
        assert_ne!(output.status.code(), Some(0), "{spec}");
        assert!(
            stderr(&output).contains("not permitted"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn several_vmos_and_a_size() {
    let script = "wc -c < {a}; wc -c < {b-2}; echo {c} {}";
    let output = run(&["--vmo", "a=64K", "--vmo", "b-2=5", "--", "sh", "-c", script]);
    assert_eq!(stdout(&output), "65536\n5\n{c} {}\n", "{}", stderr(&output));
}

#[test]
fn the_file_may_be_a_pipe() {
    let output = run(&[
        "--vmo",
        "f=@/proc/self/status",
        "--",
        "grep",
        "-c",
        "VmPeak",
        "{f}",
    ]);
    assert_eq!(stdout(&output), "1\n", "{}", stderr(&output));
}

#[test]
fn the_exit_code_is_the_programs() {
    for code in [0, 1, 3, 77, 255] {
        let script = format!("exit {code}");
        let output = run(&["--vmo", "a=1", "--", "sh", "-c", &script]);
        assert_eq!(output.status.code(), Some(code));
    }
    assert_eq!(run(&["--", "true"]).status.code(), Some(0));
}

#[test]
fn a_program_that_is_not_there_is_127_and_one_that_can_not_run_126() {
    let missing = run(&["--", "no-such-program-here"]);
    assert_eq!(missing.status.code(), Some(127));
    assert!(
        stderr(&missing).contains("no-such-program-here"),
        "{}",
        stderr(&missing)
    );
    let folder = run(&["--", "/etc/passwd"]);
    assert_eq!(folder.status.code(), Some(126));
    assert_eq!(stderr(&folder).lines().count(), 1, "{}", stderr(&folder));
}

#[test]
fn what_vmo_can_not_do_is_125_with_the_way_out() {
    failed_itself(
        &run(&["--vmo", "f=@/nonexistent", "--", "true"]),
        "/nonexistent",
    );
    failed_itself(&run(&["--vmo", "f=@/etc", "--", "true"]), "/etc");
    failed_itself(
        &run(&["--vmo", "a=1", "--vmo", "a=2", "--", "true"]),
        "each its own name",
    );
    failed_itself(
        &run(&["--vmo", "a=9000000T", "--", "true"]),
        "more than any VMO",
    );
}

#[test]
fn arguments_of_run_that_make_no_sense_are_125_too() {
    for arguments in [
        &["--vmo", "a", "--", "true"][..],
        &["--vmo", "a=x", "--", "true"],
        &["--vmo", "f=@", "--", "true"],
        &["--nope", "--", "true"],
        &[],
    ] {
        let output = run(arguments);
        assert_eq!(
            output.status.code(),
            Some(125),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_limit_of_file_size_is_an_error_and_no_signal() {
    let vmo = env!("CARGO_BIN_EXE_vmo");
    let script = format!("ulimit -f 4; exec {vmo} run --vmo a=1M -- true");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    failed_itself(&output, "ulimit");
}

#[test]
fn a_program_whose_reader_leaves_ends_quietly() {
    let vmo = env!("CARGO_BIN_EXE_vmo");
    let script = format!("{vmo} run --vmo a=1 -- yes | head -n 1");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(
        (stdout(&output), stderr(&output)),
        ("y\n".into(), String::new())
    );
}

#[test]
fn a_script_in_a_vmo_is_a_program() {
    let path = place("script").join("script");
    std::fs::write(&path, "exit 42").unwrap();
    let spec = format!("s=@{}", path.display());
    let output = run(&["--vmo", &spec, "--", "sh", "{s}"]);
    assert_eq!(output.status.code(), Some(42), "{}", stderr(&output));
}

#[test]
fn the_program_inherits_the_vmos_and_nothing_else_of_ours() {
    let list = "/proc/self/fd";
    let without = Command::new("ls").arg(list).output().unwrap();
    let specs = ["--vmo", "a=1", "--vmo", "f=@/etc/passwd"];
    let with = run(&[&specs[..], &["--", "ls", list]].concat());
    let count = |output: &Output| stdout(output).lines().count();
    assert_eq!(count(&with), count(&without) + 2, "{}", stdout(&with));
}
