// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a verb is about: an object of another process, reached and read without mapping it.
//!
//! Whoever else has it may change its bytes, its size and its seals between any two calls.
//! So the kernel copies, a piece at a time, and each call finds out anew how large it is.

use core::fmt;
use core::str::FromStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{fcntl_get_seals, fstat};
use rustix::io::{Errno, pread, pwrite, retry_on_intr};
use vmo_census::{Access, Id, Place, Seals, escape, id_of, parse, reach_object, reach_path};

use crate::Failure;
use crate::size::human;

/// `PID:FD`, an ID of `vmo ls` (`4711`, `0:30:4711`), or a path such as `/proc/12/fd/3` or
/// `/dev/shm/frames`. Never a name: names are not unique, and whoever makes the object
/// chooses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ObjectArg {
    Fd(Place),
    Id(Id),
    Path(PathBuf),
}

/// How an object is written.
const HOW: &str = "write PID:FD, an ID of vmo ls, or a path with a /: a name may be anybody's";

impl FromStr for ObjectArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            return Ok(of_proc(text).map_or_else(|| Self::Path(text.into()), Self::Fd));
        }
        let found = match text.split(':').count() {
            2 => text.parse().ok().map(Self::Fd),
            _ => text.parse().ok().map(Self::Id),
        };
        found.ok_or_else(|| HOW.to_owned())
    }
}

/// `/proc/812/fd/12`
fn of_proc(text: &str) -> Option<Place> {
    let (pid, fd) = text.strip_prefix("/proc/")?.split_once("/fd/")?;
    format!("{pid}:{fd}").parse().ok()
}

/// As it was written, fit for a terminal.
impl fmt::Display for ObjectArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fd(place) => place.fmt(f),
            Self::Id(id) => id.fmt(f),
            Self::Path(path) => f.write_str(&shown(path)),
        }
    }
}

/// A path, fit for a terminal.
pub(crate) fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// An object that is open here.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) fd: OwnedFd,
    pub(crate) id: Id,
    /// When it was opened; [`size_now`](Self::size_now) asks again.
    pub(crate) size: u64,
    /// When it was opened.
    pub(crate) seals: Seals,
    /// Escaped.
    pub(crate) name: String,
    /// As it was asked for.
    pub(crate) called: String,
}

impl ObjectArg {
    /// Opens it; [`Access::Unknown`] for whatever its holder can do with it.
    pub(crate) fn open(&self, want: Access) -> Result<Open, Failure> {
        let reached = match self {
            Self::Fd(place) => place.reach(want),
            Self::Id(id) => reach_object(id, want),
            Self::Path(path) => reach_path(path, want),
        };
        let called = self.to_string();
        let fd = reached.map_err(|error| format!("{called}: {error}"))?;
        Open::of(fd, called)
    }
}

impl Open {
    /// Memory that is open already.
    pub(crate) fn of(fd: OwnedFd, called: String) -> Result<Self, Failure> {
        let failed = |error: Errno| format!("{called}: {error}");
        let id = id_of(&fd).map_err(failed)?;
        let seals = fcntl_get_seals(&fd).map_err(failed)?;
        let link = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()));
        let link = link.unwrap_or_default().into_os_string();
        let link = link.into_encoded_bytes();
        let name = parse::link(&link).map_or(&*link, |(_, name)| name);
        let mut open = Self {
            name: escape(name),
            fd,
            id,
            size: 0,
            seals: Seals::from_bits(seals.bits()),
            called,
        };
        open.size = open.size_now()?;
        Ok(open)
    }

    /// How large it is at this moment.
    pub(crate) fn size_now(&self) -> Result<u64, Failure> {
        let stat = fstat(&self.fd).map_err(|error| self.failed(error))?;
        Ok(u64::try_from(stat.st_size).unwrap_or(0))
    }

    /// Reads some bytes: none at, or behind, its end.
    pub(crate) fn read(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Failure> {
        let got = retry_on_intr(|| pread(&self.fd, &mut *buffer, offset));
        got.map_err(|error| self.failed(error))
    }

    /// Writes all of `bytes`, but not behind its end: that would make it larger.
    ///
    /// Without the seal against growing somebody may truncate it between the look and the
    /// write, which then gives it back at most the size that it had.
    pub(crate) fn write(&self, bytes: &[u8], offset: u64) -> Result<(), Failure> {
        let mut rest = bytes;
        let mut at = offset;
        while !rest.is_empty() {
            let size = self.size_now()?;
            let space = usize::try_from(size.saturating_sub(at)).unwrap_or(usize::MAX);
            let (now, _) = rest.split_at(rest.len().min(space));
            if now.is_empty() {
                return Err(self.became(size, at));
            }
            let put = retry_on_intr(|| pwrite(&self.fd, now, at));
            let put = put.map_err(|error| self.not_written(error))?;
            if put == 0 {
                return Err(self.became(size, at));
            }
            rest = rest.get(put..).unwrap_or_default();
            at = at.saturating_add(u64::try_from(put)?);
        }
        Ok(())
    }

    /// That it was truncated while we were at it.
    pub(crate) fn became(&self, size: u64, at: u64) -> Failure {
        format!(
            "{}: its size became {size} meanwhile: all up to byte {at} is done, the rest is not",
            self.called
        )
        .into()
    }

    fn failed(&self, error: Errno) -> Failure {
        format!("{}: {error}", self.called).into()
    }

    fn not_written(&self, error: Errno) -> Failure {
        let called = &self.called;
        match error {
            Errno::PERM => format!(
                "{called}: it is sealed against writing; vmo seal {called} shows the seals, and \
                 vmo copy {called} FILE makes a copy that can be changed"
            ),
            Errno::INVAL => format!(
                "{called}: this kind of memory (huge pages) takes no write(2): a program that \
                 maps it can, see vmo attach"
            ),
            error => format!("{called}: {error}"),
        }
        .into()
    }

    /// `len` bytes from `offset`, or all that follow; refused if it has not so many.
    pub(crate) fn range(&self, offset: u64, len: Option<u64>) -> Result<(u64, u64), Failure> {
        let (called, size) = (&self.called, self.size);
        let rest = size.checked_sub(offset).ok_or_else(|| {
            format!("{called}: --offset {offset} is past its end: it has {size} bytes")
        })?;
        let len = len.unwrap_or(rest);
        if len > rest {
            return Err(format!(
                "{called}: --len {len} is past its end: from byte {offset} it has {rest} more \
                 ({} in all)",
                human(size)
            )
            .into());
        }
        Ok((offset, offset.saturating_add(len)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_a_descriptor_an_id_or_a_path_and_never_a_name() {
        let fd = ObjectArg::Fd(Place { pid: 812, fd: 12 });
        assert_eq!("812:12".parse(), Ok(fd.clone()));
        assert_eq!("/proc/812/fd/12".parse(), Ok(fd));
        assert!(matches!("4711".parse(), Ok(ObjectArg::Id(_))));
        assert!(matches!("0:30:4711".parse(), Ok(ObjectArg::Id(_))));
        for path in ["/dev/shm/x", "./x", "/proc/self/fd/3", "/proc/1/fd/x"] {
            assert_eq!(path.parse(), Ok(ObjectArg::Path(path.into())));
        }
        for text in [
            "",
            "camera",
            ":",
            "1:",
            ":1",
            "-1:2",
            "+1:2",
            "1:2:3:4",
            "99999999999:1",
            "1 :2",
        ] {
            assert!(text.parse::<ObjectArg>().is_err(), "{text}");
        }
    }
}
