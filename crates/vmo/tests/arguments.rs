// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whatever stands on the command line is understood or refused: nothing panics.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::Command;

use proptest::collection::vec;
use proptest::prelude::*;

/// Every verb and every option that there is.
fn words() -> Vec<String> {
    let mut words = Vec::new();
    let mut commands = vec![vmo_command::command()];
    while let Some(command) = commands.pop() {
        words.push(command.get_name().to_owned());
        let options = command.get_arguments().filter_map(|it| it.get_long());
        words.extend(options.map(|it| format!("--{it}")));
        commands.extend(command.get_subcommands().cloned());
    }
    assert!(words.len() > 20, "{words:?}");
    words
}

/// What can go wrong in a value.
fn value() -> impl Strategy<Value = OsString> {
    let odd = prop::sample::select(vec![
        "",
        "-",
        "--",
        "=",
        "f=@",
        "f=1K",
        "99999999999999999999",
        "-1",
        "NaN",
        "1e999",
        "0:0:0",
        "1:2",
        "{}",
        "\u{202e}",
        "x.svg",
        "all",
        "shared,",
        "0",
    ]);
    let bytes = vec(any::<u8>(), 0..12).prop_map(OsString::from_vec);
    let word = prop::sample::select(words()).prop_map(OsString::from);
    prop_oneof![3 => odd.prop_map(OsString::from), 1 => bytes, 1 => word]
}

/// A verb, and options of its own with values.
fn line() -> impl Strategy<Value = Vec<OsString>> {
    let program = vmo_command::command();
    let verbs: Vec<_> = program.get_subcommands().cloned().collect();
    prop::sample::select(verbs).prop_flat_map(|verb| {
        let options = verb.get_arguments().filter_map(|it| it.get_long());
        let mut options: Vec<_> = options
            .map(|it| OsString::from(format!("--{it}")))
            .collect();
        options.push("--".into());
        let pair = (prop::sample::select(options), value());
        vec(
            prop_oneof![
                pair.prop_map(|(a, b)| vec![a, b]),
                value().prop_map(|it| vec![it])
            ],
            0..5,
        )
        .prop_map(move |parts| {
            let verb = OsString::from(verb.get_name());
            [vec![verb]].into_iter().chain(parts).flatten().collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_arguments_make_the_parser_panic(arguments in line()) {
        let all = [OsString::from("vmo")].into_iter().chain(arguments);
        // Understood or refused, and what is said of it can be said.
        if let Err(error) = vmo_command::command().try_get_matches_from(all) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn what_a_file_is_called_is_no_control_of_a_terminal() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("control");
    std::fs::create_dir_all(&folder).unwrap();
    let hostile = "no\nsuch\x1b[2J\u{9b}\u{202e}";
    let there = folder.join(hostile);
    let there = there.to_str().unwrap();
    let missing = &format!("./{hostile}/nothing");
    let option = &format!("--{hostile}");
    for arguments in [
        &["demo", "--file", missing][..],
        &["demo", "--png", missing],
        &["demo", "--png", there],
        &["run", "--", missing],
        &["run", "--", hostile],
        &["man", "--dir", there],
        &["man", "--dir", "/dev/null/no\nsuch\x1b[2J\u{9b}\u{202e}"],
        &["copy", missing, there],
        &["ls", option],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
        let output = command.args(arguments).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let line = said.lines().find(|it| it.contains("such"));
        let whole = line.is_some_and(|it| it.contains("no\\x0asuch") || it.contains("no\\nsuch"));
        assert!(whole || arguments[0] == "ls", "{arguments:?}: {said:?}");
        let control = |it: char| it.is_control() && it != '\n' || it == '\u{202e}';
        assert!(!said.contains(control), "{arguments:?}: {said:?}");
    }
}

#[test]
fn what_can_not_be_printed_is_an_error_that_says_where() {
    for arguments in [
        &["--help"][..],
        &["ls", "--help"],
        &["--version"],
        &["ls"],
        &["ls", "--json"],
        &["graph", "--dot"],
        &["copy", "Cargo.toml", "-"],
        &["completions", "bash"],
        &["man", "ls"],
    ] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
        let output = command.args(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        let (place, full) = said.split_at("vmo: standard output: ".len());
        assert_eq!(place, "vmo: standard output: ", "{arguments:?}");
        assert!(full.starts_with("No space left"), "{arguments:?}: {said}");
    }
}

#[test]
fn each_verb_refuses_an_unknown_option_in_one_line_that_names_its_help() {
    for verb in vmo_command::command().get_subcommands() {
        let verb = verb.get_name();
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
        let output = command.args([verb, "--no-such\x1b[2J"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        // Those that become a program say 1 and 2 in its name.
        let program = matches!(verb, "run" | "attach");
        let code = if program { 125 } else { 2 };
        assert_eq!(output.status.code(), Some(code), "{verb}: {said}");
        assert_eq!(said.lines().count(), 1, "{verb}: {said}");
        assert!(said.contains(&format!("vmo {verb} --help")), "{said}");
        assert!(!said.contains('\x1b'), "{said:?}");
    }
}
