// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every verb says, word by word: a change of a text is a change that somebody meant.
//!
//! Figures, and what depends on the machine, are `#`. `SNAPSHOTS=overwrite cargo test -p vmo
//! --test snapshots` takes what is said now for what should be said.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use snapbox::Data;

fn vmo(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
    command.args(arguments).stdin(Stdio::null());
    // Neither is asked for: it is what a pipe gets.
    command.env_remove("COLUMNS").env_remove("NO_COLOR");
    command.output().unwrap()
}

/// Both streams and the exit code, with each figure as `#`.
fn said(output: &Output) -> String {
    let code = output.status.code().unwrap();
    let mut text = String::from_utf8(output.stdout.clone()).unwrap();
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    text.push_str(&errors);
    assert!(!text.contains('\x1b'), "colours into a pipe: {text}");
    format!("{}exit code {code}\n", without_figures(&text))
}

/// Runs of digits, points and units of size are one `#`, with the blanks around it one blank.
fn without_figures(text: &str) -> String {
    let lines = text.lines().filter(|line| !depends_on_the_machine(line));
    let lines = lines.map(|line| {
        let words = line.split(' ').filter(|word| !word.is_empty());
        let words: Vec<String> = words.map(without_figure).collect();
        // How far the head of a column of figures is from the margin depends on the figures.
        let indent = match words.first() {
            Some(first) if first == "ID" => 0,
            _ => line.len() - line.trim_start().len(),
        };
        format!("{:indent$}{}\n", "", words.join(" "))
    });
    let text: String = lines.collect();
    ["# KiB", "# MiB", "# GiB", "# B"]
        .iter()
        .fold(text, |text, size| text.replace(size, "# bytes"))
}

/// What a processor is called, how fast a compiler was asked to be, whom we may look at.
fn depends_on_the_machine(line: &str) -> bool {
    let parts = [
        "CPU",
        "with plain memcpy",
        "could not be looked at",
        "not run:",
    ];
    parts.iter().any(|part| line.contains(part))
}

fn without_figure(word: &str) -> String {
    let is_figure = |char: char| char.is_ascii_digit();
    if !word.contains(is_figure) || word.starts_with("--") {
        return word.to_owned();
    }
    let mut out = String::new();
    for char in word.chars() {
        match char {
            '0'..='9' | '.' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            other => out.push(other),
        }
    }
    out
}

fn assert_said(name: &str, text: String) {
    let file = format!("{}/tests/snapshots/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let expected = Data::read_from(file.as_ref(), None);
    snapbox::Assert::new()
        .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
        .eq(text, expected.raw());
}

/// Who looks at objects has them open for a moment, and others who look just then see that.
static LOOKS: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    LOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A VMO in the background, for as long as this lives.
struct Kept(String);

impl Kept {
    fn new(plan: &str) -> Self {
        let made = vmo(&["create", "64K", "--name", "snapshot", "--plan", plan]);
        assert!(made.status.success(), "{made:?}");
        Self(String::from_utf8(made.stdout).unwrap().trim().to_owned())
    }

    fn pid(&self) -> &str {
        self.0.split(':').next().unwrap()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.pid()).status();
    }
}

/// JSON of which every number is 0, and every figure in a string `#`; of what differs from
/// machine to machine, only that it is there.
fn shape(output: &Output) -> String {
    let mut json: Value = serde_json::from_slice(&output.stdout).unwrap();
    without_numbers(&mut json);
    json["machine"] = json["machine"].is_object().into();
    json["unseen"] = json["unseen"].is_number().into();
    format!("{json:#}\n")
}

fn without_numbers(json: &mut Value) {
    match json {
        Value::Number(_) => *json = 0.into(),
        Value::String(text) => *text = without_figures(text).trim_end().to_owned(),
        Value::Array(values) => values.iter_mut().for_each(without_numbers),
        Value::Object(fields) => fields.values_mut().for_each(without_numbers),
        Value::Null | Value::Bool(_) => {}
    }
}

#[test]
fn what_machines_read_has_the_shape_it_had() {
    let _alone = alone();
    let kept = Kept::new("freezable");
    let shape = |arguments: &[&str]| shape(&vmo(arguments));
    assert_said("json-ls", shape(&["ls", "--json", "-p", kept.pid()]));
    assert_said("json-info", shape(&["info", "--json", &kept.0]));
    assert_said("json-graph", shape(&["graph", "--json", "-p", kept.pid()]));
    assert_said("json-seal", shape(&["seal", "--json", &kept.0]));
    let tiers = "immutable,published,shared,guarded";
    assert_said("json-check", shape(&["check", "--json", "--tier", tiers]));
    let png = format!("{}/snapshot-json.png", env!("CARGO_TARGET_TMPDIR"));
    let demo = shape(&["demo", "--json", "--png", &png]);
    assert_said(
        "json-demo",
        demo.replace(env!("CARGO_TARGET_TMPDIR"), "DIR"),
    );
    let alloc = ["bench", "alloc", "--json", "--seconds", "0.05"];
    assert_said("json-bench-alloc", shape(&alloc));
}

#[test]
fn the_help_of_each_verb_says_what_it_said() {
    assert_said("help", text(&vmo(&["--help"])));
    for verb in vmo_command::command().get_subcommands() {
        let verb = verb.get_name();
        let help = vmo(&[verb, "--help"]);
        assert_said(&format!("help-{verb}"), text(&help));
    }
}

/// As it is, with its figures.
fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_demo_says_what_it_said() {
    let png = format!("{}/snapshot.png", env!("CARGO_TARGET_TMPDIR"));
    let said = said(&vmo(&["demo", "--png", &png]));
    assert_said("demo", said.replace(env!("CARGO_TARGET_TMPDIR"), "DIR"));
}

#[test]
fn the_drill_says_what_it_said() {
    // The group `machine` says what is found, and that differs.
    let tiers = "immutable,published,shared,guarded";
    assert_said("check", said(&vmo(&["check", "--tier", tiers])));
}

#[test]
fn the_measurement_says_what_it_said() {
    // Copying and rings take long in a build for debugging: tests/bench.rs has their words.
    let alloc = ["bench", "alloc", "--seconds", "0.05"];
    assert_said("bench-alloc", said(&vmo(&alloc)));
}

#[test]
fn what_looks_at_an_object_says_what_it_said() {
    let _alone = alone();
    let kept = Kept::new("freezable");
    let said = |arguments: &[&str]| said(&vmo(arguments));
    assert_said("ls", said(&["ls", "-p", kept.pid()]));
    assert_said("info", said(&["info", &kept.0]));
    assert_said("graph-dot", said(&["graph", "--dot", "-p", kept.pid()]));
    let graph = format!("{}/snapshot.svg", env!("CARGO_TARGET_TMPDIR"));
    vmo(&["graph", "-o", &graph, "-p", kept.pid()]);
    let graph = std::fs::read_to_string(graph).unwrap();
    assert_said("graph-svg", without_figures(&graph));
    assert_said("seal-show", said(&["seal", &kept.0]));
    assert_said("hexdump", said(&["hexdump", &kept.0]));
    assert_said("seal-add", said(&["seal", &kept.0, "write,seal"]));
    assert_said("seal-again", said(&["seal", &kept.0, "grow"]));
    assert_said("write-frozen", said(&["write", &kept.0, "Cargo.toml"]));
}

#[test]
fn each_mistake_is_told_as_it_was() {
    let _alone = alone();
    let mistakes: [(&str, &[&str]); 10] = [
        ("no-verb", &["nonsense"]),
        ("no-size", &["create", "lots"]),
        ("no-process", &["cat", "4194304:3"]),
        ("no-place", &["cat", "x:y"]),
        ("no-object", &["info", "999999999999"]),
        ("no-tier", &["check", "--tier", "fourth"]),
        ("no-suffix", &["graph", "-o", "x.jpg"]),
        ("no-program", &["run", "--", "no-such-program"]),
        ("no-shell", &["completions", "dash"]),
        ("no-page", &["man", "nothing"]),
    ];
    for (name, arguments) in mistakes {
        assert_said(&format!("mistake-{name}"), said(&vmo(arguments)));
    }
}
