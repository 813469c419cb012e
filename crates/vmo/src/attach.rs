// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo attach`: a program that begins with an object of another process.

use std::ffi::OsString;
use std::os::fd::AsRawFd;
use std::process::Command;

use clap::Args;
use rustix::io::{FdFlags, fcntl_setfd};
use vmo_census::Access;

use crate::object::{ObjectArg, Open};
use crate::run::{self, Failed};

/// What `vmo attach --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo attach 812:12 -- sha256sum {}
  vmo attach 4711 -- python3 -c 'print(open(\"{}\", \"rb\").read(16))'

The program has the object as a descriptor, with the same access as whoever it is from:
{} in its arguments becomes /proc/self/fd/N, and VMO_FD in its environment is N. \
The program's exit code is that of vmo. 125 is a failure of vmo itself; 126 and 127 say \
that the program could not be executed or found.";

/// Arguments of `vmo attach`.
#[derive(Debug, Args)]
pub(crate) struct AttachArgs {
    /// PID:FD, an ID of `vmo ls`, or a path
    #[arg(value_name = "OBJECT")]
    object: ObjectArg,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// Becomes the program. Comes back only if that failed.
pub(crate) fn attach(args: &AttachArgs) -> Failed {
    match prepare(args) {
        // The object is still open here, and stays so in the program.
        Ok((mut command, _object)) => run::become_program(&mut command),
        Err(error) => Failed {
            code: run::FAILED,
            message: error.to_string(),
        },
    }
}

fn prepare(args: &AttachArgs) -> Result<(Command, Open), crate::Failure> {
    let object = args.object.open(Access::Unknown)?;
    fcntl_setfd(&object.fd, FdFlags::empty())?;
    let fd = object.fd.as_raw_fd();
    let paths = [(String::new(), format!("/proc/self/fd/{fd}"))];
    let mut words = args.command.iter();
    let mut words = words.by_ref().map(|it| run::substitute(it, &paths));
    let mut command = Command::new(words.next().ok_or("no program to run")?);
    command.args(words).env("VMO_FD", fd.to_string());
    Ok((command, object))
}
