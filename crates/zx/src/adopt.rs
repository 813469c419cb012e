// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gate for foreign descriptors: what is asked of them, and how they are refused.
//!
//! The checks are the kernel's business (`sys`); here is what they are called.

mod error;
mod kind;

pub use error::AdoptError;
pub(crate) use error::Reason;
pub use kind::FdKind;

/// What [`Vmo::from_fd`](crate::Vmo::from_fd) asks of a foreign descriptor.
///
/// | policy | asks for | a peer can still | you get |
/// |---|---|---|---|
/// | `Strict` | `SHRINK`, `GROW`, `SEAL` | change bytes, punch holes | the memory itself |
/// | `Shrink` | `SHRINK` | also grow it, and seal it against your writing | the memory itself |
/// | `Published` | `FUTURE_WRITE`, `SHRINK` | nothing, unless it is the owner, who writes on | the memory itself, to read |
/// | `Immutable` | `WRITE`, `SHRINK`, no holes | nothing | the memory itself, to read |
/// | `Copy` | that it can be read without waiting for anybody | nothing | a private copy |
/// | `Guarded` | the same | everything: change it, truncate it, take pages away | what only guarded access takes |
///
/// Programs seal differently: some only `SHRINK`, some all three, some only `SEAL`. `Shrink`
/// is what safety needs and the default; `Strict` is for protocols that both sides write.
///
/// `Copy` and `Guarded` take memfds with any seals, files on tmpfs (as in /dev/shm) and files
/// on a disk of this machine. What a server stands behind (FUSE, a network) is refused by
/// every policy: it could make a call wait for ever.
///
/// # Examples
///
/// ```
/// use std::os::fd::OwnedFd;
/// use zx::{AdoptPolicy, Vmo};
///
/// let fd = OwnedFd::from(Vmo::create(4096)?);
/// let vmo = Vmo::from_fd(fd, AdoptPolicy::Strict).unwrap();
/// # assert_eq!(vmo.get_size()?, 4096);
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AdoptPolicy {
    /// Nothing about it can change any more but its bytes. What protocols ask for that both
    /// sides write.
    Strict,
    /// It can't get smaller, so no access faults. What programs in the wild seal varies, and
    /// this is what safety needs.
    #[default]
    Shrink,
    /// Whatever it is, its bytes as they are now, in a new VMO that nobody else has.
    ///
    /// # Hostile peer
    ///
    /// Decides what the bytes are, and can write while they are copied. As much memory is
    /// taken as the descriptor has in data; what is zero takes none. Set
    /// [`max_size`](AdoptOptions::max_size): all of it is read, but for holes.
    Copy,
    /// Nobody can change the bytes any more, whoever holds it.
    ///
    /// Holes would be filled by reading them, at the expense of this process, so there may be
    /// none, or as many as [`max_holes`](AdoptOptions::max_holes) says.
    Immutable,
    /// Nobody can write but through a mapping that was there before the seal: its owner's.
    Published,
    /// It can get smaller, and its pages can go away, while it is used. A mapping would be a
    /// SIGBUS then, so there is none: `mapped_vmo::Guarded` reads and writes by system call.
    Guarded,
}

/// A policy, and limits to what it accepts.
///
/// # Examples
///
/// ```
/// use std::os::fd::OwnedFd;
/// use zx::{AdoptOptions, AdoptPolicy, Status, Vmo};
///
/// // The message said: 5000 bytes. Nobody here needs more than a megabyte.
/// let options = AdoptOptions::new(AdoptPolicy::Strict).claimed_size(5000).max_size(1 << 20);
///
/// let small = Vmo::from_fd(OwnedFd::from(Vmo::create(4096)?), options).unwrap_err();
/// assert_eq!(small.status(), Status::BUFFER_TOO_SMALL);
/// let large = Vmo::from_fd(OwnedFd::from(Vmo::create(2 << 20)?), options).unwrap_err();
/// assert_eq!(large.status(), Status::FILE_BIG);
/// assert!(Vmo::from_fd(OwnedFd::from(Vmo::create(5000)?), options).is_ok());
/// # Ok::<(), Status>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "options do nothing until they are given to `Vmo::from_fd`"]
pub struct AdoptOptions {
    pub(crate) policy: AdoptPolicy,
    pub(crate) max_size: u64,
    pub(crate) claimed_size: u64,
    pub(crate) max_holes: u64,
    pub(crate) huge_pages: HugePages,
}

/// Whether memfds of huge pages are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HugePages {
    /// No.
    Refused,
    /// By the policies that can live with them.
    Allowed,
}

impl AdoptOptions {
    /// The policy, without limits: any size, no holes, no huge pages.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AdoptOptions, AdoptPolicy};
    /// let options = AdoptOptions::new(AdoptPolicy::Immutable);
    /// # let _ = options;
    /// ```
    pub const fn new(policy: AdoptPolicy) -> Self {
        Self {
            policy,
            max_size: u64::MAX,
            claimed_size: 0,
            max_holes: 0,
            huge_pages: HugePages::Refused,
        }
    }

    /// Refuses what is larger than `bytes`, with [`Status::FILE_BIG`](crate::Status::FILE_BIG).
    ///
    /// A peer can make a file of 2^63 bytes at no cost, and the process that touches its pages
    /// pays for them.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::fd::OwnedFd;
    /// use zx::{AdoptOptions, AdoptPolicy, Vmo};
    /// let options = AdoptOptions::new(AdoptPolicy::Shrink).max_size(4096);
    /// assert!(Vmo::from_fd(OwnedFd::from(Vmo::create(4097)?), options).is_err());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub const fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = bytes;
        self
    }

    /// Refuses what is smaller than `bytes`, the size that the sender claimed, with
    /// [`Status::BUFFER_TOO_SMALL`](crate::Status::BUFFER_TOO_SMALL).
    ///
    /// It is the size of the file that counts, to the byte.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::fd::OwnedFd;
    /// use zx::{AdoptOptions, AdoptPolicy, Vmo};
    /// let options = AdoptOptions::new(AdoptPolicy::Shrink).claimed_size(4097);
    /// let error = Vmo::from_fd(OwnedFd::from(Vmo::create(4096)?), options).unwrap_err();
    /// assert!(error.to_string().contains("4096 bytes, fewer than the 4097"));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub const fn claimed_size(mut self, bytes: u64) -> Self {
        self.claimed_size = bytes;
        self
    }

    /// [`Immutable`](AdoptPolicy::Immutable): fills up to `bytes` of holes. The default is 0.
    ///
    /// # Cost
    ///
    /// Where there are holes, memory for them and the time to clear it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::fd::OwnedFd;
    /// use zx::{AdoptOptions, AdoptPolicy, Extent, Name, SealPlan, Status, Vmo};
    ///
    /// let sparse = || -> Result<OwnedFd, Status> {
    ///     let name = Name::default();
    ///     let vmo = Vmo::create_planned(&name, SealPlan::Freezable, Extent::Pages, 8192)?;
    ///     vmo.write(b"one page of two", 0)?;
    ///     vmo.freeze()?;
    ///     Ok(vmo.into())
    /// };
    /// let options = AdoptOptions::new(AdoptPolicy::Immutable);
    /// assert!(Vmo::from_fd(sparse()?, options).is_err());
    /// assert!(Vmo::from_fd(sparse()?, options.max_holes(4096)).is_ok());
    /// # Ok::<(), Status>(())
    /// ```
    pub const fn max_holes(mut self, bytes: u64) -> Self {
        self.max_holes = bytes;
        self
    }

    /// [`Copy`](AdoptPolicy::Copy) and [`Guarded`](AdoptPolicy::Guarded): takes memfds of huge
    /// pages too. The other policies never do.
    ///
    /// # Hostile peer
    ///
    /// Can take huge pages away in spite of every seal, by emptying the machine's pool.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AdoptOptions, AdoptPolicy};
    /// let options = AdoptOptions::new(AdoptPolicy::Guarded).allow_huge_pages();
    /// # let _ = options;
    /// ```
    pub const fn allow_huge_pages(mut self) -> Self {
        self.huge_pages = HugePages::Allowed;
        self
    }
}

impl From<AdoptPolicy> for AdoptOptions {
    fn from(policy: AdoptPolicy) -> Self {
        Self::new(policy)
    }
}

/// Who can do what to a VMO, as its seals say: the answer of [`Vmo::tier`](crate::Vmo::tier).
///
/// | tier | the bytes | the size | the pages | access by |
/// |---|---|---|---|---|
/// | `Immutable` | stay | stays, or grows | stay | `ImmutableMapping`, `ReadOnlyMapping`, `Mapping` |
/// | `Published` | the owner writes | stays, or grows | stay | `ReadOnlyMapping`, `Mapping` |
/// | `Shared` | any holder writes | stays, or grows | can be punched: they read as zeros | `Mapping` |
/// | `Guarded` | any holder writes | can shrink | can go away | `Guarded` |
///
/// A tier can only get better: seals are added and never taken away.
///
/// # Examples
///
/// ```
/// use zx::{Tier, Vmo, VmoOptions};
/// assert_eq!(Vmo::create(4096)?.tier(), Tier::Shared);
/// assert_eq!(Vmo::create_with_opts(VmoOptions::RESIZABLE, 4096)?.tier(), Tier::Guarded);
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tier {
    /// Nobody can change the bytes.
    Immutable,
    /// Only mappings that are older than the seal can: the owner's.
    Published,
    /// Whoever holds a writable descriptor can, and can punch holes. The size can't shrink.
    Shared,
    /// Pages can go away while they are used.
    Guarded,
}
