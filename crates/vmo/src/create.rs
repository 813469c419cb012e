// SPDX-License-Identifier: MIT OR Apache-2.0
//! `vmo create`: a new VMO, which a process in the background keeps.

use core::time::Duration;
use std::fs::File;
use std::io::{Read, stdin};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mapped_vmo::zx::{Name, SealPlan, Vmo};

use crate::object::shown;
use crate::usage::Misuse;
use crate::{Failure, fill, keeper, size};

/// What `vmo create --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Examples:
  at=$(vmo create 1M)                    prints PID:FD, such as 812:3
  echo hello | vmo write $at; vmo hexdump $at
  vmo attach $at -- python3 draw.py {}
  kill ${at%:*}                          the end of it, once nobody else has it

  vmo create --from photo.raw --for 60   for a minute
  vmo create 1M --plan freezable         later: vmo seal $at write,seal

Plans: fixed, the bytes change and the size never does; growable and resizable, the size may \
too; freezable, fixed until it is sealed against writing; published, nobody writes to it any \
more once it is filled.";

/// Arguments of `vmo create`.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// How large: 4096, 64K, 1M, 2G; as large as FILE if not given
    #[arg(value_parser = size::parse, required_unless_present = "from")]
    size: Option<u64>,
    /// What it is called, in up to 31 bytes
    #[arg(long, value_name = "NAME", default_value = "vmo", value_parser = name)]
    name: Name,
    /// What is sealed, and when
    #[arg(long, value_enum, default_value_t = Plan::Fixed)]
    plan: Plan,
    /// Begin with what is in this file, or - for standard input
    #[arg(long, value_name = "FILE|-")]
    from: Option<PathBuf>,
    /// Keep it for so long; else until the process is killed
    #[arg(long = "for", value_name = "SECONDS", value_parser = keeper::seconds)]
    time: Option<Duration>,
}

/// `SealPlan`, as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Plan {
    Fixed,
    Published,
    Freezable,
    Growable,
    Resizable,
}

impl From<Plan> for SealPlan {
    fn from(plan: Plan) -> Self {
        match plan {
            Plan::Fixed => Self::Fixed,
            Plan::Published => Self::Published,
            Plan::Freezable => Self::Freezable,
            Plan::Growable => Self::Growable,
            Plan::Resizable => Self::Resizable,
        }
    }
}

/// A name that is not cut short.
pub(crate) fn name(text: &str) -> Result<Name, String> {
    match text.len() <= 31 && !text.contains('\0') {
        true => Ok(Name::new_lossy(text)),
        false => Err(format!(
            "a name has up to 31 bytes, and this has {}",
            text.len()
        )),
    }
}

/// Makes it, and prints where it is.
pub(crate) fn create(args: &CreateArgs) -> Result<bool, Failure> {
    let mut vmo = make(args)?;
    if args.plan == Plan::Published {
        vmo = vmo
            .publish()
            .map_err(|status| format!("it can't be published: {status}"))?;
    }
    keeper::keep(vmo.into(), args.time)?;
    Ok(true)
}

fn make(args: &CreateArgs) -> Result<Vmo, Failure> {
    let shape = (&args.name, args.plan.into());
    match (&args.from, args.size) {
        (None, _) if args.plan == Plan::Published => Err(Misuse(
            "nobody writes to what is published, so it would be zeros for ever: give --from \
             FILE, or another --plan"
                .to_owned(),
        )
        .into()),
        (None, size) => Ok(fill::zeros(shape, size.unwrap_or(0))?),
        (Some(path), None) if path == Path::new("-") => {
            let vmo = fill::from_open(&mut standard_input()?, shape);
            Ok(vmo.map_err(|why| format!("standard input: {why}"))?)
        }
        (Some(path), None) => Ok(fill::from_file(path, shape)?),
        (Some(path), Some(size)) => begin_with(path, fill::zeros(shape, size)?, size),
    }
}

/// What is in a file, and zeros up to the size that was asked for.
fn begin_with(path: &Path, vmo: Vmo, size: u64) -> Result<Vmo, Failure> {
    let called = shown(path);
    let mut source = match path == Path::new("-") {
        true => standard_input()?,
        false => File::open(path).map_err(|error| format!("{called}: {error}"))?,
    };
    let limits = (size, fill::memory_left());
    fill::pour(&mut source, &vmo, limits).map_err(|why| format!("{called}: {why}"))?;
    let more = source.read(&mut [0]);
    match more.map_err(|error| format!("{called}: {error}"))? {
        0 => Ok(vmo),
        _ => Err(
            format!("{called}: it has more than {size} bytes: give a larger SIZE, or none").into(),
        ),
    }
}

/// Without a buffer between.
pub(crate) fn standard_input() -> Result<File, Failure> {
    Ok(stdin().as_fd().try_clone_to_owned()?.into())
}
