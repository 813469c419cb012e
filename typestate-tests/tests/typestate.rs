// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every case of `cases/` is refused as it says, and its twin compiles.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::Path;

use typestate_tests::case::{self, Case};
use typestate_tests::errors;
use typestate_tests::project::{Project, TWINS};

#[test]
fn what_must_not_compile_fails_where_it_says_and_its_twin_compiles() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.parent().unwrap();
    let cases = case::read_all(&here.join("cases")).unwrap();
    assert!(cases.len() >= 15, "{} cases", cases.len());

    let project =
        Project::write(Path::new(env!("CARGO_TARGET_TMPDIR")), workspace, &cases).unwrap();
    let messages = project.check(workspace).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| verdict(case, &messages))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let compiled = errors::compiled(&messages);
    assert!(
        compiled.iter().any(|target| target == TWINS),
        "not compiled: the twins"
    );
    println!(
        "{} cases, {} errors",
        cases.len(),
        cases.iter().map(|c| c.expected.len()).sum::<usize>()
    );
}

/// What is wrong with a case, if anything is.
fn verdict(case: &Case, messages: &str) -> Option<String> {
    let found = errors::by_target(messages);
    let nothing = Vec::new();
    let refused = found.get(&case.name).unwrap_or(&nothing);
    let mut wrong = errors::differences(&case.expected, refused);

    let twins = found.get(TWINS).unwrap_or(&nothing);
    for error in twins.iter().filter(|error| error.file == case.name) {
        wrong.push(format!(
            "line {}: the twin does not compile: {}",
            error.line, error.text
        ));
    }
    let lines = wrong.iter().map(|line| format!("\n    {line}"));
    (!wrong.is_empty()).then(|| {
        format!(
            "{}.rs: {}{}",
            case.name,
            case.claim,
            lines.collect::<String>()
        )
    })
}
