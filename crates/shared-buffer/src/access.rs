// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Access`]: what a buffer's pages permit.

use core::fmt;
use core::ops::BitOr;

/// What may be done with the bytes of a buffer: read them, write them, both or neither.
///
/// It shows itself as the flags that a VMO is mapped with, since that is where it comes from.
///
/// # Examples
///
/// ```
/// use shared_buffer::Access;
///
/// assert_eq!((Access::READ | Access::WRITE).to_string(), "PERM_READ | PERM_WRITE");
/// assert_eq!(Access::NONE.to_string(), "no permissions");
/// ```
#[derive(Copy, Clone, PartialEq, Eq, Hash)]
pub struct Access(u8);

impl Access {
    /// Neither reading nor writing.
    pub const NONE: Self = Self(0);
    /// Reading.
    pub const READ: Self = Self(1);
    /// Writing.
    pub const WRITE: Self = Self(2);
    /// Reading and writing.
    pub const READ_WRITE: Self = Self(3);

    /// Whether everything that `other` permits is permitted.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::Access;
    /// assert!(Access::READ_WRITE.contains(Access::WRITE));
    /// assert!(!Access::READ.contains(Access::READ_WRITE));
    /// ```
    #[inline]
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What either of the two permits.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::Access;
    /// assert_eq!(Access::READ.union(Access::WRITE), Access::READ_WRITE);
    /// ```
    #[inline]
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the bytes may be read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::Access;
    /// assert!(Access::READ.can_read() && !Access::WRITE.can_read());
    /// ```
    #[inline]
    #[must_use]
    pub const fn can_read(self) -> bool {
        self.contains(Self::READ)
    }

    /// Whether the bytes may be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # use shared_buffer::Access;
    /// assert!(Access::WRITE.can_write() && !Access::READ.can_write());
    /// ```
    #[inline]
    #[must_use]
    pub const fn can_write(self) -> bool {
        self.contains(Self::WRITE)
    }
}

impl BitOr for Access {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.can_read(), self.can_write()) {
            (true, true) => "PERM_READ | PERM_WRITE",
            (true, false) => "PERM_READ",
            (false, true) => "PERM_WRITE",
            (false, false) => "no permissions",
        })
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
