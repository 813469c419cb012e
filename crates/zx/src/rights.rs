// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Rights`]: what a handle permits.
//!
//! A right is kept beside the descriptor and checked before the kernel is asked. What the
//! kernel enforces against a peer is the descriptor's mode and the VMO's seals, no more:
//! rights keep honest code honest.

use crate::Status;

bitflags::bitflags! {
    /// What the holder of a handle may do with it.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Rights, Status};
    ///
    /// let vmo = zx::Vmo::create(4096)?;
    /// let reader = vmo.duplicate_handle(Rights::READ | Rights::MAP)?;
    /// assert_eq!(reader.write(b"no", 0), Err(Status::ACCESS_DENIED));
    /// # Ok::<(), Status>(())
    /// ```
    ///
    /// Source: <https://fuchsia.dev/reference/kernel_objects/rights>.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[repr(transparent)]
    pub struct Rights: u32 {
        /// No rights.
        const NONE = 0;
        /// Duplicate the handle.
        const DUPLICATE = 1 << 0;
        /// Give the handle away.
        const TRANSFER = 1 << 1;
        /// Read the object's bytes.
        const READ = 1 << 2;
        /// Write the object's bytes.
        const WRITE = 1 << 3;
        /// Map the bytes executable. No VMO here has it.
        const EXECUTE = 1 << 4;
        /// Map the VMO.
        const MAP = 1 << 5;
        /// Read properties, such as the name.
        const GET_PROPERTY = 1 << 6;
        /// Change properties.
        const SET_PROPERTY = 1 << 7;
        /// List children.
        const ENUMERATE = 1 << 8;
        /// Destroy the object.
        const DESTROY = 1 << 9;
        /// Change policy.
        const SET_POLICY = 1 << 10;
        /// Read policy.
        const GET_POLICY = 1 << 11;
        /// Raise user signals.
        const SIGNAL = 1 << 12;
        /// Raise user signals on the peer.
        const SIGNAL_PEER = 1 << 13;
        /// Wait for signals.
        const WAIT = 1 << 14;
        /// Ask for information.
        const INSPECT = 1 << 15;
        /// Manage jobs.
        const MANAGE_JOB = 1 << 16;
        /// Manage processes.
        const MANAGE_PROCESS = 1 << 17;
        /// Manage threads.
        const MANAGE_THREAD = 1 << 18;
        /// Apply a profile.
        const APPLY_PROFILE = 1 << 19;
        /// Manage sockets.
        const MANAGE_SOCKET = 1 << 20;
        /// Operate on children.
        const OP_CHILDREN = 1 << 21;
        /// Change the size of a resizable VMO.
        const RESIZE = 1 << 22;
        /// Attach a VMO to a pager.
        const ATTACH_VMO = 1 << 23;
        /// Manage VMOs.
        const MANAGE_VMO = 1 << 24;
        /// The rights that the handle has already, in `duplicate` and `replace`.
        const SAME_RIGHTS = 1 << 31;

        /// Transfer, duplicate, wait, inspect.
        const BASIC = Self::TRANSFER.bits() | Self::DUPLICATE.bits() | Self::WAIT.bits()
            | Self::INSPECT.bits();
        /// Read and write.
        const IO = Self::READ.bits() | Self::WRITE.bits();
        /// Read and change properties.
        const PROPERTY = Self::GET_PROPERTY.bits() | Self::SET_PROPERTY.bits();
        /// Read and change policy.
        const POLICY = Self::GET_POLICY.bits() | Self::SET_POLICY.bits();
        /// What a new channel has: one end belongs to one holder, so it can't be duplicated.
        const CHANNEL_DEFAULT = Self::TRANSFER.bits() | Self::WAIT.bits()
            | Self::INSPECT.bits() | Self::IO.bits() | Self::SIGNAL.bits()
            | Self::SIGNAL_PEER.bits();
        /// What a new event pair has.
        const EVENTPAIR_DEFAULT = Self::BASIC.bits() | Self::SIGNAL.bits()
            | Self::SIGNAL_PEER.bits();
        /// What a new handle of a process has.
        const PROCESS_DEFAULT = Self::BASIC.bits() | Self::IO.bits() | Self::PROPERTY.bits()
            | Self::ENUMERATE.bits() | Self::DESTROY.bits() | Self::SIGNAL.bits()
            | Self::MANAGE_PROCESS.bits() | Self::MANAGE_THREAD.bits();
        /// What a new VMO has; a resizable one has `RESIZE` too.
        const VMO_DEFAULT = Self::BASIC.bits() | Self::IO.bits() | Self::PROPERTY.bits()
            | Self::MAP.bits() | Self::SIGNAL.bits();
    }
}

impl Rights {
    /// Whether all of `needed` are held.
    ///
    /// # Errors
    ///
    /// `ACCESS_DENIED` if not.
    pub(crate) fn require(self, needed: Self) -> Result<(), Status> {
        if self.contains(needed) {
            Ok(())
        } else {
            Err(Status::ACCESS_DENIED)
        }
    }

    /// What a duplicate or replacement gets of these.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGS` if it asks for one that is not held.
    pub(crate) fn reduced(self, asked: Self) -> Result<Self, Status> {
        if asked == Self::SAME_RIGHTS {
            Ok(self)
        } else if self.contains(asked) {
            Ok(asked)
        } else {
            Err(Status::INVALID_ARGS)
        }
    }
}
