// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`TruncatedImmutableMapping`]: a part of an [`ImmutableMapping`], from its start.

use core::ops::Deref;

use zx::Vmo;

use super::{ImmutableMapping, TruncatedImmutableMappingError};

/// An [`ImmutableMapping`] that ends where the content ends, not where the page does.
///
/// # Examples
///
/// ```
/// use mapped_vmo::{TruncatedImmutableMapping, zx};
///
/// let vmo = zx::Vmo::create(11)?;
/// vmo.write(b"the-content", 0)?;
/// let snapshot = TruncatedImmutableMapping::create_from_vmo(&vmo, false, 3).unwrap();
/// assert_eq!(&*snapshot, b"the");
/// # Ok::<(), zx::Status>(())
/// ```
#[derive(Debug)]
pub struct TruncatedImmutableMapping {
    pub(super) mapping: ImmutableMapping,
    pub(super) len: usize,
}

impl TruncatedImmutableMapping {
    /// Maps `vmo`, or takes a snapshot of it, as [`ImmutableMapping::create_from_vmo`] does,
    /// and shows the first `len` bytes of it.
    ///
    /// # Errors
    ///
    /// [`TruncatedImmutableMappingError::VmoSmallerThanLen`] if the VMO has fewer than `len`
    /// bytes: of a sealed one, fewer before the end of the file. Else as
    /// [`ImmutableMapping::create_from_vmo`].
    ///
    /// # Cost
    ///
    /// As [`ImmutableMapping::create_from_vmo`]: all of the VMO is mapped or copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{TruncatedImmutableMapping, zx};
    ///
    /// let vmo = zx::Vmo::create(4096)?;
    /// assert!(TruncatedImmutableMapping::create_from_vmo(&vmo, false, 4097).is_err());
    /// # Ok::<(), zx::Status>(())
    /// ```
    pub fn create_from_vmo(
        vmo: &Vmo,
        immediately_page: bool,
        len: usize,
    ) -> Result<Self, TruncatedImmutableMappingError> {
        let mapping = ImmutableMapping::create_from_vmo(vmo, immediately_page)?;
        let vmo_len = mapping.len();
        if vmo_len < len {
            return Err(TruncatedImmutableMappingError::VmoSmallerThanLen {
                vmo_len,
                truncated_len: len,
            });
        }
        Ok(Self { mapping, len })
    }

    /// Whether the bytes are those of the VMO itself, and not a copy.
    ///
    /// # Examples
    ///
    /// ```
    /// use mapped_vmo::{TruncatedImmutableMapping, zx};
    ///
    /// let vmo = zx::Vmo::create(4096)?;
    /// let copy = TruncatedImmutableMapping::create_from_vmo(&vmo, false, 3).unwrap();
    /// assert!(!copy.is_zero_copy());
    /// # Ok::<(), zx::Status>(())
    /// ```
    #[must_use]
    pub fn is_zero_copy(&self) -> bool {
        self.mapping.is_zero_copy()
    }
}

impl Deref for TruncatedImmutableMapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // `create_from_vmo` checked that the mapping is at least this long.
        self.mapping.get(..self.len).unwrap_or_default()
    }
}
