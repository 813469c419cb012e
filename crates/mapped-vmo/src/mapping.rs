// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Mapping`]: a VMO in this process's memory.
//!
//! The one place where the two halves meet: `zx` places the pages, `shared_buffer` holds
//! their address. What makes that safe is checked here, before a pointer exists: the VMO
//! can't shrink, it is as large as the mapping, and the buffer knows what the pages permit.
#![allow(
    unsafe_code,
    reason = "a mapping becomes a buffer here, and is unmapped here"
)]

use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr;
use std::sync::OnceLock;

use shared_buffer::{Access, SharedBuffer, SharedBufferSlice, SharedBufferSliceMut};
use zx::{Name, Status, VmarFlags, Vmo, VmoOp, VmoOptions};

/// A VMO placed in this process's memory, readable and writable through a [`SharedBuffer`].
///
/// The mapping keeps the memory alive: the [`Vmo`] handle may be closed, sent away or kept.
/// Dropping the mapping takes the pages out of this process and changes nothing for others.
///
/// # Invariants
///
/// - **mapped**: the buffer's bytes are pages of one VMO, mapped until the buffer is dropped,
///   and the buffer itself unmaps them. So `mem::swap` through `DerefMut` moves the pages
///   with the duty to unmap them.
/// - **size**: the VMO was at least as large as the mapping when it was made, and its size
///   is sealed against shrinking, so no access can reach past its end.
/// - **access**: the buffer permits what the pages permit.
pub struct Mapping {
    buffer: ManuallyDrop<SharedBuffer>,
}

impl Mapping {
    /// Makes a VMO of `size` bytes, zero-filled, and maps it for reading and writing.
    ///
    /// The size is sealed: neither you nor anyone you give the VMO to can change it. The
    /// VMO's own size is rounded up to the page; [`len`](Self::len) is the `size` asked for.
    ///
    /// Memory is taken page by page when it is first touched, except under strict overcommit
    /// (`vm.overcommit_memory = 2`), where all of it is taken here, so that a page which
    /// can't be had is an error and not a signal.
    ///
    /// # Errors
    ///
    /// - [`Status::INVALID_ARGS`]: `size` is 0.
    /// - [`Status::OUT_OF_RANGE`]: `size` is more than any VMO can have.
    /// - [`Status::NO_MEMORY`]: it can't be mapped, or not be had under strict overcommit.
    /// - [`Status::NO_RESOURCES`]: this process is at its limit of open files, of mappings
    ///   (`vm.max_map_count`) or of file size (`RLIMIT_FSIZE`).
    ///
    /// Nothing is left over.
    ///
    /// # Cost
    ///
    /// Half a dozen system calls, about ten microseconds.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::Mapping;
    ///
    /// let (mapping, vmo) = Mapping::allocate(1000)?;
    /// assert_eq!(mapping.len(), 1000);
    /// assert_eq!(vmo.get_size()?, 4096);
    /// # Ok::<(), mapped_vmo::zx::Status>(())
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
    /// use mapped_vmo::Mapping;
    ///
    /// let (_mapping, vmo) = Mapping::allocate_with_name(4096, "camera-frames")?;
    /// assert_eq!(vmo.get_name()?, "camera-frames");
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn allocate_with_name(size: usize, name: &str) -> Result<(Self, Vmo), Status> {
        Self::allocate_named(size, &Name::new(name)?)
    }

    fn allocate_named(size: usize, name: &Name) -> Result<(Self, Vmo), Status> {
        let size_u64 = u64::try_from(size).map_err(|_| Status::OUT_OF_RANGE)?;
        let vmo = Vmo::create_named(name, VmoOptions::empty(), size_u64)?;
        let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE | VmarFlags::MAP_RANGE;
        let mapping = Self::create_from_vmo(&vmo, size, flags)?;
        if overcommit_is_strict() {
            vmo.op_range(VmoOp::COMMIT, 0, size_u64)
                .map_err(no_memory)?;
        }
        Ok((mapping, vmo))
    }

    /// Maps the first `size` bytes of `vmo`, with what `flags` permit.
    ///
    /// [`VmarFlags::REQUIRE_NON_RESIZABLE`] is added, and [`VmarFlags::ALLOW_FAULTS`] has no
    /// effect: a mapping never faults. `size` need not be a multiple of the page.
    ///
    /// # Hostile peer
    ///
    /// Whoever holds the VMO can change its bytes, also while you read them. It can't shrink
    /// the VMO: what could be shrunk is refused.
    ///
    /// # Errors
    ///
    /// - [`Status::NOT_SUPPORTED`]: the VMO can be shrunk.
    /// - [`Status::BUFFER_TOO_SMALL`]: `size` is more than the VMO has.
    /// - [`Status::ACCESS_DENIED`]: the handle, or a seal of the VMO, does not permit what
    ///   `flags` ask for.
    /// - [`Status::INVALID_ARGS`]: `size` is 0, or `flags` ask for `PERM_WRITE` without
    ///   `PERM_READ`, or have bits that make no sense here.
    /// - [`Status::NO_MEMORY`], [`Status::NO_RESOURCES`]: as [`allocate`](Self::allocate).
    ///
    /// # Panics
    ///
    /// Never here. A later `write` to a mapping without `PERM_WRITE`, or a `read` from one
    /// without `PERM_READ`, panics with the flags in its message; the `try_` forms return
    /// [`AccessError::Denied`](crate::AccessError::Denied).
    ///
    /// # Cost
    ///
    /// Two system calls.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{AccessError, Mapping, zx};
    ///
    /// let vmo = zx::Vmo::create(8192)?;
    /// let mapping = Mapping::create_from_vmo(&vmo, 8192, zx::VmarFlags::PERM_READ)?;
    /// assert!(matches!(mapping.write_all_at(0, b"no"), Err(AccessError::Denied { .. })));
    ///
    /// let too_large = Mapping::create_from_vmo(&vmo, 8193, zx::VmarFlags::PERM_READ);
    /// assert_eq!(too_large.unwrap_err(), zx::Status::BUFFER_TOO_SMALL);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create_from_vmo(vmo: &Vmo, size: usize, flags: VmarFlags) -> Result<Self, Status> {
        let flags = flags.difference(VmarFlags::ALLOW_FAULTS) | VmarFlags::REQUIRE_NON_RESIZABLE;
        let addr = zx::vmar_root_self().map(0, vmo, 0, size, flags)?;
        let ptr = ptr::with_exposed_provenance_mut(addr);
        // SAFETY: `map` placed `size` bytes at `addr`, with these flags (access); it refuses
        // a VMO that is smaller or that can be shrunk (size). Nothing else knows the address
        // and `unmap` is called when the buffer is dropped, no sooner (mapped).
        let buffer = unsafe { SharedBuffer::with_release(ptr, size, access(flags), unmap) };
        let buffer = ManuallyDrop::new(buffer);
        Ok(Self { buffer })
    }

    /// How many bytes are mapped: the `size` that was asked for, not rounded.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::Mapping;
    ///
    /// assert_eq!(Mapping::allocate(5)?.0.len(), 5);
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
}

impl Deref for Mapping {
    type Target = SharedBuffer;

    fn deref(&self) -> &SharedBuffer {
        &self.buffer
    }
}

impl DerefMut for Mapping {
    fn deref_mut(&mut self) -> &mut SharedBuffer {
        &mut self.buffer
    }
}

/// All of the mapping, to read: where a call takes any shared bytes.
impl<'a> From<&'a Mapping> for SharedBufferSlice<'a> {
    fn from(mapping: &'a Mapping) -> Self {
        (&*mapping.buffer).into()
    }
}

/// All of the mapping, to write: where a call takes any shared bytes.
impl<'a> From<&'a mut Mapping> for SharedBufferSliceMut<'a> {
    fn from(mapping: &'a mut Mapping) -> Self {
        (&mut *mapping.buffer).into()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: a value is dropped once, and nothing uses the buffer after this.
        let buffer = unsafe { ManuallyDrop::take(&mut self.buffer) };
        if buffer.is_released_by(unmap) {
            // The same as dropping it, without a call through a pointer: after the system
            // call of the mapping before, that costs a quarter of an unmap.
            let (ptr, len) = buffer.consume();
            // SAFETY: `with_release` was given `unmap` for these pages, and nobody will call
            // it for them again: the buffer is gone.
            unsafe { unmap(ptr, len) };
        }
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping")
            .field("buffer", &*self.buffer)
            .finish()
    }
}

/// What pages that were mapped with `flags` permit.
pub(crate) fn access(flags: VmarFlags) -> Access {
    let mut access = Access::NONE;
    if flags.contains(VmarFlags::PERM_READ) {
        access = access.union(Access::READ);
    }
    if flags.contains(VmarFlags::PERM_WRITE) {
        access = access.union(Access::WRITE);
    }
    access
}

/// What a mapping's buffer calls when it is dropped.
///
/// # Safety
///
/// `ptr` and `len` are those of one [`Vmar::map`](zx::Vmar::map), and nothing uses those
/// pages any more.
pub(crate) unsafe fn unmap(ptr: *mut u8, len: usize) {
    // SAFETY: the caller's contract is `unmap`'s.
    let result = unsafe { zx::vmar_root_self().unmap(ptr.addr(), len) };
    // A whole mapping can always be unmapped; only a hole inside one could hit a limit.
    debug_assert!(
        result.is_ok(),
        "a whole mapping could not be unmapped: {result:?}"
    );
}

/// Whether the kernel promises memory only when it has it (`vm.overcommit_memory = 2`).
///
/// Then a page of shared memory that can't be had is a SIGBUS when it is touched, so it is
/// taken beforehand. Asked once; where `/proc` is missing, the usual mode is assumed.
pub(crate) fn overcommit_is_strict() -> bool {
    static STRICT: OnceLock<bool> = OnceLock::new();
    *STRICT.get_or_init(|| {
        std::fs::read("/proc/sys/vm/overcommit_memory").is_ok_and(|mode| mode.starts_with(b"2"))
    })
}

/// Memory that could not be taken, whatever the kernel called it.
pub(crate) fn no_memory(status: Status) -> Status {
    if status == Status::NO_SPACE {
        Status::NO_MEMORY
    } else {
        status
    }
}
