// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shared bytes straight from and to files, pipes and sockets.
//!
//! The kernel copies between the descriptor and the pages: there is no buffer in between, and
//! no byte passes through this process's own memory.
//!
//! | from or to | use |
//! |---|---|
//! | a place in a [`Mapping`] | [`Mapping::read_from_fd`], [`Mapping::write_to_fd`] |
//! | a slice, or a whole buffer | [`read()`], [`write()`] |
//!
//! # Hostile peer
//!
//! What comes from the descriptor lies in shared memory at once: a peer can change it before
//! you look. What goes out is what the peer left there: nobody has checked it. For bytes that
//! must be checked, use a private buffer.
//!
//! A descriptor that somebody else made can keep the call waiting for as long as it likes, if
//! it is a pipe, a socket, or a file of a file system that they run.
//!
//! # Errors
//!
//! Those of the system call, as [`io::Error`]; nothing was transferred then. Among them:
//!
//! - [`Interrupted`](io::ErrorKind::Interrupted): a signal came first. Call again.
//! - [`WouldBlock`](io::ErrorKind::WouldBlock): a non-blocking descriptor is not ready.
//! - `EFAULT`: a page of the shared memory can't be had.
//!
//! And our own, with an [`AccessError`] inside:
//!
//! - [`InvalidInput`](io::ErrorKind::InvalidInput): the bytes are not in the mapping.
//! - [`PermissionDenied`](io::ErrorKind::PermissionDenied): the mapping does not permit
//!   writing, which reading *into* it needs, or reading, which writing *out of* it needs.
//!   The kernel was not asked.
//!
//! # Cost
//!
//! One system call, and the kernel's copy. One call transfers at most 2 GiB less a page.

use std::io;
use std::os::fd::AsFd;

use shared_buffer::{AccessError, SharedBufferSlice, SharedBufferSliceMut};

use crate::{Mapping, fd_io};

/// Reads from `fd` into shared bytes: at most as many as there are. Returns how many; 0 at
/// the end of a file, or where there are no bytes.
///
/// # Errors
///
/// As for the [module](self).
///
/// # Examples
///
/// ```
/// use std::io::Write;
/// use std::os::unix::net::UnixStream;
///
/// use mapped_vmo::{Mapping, fd};
///
/// let (mut mapping, _vmo) = Mapping::allocate(4096)?;
/// let (from, mut to) = UnixStream::pair()?;
/// to.write_all(b"hello")?;
/// assert_eq!(fd::read(&from, mapping.slice_mut(100..))?, 5);
/// assert!(mapping.eq_at(100, b"hello").is_ok_and(|equal| equal));
/// # Ok::<(), std::io::Error>(())
/// ```
#[allow(
    single_use_lifetimes,
    reason = "in an `impl Trait` argument a lifetime must have a name"
)]
pub fn read<'a>(fd: impl AsFd, dst: impl Into<SharedBufferSliceMut<'a>>) -> io::Result<usize> {
    fd_io::read(fd, &dst.into().into())
}

/// Writes shared bytes to `fd`: at most as many as there are. Returns how many.
///
/// # Errors
///
/// As for the [module](self).
///
/// # Examples
///
/// ```
/// use std::io::Read;
/// use std::os::unix::net::UnixStream;
///
/// use mapped_vmo::{Mapping, fd};
///
/// let (mapping, _vmo) = Mapping::allocate(4096)?;
/// mapping.write_at(100, b"hello");
/// let (mut from, to) = UnixStream::pair()?;
/// assert_eq!(fd::write(&to, mapping.slice(100..105))?, 5);
/// let mut copy = [0; 5];
/// from.read_exact(&mut copy)?;
/// assert_eq!(&copy, b"hello");
/// # Ok::<(), std::io::Error>(())
/// ```
#[allow(
    single_use_lifetimes,
    reason = "in an `impl Trait` argument a lifetime must have a name"
)]
pub fn write<'a>(fd: impl AsFd, src: impl Into<SharedBufferSlice<'a>>) -> io::Result<usize> {
    fd_io::write(fd, &src.into())
}

impl Mapping {
    /// Reads up to `len` bytes from `fd` straight into the mapping, `offset` bytes from its
    /// start. Returns how many; 0 at the end of a file.
    ///
    /// # Hostile peer
    ///
    /// The peer can change what was read before you look. See [`fd`](crate::fd).
    ///
    /// # Errors
    ///
    /// As for [`fd`](crate::fd). The mapping is untouched, but for `EFAULT`, where the kernel
    /// may have stored some of what it read.
    ///
    /// # Cost
    ///
    /// One system call. No buffer in between.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs::File;
    ///
    /// use mapped_vmo::Mapping;
    ///
    /// let (mapping, _vmo) = Mapping::allocate(4096)?;
    /// let zeros = File::open("/dev/zero")?;
    /// mapping.write(b"secret");
    /// assert_eq!(mapping.read_from_fd(&zeros, 0, 3)?, 3);
    /// assert!(mapping.eq_at(0, b"\0\0\0ret").is_ok_and(|equal| equal));
    /// assert!(mapping.read_from_fd(&zeros, 4000, 97).is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn read_from_fd(&self, fd: impl AsFd, offset: usize, len: usize) -> io::Result<usize> {
        fd_io::read(fd, &self.part(offset, len)?)
    }

    /// Writes up to `len` bytes of the mapping, from `offset` on, straight to `fd`. Returns
    /// how many.
    ///
    /// # Hostile peer
    ///
    /// What goes out was checked by nobody. See [`fd`](crate::fd).
    ///
    /// # Errors
    ///
    /// As for [`fd`](crate::fd). Nothing is written.
    ///
    /// # Cost
    ///
    /// One system call. No buffer in between.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs::File;
    ///
    /// use mapped_vmo::Mapping;
    ///
    /// let (mapping, _vmo) = Mapping::allocate(4096)?;
    /// let nowhere = File::options().write(true).open("/dev/null")?;
    /// assert_eq!(mapping.write_to_fd(&nowhere, 96, 4000)?, 4000);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write_to_fd(&self, fd: impl AsFd, offset: usize, len: usize) -> io::Result<usize> {
        fd_io::write(fd, &self.part(offset, len)?)
    }

    /// `len` bytes from `offset` on, all of which are there.
    fn part(&self, offset: usize, len: usize) -> Result<SharedBufferSlice<'_>, AccessError> {
        match offset.checked_add(len) {
            Some(end) => self.try_slice(offset..end),
            None => Err(AccessError::OutOfBounds {
                offset,
                len,
                size: self.len(),
            }),
        }
    }
}
