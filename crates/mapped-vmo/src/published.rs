// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`WriterMapping`]: the only place from which a published VMO can be written.
//!
//! ```text
//!   the owner                                              a peer
//!   ─────────                                              ──────
//!   memfd ─► map, writable ─► keep from children
//!                    │
//!            seal FUTURE_WRITE ─────── the VMO ──────────► ReadOnlyMapping
//!                    │                                      read, for ever
//!                    ▼
//!            write, as long as it lives
//! ```
//!
//! The seal is the kernel's, and it holds for everybody: no descriptor of this VMO can write,
//! and no new mapping can be made writable. What was mapped before goes on.
#![allow(
    unsafe_code,
    reason = "a mapping becomes a buffer here, and is unmapped here"
)]

use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, RangeBounds};
use core::ptr;

use shared_buffer::{Access, AccessError, SharedBuffer, SharedBufferSlice, SharedBufferSliceMut};
use zx::{Extent, Name, SealPlan, Status, VmarFlags, Vmo, VmoOp};

use crate::mapping::{no_memory, overcommit_is_strict, unmap};

/// The writable end of memory that everybody else can only read.
///
/// It reads and writes like a [`Mapping`](crate::Mapping). The VMO that belongs to it can be
/// handed to anyone; they map it with [`ReadOnlyMapping`](crate::ReadOnlyMapping).
///
/// # Hostile peer
///
/// Whoever gets the VMO can read what you write, at once and half done, and nothing else: not
/// write, not punch holes, not truncate, not add seals, whether by its descriptor, by one that
/// it opened through /proc, by `mprotect`, or by the kernel's help. That is true of every
/// process, of this user or another, and of root, and it stays true when you are gone. Nobody
/// undoes it, you included: the owner can't map the VMO writable a second time. What it can
/// do: make the kernel take the memory of pages that nobody touched, and, as the same user,
/// change the file's mode and times, on which nothing here rests.
///
/// Who can do more is who has power over *this process*:
///
/// | who | can | unless |
/// |---|---|---|
/// | who may trace it: the same user, root | write through this mapping (`process_vm_writev`, ptrace, /proc/PID/mem) | it is not dumpable (`PR_SET_DUMPABLE` 0), which stops all but root; Yama stops some |
/// | who may look into its /proc/PID/fd (the same user, root; Yama does not stop it) | open the memfd between its creation and the seals, some microseconds, then map it writable or truncate it | the same |
///
/// # Forks
///
/// A child made by `fork` does not have these pages (`MADV_DONTFORK`): else it would be a
/// second writer. **In the child, each access through a copy of this value, or through a slice
/// of it, is a fault, or touches what was mapped there since.** Who calls `fork`, which is
/// unsafe, answers for that. Dropping the copy is fine: it notices that it is not in the
/// owner's address space, and unmaps nothing.
///
/// A thread that forks during [`allocate`](Self::allocate), between the map and the line that
/// keeps it from children, makes a child with a writer's pages.
///
/// # Invariants
///
/// - **mapped**: in the address space `owner`, the buffer's bytes are pages of one VMO, readable and
///   writable, until this value is dropped.
/// - **size**: the VMO was made as large as the mapping, and is sealed against shrinking
///   before anybody was given it.
/// - **kept**: the buffer never leaves this value, so what unmaps its pages is the `Drop`
///   below, which asks which process it is in. So there is no `DerefMut`.
///
/// # Examples
///
/// The producer publishes a counter and a line of text, and hands the VMO out:
///
/// ```
/// use core::sync::atomic::Ordering;
/// use std::os::fd::OwnedFd;
/// use mapped_vmo::WriterMapping;
///
/// let (mut writer, vmo) = WriterMapping::allocate_with_name(4096, "weather")?;
/// let mut line = writer.slice_mut(8..);
/// line.write(b"rain");
/// line.release_writes();
/// writer.atomic::<u32>(0).unwrap().store(1, Ordering::Release); // version 1 is there
///
/// let to_send = OwnedFd::from(vmo); // by SCM_RIGHTS, or as a child's stdin
/// # drop(to_send);
/// # Ok::<(), mapped_vmo::zx::Status>(())
/// ```
///
/// The consumer takes it, whoever sent it, and reads:
///
/// ```
/// use core::sync::atomic::Ordering;
/// use mapped_vmo::zx::{AdoptPolicy, Vmo};
/// use mapped_vmo::{ReadOnlyMapping, Writers};
/// # use mapped_vmo::WriterMapping;
/// # let (writer, vmo) = WriterMapping::allocate_with_name(4096, "weather")?;
/// # writer.write_at(8, b"rain");
/// # writer.atomic::<u32>(0).unwrap().store(1, Ordering::Release);
/// # let received = std::os::fd::OwnedFd::from(vmo);
///
/// let vmo = Vmo::from_fd(received, AdoptPolicy::Published)?;
/// let reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096)?;
/// assert_eq!(reader.writers(), Writers::Owner); // the bytes can still change
///
/// let version = reader.read_only_atomic::<u32>(0).unwrap();
/// assert_eq!(version.load(Ordering::Acquire), 1);
/// let mut line = [0; 4];
/// reader.read_exact_at(8, &mut line).unwrap(); // a copy: check it, use it
/// assert_eq!(&line, b"rain");
/// # Ok::<(), mapped_vmo::zx::Status>(())
/// ```
pub struct WriterMapping {
    buffer: ManuallyDrop<SharedBuffer>,
    pub(crate) addr: usize,
    /// The address space that has the pages.
    owner: u64,
}

impl WriterMapping {
    /// Makes a VMO of `size` bytes, zero-filled, maps it for writing, and takes the right to
    /// write it from everybody else, for ever.
    ///
    /// The VMO is what to hand out. Its size is fixed and rounded up to the page, and its
    /// handle has no right `WRITE`; [`len`](Self::len) is the `size` asked for.
    ///
    /// Memory is taken as by [`Mapping::allocate`](crate::Mapping::allocate), under strict
    /// overcommit too.
    ///
    /// # Errors
    ///
    /// Those of [`Mapping::allocate`](crate::Mapping::allocate), and
    /// [`Status::NOT_SUPPORTED`] where the kernel does not know the seal (Linux before 5.1).
    /// Nothing is left over.
    ///
    /// # Cost
    ///
    /// One system call more than [`Mapping::allocate`](crate::Mapping::allocate).
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::zx::{Rights, Status, VmarFlags};
    /// use mapped_vmo::{Mapping, WriterMapping};
    ///
    /// let (writer, vmo) = WriterMapping::allocate(1000)?;
    /// writer.write(b"only from here");
    /// assert!(!vmo.rights().contains(Rights::WRITE));
    ///
    /// let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    /// let second = Mapping::create_from_vmo(&vmo, 1000, flags);
    /// assert_eq!(second.unwrap_err(), Status::ACCESS_DENIED);
    /// # Ok::<(), Status>(())
    /// ```
    pub fn allocate(size: usize) -> Result<(Self, Vmo), Status> {
        Self::allocate_named(size, &Name::default())
    }

    /// [`allocate`](Self::allocate) with a name, which tools show: `/proc/PID/maps` says
    /// `/memfd:NAME`.
    ///
    /// # Errors
    ///
    /// As [`allocate`](Self::allocate), and [`Status::INVALID_ARGS`] if `name` is longer
    /// than 31 bytes or has a NUL in it.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::WriterMapping;
    ///
    /// let (_writer, vmo) = WriterMapping::allocate_with_name(4096, "prices")?;
    /// assert_eq!(vmo.get_name()?, "prices");
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn allocate_with_name(size: usize, name: &str) -> Result<(Self, Vmo), Status> {
        Self::allocate_named(size, &Name::new(name)?)
    }

    fn allocate_named(size: usize, name: &Name) -> Result<(Self, Vmo), Status> {
        let size_u64 = u64::try_from(size).map_err(|_| Status::OUT_OF_RANGE)?;
        let vmo = Vmo::create_planned(name, SealPlan::Published, Extent::Pages, size_u64)?;
        let writer = Self::map(&vmo, size)?;
        if overcommit_is_strict() {
            vmo.op_range(VmoOp::COMMIT, 0, size_u64)
                .map_err(no_memory)?;
        }
        // Last: after it nobody can map the pages writable, this process included.
        Ok((writer, vmo.publish()?))
    }

    /// Maps a VMO that nobody else has yet, and keeps the pages from children.
    fn map(vmo: &Vmo, size: usize) -> Result<Self, Status> {
        // The size can still change, but nobody is there to change it. With ALLOW_FAULTS the
        // kernel is not asked for it, one line after it was set.
        let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE | VmarFlags::ALLOW_FAULTS;
        let addr = zx::vmar_root_self().map(0, vmo, 0, size, flags)?;
        let pages = ptr::with_exposed_provenance_mut(addr);
        // SAFETY: `map` placed `size` bytes at `addr`, readable and writable; nothing else
        // knows the address, and only the drop of this value unmaps them (mapped). The VMO
        // was made with that size and is sealed against shrinking before it is given to
        // anybody (size); if it can't be, nobody gets the buffer.
        let buffer = unsafe { SharedBuffer::with_access(pages, size, Access::READ_WRITE) };
        let writer = Self {
            buffer: ManuallyDrop::new(buffer),
            addr,
            owner: zx::address_space_number(),
        };
        // SAFETY: the pages of one mapping, which a child has no use for: it can't have a
        // reference to them, and the docs of the type say what its copy is worth.
        unsafe { zx::vmar_root_self().dont_fork(addr, size) }?;
        Ok(writer)
    }

    /// How many bytes are mapped: the `size` that was asked for, not rounded.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::WriterMapping;
    ///
    /// assert_eq!(WriterMapping::allocate(5)?.0.len(), 5);
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    #[must_use]
    #[allow(
        clippy::len_without_is_empty,
        reason = "`is_empty` comes from the buffer"
    )]
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Brings in all pages: no access faults afterwards, unless the system takes a page away
    /// (swap).
    ///
    /// # Errors
    ///
    /// As [`zx::Vmar::populate`].
    ///
    /// # Cost
    ///
    /// One system call, and the memory.
    ///
    /// # Examples
    ///
    /// ```
    /// let (writer, vmo) = mapped_vmo::WriterMapping::allocate(8192)?;
    /// writer.populate()?;
    /// assert_eq!(vmo.next_data(0)?, Some(0..8192));
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn populate(&self) -> Result<(), Status> {
        zx::vmar_root_self().populate(self.addr, self.len())
    }

    /// A writable view of a part.
    ///
    /// # Panics
    ///
    /// If the range is not inside the mapping, or ends before it starts.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::WriterMapping;
    ///
    /// let (mut writer, _vmo) = WriterMapping::allocate(16)?;
    /// assert_eq!(writer.slice_mut(12..).write(b"too long"), 4);
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    #[track_caller]
    pub fn slice_mut<R: RangeBounds<usize>>(&mut self, range: R) -> SharedBufferSliceMut<'_> {
        self.buffer.slice_mut(range)
    }

    /// [`slice_mut`](Self::slice_mut) with an error where that panics.
    ///
    /// # Errors
    ///
    /// [`AccessError::OutOfBounds`] if the range is not inside the mapping,
    /// [`AccessError::Reversed`] if it ends before it starts.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::WriterMapping;
    ///
    /// let (mut writer, _vmo) = WriterMapping::allocate(16)?;
    /// assert!(writer.try_slice_mut(12..17).is_err());
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn try_slice_mut<R: RangeBounds<usize>>(
        &mut self,
        range: R,
    ) -> Result<SharedBufferSliceMut<'_>, AccessError> {
        self.buffer.try_slice_mut(range)
    }

    /// Two writable views: the first `idx` bytes, and the rest.
    ///
    /// # Panics
    ///
    /// If `idx` is more than [`len`](Self::len).
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::WriterMapping;
    ///
    /// let (mut writer, _vmo) = WriterMapping::allocate(16)?;
    /// let (header, body) = writer.split_at_mut(8);
    /// body.write(b"a record");
    /// header.write(&8u64.to_le_bytes());
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    #[track_caller]
    #[must_use]
    pub fn split_at_mut(
        &mut self,
        idx: usize,
    ) -> (SharedBufferSliceMut<'_>, SharedBufferSliceMut<'_>) {
        self.buffer.split_at_mut(idx)
    }

    /// [`split_at_mut`](Self::split_at_mut) with an error where that panics.
    ///
    /// # Errors
    ///
    /// [`AccessError::OutOfBounds`] if `idx` is more than [`len`](Self::len).
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::WriterMapping;
    ///
    /// let (mut writer, _vmo) = WriterMapping::allocate(16)?;
    /// assert!(writer.try_split_at_mut(17).is_err());
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    #[allow(clippy::type_complexity, reason = "two views are two types")]
    pub fn try_split_at_mut(
        &mut self,
        idx: usize,
    ) -> Result<(SharedBufferSliceMut<'_>, SharedBufferSliceMut<'_>), AccessError> {
        self.buffer.try_split_at_mut(idx)
    }
}

impl Deref for WriterMapping {
    type Target = SharedBuffer;

    fn deref(&self) -> &SharedBuffer {
        &self.buffer
    }
}

/// All of the mapping, to read: where a call takes any shared bytes.
impl<'a> From<&'a WriterMapping> for SharedBufferSlice<'a> {
    fn from(writer: &'a WriterMapping) -> Self {
        (&*writer.buffer).into()
    }
}

/// All of the mapping, to write: where a call takes any shared bytes.
impl<'a> From<&'a mut WriterMapping> for SharedBufferSliceMut<'a> {
    fn from(writer: &'a mut WriterMapping) -> Self {
        (&mut *writer.buffer).into()
    }
}

impl Drop for WriterMapping {
    fn drop(&mut self) {
        // SAFETY: a value is dropped once, and nothing uses the buffer after this.
        let buffer = unsafe { ManuallyDrop::take(&mut self.buffer) };
        let (pages, len) = buffer.consume();
        if zx::address_space_number() == self.owner {
            // SAFETY: these are the pages that `map` placed in this process (mapped), and the
            // buffer is gone.
            unsafe { unmap(pages, len) };
        }
    }
}

impl fmt::Debug for WriterMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterMapping")
            .field("buffer", &*self.buffer)
            .finish_non_exhaustive()
    }
}
