// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo copy`: from an object, a file or a pipe to another of those; or to a VMO that nobody
//! changes.

use core::convert::Infallible;
use core::str::FromStr;
use core::time::Duration;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use clap::Args;
use mapped_vmo::zx::{Name, SealPlan, Vmo};
use vmo_census::Access;

use crate::flow::{self, Part, Sink};
use crate::new_file::NewFile;
use crate::object::{ObjectArg, Open, shown};
use crate::{Failure, create, fill, keeper, write};

/// What `vmo copy --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  vmo copy 812:12 frame.raw            a file: all of it is there, or nothing
  vmo copy frame.raw 812:12            into an object, which keeps its size
  vmo copy 812:12 900:3                from one object to another
  at=$(vmo copy --seal 812:12)         a VMO that nobody changes, in the background

FROM and TO are PID:FD, an ID of vmo ls, or else a file; - is standard input or output. A \
file whose name looks like an ID is written ./4711. Holes stay holes in files and objects; \
--seal fills them, for who takes the copy would have to.";

/// Arguments of `vmo copy`.
#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// An object, a file, or -
    #[arg(value_name = "FROM")]
    from: End,
    /// An object, a file, or -
    #[arg(value_name = "TO", required_unless_present = "seal")]
    to: Option<End>,
    /// To a new VMO that nobody changes, kept in the background; prints PID:FD
    #[arg(long, conflicts_with = "to")]
    seal: bool,
    /// What that is called, in up to 31 bytes
    #[arg(long, value_name = "NAME", default_value = "copy", value_parser = create::name)]
    #[arg(conflicts_with = "to")]
    name: Name,
    /// Keep that for so long; else until the process is killed
    #[arg(long = "for", value_name = "SECONDS", value_parser = keeper::seconds)]
    #[arg(conflicts_with = "to")]
    time: Option<Duration>,
}

/// Where bytes come from, or go to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Standard,
    Object(ObjectArg),
    File(PathBuf),
}

impl FromStr for End {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match (text, text.parse()) {
            ("-", _) => Self::Standard,
            (_, Ok(ObjectArg::Path(path))) => Self::File(path),
            (_, Ok(object)) => Self::Object(object),
            (_, Err(_)) => Self::File(text.into()),
        })
    }
}

/// What is open to be read.
enum Source {
    Object(Open),
    File(File, String),
}

impl Source {
    fn open(end: &End) -> Result<Self, Failure> {
        Ok(match end {
            End::Object(object) => Self::Object(object.open(Access::Read)?),
            End::Standard => Self::File(create::standard_input()?, "standard input".to_owned()),
            End::File(path) => {
                let called = shown(path);
                let file = File::open(path).map_err(|error| format!("{called}: {error}"))?;
                if file.metadata()?.is_dir() {
                    return Err(format!("{called}: a directory has no bytes to copy").into());
                }
                Self::File(file, called)
            }
        })
    }

    fn pour(&mut self, sink: &mut Sink<'_>) -> Result<(), Failure> {
        match self {
            Self::Object(object) => flow::pour(object, (0, object.size), sink),
            Self::File(file, _) => {
                let metadata = file.metadata()?;
                let total = metadata.is_file().then_some(metadata.len());
                flow::drain(file, (total, u64::MAX), sink).map(|_| ())
            }
        }
    }
}

/// Copies.
pub(crate) fn copy(args: &CopyArgs) -> Result<bool, Failure> {
    let mut source = Source::open(&args.from)?;
    match &args.to {
        None => sealed(args, &mut source),
        Some(End::Standard) => source.pour(&mut Sink::stdout()?).map(|()| true),
        Some(End::Object(to)) => into(&mut source, &to.open(Access::Write)?),
        Some(End::File(path)) => into_file(&mut source, path),
    }
}

/// A VMO that nobody changes.
fn sealed(args: &CopyArgs, source: &mut Source) -> Result<bool, Failure> {
    let shape = (&args.name, SealPlan::Freezable);
    let vmo: Vmo = match source {
        Source::Object(object) => {
            let mut part = Part {
                object,
                at: 0,
                end: object.size,
            };
            let made = fill::exactly(&mut part, object.size, shape);
            made.map_err(|why| format!("{}: {why}", object.called))?
        }
        Source::File(file, called) => {
            fill::from_open(file, shape).map_err(|why| format!("{called}: {why}"))?
        }
    };
    fill::freeze(&vmo)?;
    keeper::keep(vmo.into(), args.time)?;
    Ok(true)
}

/// Into an object, which keeps its size.
fn into(source: &mut Source, to: &Open) -> Result<bool, Failure> {
    match source {
        Source::File(file, _) => write::into(to, 0, file),
        Source::Object(from) if from.id == to.id => {
            Err(format!("{} and {} are the same object", from.called, to.called).into())
        }
        Source::Object(from) if from.size > to.size => Err(format!(
            "{} has {} bytes, and {} only {}: make one with vmo create {}",
            from.called, from.size, to.called, to.size, from.size
        )
        .into()),
        Source::Object(_) => source.pour(&mut Sink::Object(to, 0)).map(|()| true),
    }
}

/// Into a file: a new one takes the place of what was there once it is complete.
fn into_file(source: &mut Source, path: &Path) -> Result<bool, Failure> {
    let called = shown(path);
    let failed = |error: std::io::Error| format!("{called}: {error}");
    let there = std::fs::metadata(path);
    match there {
        Ok(there) if there.is_dir() => {
            Err(format!("{called}: it is a directory: name a file in it").into())
        }
        // A pipe or a device, which stays what it is.
        Ok(there) if !there.is_file() => {
            let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
            let poured = source.pour(&mut Sink::Stream(file));
            poured.map(|()| true).map_err(|error| named(error, &called))
        }
        _ => {
            let new = NewFile::beside(path).map_err(failed)?;
            let poured = source.pour(&mut Sink::New(new.file().map_err(failed)?));
            poured.map_err(|error| named(error, &called))?;
            new.put_in_place().map_err(failed)?;
            Ok(true)
        }
    }
}

/// What a file says that can't be written, with its name; that nobody reads it is said by
/// nobody.
fn named(error: Failure, called: &str) -> Failure {
    match error.downcast_ref::<std::io::Error>() {
        Some(it) if it.kind() != std::io::ErrorKind::BrokenPipe => format!("{called}: {it}").into(),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_is_a_file() {
        let end = |text: &str| text.parse::<End>();
        assert_eq!(end("-"), Ok(End::Standard));
        for object in ["1:2", "4711", "0:30:4711", "/proc/1/fd/2"] {
            assert!(matches!(end(object), Ok(End::Object(_))), "{object}");
        }
        for file in ["./4711", "a.raw", "/dev/shm/x", "--", "1:x", ""] {
            assert_eq!(end(file), Ok(End::File(file.into())), "{file}");
        }
    }
}
