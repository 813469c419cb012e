// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ImmutableMapping`]: the bytes of a VMO as a `&[u8]`, because nobody can change them.
//!
//! The one place in this crate that lends a slice. It may, because of one of two reasons:
//!
//! ```text
//!   sealed with WRITE and SHRINK?
//!     yes: zero copy   the VMO's own pages; no holder of it can write to them any more
//!     no:  snapshot    pages of this process alone, filled by the kernel, then read-only
//! ```
#![allow(
    unsafe_code,
    reason = "pages that nobody writes become a slice here, and are unmapped here"
)]

use core::fmt;
use core::mem::MaybeUninit;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::slice;

use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use zx::{Rights, Status, Tier, VmarFlags, Vmo, vmar_root_self};

use crate::mapping::overcommit_is_strict;

mod error;
mod freeze;
mod owner;
mod snapshot;
mod truncated;

pub use error::{ImmutableMappingError, TruncatedImmutableMappingError};
pub use truncated::TruncatedImmutableMapping;

use ImmutableMappingError as E;

/// The bytes of a whole VMO, as a slice that never changes.
///
/// | the VMO | what it becomes | length | create and drop 4 KiB, 1 MiB, 64 MiB |
/// |---|---|---|---|
/// | sealed with `WRITE` and `SHRINK` ([`zx::Tier::Immutable`]), and the handle has the right `MAP` | [zero copy](Self::is_zero_copy): its own pages, mapped | [`exact_size`](Vmo::exact_size) | 4 µs, 4 µs, 4 µs; its pages come when they are touched |
/// | the same, and all pages are brought in (`immediately_page`) | zero copy | the same | 6 µs, 95 µs, 6 ms |
/// | anything else | a snapshot: a copy; writes to the VMO after it are not seen | [`get_size`](Vmo::get_size) | 9 µs, 0.5 ms, 50 ms |
///
/// So of a VMO of whole pages, which is what [`Vmo::create`] makes, zeros follow the content.
/// Of a sealed one that ends inside a page (made with [`zx::Extent::Exact`], or adopted) the
/// slice ends where the file does: what is behind it in its last page can still be zeroed by
/// anybody.
///
/// # Hostile peer
///
/// A peer that writes while a snapshot is taken decides what is in it, old and new bytes
/// mixed. After that nothing can change it. In a sealed VMO a peer can't change anything at
/// all; the seals are asked for anew here, whatever was known about them.
///
/// # Invariants
///
/// - **mapped**: `len` bytes at `ptr` are mapped, until this value is dropped.
/// - **whole**: they are pages of this process alone, or bytes of a file that were inside it
///   when it could not shrink any more. So no access is past an end.
/// - **still**: nobody can write to them. Pages of this process are mapped read-only; a file
///   was sealed with `WRITE` before it was mapped, and seals are never taken back.
///
/// # Examples
///
/// ```
/// use mapped_vmo::{ImmutableMapping, zx};
///
/// let vmo = zx::Vmo::create(11)?;
/// vmo.write(b"the-content", 0)?;
/// let snapshot = ImmutableMapping::create_from_vmo(&vmo, false).unwrap();
/// vmo.write(b"changed", 0)?;
/// assert!(snapshot.starts_with(b"the-content"));
/// assert_eq!(snapshot.len(), 4096);
/// # Ok::<(), zx::Status>(())
/// ```
pub struct ImmutableMapping {
    ptr: NonNull<u8>,
    len: usize,
    source: Source,
}

/// Whose pages they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// This process's.
    Snapshot,
    /// The VMO's, which is sealed.
    Sealed,
}

// SAFETY: nobody writes the bytes (still): a value owns them as a `Box<[u8]>` owns its own.
unsafe impl Send for ImmutableMapping {}
// SAFETY: nobody can write to them, so any number of threads may read.
unsafe impl Sync for ImmutableMapping {}

impl ImmutableMapping {
    /// Maps `vmo` if nobody can change it, else takes a snapshot; the table is
    /// [above](Self).
    ///
    /// With `immediately_page` no access to the slice waits for memory: pages of a sealed VMO
    /// are brought in, and its holes are filled with zeros, which is memory that is charged
    /// to this process. Without, each page is brought in when it is touched; under strict
    /// overcommit (`vm.overcommit_memory = 2`) they are brought in all the same, because one
    /// that could not be had would be a signal. Holes of what is copied need no memory.
    ///
    /// # Hostile peer
    ///
    /// A giant sparse VMO costs little while nobody touches its holes. With
    /// `immediately_page` it costs what it says: bound its size first
    /// ([`zx::AdoptOptions::max_size`]).
    ///
    /// # Errors
    ///
    /// One variant per step that can fail; see [`ImmutableMappingError`]. A VMO of size 0
    /// gives an empty slice.
    ///
    /// # Cost
    ///
    /// Of a sealed VMO four system calls, and one more if pages are brought in. Else a copy by
    /// the kernel of those parts that have pages, and as much private memory. A peer that
    /// scatters pages can make looking for them take as long as copying them, not longer; one
    /// in a long fallocate(2) makes it wait for its end.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::zx::{Extent, Name, SealPlan, Vmo};
    /// use mapped_vmo::ImmutableMapping;
    ///
    /// let plan = SealPlan::Freezable;
    /// let vmo = Vmo::create_planned(&Name::default(), plan, Extent::Exact, 11)?;
    /// vmo.write(b"the-content", 0)?;
    /// vmo.freeze()?;
    /// let mapping = ImmutableMapping::create_from_vmo(&vmo, false).unwrap();
    /// assert_eq!(&*mapping, b"the-content");
    /// assert!(mapping.is_zero_copy());
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn create_from_vmo(
        vmo: &Vmo,
        immediately_page: bool,
    ) -> Result<Self, ImmutableMappingError> {
        match Self::of_sealed(vmo, immediately_page)? {
            Some(mapping) => Ok(mapping),
            None => Self::snapshot(vmo),
        }
    }

    /// Whether the bytes are those of the VMO itself, and not a copy.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{ImmutableMapping, zx};
    ///
    /// let vmo = zx::Vmo::create(4096)?; // anybody who has it may write
    /// assert!(!ImmutableMapping::create_from_vmo(&vmo, true).unwrap().is_zero_copy());
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn is_zero_copy(&self) -> bool {
        self.source == Source::Sealed
    }

    /// The VMO's own pages, if nobody can change them.
    fn of_sealed(vmo: &Vmo, immediately_page: bool) -> Result<Option<Self>, E> {
        let rights = Rights::DUPLICATE | Rights::READ | Rights::MAP;
        if !vmo.rights().contains(rights) || vmo.tier() != Tier::Immutable {
            return Ok(None);
        }
        // In this order: it can't shrink any more, so what is inside now stays. It may grow.
        let size = vmo.exact_size().map_err(E::GetVmoSize)?;
        let len = slice_len(size)?;
        if len == 0 {
            return Ok(None);
        }
        let flags = VmarFlags::PERM_READ | VmarFlags::REQUIRE_NON_RESIZABLE;
        let addr = vmar_root_self().map(0, vmo, 0, len, flags);
        let addr = addr.map_err(E::MapChildVmo)?;
        let ptr = NonNull::new(ptr::with_exposed_provenance_mut(addr));
        let mapping = Self {
            ptr: ptr.ok_or(E::VmarMapReturnedNull)?,
            len,
            source: Source::Sealed,
        };
        if immediately_page || overcommit_is_strict() {
            match vmar_root_self().populate(addr, len) {
                // An old kernel can't say whether a page could be had. A copy can.
                Err(Status::NOT_SUPPORTED) => return Ok(None),
                other => other.map_err(E::MapChildVmo)?,
            }
        }
        Ok(Some(mapping))
    }

    /// A copy in pages of this process.
    fn snapshot(vmo: &Vmo) -> Result<Self, E> {
        let size = vmo.get_size().map_err(E::GetVmoSize)?;
        let len = slice_len(size)?;
        if len == 0 {
            return Ok(Self {
                ptr: NonNull::dangling(),
                len,
                source: Source::Snapshot,
            });
        }
        if !vmo.rights().contains(Rights::DUPLICATE | Rights::READ) {
            return Err(E::CreateChildVmo(Status::ACCESS_DENIED));
        }
        let mapping = Self::private_pages(len).map_err(E::MapChildVmo)?;
        mapping.fill(vmo).map_err(E::CreateChildVmo)?;
        mapping.make_still().map_err(E::MapChildVmo)?;
        Ok(mapping)
    }

    /// Fresh pages of this process, zero and writable: not yet still.
    fn private_pages(len: usize) -> Result<Self, Status> {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address that the kernel picks harms nothing.
        let pages = unsafe { mmap_anonymous(ptr::null_mut(), len, prot, MapFlags::PRIVATE) };
        let pages = pages.map_err(status)?;
        // The kernel places nothing at address 0 unless it is asked to.
        let ptr = NonNull::new(pages.cast()).ok_or(Status::NO_MEMORY)?;
        let source = Source::Snapshot;
        Ok(Self { ptr, len, source })
    }

    /// Copies the VMO into the pages, which are zero.
    fn fill(&self, vmo: &Vmo) -> Result<(), Status> {
        let pages = self.ptr.cast::<MaybeUninit<u8>>().as_ptr();
        // SAFETY: `len` fresh pages that nobody else knows, writable for now; no other
        // reference to them exists, and this one ends here.
        let dst = unsafe { slice::from_raw_parts_mut(pages, self.len) };
        snapshot::copy_data(vmo, dst)
    }

    /// Takes the right to write away, for good.
    fn make_still(&self) -> Result<(), Status> {
        // SAFETY: these are our own pages, and no reference to them exists yet.
        unsafe { mprotect(self.ptr.as_ptr().cast(), self.len, MprotectFlags::READ) }.map_err(status)
    }
}

impl Deref for ImmutableMapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `len` bytes (mapped, whole), each of which the kernel made zero or filled,
        // and which nobody writes (still) while this value is borrowed; dangling only where
        // `len` is 0. `slice_len` checked that `len` fits in `isize`.
        unsafe { slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }
}

impl Drop for ImmutableMapping {
    fn drop(&mut self) {
        if self.len == 0 {
            return;
        }
        // SAFETY: one whole mapping, made here (mapped); the last reference into it is gone.
        // A length that ends inside a page is rounded up, as it was when it was mapped.
        let result = unsafe { munmap(self.ptr.as_ptr().cast(), self.len) };
        debug_assert!(
            result.is_ok(),
            "a whole mapping could not be unmapped: {result:?}"
        );
    }
}

impl fmt::Debug for ImmutableMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImmutableMapping")
            .field("ptr", &self.ptr)
            .field("len", &self.len)
            .field("zero_copy", &self.is_zero_copy())
            .finish()
    }
}

/// `size` as the length of a slice.
fn slice_len(size: u64) -> Result<usize, E> {
    isize::try_from(size).map_err(|source| E::VmoSizeAsIsize { source, size })?;
    usize::try_from(size).map_err(|source| E::VmoSizeAsUsize { source, size })
}

/// Why private pages could not be had or protected.
fn status(errno: Errno) -> Status {
    if errno == Errno::NOMEM {
        Status::NO_MEMORY
    } else {
        Status::INTERNAL
    }
}
