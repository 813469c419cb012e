// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a [`Vmo`]'s seals promise, and the two ways to add some: freezing and publishing.

use super::Vmo;
use crate::{Rights, Status, Tier};

impl Vmo {
    /// Makes a [`Freezable`](crate::SealPlan::Freezable) VMO immutable, for everybody and for ever.
    ///
    /// # Errors
    ///
    /// - [`Status::BAD_STATE`]: somebody still has it mapped, or the kernel is still writing
    ///   to its pages. A mapping counts even if it only reads, when it was made through a
    ///   descriptor that can write: it could be made writable. Try
    ///   again: [`freeze_within`](Self::freeze_within) does.
    /// - [`Status::NOT_SUPPORTED`]: it was not made freezable.
    /// - [`Status::ACCESS_DENIED`]: the right `WRITE` is missing.
    ///
    /// One that is immutable already is `Ok`.
    ///
    /// # Examples
    ///
    /// ```
    /// let fixed = zx::Vmo::create(4096)?;
    /// assert_eq!(fixed.freeze(), Err(zx::Status::NOT_SUPPORTED));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn freeze(&self) -> Result<(), Status> {
        self.require(Rights::WRITE)?;
        self.memory().freeze()
    }

    /// Makes everybody else a reader, for ever. The VMO was made with
    /// [`SealPlan::Published`](crate::SealPlan::Published), and its owner has mapped it writable by now; nobody will get
    /// another writable mapping, the owner included. The handle loses the right `WRITE`.
    ///
    /// # Hostile peer
    ///
    /// Whoever holds the VMO after this can read it, and that is all: writing, mapping it
    /// writable, punching holes and truncating are refused by the kernel, whatever the peer's
    /// user is. Who may ptrace the owner can write to the owner's mapping.
    ///
    /// # Errors
    ///
    /// [`Status::NOT_SUPPORTED`] if it was not made to be published, or is already, or if the
    /// kernel does not know the seal (Linux before 5.1);
    /// [`Status::ACCESS_DENIED`] without the right `WRITE`. The handle is closed then.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Extent, Name, SealPlan, Status, Tier, VmarFlags, Vmo, vmar_root_self};
    ///
    /// let plan = SealPlan::Published;
    /// let vmo = Vmo::create_planned(&Name::default(), plan, Extent::Pages, 4096)?;
    /// let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    /// let addr = vmar_root_self().map(0, &vmo, 0, 4096, flags)?; // writes, as long as it lives
    /// let vmo = vmo.publish()?;
    /// assert_eq!(vmo.tier(), Tier::Published);
    /// assert_eq!(vmo.write(b"no", 0), Err(Status::ACCESS_DENIED));
    /// # // SAFETY: nobody else knows the address.
    /// # unsafe { vmar_root_self().unmap(addr, 4096)? };
    /// # Ok::<(), Status>(())
    /// ```
    ///
    /// Source: F_SEAL_FUTURE_WRITE in fcntl(2).
    pub fn publish(self) -> Result<Self, Status> {
        self.require(Rights::WRITE)?;
        Ok(Self {
            rights: self.rights.difference(Rights::WRITE | Rights::RESIZE),
            memory: self.memory.publish()?,
            state: self.state,
        })
    }

    /// What a peer can still do to the VMO, as its seals say now.
    ///
    /// # Cost
    ///
    /// One system call.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Tier, Vmo};
    /// assert_eq!(Vmo::create(4096)?.tier(), Tier::Shared);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.memory().tier()
    }

    /// Whether nobody can change the bytes any more: the seals say so.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!zx::Vmo::create(4096)?.is_immutable());
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn is_immutable(&self) -> bool {
        self.memory().is_immutable()
    }
}
