// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Vmo`] among other types: handles, the standard library's descriptors, comparisons.

use core::cmp::Ordering;
use core::hash::{Hash, Hasher};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use super::Vmo;
use crate::object::{Object, ObjectRef};
use crate::{AdoptError, AdoptPolicy, AsHandleRef, Handle, HandleRef, Status};

impl AsHandleRef for Vmo {
    fn as_handle_ref(&self) -> HandleRef<'_> {
        HandleRef::new(self.rights, ObjectRef::Vmo(&self.memory, &self.state))
    }
}

impl From<Vmo> for Handle {
    fn from(vmo: Vmo) -> Self {
        Self {
            rights: vmo.rights,
            object: Object::Vmo(vmo.memory, vmo.state),
        }
    }
}

impl TryFrom<Handle> for Vmo {
    type Error = Status;

    /// `WRONG_TYPE` if the handle is one of another object.
    fn try_from(handle: Handle) -> Result<Self, Status> {
        match handle.object {
            Object::Vmo(memory, state) => Ok(Self {
                rights: handle.rights,
                memory,
                state,
            }),
            _ => Err(Status::WRONG_TYPE),
        }
    }
}

impl TryFrom<OwnedFd> for Vmo {
    type Error = AdoptError;

    /// [`Vmo::from_fd`] with [`AdoptPolicy::Shrink`].
    fn try_from(fd: OwnedFd) -> Result<Self, AdoptError> {
        Self::from_fd(fd, AdoptPolicy::Shrink)
    }
}

impl From<Vmo> for OwnedFd {
    fn from(vmo: Vmo) -> Self {
        vmo.memory.into()
    }
}

impl AsFd for Vmo {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}

impl AsRawFd for Vmo {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

// Handles compare by number, as on Zircon: two handles to one VMO are different.
impl PartialEq for Vmo {
    fn eq(&self, other: &Self) -> bool {
        self.as_raw_fd() == other.as_raw_fd()
    }
}

impl Eq for Vmo {}

impl PartialOrd for Vmo {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Vmo {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_raw_fd().cmp(&other.as_raw_fd())
    }
}

impl Hash for Vmo {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_raw_fd().hash(state);
    }
}
