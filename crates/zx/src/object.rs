// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a handle refers to, of which type, and what all types have in common.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use crate::end::End;
use crate::vmo::VmoState;
use crate::{Status, sys};

/// What a handle refers to. One variant per type of object.
#[derive(Debug)]
pub(crate) enum Object {
    /// The memory, and what its handles in this process share.
    Vmo(sys::Memory, Arc<VmoState>),
    /// One end of a channel.
    Channel(End),
    /// One end of an event pair.
    EventPair(End),
    /// A process.
    Process(sys::Process),
}

/// An object that somebody else holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ObjectRef<'a> {
    /// As [`Object::Vmo`].
    Vmo(&'a sys::Memory, &'a Arc<VmoState>),
    /// As [`Object::Channel`].
    Channel(&'a End),
    /// As [`Object::EventPair`].
    EventPair(&'a End),
    /// As [`Object::Process`].
    Process(&'a sys::Process),
}

impl<'a> ObjectRef<'a> {
    /// Another descriptor of the same object.
    pub(crate) fn duplicate(self) -> Result<Object, Status> {
        Ok(match self {
            Self::Vmo(memory, state) => Object::Vmo(memory.duplicate()?, Arc::clone(state)),
            Self::Channel(end) => Object::Channel(end.duplicate()?),
            Self::EventPair(end) => Object::EventPair(end.duplicate()?),
            Self::Process(process) => Object::Process(process.duplicate()?),
        })
    }

    /// What has a name.
    pub(crate) fn named(self) -> Result<&'a VmoState, Status> {
        match self {
            Self::Vmo(_, state) => Ok(state),
            Self::Channel(_) | Self::EventPair(_) | Self::Process(_) => Err(Status::WRONG_TYPE),
        }
    }

    /// Its descriptor.
    pub(crate) fn fd(self) -> BorrowedFd<'a> {
        match self {
            Self::Vmo(memory, _) => memory.as_fd(),
            Self::Channel(end) | Self::EventPair(end) => end.as_fd(),
            Self::Process(process) => process.as_fd(),
        }
    }

    /// Its type.
    pub(crate) fn object_type(self) -> ObjectType {
        match self {
            Self::Vmo(..) => ObjectType::VMO,
            Self::Channel(_) => ObjectType::CHANNEL,
            Self::EventPair(_) => ObjectType::EVENTPAIR,
            Self::Process(_) => ObjectType::PROCESS,
        }
    }
}

impl Object {
    /// Without owning it.
    pub(crate) fn borrow(&self) -> ObjectRef<'_> {
        match self {
            Self::Vmo(memory, state) => ObjectRef::Vmo(memory, state),
            Self::Channel(end) => ObjectRef::Channel(end),
            Self::EventPair(end) => ObjectRef::EventPair(end),
            Self::Process(process) => ObjectRef::Process(process),
        }
    }
}

/// The type of an object, by Zircon's number.
///
/// # Examples
///
/// ```
/// use zx::{HandleBased, ObjectType, Vmo};
/// assert_eq!(Vmo::create(1)?.into_handle().object_type(), ObjectType::VMO);
/// # Ok::<(), zx::Status>(())
/// ```
///
/// Source: <https://fuchsia.dev/reference/syscalls/object_get_info>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ObjectType(u32);

impl ObjectType {
    /// A [`Process`](crate::Process).
    pub const PROCESS: Self = Self(1);
    /// A [`Vmo`](crate::Vmo).
    pub const VMO: Self = Self(3);
    /// A [`Channel`](crate::Channel).
    pub const CHANNEL: Self = Self(4);
    /// An [`EventPair`](crate::EventPair).
    pub const EVENTPAIR: Self = Self(16);

    /// The type of this number, whether there is one or not.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::ObjectType::from_raw(3), zx::ObjectType::VMO);
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
    /// assert_eq!(zx::ObjectType::CHANNEL.into_raw(), 4);
    /// ```
    #[must_use]
    pub const fn into_raw(self) -> u32 {
        self.0
    }
}
