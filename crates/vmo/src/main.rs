// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command `vmo`: make, share and test VMOs from a shell.
//!
//! | exit code | says |
//! |---|---|
//! | 0 | all is well |
//! | 1 | it ran, and something is wrong |
//! | 2 | the arguments make no sense |
//! | 125, 126, 127 | `vmo run` failed itself, can't execute the program, can't find it |
#![deny(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

mod bench;
mod check;
mod demo;
mod link;
mod run;
mod size;
mod style;
mod villain;

/// What can go wrong in a verb, in one line.
type Failure = Box<dyn core::error::Error>;

/// Safe mappings of memory that someone else can write.
#[derive(Debug, Parser)]
#[command(name = "vmo", version, about, max_term_width = 88)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Share memory with a hostile process, and survive it
    Demo(DemoArgs),
    /// Try every attack on every kind of shared memory on this machine
    #[command(after_help = check::TIERS)]
    Check(CheckArgs),
    /// Measure what the library does on this machine
    Bench {
        #[command(subcommand)]
        what: Benchmark,
    },
    /// Run a program with sealed VMOs as files: {NAME} in its arguments becomes a path
    #[command(after_help = run::EXAMPLES)]
    Run(RunArgs),
    /// The other process of the demo
    #[command(hide = true)]
    Villain {
        /// What it is
        role: villain::Role,
    },
}

/// Arguments of `vmo demo`.
#[derive(Debug, Args)]
struct DemoArgs {
    /// Stream this file through two processes and compare SHA-256 at both ends
    #[arg(long, value_name = "PATH", conflicts_with = "png")]
    file: Option<PathBuf>,
    /// Where the picture goes
    #[arg(long, value_name = "PATH", default_value = "vmo-demo.png")]
    png: PathBuf,
    #[command(flatten)]
    output: Output,
}

/// For whom a verb writes.
#[derive(Clone, Copy, Debug, Args)]
struct Output {
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
}

impl Output {
    fn format(self) -> style::Format {
        match self.json {
            true => style::Format::Json,
            false => style::Format::Text,
        }
    }
}

/// Arguments of `vmo check`.
#[derive(Debug, Args)]
struct CheckArgs {
    #[command(flatten)]
    output: Output,
}

/// What `vmo bench` measures.
#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Messages between two processes, beside pipes, sockets and futexes
    #[command(after_help = bench::NOTES)]
    Ring(RingBenchArgs),
}

/// Arguments of `vmo bench ring`.
#[derive(Debug, Args)]
struct RingBenchArgs {
    /// How long all of it takes, about
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = bench::seconds)]
    seconds: f64,
    #[command(flatten)]
    output: Output,
}

/// Arguments of `vmo run`.
#[derive(Debug, Args)]
struct RunArgs {
    /// A VMO of SIZE bytes (4096, 64K, 1M, 2G), or with the bytes of FILE: of its exact
    /// length, and immutable unless ",rw" follows
    #[arg(long = "vmo", value_name = "NAME=SIZE|@FILE[,rw]", value_parser = run::parse_vmo)]
    vmos: Vec<run::VmoSpec>,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match cli.verb {
        Verb::Demo(args) => finish(demo::demo(&args)),
        Verb::Check(args) => finish(check::check(args.output.format())),
        Verb::Bench { what } => match what {
            Benchmark::Ring(args) => finish(bench::ring(&args)),
        },
        Verb::Run(args) => {
            // Where all goes well, this process has become the program.
            let failed = run::run(args.vmos, &args.command);
            complain(&failed.message);
            ExitCode::from(failed.code)
        }
        Verb::Villain { role } => finish(villain::villain(role).map(|()| true)),
    }
}

/// What clap wants said, with the exit code of the verb that was meant.
fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind as Kind;
    let help = [Kind::DisplayHelp, Kind::DisplayVersion];
    let overview = Kind::DisplayHelpOnMissingArgumentOrSubcommand;
    let verb = std::env::args_os().nth(1).unwrap_or_default();
    let run = verb == "run";
    if help.contains(&error.kind()) || error.kind() == overview {
        // Nothing can be done about an error of printing.
        let _ = error.print();
    } else {
        let help = match verb.to_str() {
            Some(verb @ ("bench" | "check" | "demo" | "run")) => format!("vmo {verb} --help"),
            _ => "vmo --help".to_owned(),
        };
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

/// The exit code of a verb: 1 if it failed, or found that something is wrong.
fn finish(result: Result<bool, Failure>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            if !is_broken_pipe(&*error) {
                complain(&error.to_string());
            }
            ExitCode::FAILURE
        }
    }
}

/// Whether nobody reads our output any more, which needs no comment.
fn is_broken_pipe(error: &(dyn core::error::Error + 'static)) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// One line on stderr.
fn complain(message: &str) {
    // Nothing can be done about an error of printing an error.
    let _ = writeln!(io::stderr(), "vmo: {message}");
}
