// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Handle`]: an object, and what its holder may do with it.
//!
//! There is no invalid handle: a value of one of these types always refers to an object, as
//! an `OwnedFd` always is an open descriptor.

use core::fmt;
use core::ops::Deref;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use crate::object::{Object, ObjectRef};
use crate::{AsName, Name, ObjectType, Rights, Status, Vmo};

/// An owned handle to an object of any type.
///
/// # Examples
///
/// ```
/// use zx::{Handle, HandleBased, Vmo};
///
/// let handle: Handle = Vmo::create(4096)?.into_handle();
/// let vmo = Vmo::try_from(handle)?;
/// assert_eq!(vmo.get_size()?, 4096);
/// # Ok::<(), zx::Status>(())
/// ```
pub struct Handle {
    pub(crate) rights: Rights,
    pub(crate) object: Object,
}

impl Handle {
    /// What the holder may do.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{HandleBased, Rights, Vmo};
    /// assert_eq!(Vmo::create(1)?.into_handle().rights(), Rights::VMO_DEFAULT);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// What kind of object it refers to.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{Channel, HandleBased, ObjectType};
    /// let (end, _) = Channel::create()?;
    /// assert_eq!(end.into_handle().object_type(), ObjectType::CHANNEL);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn object_type(&self) -> ObjectType {
        self.object.borrow().object_type()
    }

    /// Another handle to the same object, with these rights or fewer.
    ///
    /// # Errors
    ///
    /// As [`Vmo::duplicate_handle`].
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{HandleBased, Rights, Vmo};
    /// let handle = Vmo::create(1)?.into_handle();
    /// assert_eq!(handle.duplicate_handle(Rights::READ)?.rights(), Rights::READ);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn duplicate_handle(&self, rights: Rights) -> Result<Self, Status> {
        self.as_handle_ref().duplicate(rights)
    }

    /// This handle with fewer rights. On an error it is closed, as on Zircon.
    ///
    /// # Errors
    ///
    /// [`Status::INVALID_ARGS`] if `rights` has one that the handle lacks.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{HandleBased, Rights, Status, Vmo};
    /// let reader = Vmo::create(1)?.into_handle().replace_handle(Rights::READ)?;
    /// assert_eq!(reader.replace_handle(Rights::WRITE).unwrap_err(), Status::INVALID_ARGS);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn replace_handle(mut self, rights: Rights) -> Result<Self, Status> {
        self.rights = self.rights.reduced(rights)?;
        Ok(self)
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.object.borrow().fd()
    }
}

impl AsRawFd for Handle {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl From<Handle> for OwnedFd {
    fn from(handle: Handle) -> Self {
        match handle.object {
            Object::Vmo(memory, _) => memory.into(),
            Object::Channel(end) | Object::EventPair(end) => end.into(),
            Object::Process(process) => process.into(),
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = match &self.object {
            Object::Vmo(..) => "vmo",
            Object::Channel(_) => "channel",
            Object::EventPair(_) => "event pair",
            Object::Process(_) => "process",
        };
        write!(f, "Handle({object}, fd {})", self.as_raw_fd())
    }
}

/// A borrowed handle to an object of any type.
///
/// # Examples
///
/// ```
/// use zx::{AsHandleRef, Rights, Vmo};
///
/// let vmo = Vmo::create(4096)?;
/// let handle = vmo.as_handle_ref();
/// let copy = Vmo::try_from(handle.duplicate(Rights::SAME_RIGHTS)?)?;
/// assert_eq!(copy.rights(), vmo.rights());
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HandleRef<'a> {
    pub(crate) rights: Rights,
    pub(crate) object: ObjectRef<'a>,
}

impl<'a> HandleRef<'a> {
    pub(crate) fn new(rights: Rights, object: ObjectRef<'a>) -> Self {
        Self { rights, object }
    }

    /// Another handle to the same object, with these rights or fewer.
    ///
    /// # Errors
    ///
    /// As [`Vmo::duplicate_handle`].
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AsHandleRef, Rights, Vmo};
    /// let vmo = Vmo::create(4096)?;
    /// let reader = vmo.as_handle_ref().duplicate(Rights::READ)?;
    /// assert_eq!(reader.rights(), Rights::READ);
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn duplicate(&self, rights: Rights) -> Result<Handle, Status> {
        self.rights.require(Rights::DUPLICATE)?;
        Ok(Handle {
            rights: self.rights.reduced(rights)?,
            object: self.object.duplicate()?,
        })
    }
}

impl AsFd for HandleRef<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.object.fd()
    }
}

/// What all handles can do, whatever they refer to.
///
/// # Examples
///
/// ```
/// use std::os::fd::AsRawFd;
/// use zx::{AsHandleRef, Vmo};
///
/// fn describe(object: &impl AsHandleRef) -> Result<String, zx::Status> {
///     Ok(format!("{} (fd {})", object.get_name()?, object.raw_handle()))
/// }
///
/// let vmo = Vmo::create(4096)?;
/// vmo.set_name("frames")?;
/// assert_eq!(describe(&vmo)?, format!("frames (fd {})", vmo.as_raw_fd()));
/// # Ok::<(), zx::Status>(())
/// ```
pub trait AsHandleRef {
    /// The handle, borrowed.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AsHandleRef, Vmo};
    /// let vmo = Vmo::create(1)?;
    /// assert_eq!(vmo.as_handle_ref().raw_handle(), vmo.raw_handle());
    /// # Ok::<(), zx::Status>(())
    /// ```
    fn as_handle_ref(&self) -> HandleRef<'_>;

    /// The number of the descriptor behind the handle, for messages.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AsHandleRef, Vmo};
    /// assert!(Vmo::create(1)?.raw_handle() >= 0);
    /// # Ok::<(), zx::Status>(())
    /// ```
    fn raw_handle(&self) -> RawFd {
        self.as_handle_ref().object.fd().as_raw_fd()
    }

    /// The name of the object.
    ///
    /// # Errors
    ///
    /// [`Status::WRONG_TYPE`] if it is no VMO: nothing else has a name here.
    /// [`Status::ACCESS_DENIED`] without the right `GET_PROPERTY`.
    fn get_name(&self) -> Result<Name, Status> {
        let HandleRef { rights, object } = self.as_handle_ref();
        rights.require(Rights::GET_PROPERTY)?;
        Ok(object.named()?.name())
    }

    /// Names the object, for all its handles in this process.
    ///
    /// # Errors
    ///
    /// [`Status::INVALID_ARGS`] if the name is longer than 31 bytes or has a NUL in it,
    /// [`Status::ACCESS_DENIED`] without the right `SET_PROPERTY`.
    fn set_name<N: AsName + ?Sized>(&self, name: &N) -> Result<(), Status> {
        let name = name.as_name()?;
        let HandleRef { rights, object } = self.as_handle_ref();
        rights.require(Rights::SET_PROPERTY)?;
        object.named()?.set_name(name);
        Ok(())
    }
}

impl AsHandleRef for Handle {
    fn as_handle_ref(&self) -> HandleRef<'_> {
        HandleRef::new(self.rights, self.object.borrow())
    }
}

impl AsHandleRef for HandleRef<'_> {
    fn as_handle_ref(&self) -> HandleRef<'_> {
        *self
    }
}

impl<T: AsHandleRef> AsHandleRef for &T {
    fn as_handle_ref(&self) -> HandleRef<'_> {
        (**self).as_handle_ref()
    }
}

/// A type that owns a handle.
///
/// # Examples
///
/// ```
/// use zx::{HandleBased, Rights, Status, Vmo};
///
/// fn read_only<T: HandleBased>(object: &T) -> Result<T, Status> {
///     object.duplicate_handle(Rights::READ)
/// }
///
/// let reader = read_only(&Vmo::create(4096)?)?;
/// assert_eq!(reader.write(b"no", 0), Err(Status::ACCESS_DENIED));
/// # Ok::<(), Status>(())
/// ```
pub trait HandleBased: AsHandleRef + Into<Handle> + TryFrom<Handle, Error: Into<Status>> {
    /// Another handle to the same object, with these rights or fewer.
    ///
    /// # Errors
    ///
    /// As [`Vmo::duplicate_handle`].
    fn duplicate_handle(&self, rights: Rights) -> Result<Self, Status> {
        Self::try_from(self.as_handle_ref().duplicate(rights)?).map_err(Into::into)
    }

    /// The same handle with fewer rights. On an error the handle is closed, as on Zircon.
    ///
    /// # Errors
    ///
    /// [`Status::INVALID_ARGS`] if `rights` has one that the handle lacks.
    fn replace_handle(self, rights: Rights) -> Result<Self, Status> {
        Self::try_from(self.into().replace_handle(rights)?).map_err(Into::into)
    }

    /// The handle without its type.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{HandleBased, Vmo};
    /// let handle = Vmo::create(1)?.into_handle();
    /// assert_eq!(Vmo::try_from(handle)?.get_content_size()?, 1);
    /// # Ok::<(), zx::Status>(())
    /// ```
    fn into_handle(self) -> Handle {
        self.into()
    }
}

impl HandleBased for Handle {}
impl HandleBased for Vmo {}

/// A borrowed object: usable as `&T`, and never closed through this value.
///
/// # Examples
///
/// ```
/// let root: zx::Unowned<'static, zx::Vmar> = zx::vmar_root_self();
/// assert!(root.info()?.len > 0);
/// # Ok::<(), zx::Status>(())
/// ```
pub struct Unowned<'a, T>(&'a T);

impl<'a, T> Unowned<'a, T> {
    /// Borrows an object.
    ///
    /// # Examples
    ///
    /// ```
    /// let vmo = zx::Vmo::create(4096)?;
    /// let borrowed = zx::Unowned::new(&vmo);
    /// assert_eq!(borrowed.get_size()?, 4096);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub const fn new(object: &'a T) -> Self {
        Self(object)
    }
}

impl<T> Deref for Unowned<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

impl<T> Clone for Unowned<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Unowned<'_, T> {}

impl<T: fmt::Debug> fmt::Debug for Unowned<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unowned").field(self.0).finish()
    }
}
