// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every case of `cases/` is refused as it says, and its twin compiles.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::BTreeMap;
use std::path::Path;

use typestate_tests::case::{self, Case};
use typestate_tests::errors::{self, Found};
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
    let found = errors::by_target(&messages);
    let mut wrong = elsewhere(&found, &cases);
    wrong.extend(cases.iter().filter_map(|case| verdict(case, &found)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let compiled = errors::compiled(&messages);
    let twins = compiled.iter().any(|target| target == TWINS);
    assert!(twins, "the twins were not compiled");
    let errors: usize = cases.iter().map(|case| case.expected.len()).sum();
    println!("{} cases, {errors} errors", cases.len());
}

type Errors = BTreeMap<String, Vec<Found>>;

/// Errors in no case, such as of a library that does not compile at all.
fn elsewhere(found: &Errors, cases: &[Case]) -> Vec<String> {
    let is_case = |name: &String| cases.iter().any(|case| case.name == *name);
    let others = found.iter().filter(|(target, _)| !is_case(target));
    let errors = others.flat_map(|(target, errors)| errors.iter().map(move |e| (target, e)));
    errors
        .filter(|(_, error)| !is_case(&error.file))
        .map(|(target, error)| format!("{target}: {}", error.text))
        .collect()
}

/// What is wrong with a case, if anything is.
fn verdict(case: &Case, found: &Errors) -> Option<String> {
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
    let title = format!("{}.rs: {}", case.name, case.claim);
    (!wrong.is_empty()).then(|| format!("{title}\n    {}", wrong.join("\n    ")))
}
