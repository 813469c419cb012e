// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`SocketFile`]: the file of a listener with a path, and how one that a dead listener left is
//! replaced.
//!
//! ```text
//!   bind ─► there is a file ─► lock ─► is it dead, and ours? ─► remove ─► bind ─► unlock
//! ```
//!
//! Without the lock two of them could find the same dead one, and the slower one remove what
//! the faster one has just bound.

use std::fs::{File, Metadata, symlink_metadata};
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags, chmod, flock, open, unlink};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use crate::Status;
use crate::address::is_in_shared_memory;
use crate::sys::Reach;

use super::errno::status;
use super::fork::address_space;
use super::user;

/// How often a lock is looked for whose file is taken away meanwhile.
const TRIES: u32 = 100;

/// A file that a socket is bound to. Dropping it takes it away, where it is still this one.
#[derive(Debug)]
pub(super) struct SocketFile {
    /// Without links and from the root, whatever the working directory is later.
    path: PathBuf,
    id: Id,
    /// A child of this process has a copy of this value, and the file is not its.
    owner: u64,
}

/// Which file it is. The number of one that is gone can be another one's, so with its time.
#[derive(Debug, PartialEq, Eq)]
struct Id(u64, u64, i64, i64);

impl Id {
    fn of(file: &Metadata) -> Self {
        Self(file.dev(), file.ino(), file.mtime(), file.mtime_nsec())
    }
}

impl SocketFile {
    /// Binds, by `bind`, to a path that is free or that a dead listener of this user left.
    pub(super) fn make(
        given: &Path,
        reach: Reach,
        bind: impl Fn() -> Result<(), Errno>,
    ) -> Result<Self, Status> {
        let path = absolute(given)?;
        match bind() {
            Err(Errno::ADDRINUSE) => replace(&path, bind)?,
            other => other.map_err(status)?,
        }
        let file = Self {
            id: Id::of(&symlink_metadata(&path)?),
            owner: address_space(),
            path,
        };
        open_to(&file.path, reach)?;
        Ok(file)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let same = symlink_metadata(&self.path).is_ok_and(|file| Id::of(&file) == self.id);
        if same && self.owner == address_space() {
            let _ = unlink(&self.path);
        }
    }
}

/// The directory without links, and the name in it.
fn absolute(given: &Path) -> Result<PathBuf, Status> {
    let name = given.file_name().ok_or(Status::BAD_PATH)?;
    let parent = given.parent().ok_or(Status::BAD_PATH)?;
    let parent = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let path = parent.canonicalize()?.join(name);
    if is_in_shared_memory(&path) {
        return Err(Status::BAD_PATH);
    }
    Ok(path)
}

/// Lets those connect who are to be reached. What the file is now is held meanwhile, so that
/// nobody can put a link in its place.
fn open_to(path: &Path, reach: Reach) -> Result<(), Status> {
    let mode = match reach {
        Reach::Owner => 0o600,
        Reach::Everybody => 0o666,
    };
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty()).map_err(status)?);
    if !is_socket_of_mine(&file.metadata()?) {
        return Err(Status::ALREADY_EXISTS);
    }
    let by_number = format!("/proc/self/fd/{}", file.as_raw_fd());
    chmod(by_number, Mode::from_raw_mode(mode)).map_err(status)
}

fn is_socket_of_mine(file: &Metadata) -> bool {
    file.file_type().is_socket() && file.uid() == user::effective()
}

/// Binds in place of a dead listener of this user.
fn replace(path: &Path, bind: impl Fn() -> Result<(), Errno>) -> Result<(), Status> {
    let _lock = Lock::take(path)?;
    match symlink_metadata(path) {
        Ok(file) if !is_socket_of_mine(&file) => return Err(Status::ALREADY_EXISTS),
        Ok(_) if is_alive(path)? => return Err(Status::ALREADY_BOUND),
        Ok(_) => unlink(path).map_err(status)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    bind().map_err(|errno| match errno {
        Errno::ADDRINUSE => Status::ALREADY_BOUND,
        errno => status(errno),
    })
}

/// Whether a socket is bound to the file. A datagram socket asks: one that listens for
/// connections does not notice.
fn is_alive(path: &Path) -> Result<bool, Status> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let asks = socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None).map_err(status)?;
    let address = SocketAddrUnix::new(path).map_err(status)?;
    match connect(&asks, &address) {
        Err(Errno::CONNREFUSED) => Ok(false),
        Ok(()) | Err(Errno::PROTOTYPE | Errno::AGAIN) => Ok(true),
        Err(errno) => Err(status(errno)),
    }
}

/// Keeps others from replacing the same file.
struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes it, or `ALREADY_BOUND`: whoever has it is about to bind.
    fn take(path: &Path) -> Result<Self, Status> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let flags =
            OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        for _ in 0..TRIES {
            let file = open(&path, flags, Mode::RUSR | Mode::WUSR).map_err(status)?;
            let file = File::from(file);
            let found = file.metadata()?;
            if !found.is_file() || found.uid() != user::effective() {
                return Err(Status::ALREADY_EXISTS);
            }
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::AGAIN) => return Err(Status::ALREADY_BOUND),
                Err(errno) => return Err(status(errno)),
            }
            // Who had it before took the file away.
            if symlink_metadata(&path).is_ok_and(|now| Id::of(&now) == Id::of(&found)) {
                return Ok(Self { file, path });
            }
        }
        Err(Status::ALREADY_BOUND)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = unlink(&self.path);
        // Said, for a child that is just being started has the descriptor too.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}
