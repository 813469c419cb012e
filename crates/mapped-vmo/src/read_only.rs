// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ReadOnlyMapping`]: memory that this process can't write, nor any other but its owner.
#![allow(unsafe_code, reason = "a mapping becomes a buffer here")]

use core::fmt;
use core::ops::Deref;
use core::ptr;

use shared_buffer::{ReadOnlyBuffer, SharedBufferSlice};
use zx::{Status, Tier, VmarFlags, Vmo};

use crate::mapping::unmap;

/// Who can still write the bytes of a [`ReadOnlyMapping`].
///
/// # Examples
///
/// ```
/// use mapped_vmo::{ReadOnlyMapping, WriterMapping, Writers};
///
/// let (_writer, vmo) = WriterMapping::allocate(4096)?;
/// let reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096)?;
/// assert_eq!(reader.writers(), Writers::Owner);
/// # Ok::<(), mapped_vmo::zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Writers {
    /// Nobody: the VMO is sealed against writing, and its bytes stay what they are.
    Nobody,
    /// Who mapped it before it was sealed: its owner, and whom the owner let. The bytes may
    /// change at any moment. How many they are, and whether they still live, can't be told.
    Owner,
}

/// A published or immutable VMO, mapped to be read. It has no method that writes.
///
/// It dereferences to a [`ReadOnlyBuffer`], which reads as a
/// [`SharedBuffer`](crate::SharedBuffer) does, and gives no way to write:
///
/// ```compile_fail,E0599
/// # fn consumer(reader: &mapped_vmo::ReadOnlyMapping) {
/// reader.write_at(0, b"no");
/// # }
/// ```
///
/// # Hostile peer
///
/// The seals were asked of the kernel by this process. So no third party can change a byte,
/// whatever descriptor it holds. The owner can, if [`writers`](Self::writers) says so, at
/// any moment: what you check is your copy. Neither can take pages away: the size can't shrink
/// and no hole can be punched.
///
/// The owner need not have touched all pages. Those that it has not are taken when they are
/// read here, at the expense of this process; under strict overcommit
/// (`vm.overcommit_memory = 2`) one that can't be had is a SIGBUS. A
/// [`WriterMapping`](crate::WriterMapping) under strict overcommit has taken them all.
///
/// # Invariants
///
/// - **mapped**: the buffer's bytes are pages of one VMO, mapped until the buffer is dropped,
///   and the buffer itself unmaps them.
/// - **size**: the VMO was at least as large as the mapping when it was made, and its size
///   is sealed against shrinking.
/// - **sealed**: new writable mappings and descriptors are sealed off, so this process can't
///   make these pages writable either.
///
/// # Examples
///
/// ```
/// use mapped_vmo::{Mapping, ReadOnlyMapping, WriterMapping, zx};
///
/// let (writer, vmo) = WriterMapping::allocate(4096)?;
/// let reader = ReadOnlyMapping::create_from_vmo(&vmo, 100)?;
/// writer.write_at(96, b"late");
/// assert!(reader.slice(96..).eq_at(0, b"late").unwrap());
///
/// // Memory that its holders can write is no grant.
/// let (_mapping, shared) = Mapping::allocate(4096)?;
/// let refused = ReadOnlyMapping::create_from_vmo(&shared, 4096);
/// assert_eq!(refused.unwrap_err(), zx::Status::NOT_SUPPORTED);
/// # Ok::<(), zx::Status>(())
/// ```
pub struct ReadOnlyMapping {
    buffer: ReadOnlyBuffer,
    pub(crate) addr: usize,
    writers: Writers,
}

impl ReadOnlyMapping {
    /// Maps the first `size` bytes of `vmo`, if its seals say that no holder can write it.
    ///
    /// `size` need not be a multiple of the page.
    ///
    /// # Hostile peer
    ///
    /// Nothing that was claimed or seen earlier counts: the kernel is asked for the seals
    /// again here, and seals are never taken back.
    ///
    /// # Errors
    ///
    /// - [`Status::NOT_SUPPORTED`]: the VMO is neither published nor immutable: other holders
    ///   can write it, or take its pages away.
    /// - [`Status::BUFFER_TOO_SMALL`]: `size` is more than the file has, to the byte. (What
    ///   follows in its last page, any holder can zero, in spite of the seals.)
    /// - [`Status::ACCESS_DENIED`]: the handle lacks the right `MAP` or `READ`.
    /// - [`Status::INVALID_ARGS`]: `size` is 0.
    /// - [`Status::NO_MEMORY`], [`Status::NO_RESOURCES`]: as
    ///   [`Mapping::allocate`](crate::Mapping::allocate).
    ///
    /// # Cost
    ///
    /// A few system calls: the seals, the map.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::zx::{Extent, Name, SealPlan, Vmo};
    /// use mapped_vmo::{ReadOnlyMapping, Writers};
    ///
    /// let vmo = Vmo::create_planned(&Name::default(), SealPlan::Freezable, Extent::Pages, 4096)?;
    /// vmo.write(b"for ever", 0)?;
    /// vmo.freeze()?;
    /// let reader = ReadOnlyMapping::create_from_vmo(&vmo, 8)?;
    /// assert_eq!(reader.writers(), Writers::Nobody);
    /// assert!(reader.eq_at(0, b"for ever").unwrap());
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn create_from_vmo(vmo: &Vmo, size: usize) -> Result<Self, Status> {
        let writers = match vmo.tier() {
            Tier::Immutable => Writers::Nobody,
            Tier::Published => Writers::Owner,
            _ => return Err(Status::NOT_SUPPORTED),
        };
        let size_u64 = u64::try_from(size).map_err(|_| Status::BUFFER_TOO_SMALL)?;
        // The rest of a file's last page is outside the seals: any holder can zero it.
        if size_u64 > vmo.exact_size()? {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        let flags = VmarFlags::PERM_READ | VmarFlags::REQUIRE_NON_RESIZABLE;
        let addr = zx::vmar_root_self().map(0, vmo, 0, size, flags)?;
        let pages = ptr::with_exposed_provenance_mut(addr);
        // SAFETY: `map` placed `size` readable bytes at `addr`; it refuses a VMO that is
        // smaller or that can be shrunk (size). Nothing else knows the address and `unmap` is
        // called when the buffer is dropped, no sooner (mapped).
        let buffer = unsafe { ReadOnlyBuffer::with_release(pages, size, unmap) };
        Ok(Self {
            buffer,
            addr,
            writers,
        })
    }

    /// Brings in all pages: no access faults afterwards, unless the system takes a page away
    /// (swap). What the owner never wrote takes memory by that.
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
    /// use mapped_vmo::{ReadOnlyMapping, WriterMapping};
    /// let (_writer, vmo) = WriterMapping::allocate(8192)?;
    /// ReadOnlyMapping::create_from_vmo(&vmo, 8192)?.populate()?;
    /// assert_eq!(vmo.next_data(0)?, Some(0..8192));
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn populate(&self) -> Result<(), Status> {
        zx::vmar_root_self().populate(self.addr, self.buffer.len())
    }

    /// Who can still write, as the seals said when it was mapped.
    ///
    /// [`Nobody`](Writers::Nobody) stays true for ever. [`Owner`](Writers::Owner) may be out
    /// of date: the owner may have ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{ReadOnlyMapping, WriterMapping, Writers};
    ///
    /// let (writer, vmo) = WriterMapping::allocate(4096)?;
    /// let reader = ReadOnlyMapping::create_from_vmo(&vmo, 4096)?;
    /// drop(writer); // and nobody can tell
    /// assert_eq!(reader.writers(), Writers::Owner);
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    #[must_use]
    pub fn writers(&self) -> Writers {
        self.writers
    }
}

impl Deref for ReadOnlyMapping {
    type Target = ReadOnlyBuffer;

    fn deref(&self) -> &ReadOnlyBuffer {
        &self.buffer
    }
}

/// All of the mapping: where a call takes any shared bytes.
impl<'a> From<&'a ReadOnlyMapping> for SharedBufferSlice<'a> {
    fn from(mapping: &'a ReadOnlyMapping) -> Self {
        (&mapping.buffer).into()
    }
}

impl fmt::Debug for ReadOnlyMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOnlyMapping")
            .field("buffer", &self.buffer)
            .field("writers", &self.writers)
            .finish()
    }
}
