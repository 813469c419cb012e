// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`FdKind`]: what a descriptor turned out to be.

use core::fmt;

/// What kind of thing a descriptor is.
///
/// A sender can make one kind look like another in a few ways (a file can be called
/// `/memfd:x`), so this is for messages. What is accepted rests on seals, and on the file
/// system where a policy takes files.
///
/// # Examples
///
/// ```
/// use zx::{AdoptPolicy, FdKind, Vmo};
///
/// let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
/// let error = Vmo::from_fd(socket.into(), AdoptPolicy::Shrink).unwrap_err();
/// assert_eq!(error.kind(), FdKind::Socket);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FdKind {
    /// A memfd of ordinary pages.
    Memfd,
    /// A memfd of huge pages.
    HugetlbMemfd,
    /// A memfd whose pages the kernel itself can't read (`memfd_secret`).
    MemfdSecret,
    /// A file on tmpfs, as in /dev/shm.
    TmpfsFile,
    /// A file on any other file system.
    RegularFile,
    /// A file on FUSE or virtiofs: another process or machine answers for it.
    FuseFile,
    /// A file on a network file system.
    RemoteFile,
    /// A buffer of a device driver (`dma-buf`).
    DmaBuf,
    /// A directory.
    Directory,
    /// A pipe or FIFO.
    Pipe,
    /// A socket.
    Socket,
    /// An eventfd.
    Eventfd,
    /// A pidfd.
    Pidfd,
    /// A character device, as /dev/zero.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A descriptor opened with `O_PATH`, which names a file and can't be used for its bytes.
    PathOnly,
    /// Anything else.
    Other,
}

impl FdKind {
    /// The kind in words, with an article.
    fn words(self) -> &'static str {
        match self {
            Self::Memfd => "a memfd",
            Self::HugetlbMemfd => "a memfd of huge pages",
            Self::MemfdSecret => "a secret memfd",
            Self::TmpfsFile => "a tmpfs file",
            Self::RegularFile => "a regular file",
            Self::FuseFile => "a file on FUSE",
            Self::RemoteFile => "a file on a network file system",
            Self::DmaBuf => "a dma-buf",
            Self::Directory => "a directory",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::Eventfd => "an eventfd",
            Self::Pidfd => "a pidfd",
            Self::CharDevice => "a character device",
            Self::BlockDevice => "a block device",
            Self::PathOnly => "an O_PATH descriptor",
            Self::Other => "a descriptor of another kind",
        }
    }
}

impl fmt::Display for FdKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
