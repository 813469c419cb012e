// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo hold`: an object stays, whoever else lets it go.

use core::time::Duration;
use std::io::{Write, stdout};
use std::os::fd::AsRawFd;

use clap::Args;
use vmo_census::Access;

use crate::object::ObjectArg;
use crate::{Failure, keeper};

/// What `vmo hold --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo hold 812:12            until Ctrl-C; prints PID:FD, under which it stays
  vmo hold 4711 --for 60 &   for a minute

Its bytes are not frozen by that: whoever has it can still write. See vmo copy --seal.";

/// Arguments of `vmo hold`.
#[derive(Debug, Args)]
pub(crate) struct HoldArgs {
    /// PID:FD, an ID of `vmo ls`, or a path
    #[arg(value_name = "OBJECT")]
    object: ObjectArg,
    /// For so long; else until Ctrl-C
    #[arg(long = "for", value_name = "SECONDS", value_parser = keeper::seconds)]
    time: Option<Duration>,
}

/// Holds it.
pub(crate) fn hold(args: &HoldArgs) -> Result<bool, Failure> {
    let object = args.object.open(Access::Unknown)?;
    let mut out = stdout().lock();
    writeln!(out, "{}:{}", std::process::id(), object.fd.as_raw_fd())?;
    out.flush()?;
    drop(out);
    keeper::hold(args.time);
    drop(object);
    Ok(true)
}
