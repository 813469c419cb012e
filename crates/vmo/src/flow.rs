// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bytes on their way between objects, files and pipes, through a buffer that stays small.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FallocateFlags, Mode, OFlags, SeekFrom, fallocate, open, seek};
use rustix::io::Errno;

use crate::Failure;
use crate::object::Open;
use crate::progress::Progress;

/// How much is on its way at a time.
const CHUNK: usize = 256 << 10;

/// Where bytes go.
#[derive(Debug)]
pub(crate) enum Sink<'a> {
    /// A pipe, a terminal, a file at its position.
    Stream(File),
    /// A file that is new and empty.
    New(File),
    /// An object, from this offset.
    Object(&'a Open, u64),
}

impl Sink<'_> {
    /// Standard output, without a buffer between.
    pub(crate) fn stdout() -> io::Result<Self> {
        let out = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Self::Stream(out.into()))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stream(file) | Self::New(file) => Ok(write_all(file, bytes)?),
            Self::Object(object, at) => {
                object.write(bytes, *at)?;
                *at = at.saturating_add(u64::try_from(bytes.len())?);
                Ok(())
            }
        }
    }

    /// So many zeros, without memory behind them where that can be.
    fn skip(&mut self, len: u64) -> Result<(), Failure> {
        match self {
            Self::New(file) => {
                let at = io::Seek::seek(file, io::SeekFrom::Current(i64::try_from(len)?))?;
                return Ok(file.set_len(at)?);
            }
            Self::Object(object, at) => {
                let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
                if fallocate(&object.fd, punch, *at, len).is_ok() {
                    *at = at.saturating_add(len);
                    return Ok(());
                }
            }
            Self::Stream(_) => {}
        }
        let zeros = vec![0; CHUNK];
        let mut rest = len;
        while rest > 0 {
            let now = usize::try_from(rest).map_or(CHUNK, |it| it.min(CHUNK));
            self.put(zeros.get(..now).unwrap_or_default())?;
            rest = rest.saturating_sub(u64::try_from(now)?);
        }
        Ok(())
    }
}

/// Also where somebody made it non-blocking, which is a matter of who shares it.
fn write_all(file: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(put) => bytes = bytes.get(put..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(file, PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// As much as comes at once; 0 at the end.
pub(crate) fn read_some(source: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(source, PollFlags::IN)], None)?;
            }
            other => return other,
        }
    }
}

/// Copies `range` of an object. Fails if that is not there any more.
pub(crate) fn pour(
    object: &Open,
    (begin, end): (u64, u64),
    sink: &mut Sink<'_>,
) -> Result<(), Failure> {
    let holes = match sink {
        // Zeros are written anyway.
        Sink::Stream(_) => None,
        _ => Holes::of(object),
    };
    let progress = Progress::new("copying", Some(end.saturating_sub(begin)));
    let told = |at: u64| progress.at(at.saturating_sub(begin));
    let mut buffer = vec![0; CHUNK];
    let mut at = begin;
    while at < end {
        let data = match &holes {
            Some(holes) => holes.until_data(at)?.min(end),
            None => at,
        };
        if data > at {
            // What was truncated looks like a hole.
            let size = object.size_now()?;
            if size < data {
                return Err(object.became(size, at));
            }
            sink.skip(data.saturating_sub(at))?;
            at = data;
            told(at);
            continue;
        }
        let until = holes.as_ref().map_or(end, |it| it.until_hole(at).min(end));
        at = pour_data(object, (at, until), sink, (&mut buffer, &told))?;
    }
    Ok(())
}

/// Copies what is there, and says up to where.
fn pour_data(
    object: &Open,
    (mut at, end): (u64, u64),
    sink: &mut Sink<'_>,
    (buffer, told): (&mut [u8], &dyn Fn(u64)),
) -> Result<u64, Failure> {
    while at < end {
        let rest = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
        let now = rest.min(buffer.len());
        let got = object.read(buffer.get_mut(..now).unwrap_or_default(), at)?;
        if got == 0 {
            return Err(object.became(object.size_now()?, at));
        }
        sink.put(buffer.get(..got).unwrap_or_default())?;
        let got = u64::try_from(got)?;
        at = at.saturating_add(got);
        told(at);
    }
    Ok(at)
}

/// Copies all that `source` gives, up to a limit, and says how much it was.
pub(crate) fn drain(
    source: &mut File,
    (total, limit): (Option<u64>, u64),
    sink: &mut Sink<'_>,
) -> Result<u64, Failure> {
    let progress = Progress::new("copying", total);
    let mut buffer = vec![0; CHUNK];
    let mut done: u64 = 0;
    // Zeros are written anyway, or there is nothing that could have holes.
    let sparse = !matches!(sink, Sink::Stream(_)) && source.metadata()?.is_file();
    let mut until = if sparse { 0 } else { u64::MAX };
    while done < limit {
        if done >= until {
            let hole = hole_at(source)?.min(limit.saturating_sub(done));
            sink.skip(hole)?;
            done = done.saturating_add(hole);
            progress.at(done);
            seek(&*source, SeekFrom::Current(i64::try_from(hole)?))?;
            until = done.saturating_add(data_at(source)?);
        }
        let rest = usize::try_from(limit.min(until).saturating_sub(done));
        let now = rest.map_or(CHUNK, |it| it.min(CHUNK));
        if now == 0 {
            break;
        }
        let got = read_some(source, buffer.get_mut(..now).unwrap_or_default())
            .map_err(|error| format!("the input can't be read: {error}"))?;
        if got == 0 {
            break;
        }
        sink.put(buffer.get(..got).unwrap_or_default())?;
        let got = u64::try_from(got)?;
        done = done.saturating_add(got);
        progress.at(done);
    }
    Ok(done)
}

/// How many bytes of a file have nothing behind them, from where it stands.
fn hole_at(file: &File) -> io::Result<u64> {
    let here = seek(file, SeekFrom::Current(0))?;
    let data = match seek(file, SeekFrom::Data(here)) {
        // All that follow. A file of /proc has bytes and no length.
        Err(Errno::NXIO) => file.metadata()?.len(),
        data => data.unwrap_or(here),
    };
    seek(file, SeekFrom::Start(here))?;
    Ok(data.saturating_sub(here))
}

/// How many bytes follow before there is a hole, if that can be told.
fn data_at(file: &File) -> io::Result<u64> {
    let here = seek(file, SeekFrom::Current(0))?;
    let hole = seek(file, SeekFrom::Hole(here));
    seek(file, SeekFrom::Start(here))?;
    Ok(hole
        .ok()
        .filter(|it| *it > here)
        .map_or(u64::MAX, |it| it.saturating_sub(here)))
}

/// Where an object has no memory, by a descriptor whose position is nobody else's.
#[derive(Debug)]
struct Holes(OwnedFd);

impl Holes {
    fn of(object: &Open) -> Option<Self> {
        let path = format!("/proc/self/fd/{}", object.fd.as_raw_fd());
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let own = open(path, flags, Mode::empty()).ok()?;
        // Not all memory can tell.
        match seek(&own, SeekFrom::Data(0)) {
            Ok(_) | Err(Errno::NXIO) => Some(Self(own)),
            Err(_) => None,
        }
    }

    /// Where the next data are, from `at` on: there if there is no hole.
    fn until_data(&self, at: u64) -> Result<u64, Failure> {
        match seek(&self.0, SeekFrom::Data(at)) {
            Ok(data) => Ok(data.max(at)),
            Err(Errno::NXIO) => Ok(u64::MAX),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the data at `at` end. What has changed meanwhile is read, which is never wrong.
    fn until_hole(&self, at: u64) -> u64 {
        match seek(&self.0, SeekFrom::Hole(at)) {
            Ok(hole) if hole > at => hole,
            _ => u64::MAX,
        }
    }
}

/// A part of an object, as a file to be read.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) object: &'a Open,
    pub(crate) at: u64,
    pub(crate) end: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let now = rest.min(buffer.len());
        let got = self
            .object
            .read(buffer.get_mut(..now).unwrap_or_default(), self.at)
            .map_err(|error| io::Error::other(error.to_string()))?;
        self.at = self.at.saturating_add(u64::try_from(got).unwrap_or(0));
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

    use super::*;

    fn memfd(size: u64) -> Open {
        let fd = memfd_create("flow", MemfdFlags::CLOEXEC).unwrap();
        ftruncate(&fd, size).unwrap();
        Open::of(fd, "flow".to_owned()).unwrap()
    }

    #[test]
    fn what_was_truncated_is_an_error_and_no_hole() {
        let file = || File::from(memfd_create("sink", MemfdFlags::CLOEXEC).unwrap());
        let to = memfd(1 << 20);
        for len in [0, 1, 5000] {
            for mut sink in [
                Sink::New(file()),
                Sink::Stream(file()),
                Sink::Object(&to, 0),
            ] {
                let object = memfd(1 << 20);
                ftruncate(&object.fd, len).unwrap();
                let error = pour(&object, (0, object.size), &mut sink).unwrap_err();
                let expected = format!("flow: its size became {len} meanwhile");
                assert!(
                    error.to_string().starts_with(&expected),
                    "{sink:?}: {error}"
                );
            }
        }
    }
}
