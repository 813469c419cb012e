// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Vmo`]: memory that has a handle, so that processes can share it.
//!
//! Its bytes are copied by the kernel here (`read`, `write`), which can't fault. To have them
//! in this process's memory, map them: the crate `mapped_vmo` does.

use core::sync::atomic::{AtomicU64, Ordering};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use crate::sys::{self, Plan};
use crate::{
    AdoptError, AdoptOptions, AsHandleRef, AsName, Extent, HandleBased, Name, Rights, SealPlan,
    Status, VmoOptions,
};

mod bytes;
mod freeze_within;
mod holes;
mod interop;
mod seals;
mod some;

/// A virtual memory object: a number of pages, shared by all who hold a handle.
///
/// On Linux it is a memfd, with its size sealed unless it was made resizable.
///
/// # Hostile peer
///
/// Whoever holds the descriptor can change the bytes at any moment. It can't change the size
/// of a fixed VMO, nor take the right to write from others.
///
/// # Examples
///
/// ```
/// let vmo = zx::Vmo::create(5000)?;
/// vmo.write(b"hello", 4998)?;
/// assert_eq!(vmo.read_to_vec::<u8>(4998, 5)?, b"hello");
/// assert_eq!((vmo.get_size()?, vmo.get_content_size()?), (8192, 5000));
/// # Ok::<(), zx::Status>(())
/// ```
///
/// Sources: <https://fuchsia.dev/reference/kernel_objects/vm_object>, memfd_create(2),
/// F_ADD_SEALS in fcntl(2).
#[derive(Debug)]
pub struct Vmo {
    pub(crate) rights: Rights,
    pub(crate) memory: sys::Memory,
    pub(crate) state: Arc<VmoState>,
}

/// What the handles of one VMO share in this process.
#[derive(Debug)]
pub(crate) struct VmoState {
    name: Mutex<Name>,
    content_size: AtomicU64,
}

impl VmoState {
    pub(crate) fn name(&self) -> Name {
        // A name is copied in one piece, so a panic elsewhere left a whole one.
        *self.name.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn content_size(&self) -> u64 {
        self.content_size.load(Ordering::Relaxed)
    }

    pub(crate) fn note_content_size(&self, size: u64) {
        self.content_size.store(size, Ordering::Relaxed);
    }

    pub(crate) fn set_name(&self, name: Name) {
        *self.name.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }
}

impl Vmo {
    /// Makes a VMO whose size never changes, filled with zeros.
    ///
    /// `size` is in bytes and is rounded up to the page.
    ///
    /// # Errors
    ///
    /// - [`Status::OUT_OF_RANGE`]: no file can be that large.
    /// - [`Status::NO_RESOURCES`]: this process is at its limit of open files or of file size
    ///   (`RLIMIT_FSIZE`).
    /// - [`Status::NO_MEMORY`]: the kernel has none left.
    /// - [`Status::NOT_SUPPORTED`]: the kernel has no memfd.
    ///
    /// # Cost
    ///
    /// Four system calls, about ten microseconds. No page is taken before it is touched.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create(1)?;
    /// assert_eq!(vmo.get_size()?, 4096);
    /// assert_eq!(vmo.set_size(8192), Err(zx::Status::UNAVAILABLE));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create(size: u64) -> Result<Self, Status> {
        Self::create_with_opts(VmoOptions::empty(), size)
    }

    /// Makes a VMO, which can be resizable.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), and [`Status::INVALID_ARGS`] for options that are unknown
    /// or exclude each other, [`Status::NOT_SUPPORTED`] for `UNBOUNDED` and `TRAP_DIRTY`.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// assert!(vmo.set_size(0).is_ok());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create_with_opts(options: VmoOptions, size: u64) -> Result<Self, Status> {
        Self::create_named(&Name::default(), options, size)
    }

    /// [`create_with_opts`](Self::create_with_opts) with the name that tools show from the
    /// beginning; a name that is set later stays in this process.
    ///
    /// # Errors
    ///
    /// As [`create_with_opts`](Self::create_with_opts).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Name, Vmo, VmoOptions};
    /// let vmo = Vmo::create_named(&Name::new("frames")?, VmoOptions::empty(), 4096)?;
    /// assert_eq!(vmo.get_name()?, "frames");
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create_named(name: &Name, options: VmoOptions, size: u64) -> Result<Self, Status> {
        let unbounded_and_resizable = VmoOptions::UNBOUNDED | VmoOptions::RESIZABLE;
        if !VmoOptions::all().contains(options) || options.contains(unbounded_and_resizable) {
            return Err(Status::INVALID_ARGS);
        }
        if options.intersects(VmoOptions::UNBOUNDED | VmoOptions::TRAP_DIRTY) {
            return Err(Status::NOT_SUPPORTED);
        }
        let seals = if options.contains(VmoOptions::RESIZABLE) {
            SealPlan::Resizable
        } else {
            SealPlan::Fixed
        };
        Self::create_planned(name, seals, Extent::Pages, size)
    }

    /// Makes a VMO by its seals and its extent.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Extent, Name, SealPlan, Vmo};
    /// let vmo = Vmo::create_planned(&Name::default(), SealPlan::Freezable, Extent::Exact, 3)?;
    /// vmo.write(b"abc", 0)?;
    /// vmo.freeze()?;
    /// assert!(vmo.is_immutable());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create_planned(
        name: &Name,
        seals: SealPlan,
        extent: Extent,
        size: u64,
    ) -> Result<Self, Status> {
        let memory = sys::Memory::create(Plan {
            name,
            seals,
            extent,
            size,
        })?;
        let mut rights = Rights::VMO_DEFAULT;
        let resizable = matches!(seals, SealPlan::Resizable | SealPlan::Growable);
        rights.set(Rights::RESIZE, resizable);
        Ok(Self::from_parts(memory, rights, *name, size))
    }

    /// Takes a descriptor that somebody else made: the one gate for foreign memory.
    ///
    /// The descriptor is owned from the first moment and marked close-on-exec. The rights are
    /// those of a new VMO, without `WRITE` if the descriptor or a seal forbids it. The content
    /// size is the file's size and the name is empty: what the other side calls it is not
    /// believed.
    ///
    /// `options` is an [`AdoptPolicy`](crate::AdoptPolicy), or [`AdoptOptions`] to limit its
    /// size as well.
    ///
    /// # Hostile peer
    ///
    /// Can send anything. What the policy does not take is refused before anything could wait
    /// for whoever is behind it, and is closed without waiting either.
    ///
    /// # Errors
    ///
    /// [`AdoptError`], which says in a sentence what the descriptor is, what a peer could do
    /// with it, and what would be accepted; [`AdoptError::status`] is Zircon's number for it.
    ///
    /// # Cost
    ///
    /// Five system calls, less than two microseconds. `Copy` copies everything; `Immutable`
    /// fills holes, where that is allowed.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AdoptPolicy, Status, Vmo};
    ///
    /// let file = std::fs::File::open("/dev/zero").unwrap();
    /// let refused = Vmo::from_fd(file.into(), AdoptPolicy::Shrink).unwrap_err();
    /// assert_eq!(refused.status(), Status::WRONG_TYPE);
    /// println!("{refused}");
    /// ```
    pub fn from_fd(fd: OwnedFd, options: impl Into<AdoptOptions>) -> Result<Self, AdoptError> {
        let adopted = sys::Memory::adopt(fd, &options.into())?;
        let mut rights = Rights::VMO_DEFAULT;
        rights.set(Rights::WRITE, adopted.writable);
        let name = Name::default();
        let size = adopted.content_size;
        Ok(Self::from_parts(adopted.memory, rights, name, size))
    }

    fn from_parts(memory: sys::Memory, rights: Rights, name: Name, content_size: u64) -> Self {
        let state = VmoState {
            name: Mutex::new(name),
            content_size: AtomicU64::new(content_size),
        };
        Self {
            rights,
            memory,
            state: Arc::new(state),
        }
    }

    pub(crate) fn memory(&self) -> &sys::Memory {
        &self.memory
    }

    fn state(&self) -> &VmoState {
        &self.state
    }

    pub(crate) fn require(&self, rights: Rights) -> Result<(), Status> {
        self.rights.require(rights)
    }

    /// The size in bytes: a whole number of pages.
    ///
    /// # Errors
    ///
    /// None for a VMO whose size is fixed; else what fstat(2) answers.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Vmo::create(4097)?.get_size()?, 8192);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn get_size(&self) -> Result<u64, Status> {
        self.memory().size()
    }

    /// The size of the file in bytes, not rounded: the last byte that a seal says something
    /// about.
    ///
    /// # Hostile peer
    ///
    /// Can make it larger at any moment unless `GROW` is sealed, and smaller unless `SHRINK`
    /// is.
    ///
    /// # Errors
    ///
    /// None for a VMO whose size is fixed; else what fstat(2) answers.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Extent, Name, SealPlan, Vmo};
    /// let vmo = Vmo::create_planned(&Name::default(), SealPlan::Fixed, Extent::Exact, 11)?;
    /// assert_eq!((vmo.exact_size()?, vmo.get_size()?), (11, 4096));
    /// assert_eq!(Vmo::create(11)?.exact_size()?, 4096);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn exact_size(&self) -> Result<u64, Status> {
        self.memory().file_size()
    }

    /// Changes the size of a resizable VMO, or makes a growable one larger; `size` is rounded
    /// up to the page.
    ///
    /// New bytes are zero, and so is what was beyond `size` in its last page, if the VMO is
    /// resizable. The content size becomes `size`.
    ///
    /// # Errors
    ///
    /// - [`Status::ACCESS_DENIED`]: the right `WRITE` or `RESIZE` is missing.
    /// - [`Status::UNAVAILABLE`]: the size of this VMO is fixed, or it can only grow and is
    ///   larger than that.
    /// - [`Status::OUT_OF_RANGE`]: no file can be that large.
    /// - [`Status::NO_RESOURCES`]: this process may not make files that large.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// vmo.set_size(5000)?;
    /// assert_eq!(vmo.get_size()?, 8192);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn set_size(&self, size: u64) -> Result<(), Status> {
        self.require(Rights::WRITE)?;
        if self.memory().has_fixed_size() {
            return Err(Status::UNAVAILABLE);
        }
        self.require(Rights::RESIZE)?;
        self.memory().set_size(size)?;
        self.state().note_content_size(size);
        Ok(())
    }

    /// The size that was asked for, in bytes, not rounded; of an adopted VMO the size of the
    /// file.
    ///
    /// A note that the handles of this process share, and a peer does not see.
    ///
    /// # Errors
    ///
    /// [`Status::ACCESS_DENIED`] without the right `GET_PROPERTY`.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Vmo::create(11)?.get_content_size()?, 11);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn get_content_size(&self) -> Result<u64, Status> {
        self.require(Rights::GET_PROPERTY)?;
        Ok(self.state().content_size())
    }

    /// Notes another content size, which may be larger than the VMO. No byte changes.
    ///
    /// # Errors
    ///
    /// [`Status::ACCESS_DENIED`] without the rights `SET_PROPERTY` and `WRITE`.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create(4096)?;
    /// vmo.set_content_size(&5)?;
    /// assert_eq!((vmo.get_content_size()?, vmo.get_size()?), (5, 4096));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn set_content_size(&self, size: &u64) -> Result<(), Status> {
        self.require(Rights::SET_PROPERTY | Rights::WRITE)?;
        self.state().note_content_size(*size);
        Ok(())
    }

    /// What the holder may do.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Rights, Vmo};
    /// assert!(Vmo::create(4096)?.rights().contains(Rights::READ | Rights::WRITE));
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// Another handle to the same VMO, with these rights or fewer
    /// ([`Rights::SAME_RIGHTS`]: the same).
    ///
    /// # Errors
    ///
    /// - [`Status::ACCESS_DENIED`]: the right `DUPLICATE` is missing.
    /// - [`Status::INVALID_ARGS`]: `rights` has one that this handle lacks.
    /// - [`Status::NO_RESOURCES`]: this process is at its limit of open files.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Rights, Status, Vmo};
    /// let reader = Vmo::create(4096)?.duplicate_handle(Rights::READ)?;
    /// assert_eq!(reader.duplicate_handle(Rights::READ).unwrap_err(), Status::ACCESS_DENIED);
    /// # Ok::<(), Status>(())
    /// ```
    pub fn duplicate_handle(&self, rights: Rights) -> Result<Self, Status> {
        HandleBased::duplicate_handle(self, rights)
    }

    /// This handle with fewer rights. On an error it is closed, as on Zircon.
    ///
    /// # Errors
    ///
    /// [`Status::INVALID_ARGS`] if `rights` has one that this handle lacks.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Rights, Vmo};
    /// let reader = Vmo::create(4096)?.replace_handle(Rights::READ)?;
    /// assert_eq!(reader.rights(), Rights::READ);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn replace_handle(self, rights: Rights) -> Result<Self, Status> {
        HandleBased::replace_handle(self, rights)
    }

    /// The name, empty if it has none.
    ///
    /// # Errors
    ///
    /// [`Status::ACCESS_DENIED`] without the right `GET_PROPERTY`.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::Vmo::create(4096)?.get_name()?.is_empty());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn get_name(&self) -> Result<Name, Status> {
        AsHandleRef::get_name(self)
    }

    /// Names the VMO, for all its handles in this process.
    ///
    /// # Errors
    ///
    /// [`Status::INVALID_ARGS`] if the name is longer than 31 bytes or has a NUL in it,
    /// [`Status::ACCESS_DENIED`] without the right `SET_PROPERTY`.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create(4096)?;
    /// vmo.set_name("frames")?;
    /// assert_eq!(vmo.get_name()?, "frames");
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn set_name<N: AsName + ?Sized>(&self, name: &N) -> Result<(), Status> {
        AsHandleRef::set_name(self, name)
    }
}
