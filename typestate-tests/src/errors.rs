// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the compiler said, and how it differs from what was expected.

use std::collections::BTreeMap;

use serde_json::Value;

/// An error that a case is marked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The line, counted from 1.
    pub line: usize,
    /// The code; a code, a colon and a part of the text; or the start of the text of an error
    /// that has no code.
    pub error: String,
}

/// An error of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is: the line, and the name of the file without `.rs`.
    pub line: usize,
    /// The file, without its directory and without `.rs`.
    pub file: String,
    /// Its code, or its text where it has none.
    pub error: String,
    /// Its text.
    pub text: String,
}

impl Found {
    fn is(&self, expected: &Expected) -> bool {
        let (error, part) = expected
            .error
            .split_once(": ")
            .unwrap_or((&expected.error, ""));
        self.line == expected.line && self.error.starts_with(error) && self.text.contains(part)
    }
}

/// The errors in what Cargo printed with `--message-format=json`, by target.
///
/// What the compiler says about no place in particular ("aborting due to …") is left out.
#[must_use]
pub fn by_target(messages: &str) -> BTreeMap<String, Vec<Found>> {
    let mut all: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for line in messages.lines() {
        let Ok(entry) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        if let (Some(target), Some(found)) = (entry["target"]["name"].as_str(), found(&entry)) {
            all.entry(target.to_owned()).or_default().push(found);
        }
    }
    all
}

/// The targets that compiled, in the same messages.
#[must_use]
pub fn compiled(messages: &str) -> Vec<String> {
    let entries = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    entries
        .filter(|entry| entry["reason"] == "compiler-artifact")
        .filter_map(|entry| entry["target"]["name"].as_str().map(str::to_owned))
        .collect()
}

fn found(entry: &Value) -> Option<Found> {
    let message = &entry["message"];
    if entry["reason"] != "compiler-message" || message["level"] != "error" {
        return None;
    }
    let spans = message["spans"].as_array()?;
    let place = spans.iter().find(|span| span["is_primary"] == true)?;
    let text = message["message"].as_str()?;
    let path = place["file_name"].as_str()?;
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    Some(Found {
        line: usize::try_from(place["line_start"].as_u64()?).ok()?,
        file: file.trim_end_matches(".rs").to_owned(),
        error: message["code"]["code"].as_str().unwrap_or(text).to_owned(),
        text: text.to_owned(),
    })
}

/// One sentence for each error that is missing, and for each that nobody expected.
#[must_use]
pub fn differences(expected: &[Expected], found: &[Found]) -> Vec<String> {
    let mut unexpected = found.to_vec();
    let mut sentences = Vec::new();
    for one in expected {
        match unexpected.iter().position(|found| found.is(one)) {
            Some(index) => drop(unexpected.swap_remove(index)),
            None => sentences.push(format!("line {}: {} is missing", one.line, one.error)),
        }
    }
    for Found {
        line, error, text, ..
    } in unexpected
    {
        sentences.push(format!("line {line}: not expected: {error} ({text})"));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: usize, error: &str) -> Found {
        Found {
            line,
            file: "main".to_owned(),
            error: error.to_owned(),
            text: String::new(),
        }
    }

    #[test]
    fn what_is_missing_elsewhere_or_too_much_is_a_difference() {
        let expected = [Expected {
            line: 3,
            error: "E0505".to_owned(),
        }];
        assert!(differences(&expected, &[error(3, "E0505")]).is_empty());
        assert_eq!(differences(&expected, &[]).len(), 1);
        assert_eq!(differences(&expected, &[error(4, "E0505")]).len(), 2);
        assert_eq!(differences(&expected, &[error(3, "E0597")]).len(), 2);
        assert_eq!(
            differences(&expected, &[error(3, "E0505"), error(3, "E0505")]).len(),
            1
        );
    }

    #[test]
    fn a_part_of_the_text_can_be_expected_too() {
        let expected = |error: &str| Expected {
            line: 3,
            error: error.to_owned(),
        };
        let mut found = error(3, "E0004");
        found.text = "patterns: `_` not covered".to_owned();
        assert!(found.is(&expected("E0004")));
        assert!(found.is(&expected("E0004: `_` not covered")));
        assert!(!found.is(&expected("E0004: `Tier::Shared` not covered")));
        assert!(!found.is(&expected("E0005: `_` not covered")));
    }

    #[test]
    fn only_errors_that_have_a_place_are_found() {
        let message = |level: &str, spans: &str| {
            format!(
                r#"{{"reason":"compiler-message","target":{{"name":"t"}},"message":{{"level":"{level}",
                "message":"text","code":null,"spans":[{spans}]}}}}"#
            )
            .replace('\n', " ")
        };
        let place = r#"{"is_primary":true,"line_start":7,"file_name":"bins/main.rs"}"#;
        let messages = [
            message("error", place),
            message("error", ""),
            message("warning", place),
        ];
        let found = by_target(&messages.join("\n"));
        assert_eq!(found.len(), 1);
        let [one] = found["t"].as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(
            (one.line, one.file.as_str(), one.error.as_str()),
            (7, "main", "text")
        );
    }
}
