// SPDX-License-Identifier: MIT OR Apache-2.0
//! Colours, where somebody looks: on a terminal, and without `NO_COLOR`.

use std::io::{IsTerminal, stderr, stdout};

/// For whom a verb writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// People.
    Text,
    /// Machines: one JSON object.
    Json,
}

/// How to write on standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colours: bool,
}

impl Style {
    /// For standard output as it is.
    pub(crate) fn of_stdout() -> Self {
        Self::of(&stdout())
    }

    /// For standard error as it is.
    pub(crate) fn of_stderr() -> Self {
        Self::of(&stderr())
    }

    fn of(stream: &impl IsTerminal) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let unwanted = no_colour || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            colours: stream.is_terminal() && !unwanted,
        }
    }

    /// Whether colours are wanted.
    pub(crate) fn colours(self) -> bool {
        self.colours
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// A heading.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What matters less.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// What is new.
    pub(crate) fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// What has changed.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// What is gone.
    pub(crate) fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// The mark of what is as it should be.
    pub(crate) fn good(self) -> String {
        self.paint("32", "ok  ")
    }

    /// The mark of what is not.
    pub(crate) fn bad(self) -> String {
        self.paint("31;1", "FAIL")
    }

    /// The mark of what can't be tried here.
    pub(crate) fn not_run(self) -> String {
        self.dim("-   ")
    }
}
