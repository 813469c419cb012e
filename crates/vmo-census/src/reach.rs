// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Place`]: a descriptor of another process, and how to have one like it.
//!
//! ```text
//!   O_PATH of /proc/PID/fd/N ─► statx ─► open anew ─► F_GET_SEALS
//!     opens nothing yet          │         │             └ only memory answers
//!                                │         └ of our own: its position and flags are ours
//!                                └ a regular file, on a device of memory: else refused
//! ```
//!
//! The order is the point. Opening, reading and even closing a descriptor can wait for a
//! server or set a device going, and whoever offers one chooses what it is. `O_PATH` does
//! none of that, and what was looked at is what is then opened, whatever the process puts
//! under that number meanwhile.

use core::fmt;
use core::str::FromStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Statx, StatxFlags, fcntl_get_seals, fcntl_getfl, makedev,
    open, statx,
};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use crate::devices::Devices;
use crate::{Access, Census, Holder, Id, Kinds, Object, ReachError, escape, parse, patience};

/// A descriptor of another process, or of this one.
///
/// # Examples
///
/// ```
/// use vmo_census::Place;
///
/// let place: Place = "812:12".parse()?;
/// assert_eq!((place.pid, place.fd), (812, 12));
/// assert_eq!(place.to_string(), "812:12");
/// # Ok::<(), vmo_census::NotAPlace>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The process.
    pub pid: u32,
    /// The number of the descriptor there.
    pub fd: u32,
}

/// `PID:FD`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}:{}", self.pid, self.fd))
    }
}

/// What was given is no [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotAPlace;

impl fmt::Display for NotAPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no descriptor of a process: 812:12 would be one")
    }
}

impl core::error::Error for NotAPlace {}

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let (pid, fd) = text.split_once(':').ok_or(NotAPlace)?;
        Ok(Self {
            pid: number(pid)?,
            fd: number(fd)?,
        })
    }
}

/// `parse` takes a sign.
fn number(text: &str) -> Result<u32, NotAPlace> {
    let digits = text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(NotAPlace)
}

impl Place {
    /// A descriptor of our own for what is there, opened for `want`; [`Access::Unknown`] opens
    /// it for whatever the process can do with it.
    ///
    /// # Hostile peer
    ///
    /// What is under that number may be anything, and another thing a moment later. Only
    /// memory is ever opened, and nothing else is touched. A process that does not let itself
    /// be looked into is given up after two seconds.
    ///
    /// Where opening is refused to us (by the mode of a memfd, say) the descriptor is
    /// duplicated instead. A process that puts a file of a FUSE server in its place just then
    /// can keep ours from ending for as long as that server lives.
    ///
    /// # Errors
    ///
    /// A [`ReachError`], which says who refused.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_census::{Access, Place, ReachError};
    ///
    /// let place = Place { pid: std::process::id(), fd: 999_999 };
    /// assert_eq!(place.reach(Access::Read).err(), Some(ReachError::NoFd(place)));
    /// ```
    pub fn reach(&self, want: Access) -> Result<OwnedFd, ReachError> {
        let place = *self;
        self.patiently(move || place.reach_now(want))
    }

    /// What `question` gives; all that the kernel is asked about a process can wait for it, and
    /// so can who closes what that had under the number. A thread does that which may be left
    /// behind.
    pub(crate) fn patiently<T: Send + 'static>(
        &self,
        question: impl Fn() -> Result<T, ReachError> + Send + Sync + 'static,
    ) -> Result<T, ReachError> {
        patience::one(question).unwrap_or(Err(ReachError::Silent(self.pid)))
    }

    /// Waits for whom it is about.
    pub(crate) fn reach_now(&self, want: Access) -> Result<OwnedFd, ReachError> {
        let path = format!("/proc/{}/fd/{}", self.pid, self.fd);
        let seen = look(&path).map_err(|errno| self.refused(errno))?;
        let want = match want {
            Access::Unknown => self.held(),
            want => want,
        };
        seen.open(want, self.pid).or_else(|error| match error {
            // Its mode forbids it, or a lease is in the way: then the same as theirs will do.
            ReachError::NotOpened { errno, .. } => self.duplicate(&seen, want, errno),
            error => Err(error),
        })
    }

    /// What the process can do with it.
    fn held(&self) -> Access {
        let facts = std::fs::read(format!("/proc/{}/fdinfo/{}", self.pid, self.fd));
        match facts.ok().and_then(|it| parse::fdinfo(&it)) {
            // Opened for nothing, or unknown: to look at it is the least.
            None | Some(Access::Path | Access::Unknown) => Access::Read,
            Some(access) => access,
        }
    }

    pub(crate) fn refused(&self, errno: Errno) -> ReachError {
        let process = format!("/proc/{}", self.pid);
        match errno {
            Errno::NOENT | Errno::SRCH | Errno::PERM | Errno::ACCESS if has_ended(&process) => {
                ReachError::Ended(self.pid)
            }
            Errno::NOENT | Errno::SRCH if Path::new(&process).exists() => ReachError::NoFd(*self),
            Errno::NOENT | Errno::SRCH => ReachError::NoProcess(self.pid),
            Errno::PERM | Errno::ACCESS => denied(self.pid),
            errno => ReachError::Failed(errno),
        }
    }

    /// A duplicate, if it can do what is wanted, and does it where we say.
    fn duplicate(&self, seen: &Seen, want: Access, errno: Errno) -> Result<OwnedFd, ReachError> {
        let refused = ReachError::NotOpened { want, errno };
        let Ok(duplicate) = self.same(seen.id) else {
            return Err(refused);
        };
        let flags = fcntl_getfl(&duplicate).map_err(ReachError::Failed)?;
        // Its flags are shared with the process, which may set O_APPEND whenever it likes:
        // then every write would make the object larger. So it is good for reading only.
        let reads = matches!(want, Access::Read | Access::Unknown);
        let readable = !flags.intersects(OFlags::WRONLY | OFlags::PATH);
        match reads && readable && fcntl_get_seals(&duplicate).is_ok() {
            true => Ok(duplicate),
            false => Err(refused),
        }
    }

    /// A duplicate, if it is still the file that was looked at.
    pub(crate) fn same(&self, id: Id) -> Result<OwnedFd, ReachError> {
        let duplicate = self.duplicated()?;
        match id_of(&duplicate) {
            Ok(found) if found == id => Ok(duplicate),
            _ => Err(ReachError::NoFd(*self)),
        }
    }

    fn duplicated(&self) -> Result<OwnedFd, ReachError> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let fd = i32::try_from(self.fd).map_err(|_| ReachError::NoFd(*self))?;
        let pid = pid.ok_or(ReachError::NoProcess(self.pid))?;
        pidfd_open(pid, PidfdFlags::empty())
            .and_then(|pidfd| pidfd_getfd(&pidfd, fd, PidfdGetfdFlags::empty()))
            .map_err(|errno| match errno {
                Errno::BADF => ReachError::NoFd(*self),
                errno => self.refused(errno),
            })
    }
}

/// A descriptor of our own for the object with that `id`, by whoever has it and lets us.
///
/// # Errors
///
/// As [`Place::reach`]; of several processes that refuse, what the last one said.
///
/// # Examples
///
/// ```
/// use vmo_census::{Access, Id, ReachError, reach_object};
///
/// let id: Id = "18446744073709551615".parse()?;
/// assert_eq!(reach_object(&id, Access::Read).err(), Some(ReachError::NoObject(id)));
/// # Ok::<(), vmo_census::NotAnId>(())
/// ```
///
/// # Cost
///
/// A [`Census`].
pub fn reach_object(id: &Id, want: Access) -> Result<OwnedFd, ReachError> {
    let failed = |error: std::io::Error| {
        ReachError::Failed(Errno::from_io_error(&error).unwrap_or(Errno::NOTSUP))
    };
    let census = Census::take(Kinds::All).map_err(failed)?;
    let mut refused = ReachError::NoObject(*id);
    for object in census.objects.iter().filter(|it| it.id == *id) {
        match object.reach(want) {
            Ok(fd) => return Ok(fd),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

impl Object {
    /// A descriptor of our own for it, by whoever has it and lets us.
    ///
    /// # Errors
    ///
    /// As [`Place::reach`]; of several processes that refuse, what the last one said.
    ///
    /// # Examples
    ///
    /// ```
    /// use vmo_census::{Access, Census, Kinds};
    ///
    /// for object in Census::take(Kinds::Memfds)?.objects {
    ///     match object.reach(Access::Read) {
    ///         Ok(fd) => println!("{}: {fd:?}", object.id),
    ///         Err(why) => println!("{}: {why}", object.id),
    ///     }
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reach(&self, want: Access) -> Result<OwnedFd, ReachError> {
        let mut refused = ReachError::NoObject(self.id);
        for holder in &self.holders {
            match reach_holder(holder, &self.id, want) {
                Ok(fd) => return Ok(fd),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

/// By descriptor, else by mapping, which only the privileged may.
fn reach_holder(holder: &Holder, id: &Id, want: Access) -> Result<OwnedFd, ReachError> {
    let mut refused = ReachError::NoObject(*id);
    let pid = holder.pid;
    for held in &holder.fds {
        match (Place { pid, fd: held.fd }).reach(want) {
            Ok(fd) if id_of(&fd).ok() == Some(*id) => return Ok(fd),
            Ok(_) => {}
            Err(error) => refused = error,
        }
    }
    for map in holder.maps.iter().take(1) {
        let end = map.addr.saturating_add(map.len);
        let place = format!("/proc/{pid}/map_files/{:x}-{end:x}", map.addr);
        let Some(seen) = patience::one(move || look(&*place)) else {
            return Err(ReachError::Silent(pid));
        };
        match seen {
            Ok(seen) if seen.id == *id => match seen.open(want, pid) {
                Ok(fd) => return Ok(fd),
                Err(error) => refused = error,
            },
            // That it is mapped there was seen, so it's not the process that is out of sight.
            Err(Errno::PERM | Errno::ACCESS) => refused = ReachError::OnlyMapped(pid),
            _ => {}
        }
    }
    Err(refused)
}

/// A descriptor of our own for the memory at `path`, such as a file of `/dev/shm`.
///
/// # Hostile peer
///
/// As [`Place::reach`]: a FIFO, a device or a file of some server at that path is never
/// opened.
///
/// # Errors
///
/// A [`ReachError`], which says who refused.
///
/// # Examples
///
/// ```
/// use vmo_census::{Access, ReachError, reach_path};
///
/// let zero = reach_path("/dev/zero".as_ref(), Access::Read);
/// assert!(matches!(zero, Err(ReachError::NotMemory(_))));
/// ```
pub fn reach_path(path: &Path, want: Access) -> Result<OwnedFd, ReachError> {
    let path = path.to_owned();
    let reach = move || {
        let seen = look(&path).map_err(ReachError::Failed)?;
        let want = match want {
            Access::Unknown => Access::ReadWrite,
            want => want,
        };
        seen.open(want, std::process::id())
    };
    patience::one(reach).unwrap_or(Err(ReachError::NoAnswer))
}

/// Whether the process with that folder is nothing but an entry that its parent has not read.
fn has_ended(process: &str) -> bool {
    let stat = std::fs::read(format!("{process}/stat")).unwrap_or_default();
    let ended = parse::stat(&stat).is_some_and(|it| it.state == b'Z');
    // The first thread can end before the others.
    ended && std::fs::read_dir(format!("{process}/task")).is_ok_and(|it| it.count() < 2)
}

fn denied(pid: u32) -> ReachError {
    use std::os::unix::fs::MetadataExt;
    let process = std::fs::metadata(format!("/proc/{pid}"));
    let uid = process.ok().map(|it| it.uid());
    ReachError::NotPermitted { pid, uid }
}

/// Something that was looked at without being opened.
#[derive(Debug)]
pub(crate) struct Seen {
    /// `O_PATH`
    pub(crate) path: OwnedFd,
    pub(crate) id: Id,
    pub(crate) facts: Statx,
}

pub(crate) fn look(path: impl rustix::path::Arg) -> Result<Seen, Errno> {
    let path = open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let facts = facts(&path)?;
    let id = id_in(&facts);
    Ok(Seen { path, id, facts })
}

impl Seen {
    /// Opens it, if it is memory. `pid` is whose mounts may show that.
    pub(crate) fn open(&self, want: Access, pid: u32) -> Result<OwnedFd, ReachError> {
        self.require_memory(pid)?;
        let access = match want {
            Access::Write => OFlags::WRONLY,
            Access::ReadWrite => OFlags::RDWR,
            Access::Read | Access::Path | Access::Unknown => OFlags::RDONLY,
        };
        // A lease would be waited for.
        let flags = access | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let path = format!("/proc/self/fd/{}", self.path.as_raw_fd());
        let opened = open(path, flags, Mode::empty());
        let opened = opened.map_err(|errno| ReachError::NotOpened { want, errno })?;
        match fcntl_get_seals(&opened) {
            Ok(_) => Ok(opened),
            Err(_) => Err(ReachError::NotMemory(self.what())),
        }
    }

    fn require_memory(&self, pid: u32) -> Result<(), ReachError> {
        let is_file = self.file_type() == FileType::RegularFile;
        match is_file && is_memory(self.id.dev, pid).map_err(ReachError::Failed)? {
            true => Ok(()),
            false => Err(ReachError::NotMemory(self.what())),
        }
    }

    pub(crate) fn file_type(&self) -> FileType {
        FileType::from_raw_mode(u32::from(self.facts.stx_mode))
    }

    /// What it is, in words.
    pub(crate) fn what(&self) -> String {
        let link = std::fs::read_link(format!("/proc/self/fd/{}", self.path.as_raw_fd()));
        let link = link.map(|it| it.into_os_string().into_encoded_bytes());
        let link = link.unwrap_or_default();
        let what = match self.file_type() {
            FileType::Fifo => "a pipe",
            FileType::Socket => "a socket",
            FileType::Directory => "a directory",
            FileType::CharacterDevice | FileType::BlockDevice => "a device",
            _ if link.starts_with(b"/dmabuf:") => "a buffer of a device",
            _ if link.starts_with(b"/secretmem") => "secret memory, which the kernel can't read",
            FileType::RegularFile => "a file of a disk or a server",
            _ => return format!("\"{}\"", escape(&link)),
        };
        what.to_owned()
    }
}

/// Whether files of that device are memory: of the kernel's own mounts, or of a tmpfs that
/// this process or `pid` has mounted.
fn is_memory(dev: u64, pid: u32) -> Result<bool, Errno> {
    let devices = Devices::new(Kinds::All);
    let mut devices = devices.map_err(|_| Errno::NOTSUP)?;
    for mounts in [
        "/proc/self/mountinfo".to_owned(),
        format!("/proc/{pid}/mountinfo"),
    ] {
        if devices.is_memory(dev) {
            break;
        }
        // What can't be read tells nothing.
        devices.learn(&std::fs::read(mounts).unwrap_or_default());
    }
    Ok(devices.is_memory(dev))
}

/// What the kernel has in its cache: no file system is asked.
fn facts(fd: &OwnedFd) -> Result<Statx, Errno> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let wanted = StatxFlags::TYPE | StatxFlags::INO | StatxFlags::MNT_ID;
    statx(fd, c"", flags, wanted)
}

fn id_in(facts: &Statx) -> Id {
    Id {
        dev: makedev(facts.stx_dev_major, facts.stx_dev_minor),
        ino: facts.stx_ino,
    }
}

/// Which object a descriptor is of.
///
/// # Errors
///
/// That of `statx`.
///
/// # Examples
///
/// ```
/// let file = std::fs::File::open("/proc/self/maps")?;
/// assert!(vmo_census::id_of(&file.into())?.ino > 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn id_of(fd: &OwnedFd) -> Result<Id, Errno> {
    facts(fd).map(|it| id_in(&it))
}
