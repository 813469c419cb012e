// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Vmar`]: the address space that VMOs are mapped into.
//!
//! ```text
//!   base                                                        base + len
//!   ├──────────┬───────────┬──────────────────────────────────────────┤
//!              │ a VMO     │
//!              ▲           ▲
//!              map(..) →   + len, rounded up to the page
//! ```
#![allow(
    unsafe_code,
    reason = "unmap and protect are as unsafe as their contracts say"
)]

mod memory;

use std::sync::OnceLock;

use crate::sys::{self, At, Placement, Prot};
use crate::{Rights, Status, Unowned, VmarFlags, Vmo};

mod populate;

/// A range of addresses that VMOs can be mapped into. So far there is one: the
/// [root](vmar_root_self), which is all of the process.
///
/// # Examples
///
/// ```
/// use zx::{VmarFlags, Vmo, vmar_root_self};
///
/// let vmo = Vmo::create(4096)?;
/// let addr = vmar_root_self().map(0, &vmo, 0, 4096, VmarFlags::PERM_READ)?;
/// // SAFETY: nobody else knows the address.
/// unsafe { vmar_root_self().unmap(addr, 4096)? };
/// # Ok::<(), zx::Status>(())
/// ```
///
/// Source: <https://fuchsia.dev/reference/kernel_objects/vm_address_region>, mmap(2).
#[derive(Debug)]
pub struct Vmar {
    /// Asked for when it is needed: mapping anywhere and unmapping do not.
    range: OnceLock<VmarInfo>,
}

/// Where a [`Vmar`] lies.
///
/// # Examples
///
/// ```
/// let info = zx::vmar_root_self().info()?;
/// assert!(info.base > 0 && info.len > 1 << 30);
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmarInfo {
    /// The first address.
    pub base: usize,
    /// In bytes.
    pub len: usize,
}

/// The address space of this process.
///
/// # Examples
///
/// ```
/// assert!(zx::vmar_root_self().info().is_ok());
/// ```
#[must_use]
pub fn vmar_root_self() -> Unowned<'static, Vmar> {
    static ROOT: Vmar = Vmar {
        range: OnceLock::new(),
    };
    Unowned::new(&ROOT)
}

impl Vmar {
    /// Maps `len` bytes of `vmo`, from `vmo_offset` on, and says where.
    ///
    /// Safe, because an address is a number until somebody uses it, and nothing that exists
    /// is replaced. `len` is rounded up to the page; `vmar_offset` is 0 unless `flags` has
    /// [`SPECIFIC`](VmarFlags::SPECIFIC). Nobody but the caller unmaps it.
    ///
    /// # Hostile peer
    ///
    /// Can change the bytes that are now in this process's memory at any moment: no reference
    /// to them may be made. With [`ALLOW_FAULTS`](VmarFlags::ALLOW_FAULTS) a part of them may
    /// not be there, or be gone later, and touching it is a SIGBUS.
    ///
    /// # Errors
    ///
    /// In this order:
    ///
    /// - [`Status::ACCESS_DENIED`]: the right `MAP` is missing.
    /// - [`Status::INVALID_ARGS`]: `PERM_WRITE` or `PERM_EXECUTE` without `PERM_READ`, or
    ///   `CAN_MAP_…`.
    /// - [`Status::ACCESS_DENIED`]: the right for a permission is missing; no VMO can be
    ///   executed.
    /// - [`Status::INVALID_ARGS`], [`Status::NOT_SUPPORTED`]: `FAULT_BEYOND_STREAM_SIZE`
    ///   without `ALLOW_FAULTS`, or with it; `OFFSET_IS_UPPER_LIMIT`.
    /// - [`Status::NOT_SUPPORTED`]: `REQUIRE_NON_RESIZABLE`, and the VMO can shrink.
    /// - [`Status::INVALID_ARGS`]: an offset without `SPECIFIC`, one that is not a multiple
    ///   of the page or of the alignment asked for, a `len` of 0 or too large to be rounded,
    ///   an unknown flag, an alignment outside 1 KiB to 4 GiB, an address outside the VMAR.
    /// - [`Status::OUT_OF_RANGE`]: `vmo_offset + len` overflows.
    /// - [`Status::BUFFER_TOO_SMALL`]: it is more than the VMO has, without `ALLOW_FAULTS`.
    /// - [`Status::ALREADY_EXISTS`]: something is mapped at the address asked for.
    /// - [`Status::ACCESS_DENIED`]: the descriptor or a seal forbids it.
    /// - [`Status::NO_RESOURCES`]: this process is at its limit of mappings
    ///   (`vm.max_map_count`), or there is no room with the alignment asked for.
    /// - [`Status::NO_MEMORY`]: there is no room.
    ///
    /// # Cost
    ///
    /// One system call, about two microseconds; three where an alignment is asked for.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Status, VmarFlags, Vmo, vmar_root_self};
    ///
    /// let vmo = Vmo::create(4096)?;
    /// let past = vmar_root_self().map(0, &vmo, 0, 8192, VmarFlags::PERM_READ);
    /// assert_eq!(past, Err(Status::BUFFER_TOO_SMALL));
    /// # Ok::<(), Status>(())
    /// ```
    #[allow(clippy::too_many_arguments, reason = "the signature is Zircon's")]
    pub fn map(
        &self,
        vmar_offset: usize,
        vmo: &Vmo,
        vmo_offset: u64,
        len: usize,
        flags: VmarFlags,
    ) -> Result<usize, Status> {
        let prot = permission(vmo, flags)?;
        demands(vmo, flags)?;
        let at = self.place(vmar_offset, flags)?;
        let len = whole_pages(len)?;
        if !is_page_aligned(vmo_offset) || !VmarFlags::all().contains(flags) {
            return Err(Status::INVALID_ARGS);
        }
        let len_u64 = u64::try_from(len).map_err(|_| Status::OUT_OF_RANGE)?;
        let end = vmo_offset
            .checked_add(len_u64)
            .ok_or(Status::OUT_OF_RANGE)?;
        if !flags.contains(VmarFlags::ALLOW_FAULTS) && end > vmo.get_size()? {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        if let At::Exactly(addr) = at {
            self.holds(addr, len)?;
        }
        let offset = vmo_offset;
        let placement = Placement {
            offset,
            len,
            prot,
            at,
        };
        sys::map(vmo.memory(), placement)
    }

    /// Takes what is mapped at `addr` out of the address space. `len` is rounded up to the
    /// page; where nothing is mapped, nothing happens.
    ///
    /// # Safety
    ///
    /// Nothing uses those pages any more, and they hold nothing of Rust's: no stack, no heap,
    /// no code.
    ///
    /// # Errors
    ///
    /// [`Status::INVALID_ARGS`] if `addr` is not a multiple of the page or `len` is 0;
    /// [`Status::NO_RESOURCES`] if a mapping would have to be split and no more are allowed.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{VmarFlags, Vmo, vmar_root_self};
    /// let vmo = Vmo::create(4096)?;
    /// let addr = vmar_root_self().map(0, &vmo, 0, 100, VmarFlags::PERM_READ)?;
    /// // SAFETY: nobody else knows the address.
    /// unsafe { vmar_root_self().unmap(addr, 100)? };
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub unsafe fn unmap(&self, addr: usize, len: usize) -> Result<(), Status> {
        // The kernel checks what is asked for here, and rounds up: each page of ours that is
        // touched on the way costs a walk of the page tables, which unmapping has flushed.
        // SAFETY: the caller's contract.
        unsafe { sys::unmap(addr, len) }
    }

    /// Changes what the pages at `addr` permit, to none, `PERM_READ`, or `PERM_READ` and
    /// `PERM_WRITE`. `len` is rounded up to the page.
    ///
    /// What can be asked for is bounded by the descriptor's mode and the VMO's seals.
    ///
    /// # Safety
    ///
    /// Nothing relies on what is taken away, a reference into those pages for example, nor on
    /// bytes that can now be written.
    ///
    /// # Errors
    ///
    /// - [`Status::INVALID_ARGS`]: `addr` is not a multiple of the page, `len` is 0,
    ///   `PERM_WRITE` without `PERM_READ`, or a flag that is no permission.
    /// - [`Status::ACCESS_DENIED`]: the descriptor or a seal forbids it; `PERM_EXECUTE`.
    /// - [`Status::NOT_FOUND`]: nothing is mapped in a part of the range. What lies before
    ///   that part may have been changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{VmarFlags, Vmo, vmar_root_self};
    /// let vmo = Vmo::create(4096)?;
    /// let addr = vmar_root_self().map(0, &vmo, 0, 4096, VmarFlags::empty())?;
    /// // SAFETY: nobody else knows the address.
    /// unsafe { vmar_root_self().protect(addr, 4096, VmarFlags::PERM_READ)? };
    /// // SAFETY: as above.
    /// unsafe { vmar_root_self().unmap(addr, 4096)? };
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub unsafe fn protect(&self, addr: usize, len: usize, flags: VmarFlags) -> Result<(), Status> {
        if !VmarFlags::PERMISSIONS.contains(flags) {
            return Err(Status::INVALID_ARGS);
        }
        let prot = prot(flags)?;
        let len = self.whole_range(addr, len)?;
        if flags.contains(VmarFlags::PERM_EXECUTE) {
            return Err(Status::ACCESS_DENIED);
        }
        // SAFETY: the caller's contract.
        unsafe { sys::protect(addr, len, prot) }
    }

    /// Keeps what is mapped at `addr` out of the processes that fork(2) makes of this one:
    /// there the pages are not mapped, and something else may be.
    ///
    /// Zircon has no fork. Here a child would share the memory like any other peer, with
    /// writable pages if they are writable here.
    ///
    /// # Safety
    ///
    /// The pages were mapped by [`map`](Self::map), and nothing in a child uses them: who
    /// forks must see to that, and that nothing unmaps them there.
    ///
    /// # Errors
    ///
    /// - [`Status::INVALID_ARGS`] if `addr` is not a multiple of the page or `len` is 0.
    /// - [`Status::NO_RESOURCES`] if a mapping would have to be split and no more are allowed.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{VmarFlags, Vmo, vmar_root_self};
    /// let vmo = Vmo::create(4096)?;
    /// let addr = vmar_root_self().map(0, &vmo, 0, 4096, VmarFlags::PERM_READ)?;
    /// // SAFETY: mapped above, and no child of this process knows the address.
    /// unsafe { vmar_root_self().dont_fork(addr, 4096)? };
    /// # // SAFETY: nobody else knows the address.
    /// # unsafe { vmar_root_self().unmap(addr, 4096)? };
    /// # Ok::<(), zx::Status>(())
    /// ```
    ///
    /// Source: MADV_DONTFORK in madvise(2).
    pub unsafe fn dont_fork(&self, addr: usize, len: usize) -> Result<(), Status> {
        let len = self.whole_range(addr, len)?;
        // SAFETY: the caller's contract.
        unsafe { sys::dont_fork(addr, len) }
    }

    /// Where this VMAR lies.
    ///
    /// # Errors
    ///
    /// None.
    ///
    /// # Examples
    ///
    /// ```
    /// let info = zx::vmar_root_self().info()?;
    /// let local = 0u8;
    /// assert!((info.base..info.base + info.len).contains(&(&raw const local).addr()));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn info(&self) -> Result<VmarInfo, Status> {
        Ok(self.range())
    }

    fn range(&self) -> VmarInfo {
        *self.range.get_or_init(|| {
            let (base, len) = sys::root();
            VmarInfo { base, len }
        })
    }

    /// The place that an offset and flags ask for.
    fn place(&self, vmar_offset: usize, flags: VmarFlags) -> Result<At, Status> {
        let align = alignment(flags)?;
        if !flags.contains(VmarFlags::SPECIFIC) {
            return match vmar_offset {
                0 => Ok(At::Anywhere { align }),
                _ => Err(Status::INVALID_ARGS),
            };
        }
        let addr = self.range().base.checked_add(vmar_offset);
        match addr {
            Some(addr) if addr % align == 0 => Ok(At::Exactly(addr)),
            _ => Err(Status::INVALID_ARGS),
        }
    }

    /// Whether `addr .. addr + len` is inside.
    fn holds(&self, addr: usize, len: usize) -> Result<(), Status> {
        let range = self.range();
        let offset = addr.checked_sub(range.base);
        match offset.and_then(|offset| offset.checked_add(len)) {
            Some(end) if end <= range.len => Ok(()),
            _ => Err(Status::INVALID_ARGS),
        }
    }

    /// `len` in whole pages, if `addr` is a multiple of the page and the range is inside.
    fn whole_range(&self, addr: usize, len: usize) -> Result<usize, Status> {
        let len = whole_pages(len)?;
        if addr % sys::page_size() != 0 {
            return Err(Status::INVALID_ARGS);
        }
        self.holds(addr, len)?;
        Ok(len)
    }
}

/// What the flags permit, if the handle does too. Zircon's order of checks.
fn permission(vmo: &Vmo, flags: VmarFlags) -> Result<Prot, Status> {
    vmo.require(Rights::MAP)?;
    let prot = prot(flags)?;
    if flags.intersects(VmarFlags::CAN_MAP) {
        return Err(Status::INVALID_ARGS);
    }
    let needs = [
        (VmarFlags::PERM_READ, Rights::READ),
        (VmarFlags::PERM_WRITE, Rights::WRITE),
        (VmarFlags::PERM_EXECUTE, Rights::EXECUTE),
    ];
    for (flag, right) in needs {
        if flags.contains(flag) {
            vmo.require(right)?;
        }
    }
    Ok(prot)
}

/// What the flags ask for that a memfd does not have.
fn demands(vmo: &Vmo, flags: VmarFlags) -> Result<(), Status> {
    if flags.contains(VmarFlags::FAULT_BEYOND_STREAM_SIZE) {
        return Err(match flags.contains(VmarFlags::ALLOW_FAULTS) {
            true => Status::NOT_SUPPORTED,
            false => Status::INVALID_ARGS,
        });
    }
    let resizable = vmo.memory().loses_pages();
    if flags.contains(VmarFlags::OFFSET_IS_UPPER_LIMIT)
        || (flags.contains(VmarFlags::REQUIRE_NON_RESIZABLE) && resizable)
        // The kernel would round the range to huge pages, over its neighbours.
        || !vmo.memory().has_ordinary_pages()
    {
        return Err(Status::NOT_SUPPORTED);
    }
    Ok(())
}

/// The permission in flags. To write or execute without reading is no permission.
fn prot(flags: VmarFlags) -> Result<Prot, Status> {
    let read = flags.contains(VmarFlags::PERM_READ);
    let write = flags.contains(VmarFlags::PERM_WRITE);
    match (read, write) {
        (true, true) => Ok(Prot::ReadWrite),
        (true, false) => Ok(Prot::Read),
        (false, _) if flags.intersects(VmarFlags::PERM_WRITE | VmarFlags::PERM_EXECUTE) => {
            Err(Status::INVALID_ARGS)
        }
        (false, _) => Ok(Prot::None),
    }
}

/// The alignment in flags, in bytes: a page at least.
fn alignment(flags: VmarFlags) -> Result<usize, Status> {
    let page = sys::page_size();
    match flags.bits() >> VmarFlags::ALIGN_SHIFT {
        0 => Ok(page),
        log2 @ 10..=32 => {
            let align = 1usize.checked_shl(log2).ok_or(Status::INVALID_ARGS)?;
            Ok(align.max(page))
        }
        _ => Err(Status::INVALID_ARGS),
    }
}

/// `len` in whole pages.
///
/// # Errors
///
/// `INVALID_ARGS` if it is 0, or rounding it up overflows.
fn whole_pages(len: usize) -> Result<usize, Status> {
    match len.checked_next_multiple_of(sys::page_size()) {
        None | Some(0) => Err(Status::INVALID_ARGS),
        Some(len) => Ok(len),
    }
}

fn is_page_aligned(offset: u64) -> bool {
    u64::try_from(sys::page_size()).is_ok_and(|page| offset % page == 0)
}
