// SPDX-License-Identifier: MIT OR Apache-2.0
//! New VMOs, and what is in them.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use mapped_vmo::zx::{Extent, Name, SealPlan, Status, Vmo};
use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, memfd_create};

use crate::flow::{self, Sink};
use crate::object::shown;
use crate::progress::Progress;
use crate::{Failure, size};

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
    let left = memory_left();
    let (mut spool, size) = Spool::of(source, left).map_err(|error| error.to_string())?;
    match size < left {
        // What is read of it frees as much as what is made of it takes.
        true => filled(&mut spool, size, shape),
        false => Err(too_much(size, left)),
    }
}

/// All that a pipe gave: a file in memory that is read once, and has no memory any more where
/// it was read. So no byte is there twice on its way to where the size must be known before.
#[derive(Debug)]
struct Spool {
    file: File,
    at: u64,
}

impl Spool {
    /// Also how long it is: not longer than `limit`.
    fn of(source: &mut File, limit: u64) -> Result<(Self, u64), Failure> {
        let file = File::from(memfd_create("vmo: from a pipe", MemfdFlags::CLOEXEC)?);
        let mut sink = Sink::New(file.try_clone()?);
        let size = flow::drain(source, (None, limit), &mut sink)?;
        Ok((Self { file, at: 0 }, size))
    }
}

impl Read for Spool {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.file.read_at(buffer, self.at)?;
        let end = self.at.saturating_add(u64::try_from(got).unwrap_or(0));
        // Only whole pages are freed, so from where the last one begins.
        let begin = self.at & !0xffff;
        if end > begin {
            let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            fallocate(&self.file, punch, begin, end.saturating_sub(begin))?;
        }
        self.at = end;
        Ok(got)
    }
}

/// A VMO of `size` bytes with what `source` gives, which must be as many.
///
/// Refused where there is not so much memory: what takes the last of it ends processes that
/// have nothing to do with it.
pub(crate) fn exactly(source: &mut impl Read, size: u64, shape: Shape<'_>) -> Result<Vmo, String> {
    match memory_left() {
        left if size > left => Err(too_much(size, left)),
        _ => filled(source, size, shape),
    }
}

fn filled(source: &mut impl Read, size: u64, shape: Shape<'_>) -> Result<Vmo, String> {
    let vmo = zeros(shape, size)?;
    match pour(source, &vmo, (size, u64::MAX))? < size {
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
/// Fails at `most`.
pub(crate) fn pour(
    source: &mut impl Read,
    vmo: &Vmo,
    (size, most): (u64, u64),
) -> Result<u64, String> {
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
        if at > most {
            return Err(too_much(size, most));
        }
    }
    Ok(at)
}

/// How many bytes this machine can still give without taking them from somebody.
pub(crate) fn memory_left() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    left_by(&text).unwrap_or(u64::MAX)
}

/// What `/proc/meminfo` says of that.
fn left_by(text: &str) -> Option<u64> {
    let kib = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|it| it.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let left = kib("MemAvailable:")?.saturating_add(kib("SwapFree:").unwrap_or(0));
    Some(left.saturating_mul(1024))
}

fn too_much(size: u64, left: u64) -> String {
    format!(
        "no VMO of {}: this machine has {} of memory left: take a part of it, with head -c or \
         vmo cat --len",
        size::human(size),
        size::human(left)
    )
}

/// Why there is no VMO, and what would help.
fn cannot_make(size: u64, status: Status) -> String {
    let size = size::human(size);
    match status {
        Status::NO_RESOURCES => {
            format!("no VMO of {size}: a limit of this process is reached (see ulimit -a)")
        }
        Status::NO_MEMORY | Status::NO_SPACE => format!("no VMO of {size}: not enough memory"),
        Status::OUT_OF_RANGE => format!("no VMO of {size}: nothing can be that large"),
        other => format!("no VMO of {size}: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn memory_that_is_left_is_what_is_available_and_swap() {
        let text = "MemTotal:  9 kB\nMemAvailable:   5 kB\nSwapTotal: 8 kB\nSwapFree:  2 kB\n";
        assert_eq!(left_by(text), Some(7 << 10));
        assert_eq!(left_by("MemAvailable: 5 kB\n"), Some(5 << 10));
        assert_eq!(left_by("MemFree: 5 kB\n"), None);
        assert!(memory_left() > 1 << 20);
    }

    #[test]
    fn a_pipe_gives_no_more_than_there_is_memory() {
        let (mut zeros, name) = (File::open("/dev/zero").unwrap(), Name::default());
        assert_eq!(Spool::of(&mut zeros, 1 << 20).unwrap().1, 1 << 20);
        let vmo = super::zeros((&name, SealPlan::Fixed), 1 << 30).unwrap();
        let error = pour(&mut zeros, &vmo, (1 << 30, 1 << 20)).unwrap_err();
        assert!(error.contains("of memory left"), "{error}");
    }

    #[test]
    fn a_spool_has_no_memory_where_it_was_read() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let sent: Vec<u8> = (0..1_u32 << 18).flat_map(u32::to_le_bytes).collect();
        let copy = sent.clone();
        let feeder = std::thread::spawn(move || File::from(writer).write_all(&copy));
        let (mut spool, size) = Spool::of(&mut reader.into(), u64::MAX).unwrap();
        feeder.join().unwrap().unwrap();
        assert_eq!(size, 1 << 20);
        let blocks = |spool: &Spool| spool.file.metadata().unwrap().blocks() * 512;
        assert!(blocks(&spool) >= 1 << 20);
        let mut first = vec![0; 1 << 19];
        spool.read_exact(&mut first).unwrap();
        assert!(blocks(&spool) <= 1 << 19);
        let mut rest = Vec::new();
        spool.read_to_end(&mut rest).unwrap();
        assert!([first, rest].concat() == sent);
        assert_eq!(blocks(&spool), 0);
    }
}
