// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be written on the command line: a verb each, whose arguments stand in its file.

use clap::{Args, Parser, Subcommand};

use crate::{
    attach, bench, cat, check, copy, create, demo, generate, graph, hexdump, hold, info, ls, run,
    seal, style, write,
};

/// Safe mappings of memory that someone else can write.
#[derive(Debug, Parser)]
#[command(name = "vmo", version, about, max_term_width = 88)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List the shared memory of this machine: what, how large, how sealed, and who has it
    #[command(after_help = ls::EXAMPLES)]
    Ls(ls::LsArgs),
    /// Draw who shares memory with whom, as a picture
    #[command(after_help = graph::EXAMPLES)]
    Graph(graph::GraphArgs),
    /// Say what one object is, what a peer can still do with it, and how to take it
    #[command(after_help = info::EXAMPLES)]
    Info(info::InfoArgs),
    /// Make a VMO, leave it with a process in the background, and print its PID:FD
    #[command(after_help = create::EXAMPLES)]
    Create(create::CreateArgs),
    /// Keep an object alive, whoever else lets it go
    #[command(after_help = hold::EXAMPLES)]
    Hold(hold::HoldArgs),
    /// Run a program with an object of another process: {} becomes a path
    #[command(after_help = attach::EXAMPLES)]
    Attach(attach::AttachArgs),
    /// Print the bytes of an object
    #[command(after_help = cat::EXAMPLES)]
    Cat(cat::CatArgs),
    /// Write into an object that is there, within its size
    #[command(after_help = write::EXAMPLES)]
    Write(write::WriteArgs),
    /// Show the bytes of an object, and what changes
    #[command(after_help = hexdump::EXAMPLES)]
    Hexdump(hexdump::HexdumpArgs),
    /// Show what nobody can do to an object any more, or add to it
    #[command(after_help = seal::EXAMPLES)]
    Seal(seal::SealArgs),
    /// Copy between objects, files and pipes, or into a new VMO that nobody changes
    #[command(after_help = copy::EXAMPLES)]
    Copy(copy::CopyArgs),
    /// Share memory with a hostile process, and survive it
    Demo(demo::DemoArgs),
    /// Try every attack on every kind of shared memory on this machine
    #[command(after_help = check::TIERS)]
    Check(check::CheckArgs),
    /// Measure what the library does on this machine
    #[command(after_help = bench::NOTES)]
    Bench(bench::BenchArgs),
    /// Run a program with sealed VMOs as files: {NAME} in its arguments becomes a path
    #[command(after_help = run::EXAMPLES)]
    Run(run::RunArgs),
    /// Print what completes verbs and options in your shell
    #[command(after_help = generate::COMPLETIONS)]
    Completions(generate::CompletionsArgs),
    /// Print a manual page, or write all of them to a folder
    #[command(after_help = generate::PAGES)]
    Man(generate::ManArgs),
}

/// For whom a verb writes.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Output {
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

impl Output {
    pub(crate) fn format(self) -> style::Format {
        match self.json {
            true => style::Format::Json,
            false => style::Format::Text,
        }
    }
}
