// SPDX-License-Identifier: MIT OR Apache-2.0
//! A descriptor to ask what something is, memory or not, without waiting for anybody.
//!
//! | what is looked at (`O_PATH`) | and then |
//! |---|---|
//! | memory | opened anew, as [`Place::reach`] does |
//! | a pipe, a socket, a device, a buffer | duplicated: that opens nothing |
//! | a file or a folder of a file system of the kernel's own | duplicated |
//! | a file of any other file system | left alone |
//!
//! The last because even closing a duplicate asks a server, if there is one (`FUSE_FLUSH`), and
//! a process can't end before it has answered.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, StatxFlags, fcntl_getfl, open};

use crate::reach::{Seen, look};
use crate::{Access, Place, ReachError, parse, patience};

/// File systems that ask nobody outside the kernel, whatever is done to their files.
const LOCAL: [&[u8]; 8] = [
    b"btrfs",
    b"devtmpfs",
    b"ext4",
    b"proc",
    b"ramfs",
    b"sysfs",
    b"tmpfs",
    b"xfs",
];

impl Place {
    /// A descriptor of our own to ask what is there, memory or not. It can be read from if what
    /// is there can be.
    ///
    /// # Hostile peer
    ///
    /// As [`reach`](Self::reach).
    ///
    /// # Errors
    ///
    /// As [`reach`](Self::reach); [`ReachError::NotMemory`] only for what can't be asked without
    /// asking a server or another machine.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::fd::AsRawFd;
    /// use vmo_census::{Place, id_of};
    ///
    /// let (socket, _other) = std::os::unix::net::UnixStream::pair()?;
    /// let fd = socket.as_raw_fd().unsigned_abs();
    /// let ours = Place { pid: std::process::id(), fd }.inspect()?;
    /// assert_eq!(id_of(&ours)?, id_of(&socket.into())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn inspect(&self) -> Result<OwnedFd, ReachError> {
        let place = *self;
        self.patiently(move || place.inspect_now())
    }

    fn inspect_now(&self) -> Result<OwnedFd, ReachError> {
        let path = format!("/proc/{}/fd/{}", self.pid, self.fd);
        let seen = look(&*path).map_err(|errno| self.refused(errno))?;
        match self.reach_now(Access::Unknown) {
            Ok(fd) if is_readable(&fd) => Ok(fd),
            Ok(_) => self.reach_now(Access::Read),
            Err(ReachError::NotMemory(_)) => match seen.may_wait(self.pid) {
                true => Err(ReachError::NotMemory(seen.what())),
                false => self.same(seen.id),
            },
            Err(error) => Err(error),
        }
    }
}

/// A descriptor of our own to ask what is at `path`, memory or a file of a disk.
///
/// # Hostile peer
///
/// As [`Place::inspect`].
///
/// # Errors
///
/// A [`ReachError`]: also for a pipe, a device, a folder, in which there is no memory to share.
///
/// # Examples
///
/// ```
/// use vmo_census::{ReachError, inspect_path};
///
/// assert!(inspect_path("/proc/version".as_ref()).is_ok());
/// let zero = inspect_path("/dev/zero".as_ref());
/// assert!(matches!(zero, Err(ReachError::NotMemory(_))));
/// ```
pub fn inspect_path(path: &Path) -> Result<OwnedFd, ReachError> {
    let path = path.to_owned();
    patience::one(move || inspect_now(&path)).unwrap_or(Err(ReachError::NoAnswer))
}

fn inspect_now(path: &Path) -> Result<OwnedFd, ReachError> {
    let seen = look(path).map_err(ReachError::Failed)?;
    let me = std::process::id();
    match seen.open(Access::ReadWrite, me) {
        Err(ReachError::NotOpened { .. }) => seen.open(Access::Read, me),
        Err(ReachError::NotMemory(what)) => match seen.file_type() {
            FileType::RegularFile if !seen.may_wait(me) => {
                let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
                let same = format!("/proc/self/fd/{}", seen.path.as_raw_fd());
                let opened = open(same, flags, Mode::empty());
                opened.map_err(|errno| ReachError::NotOpened {
                    want: Access::Read,
                    errno,
                })
            }
            _ => Err(ReachError::NotMemory(what)),
        },
        opened => opened,
    }
}

/// Whether it was opened for more than writing.
fn is_readable(fd: &OwnedFd) -> bool {
    fcntl_getfl(fd).is_ok_and(|it| !it.intersects(OFlags::WRONLY | OFlags::PATH))
}

impl Seen {
    /// Whether who closes it may have to wait. `pid` is whose mounts may show that it does not.
    fn may_wait(&self, pid: u32) -> bool {
        let kind = self.file_type();
        // A buffer of a device has no type at all.
        matches!(kind, FileType::RegularFile | FileType::Directory) && !self.is_local(pid)
    }

    fn is_local(&self, pid: u32) -> bool {
        let known = StatxFlags::from_bits_retain(self.facts.stx_mask);
        if !known.contains(StatxFlags::MNT_ID) {
            return false;
        }
        let mounts = ["/proc/self/mountinfo", &format!("/proc/{pid}/mountinfo")];
        let found = mounts.iter().find_map(|mounts| {
            let mounts = std::fs::read(mounts).ok()?;
            let mut lines = mounts.split(|byte| *byte == b'\n');
            lines.find_map(|line| {
                let (mount, name) = parse::file_system(line)?;
                (mount == self.facts.stx_mnt_id).then(|| LOCAL.contains(&name))
            })
        });
        found == Some(true)
    }
}
