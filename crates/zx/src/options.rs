// SPDX-License-Identifier: MIT OR Apache-2.0
//! How a VMO is made: Zircon's [`VmoOptions`], and what a memfd needs to know besides.

bitflags::bitflags! {
    /// Options of [`Vmo::create_with_opts`](crate::Vmo::create_with_opts).
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create_with_opts(zx::VmoOptions::RESIZABLE, 4096)?;
    /// vmo.set_size(8192)?;
    /// assert_eq!(vmo.get_size()?, 8192);
    /// # Ok::<(), zx::Status>(())
    /// ```
    ///
    /// Source: <https://fuchsia.dev/reference/syscalls/vmo_create>.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[repr(transparent)]
    pub struct VmoOptions: u32 {
        /// The size can be changed later, so the VMO can't be mapped safely.
        const RESIZABLE = 1 << 1;
        /// Track which pages are dirty. Not supported.
        const TRAP_DIRTY = 1 << 3;
        /// As large as the system can make it. Not supported.
        const UNBOUNDED = 1 << 4;
    }
}

/// Which seals a VMO gets, and when: a choice for life, because the seal that forbids
/// further seals belongs to most of them.
///
/// | plan | seals at once | later |
/// |---|---|---|
/// | `Fixed` | `SHRINK`, `GROW`, `SEAL` | |
/// | `Resizable` | `SEAL` | |
/// | `Freezable` | `SHRINK`, `GROW` | `WRITE`, `SEAL` by [`freeze`](crate::Vmo::freeze) |
/// | `Growable` | `SHRINK`, `SEAL` | |
/// | `Published` | | `SHRINK`, `GROW`, `FUTURE_WRITE`, `SEAL` by [`publish`](crate::Vmo::publish) |
///
/// # Examples
///
/// ```
/// use zx::{Extent, Name, SealPlan, Vmo};
///
/// let vmo = Vmo::create_planned(&Name::default(), SealPlan::Freezable, Extent::Pages, 4096)?;
/// vmo.write(b"for ever", 0)?;
/// vmo.freeze()?;
/// assert_eq!(vmo.write(b"no more", 0), Err(zx::Status::ACCESS_DENIED));
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SealPlan {
    /// The size never changes; the bytes do. What [`Vmo::create`](crate::Vmo::create) makes.
    #[default]
    Fixed,
    /// The size can change, so nobody can map it safely: use `read` and `write`.
    Resizable,
    /// The size never changes, and the bytes stop changing when the maker says so.
    ///
    /// # Hostile peer
    ///
    /// Until then a peer with a writable descriptor can add seals as well, `WRITE` among
    /// them: hand it out after [`freeze`](crate::Vmo::freeze).
    Freezable,
    /// The size can get larger, and never smaller: what is mapped stays there.
    ///
    /// # Hostile peer
    ///
    /// Who has a writable descriptor can make it larger too, at no cost to anybody until the
    /// pages are touched.
    Growable,
    /// Its owner writes and everybody else reads. What is mapped writable before
    /// [`publish`](crate::Vmo::publish) stays so; nothing ever becomes so afterwards.
    /// `mapped_vmo::WriterMapping` does it all.
    ///
    /// # Hostile peer
    ///
    /// Until it is published it has no seals: nobody else may have it before.
    Published,
}

/// Where the memory ends.
///
/// # Examples
///
/// ```
/// use zx::{Extent, Name, SealPlan, Vmo};
/// use std::os::fd::OwnedFd;
///
/// let vmo = Vmo::create_planned(&Name::default(), SealPlan::Fixed, Extent::Exact, 11)?;
/// assert_eq!((vmo.get_size()?, vmo.get_content_size()?), (4096, 11));
/// let file = std::fs::File::from(OwnedFd::from(vmo));
/// assert_eq!(file.metadata().unwrap().len(), 11);
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Extent {
    /// At the end of the last page, as on Zircon.
    #[default]
    Pages,
    /// At the byte that was asked for: a file of this size, for programs that do not know
    /// what a VMO is. [`get_size`](crate::Vmo::get_size) still rounds up.
    ///
    /// # Hostile peer
    ///
    /// The bytes between the end and the end of the page are outside every guarantee: any
    /// holder of a writable descriptor can zero them, whatever the seals say.
    Exact,
}

/// What [`Vmo::op_range`](crate::Vmo::op_range) does.
///
/// # Examples
///
/// ```
/// let vmo = zx::Vmo::create(4096)?;
/// vmo.write(b"secret", 0)?;
/// vmo.op_range(zx::VmoOp::ZERO, 0, 4096)?;
/// assert_eq!(vmo.read_to_array::<u8, 6>(0)?, [0; 6]);
/// # Ok::<(), zx::Status>(())
/// ```
///
/// Source: <https://fuchsia.dev/reference/syscalls/vmo_op_range>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct VmoOp(u32);

impl VmoOp {
    /// Take the memory now.
    pub const COMMIT: Self = Self(1);
    /// Give whole pages back; they read as zeros.
    pub const DECOMMIT: Self = Self(2);
    /// Keep a discardable VMO. Not supported.
    pub const LOCK: Self = Self(3);
    /// Let a discardable VMO go. Not supported.
    pub const UNLOCK: Self = Self(4);
    /// Make code visible to the instruction fetch. Nothing to do here.
    pub const CACHE_SYNC: Self = Self(6);
    /// Drop cached bytes. Nothing to do here.
    pub const CACHE_INVALIDATE: Self = Self(7);
    /// Write cached bytes back. Nothing to do here.
    pub const CACHE_CLEAN: Self = Self(8);
    /// Write cached bytes back and drop them. Nothing to do here.
    pub const CACHE_CLEAN_INVALIDATE: Self = Self(9);
    /// Make the bytes zero.
    pub const ZERO: Self = Self(10);
    /// Keep a discardable VMO if it is still there. Not supported.
    pub const TRY_LOCK: Self = Self(11);
    /// A hint: the pages may be evicted. Ignored.
    pub const DONT_NEED: Self = Self(12);
    /// A hint: the pages should stay. Ignored.
    pub const ALWAYS_NEED: Self = Self(13);
    /// A hint: the pages are needed soon. Ignored.
    pub const PREFETCH: Self = Self(14);

    /// The operation with this number.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::VmoOp::from_raw(10), zx::VmoOp::ZERO);
    /// ```
    #[must_use]
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// The number.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::VmoOp::COMMIT.into_raw(), 1);
    /// ```
    #[must_use]
    pub const fn into_raw(self) -> u32 {
        self.0
    }
}
