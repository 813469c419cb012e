// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Guarded`]: bytes that may go away, read and written by calls that survive it.
//!
//! The rule: no instruction of this process touches the memory. The kernel copies, and where
//! a byte is not there any more, the answer is an error with its offset, never a signal.
//!
//! ```text
//!   0                      the file ends here, just now       len
//!   ├───────────────────────────────┼──────────────────────────┤
//!     Ok: bytes, or zeros in a hole    Lost { offset }           OutOfBounds
//! ```
use core::fmt;

use shared_buffer::{Access, AccessError};
use zx::{Status, VmarFlags, Vmo};

mod bytes;
mod engine;
mod error;
mod values;

use engine::Engine;
pub use error::GuardedError;

/// Memory whose size or pages a peer controls, read and written by guarded copies.
///
/// For what a [`Mapping`](crate::Mapping) refuses: memfds that are not sealed against
/// shrinking, memfds of huge pages, files in `/dev/shm`, files on local disks, and a VMO made
/// [`RESIZABLE`](zx::VmoOptions::RESIZABLE). It takes any other VMO too. A foreign descriptor
/// gets in by [`AdoptPolicy::Guarded`](zx::AdoptPolicy::Guarded), which refuses file systems
/// where a read waits for somebody else.
///
/// # Hostile peer
///
/// | a peer | and you get |
/// |---|---|
/// | truncates | [`Lost`](GuardedError::Lost) with the first byte that is not there |
/// | extends | what it put there; nothing past the `len` that you asked for |
/// | punches a hole | zeros |
/// | writes meanwhile | any mixture of old and new bytes, also inside one number |
/// | drains the memory for its pages | `Lost`, where a mapping would be a SIGBUS |
/// | seals against writing | [`Kernel`](GuardedError::Kernel) with `ACCESS_DENIED`, or keeps failing to: while memory that can grow is held for writing here, the seal `WRITE` can't be added |
///
/// A write never makes the memory larger, whatever a peer does between a check and the copy. A
/// write that returned `Ok` may be gone already. No call waits for a peer; a file on a disk is
/// as slow as the disk.
///
/// # Ordering
///
/// A system call orders nothing that the memory model knows of. Signal as with any shared
/// memory, and check what you have copied. There are no atomics: they need memory that stays.
///
/// # Cost
///
/// At least one system call per access: see `examples/guarded.rs` for the price against a plain
/// copy on your machine. Read much at once, and look at your copy.
///
/// # Examples
///
/// ```
/// use std::os::fd::OwnedFd;
/// use mapped_vmo::{Guarded, GuardedError, zx};
/// use zx::{AdoptPolicy, VmarFlags, Vmo, VmoOptions};
///
/// let theirs = Vmo::create_with_opts(VmoOptions::RESIZABLE, 8192)?;
/// theirs.write(b"a message", 0)?;
/// let sent = OwnedFd::from(theirs.duplicate_handle(zx::Rights::SAME_RIGHTS)?);
///
/// let vmo = Vmo::from_fd(sent, AdoptPolicy::Guarded).unwrap();
/// let guarded = Guarded::create_from_vmo(&vmo, 8192, VmarFlags::PERM_READ)?;
/// let mut message = [0; 9];
/// guarded.read_exact_at(0, &mut message)?;
/// assert_eq!(&message, b"a message");
///
/// theirs.set_size(0)?; // a mapping would be a SIGBUS now
/// let error = guarded.read_exact_at(0, &mut message).unwrap_err();
/// assert_eq!(error, GuardedError::Lost { offset: 0 });
/// # Ok::<(), zx::Status>(())
/// ```
pub struct Guarded {
    engine: Engine,
    len: usize,
    access: Access,
}

impl Guarded {
    /// The first `size` bytes of `vmo`, or as many of them as there are at each access.
    ///
    /// `flags` are `PERM_READ`, or `PERM_READ` and `PERM_WRITE`. The handle may be closed
    /// afterwards: a duplicate is kept, with these rights and no more.
    ///
    /// # Hostile peer
    ///
    /// `size` is not compared with the VMO, whose size means nothing: it may be less or more a
    /// moment later.
    ///
    /// # Errors
    ///
    /// - [`Status::INVALID_ARGS`]: `size` is 0, or `flags` ask for `PERM_WRITE` without
    ///   `PERM_READ`, or have bits that make no sense here.
    /// - [`Status::OUT_OF_RANGE`]: no VMO can be as large as `size`.
    /// - [`Status::ACCESS_DENIED`]: the handle lacks the right `MAP`, `DUPLICATE`, or the one
    ///   for a permission; a seal forbids to write; or `PERM_EXECUTE`.
    /// - [`Status::NO_RESOURCES`]: this process is at its limit of open files or of mappings.
    /// - [`Status::NO_MEMORY`]: there are not `size` addresses left, which memory that can grow
    ///   needs for writing.
    ///
    /// # Cost
    ///
    /// One system call to read; two or three to write.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{Guarded, zx};
    ///
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 1 << 20, zx::VmarFlags::PERM_READ)?;
    /// assert_eq!(guarded.read_at(0, &mut [0; 10_000])?, 4096);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create_from_vmo(vmo: &Vmo, size: usize, flags: VmarFlags) -> Result<Self, Status> {
        let access = permitted(flags)?;
        if size == 0 {
            return Err(Status::INVALID_ARGS);
        }
        isize::try_from(size).map_err(|_| Status::OUT_OF_RANGE)?;
        Ok(Self {
            engine: Engine::new(vmo, size, flags)?,
            len: size,
            access,
        })
    }

    /// The `size` that was asked for: how far accesses may reach, if the bytes are there.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, zx};
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 9000, zx::VmarFlags::PERM_READ)?;
    /// assert_eq!(guarded.len(), 9000);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether [`len`](Self::len) is 0, which it never is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Guarded, zx};
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 0)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 1, zx::VmarFlags::PERM_READ)?;
    /// assert!(!guarded.is_empty());
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What was asked for: to read, or to write as well.
    ///
    /// # Examples
    ///
    /// ```
    /// # use mapped_vmo::{Access, Guarded, zx};
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let guarded = Guarded::create_from_vmo(&vmo, 4096, zx::VmarFlags::PERM_READ)?;
    /// assert_eq!(guarded.access(), Access::READ);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub const fn access(&self) -> Access {
        self.access
    }

    /// Whether `offset .. offset + len` is inside what was asked for.
    fn check(&self, offset: usize, len: usize) -> Result<(), AccessError> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(()),
            _ => Err(AccessError::OutOfBounds {
                offset,
                len,
                size: self.len,
            }),
        }
    }

    /// How many of `len` bytes at `offset` are inside; `offset` has to be.
    fn clip(&self, offset: usize, len: usize) -> Result<usize, AccessError> {
        match self.len.checked_sub(offset) {
            Some(left) => Ok(left.min(len)),
            None => Err(AccessError::OutOfBounds {
                offset,
                len,
                size: self.len,
            }),
        }
    }

    fn permit(&self, needed: Access) -> Result<(), AccessError> {
        match self.access.contains(needed) {
            true => Ok(()),
            false => Err(AccessError::Denied {
                needed,
                held: self.access,
            }),
        }
    }
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded")
            .field("len", &self.len)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// What `flags` ask for; hints are ignored.
fn permitted(flags: VmarFlags) -> Result<Access, Status> {
    let hints = VmarFlags::ALLOW_FAULTS | VmarFlags::MAP_RANGE | VmarFlags::COMPACT;
    let flags = flags.difference(hints);
    if flags == VmarFlags::PERM_READ | VmarFlags::PERM_WRITE {
        Ok(Access::READ_WRITE)
    } else if flags == VmarFlags::PERM_READ {
        Ok(Access::READ)
    } else if flags.is_empty() {
        Ok(Access::NONE)
    } else if flags.contains(VmarFlags::PERM_EXECUTE | VmarFlags::PERM_READ) {
        Err(Status::ACCESS_DENIED)
    } else {
        Err(Status::INVALID_ARGS)
    }
}
