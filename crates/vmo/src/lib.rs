// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command `vmo`: make, look at, share and test VMOs from a shell.
//!
//! | exit code | says |
//! |---|---|
//! | 0 | all is well |
//! | 1 | it ran, and something is wrong |
//! | 2 | the arguments make no sense |
//! | 125, 126, 127 | `vmo run` or `attach` failed itself, can't execute the program, can't find it |
//!
//! This library is there for the program of the same name, its tests and its fuzz targets:
//! nothing else in it is public.
#![deny(unsafe_code)]

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

mod attach;
mod bench;
mod cat;
mod chart;
mod check;
mod cli;
mod copy;
mod create;
mod demo;
mod fill;
mod flow;
mod generate;
mod graph;
mod hexdump;
mod hold;
mod info;
mod keeper;
mod link;
mod look;
mod ls;
mod machine;
mod new_file;
mod object;
mod progress;
mod run;
mod seal;
mod size;
mod style;
mod usage;
mod villain;
mod write;

use cli::{Cli, Verb};

/// What can go wrong in a verb, in one line.
type Failure = Box<dyn core::error::Error>;

/// Every verb with its arguments: what completions and manual pages are made of.
///
/// # Examples
///
/// ```
/// let verbs = vmo_command::command();
/// assert!(verbs.find_subcommand("demo").is_some());
/// ```
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// The program: does what its arguments say, and gives its exit code.
///
/// # Examples
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     vmo_command::main()
/// }
/// ```
#[must_use]
pub fn main() -> ExitCode {
    // No verb for people: neither help nor completions speak of it.
    if let Some(role) = villain::Role::of_this_process() {
        return finish(villain::villain(role).map(|()| true));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::explain(&error),
    };
    match cli.verb {
        Verb::Ls(args) => finish(ls::ls(&args)),
        Verb::Graph(args) => finish(graph::graph(&args)),
        Verb::Info(args) => finish(info::info(&args)),
        Verb::Demo(args) => finish(demo::demo(&args)),
        Verb::Check(args) => finish(check::check(&args)),
        Verb::Bench(args) => finish(bench::bench(&args)),
        Verb::Create(args) => finish(create::create(&args)),
        Verb::Hold(args) => finish(hold::hold(&args)),
        Verb::Cat(args) => finish(cat::cat(&args)),
        Verb::Write(args) => finish(write::write(&args)),
        Verb::Hexdump(args) => finish(hexdump::hexdump(&args)),
        Verb::Seal(args) => finish(seal::seal(&args)),
        Verb::Copy(args) => finish(copy::copy(&args)),
        Verb::Run(args) => no_program(&run::run(args)),
        Verb::Attach(args) => no_program(&attach::attach(&args)),
        Verb::Completions(args) => finish(generate::completions(&args)),
        Verb::Man(args) => finish(generate::man(&args)),
    }
}

/// The exit code of a verb that becomes a program: where all goes well, it has.
fn no_program(failed: &run::Failed) -> ExitCode {
    complain(&failed.message);
    ExitCode::from(failed.code)
}

/// The exit code of a verb: 1 if it failed, or found that something is wrong; 2 if it can't
/// make sense of what it was given.
fn finish(result: Result<bool, Failure>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            match error.downcast_ref::<io::Error>().map(io::Error::kind) {
                // Nobody reads our output any more, which needs no comment.
                Some(ErrorKind::BrokenPipe) => {}
                // Whatever else can be full is named where it is written.
                Some(ErrorKind::StorageFull) => complain(&format!("standard output: {error}")),
                _ => complain(&error.to_string()),
            }
            match error.is::<usage::Misuse>() {
                true => ExitCode::from(2),
                false => ExitCode::FAILURE,
            }
        }
    }
}

/// One line on stderr, fit for a terminal, whatever a file or an argument in it is called.
fn complain(message: &str) {
    // What is escaped already stays as it is.
    let pieces = message
        .split('\\')
        .map(|it| vmo_census::escape(it.as_bytes()));
    let line = pieces.collect::<Vec<_>>().join("\\");
    // Nothing can be done about an error of printing an error.
    let _ = writeln!(io::stderr(), "vmo: {line}");
}
