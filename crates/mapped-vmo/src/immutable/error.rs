// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why an immutable mapping could not be made, step by step.

use core::error::Error;
use core::fmt;
use core::num::TryFromIntError;

use zx::Status;

/// Why an [`ImmutableMapping`](crate::ImmutableMapping) could not be made.
///
/// The names are those of the steps on Zircon, where a snapshot is a child VMO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImmutableMappingError {
    /// The VMO's size could not be read.
    GetVmoSize(Status),
    /// The size does not fit in `isize`.
    VmoSizeAsIsize {
        /// What the conversion said.
        source: TryFromIntError,
        /// The size in bytes.
        size: u64,
    },
    /// The snapshot could not be taken: the handle lacks the rights `DUPLICATE` and `READ`
    /// ([`Status::ACCESS_DENIED`]), or reading failed.
    CreateChildVmo(Status),
    /// The size does not fit in `usize`.
    VmoSizeAsUsize {
        /// What the conversion said.
        source: TryFromIntError,
        /// The size in bytes.
        size: u64,
    },
    /// The pages could not be had: those for the snapshot, or those of a sealed VMO.
    MapChildVmo(Status),
    /// The pages were placed at address 0. Does not happen here.
    VmarMapReturnedNull,
}

impl fmt::Display for ImmutableMappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GetVmoSize(status) => write!(f, "cannot read the size of the VMO: {status}"),
            Self::VmoSizeAsIsize { size, .. } => {
                write!(f, "a VMO of {size} bytes is too large for a slice (isize)")
            }
            Self::CreateChildVmo(status) => {
                write!(f, "cannot take a snapshot of the VMO: {status}")
            }
            Self::VmoSizeAsUsize { size, .. } => {
                write!(
                    f,
                    "a VMO of {size} bytes is too large for this machine (usize)"
                )
            }
            Self::MapChildVmo(status) => write!(f, "cannot get the pages: {status}"),
            Self::VmarMapReturnedNull => f.write_str("the snapshot was mapped at address 0"),
        }
    }
}

impl Error for ImmutableMappingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::GetVmoSize(status) | Self::CreateChildVmo(status) | Self::MapChildVmo(status) => {
                Some(status)
            }
            Self::VmoSizeAsIsize { source, .. } | Self::VmoSizeAsUsize { source, .. } => {
                Some(source)
            }
            Self::VmarMapReturnedNull => None,
        }
    }
}

impl From<ImmutableMappingError> for Status {
    fn from(error: ImmutableMappingError) -> Self {
        use ImmutableMappingError as E;
        match error {
            E::GetVmoSize(status) | E::CreateChildVmo(status) | E::MapChildVmo(status) => status,
            E::VmoSizeAsIsize { .. } | E::VmoSizeAsUsize { .. } => Status::OUT_OF_RANGE,
            E::VmarMapReturnedNull => Status::NO_MEMORY,
        }
    }
}

/// Why a [`TruncatedImmutableMapping`](crate::TruncatedImmutableMapping) could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruncatedImmutableMappingError {
    /// The snapshot could not be taken.
    CreateImmutableMapping(ImmutableMappingError),
    /// The VMO has fewer bytes than were asked for.
    VmoSmallerThanLen {
        /// How many bytes the VMO has.
        vmo_len: usize,
        /// How many bytes were asked for.
        truncated_len: usize,
    },
}

impl From<ImmutableMappingError> for TruncatedImmutableMappingError {
    fn from(error: ImmutableMappingError) -> Self {
        Self::CreateImmutableMapping(error)
    }
}

impl fmt::Display for TruncatedImmutableMappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateImmutableMapping(error) => error.fmt(f),
            Self::VmoSmallerThanLen {
                vmo_len,
                truncated_len,
            } => {
                write!(
                    f,
                    "the VMO has {vmo_len} bytes, fewer than the {truncated_len} asked for"
                )
            }
        }
    }
}

impl Error for TruncatedImmutableMappingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::CreateImmutableMapping(error) => Some(error),
            Self::VmoSmallerThanLen { .. } => None,
        }
    }
}

impl From<TruncatedImmutableMappingError> for Status {
    fn from(error: TruncatedImmutableMappingError) -> Self {
        match error {
            TruncatedImmutableMappingError::CreateImmutableMapping(error) => error.into(),
            TruncatedImmutableMappingError::VmoSmallerThanLen { .. } => Status::BUFFER_TOO_SMALL,
        }
    }
}
