// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo completions` and `vmo man`: each speaks of every verb, and the shells accept it.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::Path;
use std::process::{Command, Output};

fn vmo(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmo"));
    command.args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The verbs that `vmo --help` shows.
fn verbs() -> Vec<String> {
    let program = vmo_command::command();
    let verbs = program.get_subcommands().filter(|it| !it.is_hide_set());
    let verbs: Vec<String> = verbs.map(|it| it.get_name().to_owned()).collect();
    assert!(verbs.len() > 5, "{verbs:?}");
    verbs
}

#[test]
fn each_shell_completes_every_verb_and_no_secret_one() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&vmo(&["completions", shell]));
        for verb in verbs() {
            assert!(script.contains(&verb), "{shell} does not know {verb}");
        }
        assert!(!script.contains("villain"), "{shell} completes the villain");
    }
}

#[test]
fn bash_offers_the_verbs_that_begin_as_typed() {
    let script = stdout(&vmo(&["completions", "bash"]));
    let typed = "COMP_WORDS=(vmo che); COMP_CWORD=1; _vmo vmo che vmo; echo \"${COMPREPLY[*]}\"";
    let shell = Command::new("bash")
        .args(["-c", &format!("{script}\n{typed}")])
        .output()
        .unwrap();
    assert_eq!(stdout(&shell).trim(), "check");
}

#[test]
fn a_page_for_every_verb_names_it_and_shows_its_examples() {
    for verb in verbs() {
        let page = stdout(&vmo(&["man", &verb]));
        let title = format!(".TH VMO-{}", verb.to_uppercase());
        assert!(page.contains(&title), "{verb}: {page}");
        assert!(page.contains(".SH SYNOPSIS"), "{verb}: {page}");
    }
    let page = stdout(&vmo(&["man", "run"]));
    assert!(page.contains("sha256sum"), "{page}");
    // Examples are lines and no paragraph.
    let page = stdout(&vmo(&["man", "create"]));
    let (_, notes) = page.split_once(".SH NOTES").unwrap();
    let (examples, prose) = notes.split_once(".fi\n").unwrap();
    let (_, examples) = examples.split_once("Examples:\n.nf\n").unwrap();
    assert!(
        examples
            .lines()
            .all(|it| it.starts_with("  vmo") || it.starts_with("  "))
    );
    assert!(prose.lines().any(|it| it == ".PP"), "{notes}");
}

#[test]
fn all_pages_go_into_a_folder_that_need_not_exist() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("man/man1");
    let said = stdout(&vmo(&["man", "--dir", dir.to_str().unwrap()]));
    for verb in verbs() {
        let page = dir.join(format!("vmo-{verb}.1"));
        assert!(page.is_file(), "{} is missing: {said}", page.display());
    }
    assert!(dir.join("vmo.1").is_file());
}

#[test]
fn a_page_of_no_verb_or_in_no_folder_is_one_line() {
    let output = vmo(&["man", "a\x1bb"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(
        said,
        "vmo: there is no verb \"a\\u{1b}b\"; see vmo --help\n"
    );
    let output = vmo(&["man", "--dir", "/proc/nowhere"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
