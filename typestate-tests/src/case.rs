// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Case`]: a claim, the program that would break it, and its twin.

use std::path::Path;
use std::{fs, io};

use crate::errors::Expected;

const REFUSED: &str = "// refused:";
const ACCEPTED: &str = "// accepted:";
const MARKER: &str = "//~";

/// One file of `cases/`.
#[derive(Debug)]
pub struct Case {
    /// The name of the file, without `.rs`.
    pub name: String,
    /// Its first sentence.
    pub claim: String,
    /// The program that must not compile. Its lines have the numbers that they have in the file.
    pub refused: String,
    /// The program that must compile.
    pub accepted: String,
    /// The errors that `refused` is marked with, in the order of their lines.
    pub expected: Vec<Expected>,
}

/// All cases of a directory, by name.
///
/// # Errors
///
/// If a file can't be read.
///
/// # Panics
///
/// If one is no case: see [`Case::parse`].
pub fn read_all(dir: &Path) -> io::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            cases.push(Case::parse(&name, &fs::read_to_string(&path)?));
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

impl Case {
    /// Takes a file apart.
    ///
    /// # Panics
    ///
    /// If it makes no claim, lacks one of the two parts, or expects no error, or one in the
    /// part that must compile.
    #[must_use]
    pub fn parse(name: &str, text: &str) -> Self {
        let claim = text.lines().find_map(|line| line.strip_prefix("//! "));
        let claim = claim.unwrap_or_else(|| panic!("{name}.rs: no claim (//! …)"));
        let at = |heading: &str| {
            let mut found = text
                .lines()
                .enumerate()
                .filter(|(_, line)| *line == heading);
            match (found.next(), found.next()) {
                (Some((index, _)), None) => index,
                _ => panic!("{name}.rs: not one line `{heading}`"),
            }
        };
        let (refused_at, accepted_at) = (at(REFUSED), at(ACCEPTED));
        assert!(refused_at < accepted_at, "{name}.rs: `{ACCEPTED}` is first");

        let expected = expected(text);
        assert!(!expected.is_empty(), "{name}.rs: no error is expected");
        let outside = expected
            .iter()
            .find(|e| e.line <= refused_at || e.line > accepted_at);
        assert!(
            outside.is_none(),
            "{name}.rs: {outside:?} is not in the refused part"
        );

        Self {
            name: name.to_owned(),
            claim: claim.to_owned(),
            refused: keep(text, |index| index < accepted_at),
            accepted: keep(text, |index| index < refused_at || index >= accepted_at),
            expected,
        }
    }
}

/// The lines that are wanted, and empty ones in place of the others.
fn keep(text: &str, wanted: impl Fn(usize) -> bool) -> String {
    let line = |(index, line)| if wanted(index) { line } else { "" };
    let lines: Vec<&str> = text.lines().enumerate().map(line).collect();
    lines.join("\n") + "\n"
}

/// The marked errors. Lines are counted from 1, as the compiler does; each `^` goes up one.
fn expected(text: &str) -> Vec<Expected> {
    let mut expected = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let Some((_, marker)) = line.split_once(MARKER) else {
            continue;
        };
        let error = marker.trim_start_matches('^');
        expected.push(Expected {
            line: number - (marker.len() - error.len()),
            error: error.trim().to_owned(),
        });
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "//! A claim.\nuse a;\n// refused:\nb; //~ E0001\n// accepted:\nc;\n";

    #[test]
    fn each_part_has_the_head_and_the_lines_stay_where_they_were() {
        let case = Case::parse("name", TEXT);
        assert_eq!(case.claim, "A claim.");
        assert_eq!(
            case.refused,
            "//! A claim.\nuse a;\n// refused:\nb; //~ E0001\n\n\n"
        );
        assert_eq!(
            case.accepted,
            "//! A claim.\nuse a;\n\n\n// accepted:\nc;\n"
        );
        let (line, error) = (4, "E0001".to_owned());
        assert_eq!(case.expected, [Expected { line, error }]);
    }

    #[test]
    fn a_marker_can_stand_below_its_line() {
        let case = Case::parse("name", &TEXT.replace(" //~ E0001", "\n//~^ E0001"));
        assert_eq!(case.expected[0].line, 4);
    }

    #[test]
    #[should_panic(expected = "no error is expected")]
    fn a_case_without_a_marker_is_none() {
        let _ = Case::parse("name", &TEXT.replace("//~", "//"));
    }

    #[test]
    #[should_panic(expected = "not one line `// accepted:`")]
    fn a_case_without_a_twin_is_none() {
        let _ = Case::parse("name", &TEXT.replace("// accepted:\n", ""));
    }

    #[test]
    #[should_panic(expected = "is not in the refused part")]
    fn a_marker_in_the_twin_is_a_mistake() {
        let _ = Case::parse("name", &(TEXT.to_owned() + "d; //~ E0002\n"));
    }
}
