// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`ImmutableMapping`]: the bytes of a VMO as a `&[u8]`, because nobody can change them.
//!
//! The one place in this crate that lends a slice. It may, because the slice is a snapshot:
//! pages of this process alone, filled by the kernel, then made read-only.
#![allow(
    unsafe_code,
    reason = "private pages become a slice here, and are unmapped here"
)]

use core::error::Error;
use core::fmt;
use core::mem::MaybeUninit;
use core::num::TryFromIntError;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use core::slice;

use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use zx::{Rights, Status, Vmo};

/// A snapshot of a whole VMO, as a slice.
///
/// The length is the VMO's size, which is a whole number of pages: zeros follow the content.
/// Writes to the VMO after the snapshot are not seen.
///
/// # Hostile peer
///
/// A peer that writes while the snapshot is taken decides what is in it, old and new bytes
/// mixed. After that nothing can change it.
///
/// # Invariants
///
/// - **private**: the pages are an anonymous private mapping of this process, made here.
/// - **filled**: all of them were initialised before the first reference to them.
/// - **still**: they are mapped read-only until this value is dropped.
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
}

// SAFETY: the pages are private and still: a value owns them as a `Box<[u8]>` owns its bytes.
unsafe impl Send for ImmutableMapping {}
// SAFETY: nobody can write to them, so any number of threads may read.
unsafe impl Sync for ImmutableMapping {}

impl ImmutableMapping {
    /// Takes a snapshot of `vmo`.
    ///
    /// `immediately_page` asks that no access to the slice waits for memory. The snapshot is
    /// always taken in full here, so it makes no difference.
    ///
    /// # Errors
    ///
    /// One variant per step that can fail; see [`ImmutableMappingError`]. A VMO of size 0
    /// gives an empty slice.
    ///
    /// # Cost
    ///
    /// One copy of the VMO by the kernel, and as much private memory: holes in a sparse VMO
    /// are filled.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{ImmutableMapping, zx};
    ///
    /// let vmo = zx::Vmo::create(0)?;
    /// assert!(ImmutableMapping::create_from_vmo(&vmo, true).unwrap().is_empty());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create_from_vmo(
        vmo: &Vmo,
        immediately_page: bool,
    ) -> Result<Self, ImmutableMappingError> {
        use ImmutableMappingError as E;
        let _ = immediately_page;
        let size = vmo.get_size().map_err(E::GetVmoSize)?;
        if size == 0 {
            return Ok(Self {
                ptr: NonNull::dangling(),
                len: 0,
            });
        }
        isize::try_from(size).map_err(|source| E::VmoSizeAsIsize { source, size })?;
        let len = usize::try_from(size).map_err(|source| E::VmoSizeAsUsize { source, size })?;
        if !vmo.rights().contains(Rights::DUPLICATE | Rights::READ) {
            return Err(E::CreateChildVmo(Status::ACCESS_DENIED));
        }
        let mapping = Self::private_pages(len).map_err(E::MapChildVmo)?;
        mapping.fill(vmo).map_err(E::CreateChildVmo)?;
        mapping.make_still().map_err(E::MapChildVmo)?;
        Ok(mapping)
    }

    /// Fresh pages of this process, writable: not yet filled, not yet still.
    fn private_pages(len: usize) -> Result<Self, Status> {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address that the kernel picks harms nothing.
        let pages = unsafe { mmap_anonymous(ptr::null_mut(), len, prot, MapFlags::PRIVATE) };
        let pages = pages.map_err(status)?;
        // The kernel places nothing at address 0 unless it is asked to.
        let ptr = NonNull::new(pages.cast()).ok_or(Status::NO_MEMORY)?;
        Ok(Self { ptr, len })
    }

    /// Copies the VMO into the pages.
    fn fill(&self, vmo: &Vmo) -> Result<(), Status> {
        let pages = self.ptr.cast::<MaybeUninit<u8>>().as_ptr();
        // SAFETY: `len` fresh pages that nobody else knows (private), writable for now; no
        // other reference to them exists, and this one ends here.
        let dst = unsafe { slice::from_raw_parts_mut(pages, self.len) };
        vmo.read_uninit(dst, 0).map(|_| ())
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
        // SAFETY: `len` initialised bytes (filled) that nobody writes (private, still) while
        // this value is borrowed; dangling only where `len` is 0.
        unsafe { slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }
}

impl Drop for ImmutableMapping {
    fn drop(&mut self) {
        if self.len == 0 {
            return;
        }
        // SAFETY: our own pages, in one piece; the last reference to them is gone.
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
            .finish()
    }
}

/// Why private pages could not be had or protected.
fn status(errno: Errno) -> Status {
    if errno == Errno::NOMEM {
        Status::NO_MEMORY
    } else {
        Status::INTERNAL
    }
}

/// Why an [`ImmutableMapping`] could not be made.
///
/// The names are those of the steps on Zircon, where a snapshot is a child VMO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImmutableMappingError {
    /// The VMO's size could not be read.
    GetVmoSize(Status),
    /// The size does not fit in `isize`.
    VmoSizeAsIsize {
        /// What the conversion said.
        source: TryFromIntError,
        /// The size in bytes.
        size: u64,
    },
    /// The snapshot could not be taken: the handle lacks the rights `DUPLICATE` and `READ`
    /// ([`Status::ACCESS_DENIED`]), or reading failed.
    CreateChildVmo(Status),
    /// The size does not fit in `usize`.
    VmoSizeAsUsize {
        /// What the conversion said.
        source: TryFromIntError,
        /// The size in bytes.
        size: u64,
    },
    /// The pages for the snapshot could not be had.
    MapChildVmo(Status),
    /// The pages were placed at address 0. Does not happen here.
    VmarMapReturnedNull,
}

impl fmt::Display for ImmutableMappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GetVmoSize(status) => write!(f, "cannot read the size of the VMO: {status}"),
            Self::VmoSizeAsIsize { size, .. } => {
                write!(f, "a VMO of {size} bytes is too large for a slice (isize)")
            }
            Self::CreateChildVmo(status) => {
                write!(f, "cannot take a snapshot of the VMO: {status}")
            }
            Self::VmoSizeAsUsize { size, .. } => {
                write!(
                    f,
                    "a VMO of {size} bytes is too large for this machine (usize)"
                )
            }
            Self::MapChildVmo(status) => write!(f, "cannot get pages for the snapshot: {status}"),
            Self::VmarMapReturnedNull => f.write_str("the snapshot was mapped at address 0"),
        }
    }
}

impl Error for ImmutableMappingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::GetVmoSize(status) | Self::CreateChildVmo(status) | Self::MapChildVmo(status) => {
                Some(status)
            }
            Self::VmoSizeAsIsize { source, .. } | Self::VmoSizeAsUsize { source, .. } => {
                Some(source)
            }
            Self::VmarMapReturnedNull => None,
        }
    }
}

/// An [`ImmutableMapping`] that ends where the content ends, not where the page does.
///
/// # Examples
///
/// ```
/// use mapped_vmo::{TruncatedImmutableMapping, zx};
///
/// let vmo = zx::Vmo::create(11)?;
/// vmo.write(b"the-content", 0)?;
/// let snapshot = TruncatedImmutableMapping::create_from_vmo(&vmo, false, 3).unwrap();
/// assert_eq!(&*snapshot, b"the");
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Debug)]
pub struct TruncatedImmutableMapping {
    mapping: ImmutableMapping,
    len: usize,
}

impl TruncatedImmutableMapping {
    /// Takes a snapshot of `vmo` and shows the first `len` bytes of it.
    ///
    /// # Errors
    ///
    /// [`TruncatedImmutableMappingError::VmoSmallerThanLen`] if the VMO has fewer than `len`
    /// bytes, else as [`ImmutableMapping::create_from_vmo`].
    ///
    /// # Cost
    ///
    /// As [`ImmutableMapping::create_from_vmo`]: all of the VMO is copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{TruncatedImmutableMapping, zx};
    ///
    /// let vmo = zx::Vmo::create(4096)?;
    /// assert!(TruncatedImmutableMapping::create_from_vmo(&vmo, false, 4097).is_err());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create_from_vmo(
        vmo: &Vmo,
        immediately_page: bool,
        len: usize,
    ) -> Result<Self, TruncatedImmutableMappingError> {
        let mapping = ImmutableMapping::create_from_vmo(vmo, immediately_page)?;
        let vmo_len = mapping.len();
        if vmo_len < len {
            return Err(TruncatedImmutableMappingError::VmoSmallerThanLen {
                vmo_len,
                truncated_len: len,
            });
        }
        Ok(Self { mapping, len })
    }
}

impl Deref for TruncatedImmutableMapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // `create_from_vmo` checked that the mapping is at least this long.
        self.mapping.get(..self.len).unwrap_or_default()
    }
}

/// Why a [`TruncatedImmutableMapping`] could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruncatedImmutableMappingError {
    /// The snapshot could not be taken.
    CreateImmutableMapping(ImmutableMappingError),
    /// The VMO has fewer bytes than were asked for.
    VmoSmallerThanLen {
        /// How many bytes the VMO has.
        vmo_len: usize,
        /// How many bytes were asked for.
        truncated_len: usize,
    },
}

impl From<ImmutableMappingError> for TruncatedImmutableMappingError {
    fn from(error: ImmutableMappingError) -> Self {
        Self::CreateImmutableMapping(error)
    }
}

impl fmt::Display for TruncatedImmutableMappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateImmutableMapping(error) => error.fmt(f),
            Self::VmoSmallerThanLen {
                vmo_len,
                truncated_len,
            } => {
                write!(
                    f,
                    "the VMO has {vmo_len} bytes, fewer than the {truncated_len} asked for"
                )
            }
        }
    }
}

impl Error for TruncatedImmutableMappingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::CreateImmutableMapping(error) => Some(error),
            Self::VmoSmallerThanLen { .. } => None,
        }
    }
}
