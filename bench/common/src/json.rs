// SPDX-License-Identifier: MIT OR Apache-2.0
//! Records as JSON with one row of a table to a line.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::Failure;

/// Writes `record` to a file called `name` in `directory`, which is made where it is missing.
///
/// # Errors
///
/// If it can't be written.
pub fn write(record: &impl Serialize, directory: &Path, name: &str) -> Result<PathBuf, Failure> {
    fs::create_dir_all(directory)?;
    let path = directory.join(name);
    let mut text = String::new();
    lines(&serde_json::to_value(record)?, 0, &mut text);
    text.push('\n');
    fs::write(&path, text)?;
    Ok(path)
}

/// JSON with one row of a table to a line, so that records can be read and compared.
fn lines(value: &Value, depth: usize, text: &mut String) {
    let inner: Vec<(Option<&String>, &Value)> = match value {
        Value::Array(items) if items.iter().any(is_nested) => {
            items.iter().map(|item| (None, item)).collect()
        }
        Value::Object(items) if depth < 2 || items.values().any(is_table) => {
            items.iter().map(|(key, item)| (Some(key), item)).collect()
        }
        flat => return text.push_str(&flat.to_string()),
    };
    let (open, close) = if value.is_array() {
        ('[', ']')
    } else {
        ('{', '}')
    };
    text.push(open);
    for (i, (key, item)) in inner.into_iter().enumerate() {
        text.push_str(if i == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(depth + 1));
        if let Some(key) = key {
            text.push_str(&format!("{}: ", Value::from(key.as_str())));
        }
        lines(item, depth + 1, text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(depth));
    text.push(close);
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// Whether it is or has an array of objects.
fn is_table(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(is_nested),
        Value::Object(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_table_is_one_line_and_nothing_is_lost() {
        let value = serde_json::json!({
            "machine": {"cpu": "x", "load": "0"},
            "rows": [{"size": 1, "ratios": [0.5, 0.6]}, {"size": 2, "ratios": [1.5]}],
        });
        let mut text = String::new();
        lines(&value, 0, &mut text);
        assert!(
            text.contains("\n  {\"ratios\":[0.5,0.6],\"size\":1},\n"),
            "{text}"
        );
        let back: Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(back, value);
    }
}
