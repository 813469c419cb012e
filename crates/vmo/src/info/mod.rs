// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo info`: one object, what a peer can still do with it, and how to take it.

use std::io::{Write, stdout};

use clap::Args;
use vmo_census::{Census, Kinds, Object, Process};

use crate::Failure;
use crate::cli::Output;
use crate::object::ObjectArg;
use crate::style::Format;

mod facts;
mod gate;
mod json;
mod peer;
mod reach;
mod show;

use facts::Facts;
use gate::Gate;
use peer::Threat;

/// What `vmo info --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo info 812:12                    descriptor 12 of process 812
  vmo info 4711                      an ID that vmo ls shows
  vmo info /dev/shm/frames           a file
  vmo info --json 812:12 | jq -r .best

What a peer can do follows from the seals, the kind and who has it; which policy takes it \
is asked of Vmo::from_fd itself, on a duplicate that is closed again. The exit code is 1 if \
no policy takes it.";

/// Arguments of `vmo info`.
#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    /// PID:FD, an ID of `vmo ls`, or a path
    #[arg(value_name = "OBJECT")]
    object: ObjectArg,
    #[command(flatten)]
    output: Output,
}

/// All that is said of an object.
#[derive(Debug)]
struct Report {
    facts: Facts,
    /// As the census has it, if it is memory that a census is about.
    object: Option<Object>,
    processes: Vec<Process>,
    threats: Vec<Threat>,
    gate: Gate,
}

impl Report {
    fn of(what: &ObjectArg) -> Result<Self, Failure> {
        let mut census =
            Census::take(Kinds::All).map_err(|error| format!("/proc can't be read: {error}"))?;
        let reached = reach::reach(what, &census)?;
        let object = reached.object.map(|at| census.objects.swap_remove(at));
        let facts = Facts::of(&reached, object.as_ref());
        let gate = gate::ask(reached.fd, &facts);
        let threats = match (facts.kind, gate.is_no_memory()) {
            (None, Some(kind)) => peer::of_no_memory(kind),
            _ => peer::threats(&facts, object.as_ref(), &census.processes),
        };
        Ok(Self {
            threats,
            gate,
            facts,
            object,
            processes: census.processes,
        })
    }
}

/// Shows one object.
pub(crate) fn info(args: &InfoArgs) -> Result<bool, Failure> {
    let report = Report::of(&args.object)?;
    let text = match args.output.format() {
        Format::Json => format!("{}\n", json::object(&report)),
        Format::Text => show::text(&report),
    };
    stdout().lock().write_all(text.as_bytes())?;
    Ok(!report.gate.refused_by_all())
}
