// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every command line that the documents and the help show is one that `vmo` takes.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::Path;
use std::process::Command;

/// What a reader puts in for himself.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("PID:FD", "812:12"),
    ("$at", "812:12"),
    ("\"$at\"", "812:12"),
    ("PID", "812"),
];

/// The arguments of each `vmo` in a line of shell.
fn commands(line: &str) -> Vec<Vec<String>> {
    let line = line.trim().trim_start_matches("$ ");
    let line = line.replace("cargo run --release -- ", "vmo ");
    // What is quoted is one word, whatever is in it.
    let mut quoted = false;
    let parts = line.split(|char| {
        quoted ^= char == '\'';
        !quoted && "|;()&".contains(char)
    });
    let parts = parts.map(str::trim);
    let parts = parts.map(|it| it.trim_start_matches("sudo "));
    let vmos = parts.filter(|it| it.starts_with("vmo "));
    vmos.map(|it| {
        // What follows two blanks in a help text is what it does; a comment is none of ours.
        let it = it.split("   ").next().unwrap();
        let words = shlex::split(it).unwrap_or_else(|| panic!("no shell takes {it}"));
        let words = words.into_iter().take_while(|word| word != ">");
        let put_in = |word: String| {
            let known = PLACEHOLDERS.iter().find(|(name, _)| *name == word);
            known.map_or(word, |(_, value)| (*value).to_owned())
        };
        words.map(put_in).collect()
    })
    .collect()
}

/// Parses each, and says how many there were.
fn check(place: &str, lines: impl Iterator<Item = String>) -> usize {
    let all: Vec<_> = lines.flat_map(|line| commands(&line)).collect();
    for words in &all {
        let parsed = vmo_command::command().try_get_matches_from(words);
        assert!(
            parsed.is_ok(),
            "{place}: {words:?}: {}",
            parsed.unwrap_err()
        );
    }
    all.len()
}

/// The lines of a document's shell blocks.
fn shell(text: &str) -> impl Iterator<Item = String> {
    let mut inside = false;
    text.lines().filter_map(move |line| {
        if line.starts_with("```") {
            inside = ["```sh", "```console"].contains(&line);
            return None;
        }
        inside.then(|| line.to_owned())
    })
}

#[test]
fn command_lines_of_the_documents_are_taken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<_> = ["README.md", "COMPARE.md", "examples/README.md"]
        .map(|it| root.join(it))
        .into();
    let book = std::fs::read_dir(root.join("docs")).unwrap();
    files.extend(book.map(|it| it.unwrap().path()));
    files.retain(|it| it.extension().is_some_and(|it| it == "md"));
    let mut found = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        found += check(&file.display().to_string(), shell(&text));
    }
    assert!(found > 10, "{found}");
}

#[test]
fn examples_of_every_help_are_taken() {
    let mut found = 0;
    for verb in vmo_command::command().get_subcommands() {
        let help = verb.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default();
        found += check(verb.get_name(), help.lines().map(str::to_owned));
    }
    assert!(found > 30, "{found}");
}

#[test]
fn examples_of_run_do_what_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let command = vmo_command::command();
    let run = command.find_subcommand("run").unwrap();
    let help = run.get_after_help().unwrap().to_string();
    let vmo = format!("'{}' run", env!("CARGO_BIN_EXE_vmo"));
    let examples: Vec<_> = help
        .lines()
        .filter(|it| it.starts_with("  vmo run"))
        .collect();
    for example in &examples {
        let script = example.replacen("vmo run", &vmo, 1);
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(&root)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && error.is_empty(),
            "{example}: {error}"
        );
    }
    assert_eq!(examples.len(), 2);
}
