// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`GrowableMapping`]: a VMO that gets larger while it is mapped, and stays where it is.
//!
//! ```text
//!   the addresses that were reserved, once and for all
//!   ├──────────────────────────────── max_len ─────────────────────────────┤
//!   ├──── len, at first ────┤
//!   ├──────────── len, after it grew ────────────┤      never touched
//!   └ views made at first stay good: what they see does not move
//! ```
#![allow(
    unsafe_code,
    reason = "a part of a reservation becomes a buffer here, and all of it is unmapped here"
)]

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use shared_buffer::{Access, SharedBuffer};
use zx::{Extent, Name, Rights, SealPlan, Status, Tier, VmarFlags, Vmo, VmoOp};

use crate::mapping::{access, no_memory, overcommit_is_strict};

/// A VMO that can get larger, mapped once at its largest size.
///
/// Nothing moves when it grows: views and the addresses in them stay good, also in other
/// threads. Whoever has the VMO learns of it by [`refresh`](Self::refresh).
///
/// # Hostile peer
///
/// Can change bytes, as with any [`Mapping`](crate::Mapping). With a writable descriptor it
/// can also make the VMO larger, which costs nobody anything: memory is taken where it is
/// touched. It can't make it smaller, and what it says about the size is not believed: the
/// kernel is asked.
///
/// # Invariants
///
/// - **reserved**: `addr .. addr + max_len` is one mapping of the VMO, made here, until this
///   value is dropped.
/// - **there**: the VMO has had at least `len` bytes, `len` is at most `max_len`, and the VMO
///   is sealed against shrinking. So no access below `len` can fault. Nothing is accessed
///   beyond it.
///
/// # Examples
///
/// ```
/// use mapped_vmo::{GrowableMapping, zx};
///
/// let (log, vmo) = GrowableMapping::allocate(4096, 1 << 20)?;
/// let first = log.view();
/// first.write_all_at(0, b"the first line\n").unwrap();
///
/// log.grow(3 * 4096)?;
/// log.view().write_all_at(10_000, b"a later one\n").unwrap();
/// assert!(first.eq_at(0, b"the first line\n").unwrap()); // still there, at the same place
///
/// // Whoever has the VMO maps it once as well.
/// let flags = zx::VmarFlags::PERM_READ;
/// let reader = GrowableMapping::create_from_vmo(&vmo, 1 << 20, flags)?;
/// assert_eq!(reader.len(), 3 * 4096);
/// log.grow(4 * 4096)?;
/// assert_eq!(reader.refresh()?, 4 * 4096);
/// # Ok::<(), zx::Status>(())
/// ```
pub struct GrowableMapping {
    vmo: Vmo,
    addr: usize,
    max_len: usize,
    len: AtomicUsize,
    access: Access,
}

impl GrowableMapping {
    /// Makes a VMO of `size` bytes that can grow up to `max_size`, and maps it for reading and
    /// writing.
    ///
    /// Both are rounded up to the page. Addresses are taken for `max_size`, memory only for
    /// what is touched; under strict overcommit for all of `size`.
    ///
    /// # Errors
    ///
    /// As [`Mapping::allocate`](crate::Mapping::allocate), but that `size` may be 0; and
    /// [`Status::INVALID_ARGS`] if `max_size` is 0 or less than `size`.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::GrowableMapping;
    /// let (mapping, _vmo) = GrowableMapping::allocate(0, 1 << 30)?;
    /// assert_eq!((mapping.len(), mapping.max_len()), (0, 1 << 30));
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn allocate(size: usize, max_size: usize) -> Result<(Self, Vmo), Status> {
        if size > max_size {
            return Err(Status::INVALID_ARGS);
        }
        let bytes = u64::try_from(size).map_err(|_| Status::OUT_OF_RANGE)?;
        let plan = SealPlan::Growable;
        let vmo = Vmo::create_planned(&Name::default(), plan, Extent::Pages, bytes)?;
        let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
        let mapping = Self::create_from_vmo(&vmo, max_size, flags)?;
        mapping.commit(0, mapping.len())?;
        Ok((mapping, vmo))
    }

    /// Maps `vmo`, which may grow up to `max_size` bytes, with what `flags` permit.
    ///
    /// `max_size` is rounded up to the page. The VMO may be larger: the rest is not seen.
    ///
    /// # Errors
    ///
    /// - [`Status::NOT_SUPPORTED`]: the VMO can be shrunk.
    /// - [`Status::ACCESS_DENIED`]: the handle can't be duplicated, or it or a seal of the VMO
    ///   does not permit what `flags` ask for.
    /// - [`Status::INVALID_ARGS`]: as [`Mapping::create_from_vmo`].
    /// - [`Status::NO_MEMORY`], [`Status::NO_RESOURCES`]: no room for `max_size` bytes of
    ///   addresses, or this process is at its limit of mappings or open files.
    ///
    /// # Cost
    ///
    /// Four system calls.
    ///
    /// [`Mapping::create_from_vmo`]: crate::Mapping::create_from_vmo
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{GrowableMapping, zx};
    /// let resizable = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// let flags = zx::VmarFlags::PERM_READ;
    /// let refused = GrowableMapping::create_from_vmo(&resizable, 4096, flags);
    /// assert_eq!(refused.unwrap_err(), zx::Status::NOT_SUPPORTED);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create_from_vmo(vmo: &Vmo, max_size: usize, flags: VmarFlags) -> Result<Self, Status> {
        if vmo.tier() == Tier::Guarded {
            return Err(Status::NOT_SUPPORTED);
        }
        let page = usize::try_from(zx::system_get_page_size()).map_err(|_| Status::INTERNAL)?;
        let max_len = max_size.checked_next_multiple_of(page);
        let max_len = max_len.ok_or(Status::OUT_OF_RANGE)?;
        let vmo = vmo.duplicate_handle(Rights::SAME_RIGHTS)?;
        // Past the end of the VMO, which it can still reach: nothing is touched there.
        let flags = flags | VmarFlags::ALLOW_FAULTS;
        let addr = zx::vmar_root_self().map(0, &vmo, 0, max_len, flags)?;
        // From here on, dropping it unmaps.
        let mapping = Self {
            vmo,
            addr,
            max_len,
            len: AtomicUsize::new(0),
            access: access(flags),
        };
        mapping.refresh()?;
        Ok(mapping)
    }

    /// How many bytes are there, as far as this mapping knows.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::GrowableMapping;
    /// assert_eq!(GrowableMapping::allocate(1, 8192)?.0.len(), 4096);
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Whether no bytes are there yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::GrowableMapping;
    /// assert!(GrowableMapping::allocate(0, 8192)?.0.is_empty());
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes there can be.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::GrowableMapping;
    /// assert_eq!(GrowableMapping::allocate(1, 8192)?.0.max_len(), 8192);
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    #[must_use]
    pub fn max_len(&self) -> usize {
        self.max_len
    }

    /// Looks how large the VMO is now, whoever made it so. Returns the new length.
    ///
    /// # Errors
    ///
    /// What fstat(2) answers, which is nothing for a memfd.
    ///
    /// # Cost
    ///
    /// One system call.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::GrowableMapping;
    /// let (mapping, vmo) = GrowableMapping::allocate(4096, 1 << 20)?;
    /// vmo.set_size(8192)?;
    /// assert_eq!(mapping.refresh()?, 8192);
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn refresh(&self) -> Result<usize, Status> {
        // Not rounded: what lies between the end of an odd-sized file and the end of its page
        // can be zeroed by anybody.
        let size = usize::try_from(self.vmo.exact_size()?).unwrap_or(usize::MAX);
        let size = size.min(self.max_len);
        Ok(self.len.fetch_max(size, Ordering::AcqRel).max(size))
    }

    /// Makes the VMO at least `size` bytes large, for everybody. Returns the new length, which
    /// is a multiple of the page.
    ///
    /// # Errors
    ///
    /// - [`Status::OUT_OF_RANGE`]: `size` is more than [`max_len`](Self::max_len).
    /// - [`Status::ACCESS_DENIED`]: the handle does not permit it: it is an adopted one, or
    ///   lacks `WRITE` or `RESIZE`.
    /// - [`Status::UNAVAILABLE`]: the VMO is not growable.
    /// - [`Status::NO_MEMORY`]: under strict overcommit, if there is not enough.
    /// - [`Status::NO_RESOURCES`]: this process may not make files that large.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{GrowableMapping, zx};
    /// let (mapping, _vmo) = GrowableMapping::allocate(4096, 8192)?;
    /// assert_eq!(mapping.grow(5000)?, 8192);
    /// assert_eq!(mapping.grow(10)?, 8192);
    /// assert_eq!(mapping.grow(8193), Err(zx::Status::OUT_OF_RANGE));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn grow(&self, size: usize) -> Result<usize, Status> {
        if size > self.max_len {
            return Err(Status::OUT_OF_RANGE);
        }
        let before = self.refresh()?;
        if size <= before {
            return Ok(before);
        }
        let bytes = u64::try_from(size).map_err(|_| Status::OUT_OF_RANGE)?;
        match self.vmo.set_size(bytes) {
            // Somebody else made it larger still, since we looked.
            Err(Status::UNAVAILABLE) if self.refresh()? >= size => {}
            other => other?,
        }
        self.commit(before, size)?;
        self.refresh()
    }

    /// Takes the memory of a range where the kernel would not promise it otherwise.
    fn commit(&self, from: usize, to: usize) -> Result<(), Status> {
        if !overcommit_is_strict() {
            return Ok(());
        }
        let at = u64::try_from(from).map_err(|_| Status::OUT_OF_RANGE)?;
        let len = u64::try_from(to.saturating_sub(from)).map_err(|_| Status::OUT_OF_RANGE)?;
        let committed = self.vmo.op_range(VmoOp::COMMIT, at, len);
        committed.map_err(no_memory)
    }

    /// What is there now, as a buffer to read and write.
    ///
    /// It does not get longer when the VMO does; make another one then. It does stay good.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::GrowableMapping;
    /// let (mapping, _vmo) = GrowableMapping::allocate(4096, 8192)?;
    /// let view = mapping.view();
    /// mapping.grow(8192)?;
    /// assert_eq!((view.len(), mapping.view().len()), (4096, 8192));
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    #[must_use]
    pub fn view(&self) -> GrowableView<'_> {
        let ptr = ptr::with_exposed_provenance_mut(self.addr);
        // SAFETY: `len` bytes at `addr` are mapped with this access (reserved), and are there
        // (there), for as long as the view borrows this value.
        let buffer = unsafe { SharedBuffer::with_access(ptr, self.len(), self.access) };
        GrowableView {
            buffer,
            mapping: PhantomData,
        }
    }
}

impl Drop for GrowableMapping {
    fn drop(&mut self) {
        // SAFETY: our own mapping (reserved); no view of it is left, for they borrow it.
        let unmapped = unsafe { zx::vmar_root_self().unmap(self.addr, self.max_len) };
        debug_assert!(unmapped.is_ok(), "not unmapped: {unmapped:?}");
    }
}

impl fmt::Debug for GrowableMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrowableMapping")
            .field("len", &self.len())
            .field("max_len", &self.max_len)
            .field("access", &self.access)
            .finish_non_exhaustive()
    }
}

/// What was there of a [`GrowableMapping`] when it was looked at: a [`SharedBuffer`].
///
/// Only to be borrowed: a buffer that was swapped out of it would outlive the mapping.
///
/// # Examples
///
/// ```
/// use mapped_vmo::GrowableMapping;
/// let (mapping, _vmo) = GrowableMapping::allocate(4096, 8192)?;
/// mapping.view().write_at(0, b"hello");
/// assert!(mapping.view().eq_at(0, b"hello").unwrap());
/// # Ok::<(), mapped_vmo::zx::Status>(())
/// ```
pub struct GrowableView<'a> {
    buffer: SharedBuffer,
    mapping: PhantomData<&'a GrowableMapping>,
}

impl Deref for GrowableView<'_> {
    type Target = SharedBuffer;

    fn deref(&self) -> &SharedBuffer {
        &self.buffer
    }
}

impl fmt::Debug for GrowableView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GrowableView").field(&self.buffer).finish()
    }
}
