// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a mapping that writes to one that nobody writes, without a copy.
//!
//! ```text
//!   Mapping::allocate_freezable ──► fill it ──► ImmutableMapping::freeze ──► &[u8]
//! ```

use core::time::Duration;

use zx::{Extent, Name, SealPlan, Status, VmarFlags, Vmo, VmoOp};

use super::{ImmutableMapping, TruncatedImmutableMapping};
use crate::Mapping;
use crate::mapping::{no_memory, overcommit_is_strict};

impl Mapping {
    /// [`allocate`](Self::allocate) with a VMO that can be made immutable later: by
    /// [`ImmutableMapping::freeze`], or by [`Vmo::freeze`] once nobody has it mapped.
    ///
    /// # Hostile peer
    ///
    /// Whoever has the VMO before it is frozen can write, keep it from being frozen by a
    /// mapping of its own, and freeze it. Hand it out afterwards.
    ///
    /// # Errors
    ///
    /// As [`allocate`](Self::allocate).
    ///
    /// # Cost
    ///
    /// As [`allocate`](Self::allocate).
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use mapped_vmo::{ImmutableMapping, Mapping};
    ///
    /// let (mapping, vmo) = Mapping::allocate_freezable(4096)?;
    /// mapping.write_at(0, b"for ever");
    /// let fixed = ImmutableMapping::freeze(mapping, &vmo, Duration::ZERO)?;
    /// assert!(fixed.starts_with(b"for ever"));
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn allocate_freezable(size: usize) -> Result<(Self, Vmo), Status> {
        let size_u64 = u64::try_from(size).map_err(|_| Status::OUT_OF_RANGE)?;
        let (name, plan) = (Name::default(), SealPlan::Freezable);
        let vmo = Vmo::create_planned(&name, plan, Extent::Pages, size_u64)?;
        let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
        let mapping = Self::create_from_vmo(&vmo, size, flags)?;
        if overcommit_is_strict() {
            let committed = vmo.op_range(VmoOp::COMMIT, 0, size_u64);
            committed.map_err(no_memory)?;
        }
        Ok((mapping, vmo))
    }
}

impl ImmutableMapping {
    /// Takes `mapping` away, freezes `vmo`, of which it was one, and maps it for reading: the
    /// same pages, no copy.
    ///
    /// Others may have to let go too; that may take as long as `patience` says, see
    /// [`Vmo::freeze_within`].
    ///
    /// # Errors
    ///
    /// Those of [`Vmo::freeze_within`], [`Status::BAD_STATE`] if somebody else still has it
    /// mapped; those of [`create_from_vmo`](Self::create_from_vmo), as a status. The mapping
    /// is gone, the VMO and its bytes are yours: try again with [`Vmo::freeze_within`] and
    /// [`create_from_vmo`](Self::create_from_vmo), or take a snapshot with the latter alone.
    ///
    /// # Cost
    ///
    /// Seven system calls, whatever the size is, if nobody is in the way.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use mapped_vmo::zx::{Status, VmarFlags};
    /// use mapped_vmo::{ImmutableMapping, Mapping};
    ///
    /// let (mapping, vmo) = Mapping::allocate_freezable(4096)?;
    /// mapping.write_at(0, b"for ever");
    /// let holder = Mapping::create_from_vmo(&vmo, 4096, VmarFlags::PERM_READ)?;
    /// let held = ImmutableMapping::freeze(mapping, &vmo, Duration::ZERO);
    /// assert_eq!(held.unwrap_err(), Status::BAD_STATE);
    ///
    /// drop(holder);
    /// vmo.freeze_within(Duration::from_millis(10))?;
    /// let fixed = ImmutableMapping::create_from_vmo(&vmo, false)?;
    /// assert!(fixed.starts_with(b"for ever") && fixed.is_zero_copy());
    /// # Ok::<(), Status>(())
    /// ```
    pub fn freeze(mapping: Mapping, vmo: &Vmo, patience: Duration) -> Result<Self, Status> {
        drop(mapping);
        vmo.freeze_within(patience)?;
        Ok(Self::create_from_vmo(vmo, false)?)
    }
}

impl TruncatedImmutableMapping {
    /// [`ImmutableMapping::freeze`] that shows as many bytes as `mapping` had.
    ///
    /// # Errors
    ///
    /// As [`ImmutableMapping::freeze`], and [`Status::BUFFER_TOO_SMALL`] if `mapping` is one
    /// of another VMO, a larger one.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::time::Duration;
    /// use mapped_vmo::{Mapping, TruncatedImmutableMapping};
    ///
    /// let (mapping, vmo) = Mapping::allocate_freezable(11)?;
    /// mapping.write_at(0, b"the-content");
    /// let fixed = TruncatedImmutableMapping::freeze(mapping, &vmo, Duration::ZERO)?;
    /// assert_eq!(&*fixed, b"the-content");
    /// # Ok::<(), mapped_vmo::zx::Status>(())
    /// ```
    pub fn freeze(mapping: Mapping, vmo: &Vmo, patience: Duration) -> Result<Self, Status> {
        let len = mapping.len();
        drop(mapping);
        vmo.freeze_within(patience)?;
        Ok(Self::create_from_vmo(vmo, false, len)?)
    }
}
