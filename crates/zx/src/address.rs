// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Address`]: where two processes meet; and [`Admit`]: who may be the other one.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::{Status, sys};

/// Where a [`Listener`](crate::Listener) is found: a path, or a name without a file.
///
/// | | path | abstract name |
/// |---|---|---|
/// | is found by | who may enter the directory, and write to the file | whoever is in the same network namespace |
/// | can be taken before you by | who may write to the directory | anybody |
/// | when its owner is killed | the file stays, and the next owner replaces it | it is gone |
///
/// Who is behind it is checked on both sides, by [`Admit`]: finding it proves nothing.
///
/// # Examples
///
/// ```
/// use zx::{Address, Status};
/// let socket = Address::path("/run/user/1000/frames")?;
/// let name = Address::abstract_name("org.example.frames")?;
/// assert_ne!(socket, name);
/// assert_eq!(Address::path("/dev/shm/frames"), Err(Status::BAD_PATH));
/// # Ok::<(), Status>(())
/// ```
///
/// Source: unix(7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address(pub(crate) Place);

/// What the kernel is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A file.
    Path(PathBuf),
    /// A name of the network namespace.
    Abstract(Vec<u8>),
}

/// How many bytes the kernel takes.
const MAX_LEN: usize = 107;

/// Where anybody may put a file, and nobody clears up.
const SHARED_MEMORY: &str = "/dev/shm";

impl Address {
    /// A file of this name, which the listener makes and takes away.
    ///
    /// # Errors
    ///
    /// [`Status::BAD_PATH`] if it has no last part, is longer than 107 bytes, has a NUL in it,
    /// or is in /dev/shm.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::Address::path("/run/frames").is_ok());
    /// assert!(zx::Address::path("/").is_err());
    /// ```
    pub fn path(path: impl AsRef<Path>) -> Result<Self, Status> {
        let path = path.as_ref();
        let bytes = path.as_os_str().as_bytes();
        let good = bytes.len() <= MAX_LEN && !bytes.contains(&0) && path.file_name().is_some();
        if !good || is_in_shared_memory(path) {
            return Err(Status::BAD_PATH);
        }
        Ok(Self(Place::Path(path.to_path_buf())))
    }

    /// A name that is no file: any bytes.
    ///
    /// # Errors
    ///
    /// [`Status::BAD_PATH`] if it is empty or longer than 107 bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::Address::abstract_name("org.example.frames").is_ok());
    /// assert!(zx::Address::abstract_name(b"\0\xff").is_ok());
    /// assert!(zx::Address::abstract_name("").is_err());
    /// ```
    pub fn abstract_name(name: impl AsRef<[u8]>) -> Result<Self, Status> {
        let name = name.as_ref();
        if name.is_empty() || name.len() > MAX_LEN {
            return Err(Status::BAD_PATH);
        }
        Ok(Self(Place::Abstract(name.to_vec())))
    }
}

/// Whether that is where no listener is put.
pub(crate) fn is_in_shared_memory(path: &Path) -> bool {
    path.starts_with(SHARED_MEMORY)
}

/// Which users the other side may be of, by what the kernel noted when it listened or
/// connected: its effective user then.
///
/// Root is a user as any other one: who talks to a service of root's admits user 0.
///
/// # Examples
///
/// ```
/// use zx::Admit;
/// let service = Admit::Users(vec![0]);
/// assert_ne!(service, Admit::default());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Admit {
    /// The effective user of this process, at the time of the call.
    #[default]
    SameUser,
    /// These.
    ///
    /// # Hostile peer
    ///
    /// A user that this user namespace has no number for is shown as another one (65534). In a
    /// namespace with such users that number admits nobody.
    Users(Vec<u32>),
    /// Anybody. [`Channel::peer_credentials`](crate::Channel::peer_credentials) tells who.
    Anyone,
}

impl Admit {
    /// `ACCESS_DENIED` if that user is not admitted.
    pub(crate) fn require(&self, uid: u32) -> Result<(), Status> {
        let named = match self {
            Self::SameUser => uid == sys::user(),
            Self::Users(users) => users.contains(&uid),
            Self::Anyone => return Ok(()),
        };
        if named && sys::is_one_user(uid) {
            Ok(())
        } else {
            Err(Status::ACCESS_DENIED)
        }
    }
}
