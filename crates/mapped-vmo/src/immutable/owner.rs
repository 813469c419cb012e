// SPDX-License-Identifier: MIT OR Apache-2.0
//! Immutable mappings as owners of bytes, for code that knows nothing of VMOs.

use super::{ImmutableMapping, TruncatedImmutableMapping};

impl AsRef<[u8]> for ImmutableMapping {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl AsRef<[u8]> for TruncatedImmutableMapping {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// The same bytes at the same place, to be cloned and cut without copying. They are unmapped
/// when the last clone and the last part is dropped.
///
/// Sound for what can't change only: private pages, or those of a VMO that is sealed against
/// writing. There is no such conversion for a [`Mapping`](crate::Mapping).
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use bytes::Bytes;
/// use mapped_vmo::{ImmutableMapping, Mapping};
///
/// let (mapping, vmo) = Mapping::allocate_freezable(4096)?;
/// mapping.write_at(0, b"header, body");
/// let fixed = ImmutableMapping::freeze(mapping, &vmo, Duration::ZERO)?;
/// let body = Bytes::from(fixed).slice(8..12);
/// drop(vmo);
/// assert_eq!(body, "body"); // keeps all of it mapped
/// # Ok::<(), mapped_vmo::zx::Status>(())
/// ```
#[cfg(feature = "bytes")]
impl From<ImmutableMapping> for bytes::Bytes {
    fn from(mapping: ImmutableMapping) -> Self {
        Self::from_owner(mapping)
    }
}

/// As for [`ImmutableMapping`]: the bytes that it shows, and no others.
#[cfg(feature = "bytes")]
impl From<TruncatedImmutableMapping> for bytes::Bytes {
    fn from(mapping: TruncatedImmutableMapping) -> Self {
        Self::from_owner(mapping)
    }
}
