// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Name`]: what an object is called, in at most 31 bytes.

use core::fmt;
use core::str::Utf8Error;
use std::borrow::Cow;
use std::ffi::{CStr, CString};

use crate::Status;

/// How many bytes a name may have.
const MAX_LEN: usize = 31;

/// The name of a kernel object: up to 31 bytes, none of them NUL.
///
/// `Debug` and `Display` escape what is not printable: a name can come from anybody.
///
/// # Invariants
///
/// - **terminated**: from the first NUL on, all 32 bytes are NUL, and the last one is.
///
/// # Examples
///
/// ```
/// use zx::Name;
///
/// let name = Name::new("camera-frames")?;
/// assert_eq!(name, "camera-frames");
/// assert_eq!(name, *c"camera-frames");
/// assert!(Name::new(&"x".repeat(32)).is_err());
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name([u8; MAX_LEN + 1]);

impl Name {
    /// A name.
    ///
    /// # Errors
    ///
    /// [`Status::INVALID_ARGS`] if `name` has more than 31 bytes or a NUL among them.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::Name::new("frames").is_ok());
    /// assert!(zx::Name::new("frames\0").is_err());
    /// ```
    pub fn new(name: &str) -> Result<Self, Status> {
        Self::from_bytes(name.as_bytes())
    }

    /// A name from bytes, which need not be UTF-8.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Name::from_bytes(b"\xff")?.as_bytes(), b"\xff");
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn from_bytes(name: &[u8]) -> Result<Self, Status> {
        if name.len() > MAX_LEN || name.contains(&0) {
            return Err(Status::INVALID_ARGS);
        }
        Ok(Self::from_bytes_lossy(name))
    }

    /// A name, cut to 31 bytes and without NULs. The cut can split a character.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Name::new_lossy("a\0b"), "ab");
    /// assert_eq!(zx::Name::new_lossy(&"x".repeat(99)).len(), 31);
    /// ```
    #[must_use]
    pub fn new_lossy(name: &str) -> Self {
        Self::from_bytes_lossy(name.as_bytes())
    }

    /// [`new_lossy`](Self::new_lossy) for bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Name::from_bytes_lossy(b"\0\0x"), "x");
    /// ```
    #[must_use]
    pub fn from_bytes_lossy(name: &[u8]) -> Self {
        let mut bytes = [0; MAX_LEN + 1];
        let kept = name.iter().filter(|byte| **byte != 0).take(MAX_LEN);
        for (to, from) in bytes.iter_mut().zip(kept) {
            *to = *from;
        }
        Self(bytes)
    }

    /// How many bytes the name has.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Name::new("four")?.len(), 4);
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Whether there is no name.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(zx::Name::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, without a NUL.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Name::new("ab")?.as_bytes(), b"ab");
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.as_c_str().to_bytes()
    }

    /// The name as a C string.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Name::new("ab")?.as_c_str(), c"ab");
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn as_c_str(&self) -> &CStr {
        // terminated: a NUL is there.
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }

    /// The name as a string.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Name::new("ab")?.to_str(), Ok("ab"));
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn to_str(&self) -> Result<&str, Utf8Error> {
        self.as_c_str().to_str()
    }

    /// The name as a string, with U+FFFD for what is not UTF-8.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(zx::Name::from_bytes(b"a\xff")?.to_string_lossy(), "a\u{fffd}");
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        self.as_c_str().to_string_lossy()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.to_string_lossy().escape_debug())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_string_lossy().escape_debug(), f)
    }
}

impl TryFrom<&str> for Name {
    type Error = Status;

    fn try_from(name: &str) -> Result<Self, Status> {
        Self::new(name)
    }
}

/// What an object can be named with: [`Name`], or any string of at most 31 bytes.
///
/// # Examples
///
/// ```
/// use zx::Name;
///
/// let vmo = zx::Vmo::create(4096)?;
/// vmo.set_name(&Name::new("one")?)?;
/// vmo.set_name(c"two")?;
/// vmo.set_name("three")?;
/// assert_eq!(vmo.get_name()?, "three");
/// # Ok::<(), zx::Status>(())
/// ```
pub trait AsName {
    /// The name.
    ///
    /// # Errors
    ///
    /// [`Status::INVALID_ARGS`] if it has more than 31 bytes or a NUL among them.
    ///
    /// # Examples
    ///
    /// ```
    /// use zx::{AsName, Name};
    /// assert_eq!(c"frames".as_name(), Name::new("frames"));
    /// ```
    fn as_name(&self) -> Result<Name, Status>;
}

impl AsName for Name {
    fn as_name(&self) -> Result<Name, Status> {
        Ok(*self)
    }
}

impl AsName for str {
    fn as_name(&self) -> Result<Name, Status> {
        Name::new(self)
    }
}

impl AsName for String {
    fn as_name(&self) -> Result<Name, Status> {
        Name::new(self)
    }
}

impl AsName for CStr {
    fn as_name(&self) -> Result<Name, Status> {
        Name::from_bytes(self.to_bytes())
    }
}

impl AsName for CString {
    fn as_name(&self) -> Result<Name, Status> {
        self.as_c_str().as_name()
    }
}

/// `Name` equals what has the same bytes, both ways round.
macro_rules! eq_by_bytes {
    ($($other:ty => |$value:ident| $bytes:expr),+ $(,)?) => {$(
        impl PartialEq<$other> for Name {
            fn eq(&self, $value: &$other) -> bool {
                self.as_bytes() == $bytes
            }
        }

        impl PartialEq<Name> for $other {
            fn eq(&self, name: &Name) -> bool {
                name == self
            }
        }
    )+};
}

eq_by_bytes! {
    str => |other| other.as_bytes(),
    &str => |other| other.as_bytes(),
    String => |other| other.as_bytes(),
    CStr => |other| other.to_bytes(),
    &CStr => |other| other.to_bytes(),
    CString => |other| other.as_bytes(),
}
