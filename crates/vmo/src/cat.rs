// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo cat`: the bytes of an object on standard output.

use clap::Args;
use vmo_census::Access;

use crate::flow::{self, Sink};
use crate::object::ObjectArg;
use crate::{Failure, size};

/// What `vmo cat --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo cat 812:12 | sha256sum
  vmo cat --offset 1M --len 64K 4711 > piece
  vmo cat /dev/shm/frames | head -c 16 | xxd

Others may write meanwhile: what comes out need never have been there at one moment. If it \
is truncated meanwhile, vmo says so, and the exit code is 1.";

/// Arguments of `vmo cat`.
#[derive(Debug, Args)]
pub(crate) struct CatArgs {
    /// PID:FD, an ID of `vmo ls`, or a path
    #[arg(value_name = "OBJECT")]
    object: ObjectArg,
    /// Where to begin: bytes, or 64K, 1M
    #[arg(long, value_name = "N", default_value = "0", value_parser = size::parse)]
    offset: u64,
    /// How many bytes; all that follow if not given
    #[arg(long, value_name = "N", value_parser = size::parse)]
    len: Option<u64>,
}

/// Writes it out.
pub(crate) fn cat(args: &CatArgs) -> Result<bool, Failure> {
    let object = args.object.open(Access::Read)?;
    let range = object.range(args.offset, args.len)?;
    flow::pour(&object, range, &mut Sink::stdout()?)?;
    Ok(true)
}
