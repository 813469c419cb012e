// SPDX-License-Identifier: MIT OR Apache-2.0
//! New VMOs, and what is in them.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use mapped_vmo::zx::{Extent, Name, SealPlan, Status, Vmo};

use crate::object::shown;
use crate::progress::Progress;
use crate::size;

/// How much is copied at a time.
const CHUNK: usize = 256 << 10;

/// What a VMO is called, and what will be sealed.
pub(crate) type Shape<'a> = (&'a Name, SealPlan);

/// A VMO of `size` zeros.
pub(crate) fn zeros((name, plan): Shape<'_>, size: u64) -> Result<Vmo, String> {
    Vmo::create_planned(name, plan, Extent::Exact, size).map_err(|status| cannot_make(size, status))
}

/// A VMO with what is in a file, of its exact length.
pub(crate) fn from_file(path: &Path, shape: Shape<'_>) -> Result<Vmo, String> {
    let file = |error| format!("{}: {error}", shown(path));
    let mut source = File::open(path).map_err(file)?;
    from_open(&mut source, shape).map_err(|message| format!("{}: {message}", shown(path)))
}

/// The same of one that is open.
pub(crate) fn from_open(source: &mut File, shape: Shape<'_>) -> Result<Vmo, String> {
    let metadata = source.metadata().map_err(|error| error.to_string())?;
    if metadata.is_file() && metadata.len() > 0 {
        return exactly(source, metadata.len(), shape);
    }
    // Pipes, devices and files of /proc do not know their length.
    let mut bytes = Vec::new();
    source
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    let size = u64::try_from(bytes.len()).map_err(|_| "it is too large")?;
    exactly(&mut bytes.as_slice(), size, shape)
}

/// A VMO of `size` bytes with what `source` gives, which must be as many.
pub(crate) fn exactly(source: &mut impl Read, size: u64, shape: Shape<'_>) -> Result<Vmo, String> {
    let vmo = zeros(shape, size)?;
    match pour(source, &vmo, size)? < size {
        true => Err("it became shorter while it was read: try again".to_owned()),
        false => Ok(vmo),
    }
}

/// Makes what is in it immutable.
pub(crate) fn freeze(vmo: &Vmo) -> Result<(), String> {
    vmo.freeze()
        .map_err(|status| format!("the copy could not be made immutable: {status}"))
}

/// Up to `size` bytes of `source`, written to the start of `vmo`; says how many it were.
pub(crate) fn pour(source: &mut impl Read, vmo: &Vmo, size: u64) -> Result<u64, String> {
    let progress = Progress::new("filling", Some(size));
    let mut chunk = vec![0; CHUNK];
    let mut at = 0;
    while at < size {
        let want = usize::try_from(size - at).map_or(CHUNK, |rest| rest.min(CHUNK));
        let got = match source.read(&mut chunk[..want]) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.to_string()),
        };
        vmo.write(&chunk[..got], at)
            .map_err(|status| cannot_make(size, status))?;
        at += got as u64;
        progress.at(at);
    }
    Ok(at)
}

/// Why there is no VMO, and what would help.
fn cannot_make(size: u64, status: Status) -> String {
    let size = size::human(size);
    match status {
        Status::NO_RESOURCES => {
            format!("no VMO of {size}: a limit of this process is reached (see ulimit -a)")
        }
        Status::NO_MEMORY | Status::NO_SPACE => format!("no VMO of {size}: not enough memory"),
        other => format!("no VMO of {size}: {other}"),
    }
}
