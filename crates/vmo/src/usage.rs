// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said of arguments that make no sense: one line, and where more is to be read.

use core::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::{command, complain, finish, run};

/// Arguments that make no sense, which only the verb itself can tell: exit code 2.
#[derive(Debug)]
pub(crate) struct Misuse(pub(crate) String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Misuse {}

/// What clap wants said, with the exit code of the verb that was meant.
pub(crate) fn explain(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind as Kind;
    let help = [Kind::DisplayHelp, Kind::DisplayVersion];
    let overview = Kind::DisplayHelpOnMissingArgumentOrSubcommand;
    let verb = std::env::args_os().nth(1).unwrap_or_default();
    // Those that become a program say 1 and 2 in its name.
    let run = verb == "run" || verb == "attach";
    if help.contains(&error.kind()) || error.kind() == overview {
        let printed = error.print().and_then(|()| io::stdout().flush());
        if let Err(error) = printed {
            return finish(Err(error.into()));
        }
    } else {
        let verbs = command();
        let help = verbs.get_subcommands().find(|it| verb == it.get_name());
        let help = help.map_or_else(
            || "vmo --help".to_owned(),
            |verb| format!("vmo {} --help", verb.get_name()),
        );
        complain(&format!("{}; see {help}", one_line(&error.to_string())));
    }
    match (error.use_stderr(), run) {
        (false, _) => ExitCode::SUCCESS,
        (true, true) => ExitCode::from(run::FAILED),
        (true, false) => ExitCode::from(2),
    }
}

/// What is wrong, of all that clap says: the first paragraph.
fn one_line(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.is_empty());
    let words: Vec<&str> = lines.map(str::trim).collect();
    words.join(" ").trim_start_matches("error: ").to_owned()
}
