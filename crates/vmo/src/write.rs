// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo write`: bytes into an object that is there, whose size stays as it is.

use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use vmo_census::Access;

use crate::flow::{self, Sink};
use crate::object::{ObjectArg, Open, shown};
use crate::{Failure, create, size};

/// What `vmo write --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  echo hello | vmo write 812:12
  vmo write 812:12 --offset 4K picture.raw

It never makes an object larger: what does not fit is refused, of a file before the first \
byte, of a pipe where the object ends. Others see the bytes as they come.";

/// Arguments of `vmo write`.
#[derive(Debug, Args)]
pub(crate) struct WriteArgs {
    /// PID:FD, an ID of `vmo ls`, or a path
    #[arg(value_name = "OBJECT")]
    object: ObjectArg,
    /// What to write, or - for standard input
    #[arg(value_name = "FILE|-", default_value = "-")]
    from: PathBuf,
    /// Where to begin: bytes, or 64K, 1M
    #[arg(long, value_name = "N", default_value = "0", value_parser = size::parse)]
    offset: u64,
}

/// Writes it.
pub(crate) fn write(args: &WriteArgs) -> Result<bool, Failure> {
    let object = args.object.open(Access::Write)?;
    let (at, _) = object.range(args.offset, None)?;
    let mut source = match args.from == Path::new("-") {
        true => create::standard_input()?,
        false => {
            let called = shown(&args.from);
            File::open(&args.from).map_err(|error| format!("{called}: {error}"))?
        }
    };
    into(&object, at, &mut source)
}

/// All that `source` gives, into `object` from `at` on.
pub(crate) fn into(object: &Open, at: u64, source: &mut File) -> Result<bool, Failure> {
    let metadata = source.metadata()?;
    if metadata.is_dir() {
        return Err("a directory has no bytes to write: name a file".into());
    }
    // A file of /proc has bytes and no length.
    let total = Some(metadata.len()).filter(|len| metadata.is_file() && *len > 0);
    let position = std::io::Seek::stream_position(source).unwrap_or(0);
    let total = total.map(|it| it.saturating_sub(position));
    let space = object.size.saturating_sub(at);
    if let Some(len) = total.filter(|len| *len > space) {
        return Err(does_not_fit(object, at, &format!("these are {len} bytes")));
    }
    let done = flow::drain(source, (total, space), &mut Sink::Object(object, at))?;
    match done == space && flow::read_some(source, &mut [0])? > 0 {
        true => {
            let what = format!("more came: {done} bytes are written, the rest is not");
            Err(does_not_fit(object, at, &what))
        }
        false => Ok(true),
    }
}

fn does_not_fit(object: &Open, at: u64, what: &str) -> Failure {
    let (called, size) = (&object.called, object.size);
    let space = size.saturating_sub(at);
    format!(
        "{called}: it has {size} bytes, {space} of them from byte {at} on, and {what}: choose \
         a smaller --offset, a shorter input (head -c {space}), or a larger object"
    )
    .into()
}
