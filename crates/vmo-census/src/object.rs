// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a census finds: objects, who holds them, and processes.

use core::fmt;
use core::str::FromStr;

use crate::{Seals, devices};

/// Which objects a census is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Memfds, those of huge pages included.
    Memfds,
    /// Whatever shared memory `/proc` can tell: also System V segments, files of a tmpfs that
    /// somebody holds or maps shared, shared anonymous memory, secret memory, dma-bufs.
    All,
}

/// What kind of memory an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A memfd.
    Memfd,
    /// A memfd of huge pages.
    HugeMemfd,
    /// A System V segment (`shmget`).
    Sysv,
    /// A file of a tmpfs, such as one of `shm_open`.
    Tmpfs,
    /// Shared memory without a descriptor (`MAP_SHARED | MAP_ANONYMOUS`), or of a driver.
    Anonymous,
    /// Memory that the kernel itself can't read (`memfd_secret`).
    Secret,
    /// A buffer of a device.
    DmaBuf,
}

/// `memfd`, `huge memfd`, `sysv` …
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Memfd => "memfd",
            Self::HugeMemfd => "huge memfd",
            Self::Sysv => "sysv",
            Self::Tmpfs => "tmpfs",
            Self::Anonymous => "anonymous",
            Self::Secret => "secret",
            Self::DmaBuf => "dma-buf",
        })
    }
}

/// What tells one object from another: never its name.
///
/// Written `INO` for an object of the kernel's own mount, where memfds live, and else
/// `MAJOR:MINOR:INO`.
///
/// # Examples
///
/// ```
/// use vmo_census::Id;
///
/// let id: Id = "0:30:4711".parse()?;
/// assert_eq!(id.ino, 4711);
/// assert_eq!(id.to_string(), "0:30:4711");
/// assert_eq!("4711".parse::<Id>()?.to_string(), "4711");
/// # Ok::<(), vmo_census::NotAnId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The device, as `st_dev` has it.
    pub dev: u64,
    /// The inode on that device.
    pub ino: u64,
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if devices::kernel_mount() == Some(self.dev) {
            return f.pad(&self.ino.to_string());
        }
        let (major, minor) = (rustix::fs::major(self.dev), rustix::fs::minor(self.dev));
        f.pad(&format!("{major}:{minor}:{}", self.ino))
    }
}

/// What was given is no [`Id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no id of an object: 4711 or 0:30:4711 would be one")
    }
}

impl core::error::Error for NotAnId {}

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // `parse` takes a sign.
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b':')
        {
            return Err(NotAnId);
        }
        let mut parts = text.split(':').rev();
        let ino = parts.next().and_then(|it| it.parse().ok());
        let ino = ino.ok_or(NotAnId)?;
        let dev = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => devices::kernel_mount().ok_or(NotAnId)?,
            (Some(minor), Some(major), None) => {
                let number = |text: &str| text.parse::<u32>().map_err(|_| NotAnId);
                rustix::fs::makedev(number(major)?, number(minor)?)
            }
            _ => return Err(NotAnId),
        };
        Ok(Self { dev, ino })
    }
}

/// A piece of memory that processes share, or could.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Object {
    /// What tells it from others.
    pub id: Id,
    /// What it is.
    pub kind: Kind,
    /// Its name as the kernel gives it, without `/memfd:` and ` (deleted)`. May hold anything:
    /// see [`escape`](crate::escape).
    pub name: Vec<u8>,
    /// Its size in bytes; `None` if nobody that we may look at lets us see.
    pub size: Option<u64>,
    /// How many bytes of memory are behind it now.
    pub committed: Option<u64>,
    /// What can't be done to it any more.
    pub seals: Option<Seals>,
    /// The user who made it.
    pub owner: Option<u32>,
    /// Who may open it anew, as `st_mode` has it.
    pub mode: Option<u32>,
    /// Who has it, each process once, by pid.
    pub holders: Vec<Holder>,
    /// How large it is at least, by what is mapped of it.
    pub at_least: u64,
}

/// A process that has an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// By which descriptors; none if it closed them and kept a mapping.
    pub fds: Vec<HeldFd>,
    /// Where it is mapped.
    pub maps: Vec<Mapped>,
}

/// A descriptor of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldFd {
    /// Its number.
    pub fd: u32,
    /// What it was opened for.
    pub access: Access,
}

/// What a descriptor was opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Both.
    ReadWrite,
    /// Neither: it names the object, and can be opened anew.
    Path,
    /// Could not be seen.
    Unknown,
}

/// `r`, `w`, `rw`, `path` or `?`.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Read => "r",
            Self::Write => "w",
            Self::ReadWrite => "rw",
            Self::Path => "path",
            Self::Unknown => "?",
        })
    }
}

/// A mapping of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mapped {
    /// Where it begins in the process.
    pub addr: u64,
    /// Its length in bytes.
    pub len: u64,
    /// Where it begins in the object.
    pub offset: u64,
    /// What the process may do with it.
    pub perms: Perms,
}

/// What a process may do with a mapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Perms {
    /// Read it.
    pub read: bool,
    /// Write to it.
    pub write: bool,
    /// Run it.
    pub exec: bool,
    /// Others see what it writes.
    pub shared: bool,
}

/// `r`, `rw`, `rx` …, `none`; of a private one `rw private`.
impl fmt::Display for Perms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [(self.read, 'r'), (self.write, 'w'), (self.exec, 'x')];
        let mut text: String = letters.iter().filter(|it| it.0).map(|it| it.1).collect();
        if text.is_empty() {
            text.push_str("none");
        }
        if !self.shared {
            text.push_str(" private");
        }
        f.pad(&text)
    }
}

/// A process that a census met.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The name that it has given itself: see [`escape`](crate::escape).
    pub name: Vec<u8>,
    /// The user that it runs as.
    pub uid: u32,
    /// How much of it could be seen.
    pub sight: Sight,
}

/// How much of a process could be seen, of what we were permitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sight {
    /// Its descriptors and its mappings.
    Full,
    /// Its mappings only.
    NoFds,
    /// Its descriptors only.
    NoMaps,
    /// That it is there.
    Nothing,
    /// That it is there, for another reason: in two seconds the kernel had no answer to what
    /// it has. Its program is being replaced, and that waits for something that may never come.
    Silent,
}
