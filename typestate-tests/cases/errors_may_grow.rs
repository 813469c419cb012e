// SPDX-License-Identifier: MIT OR Apache-2.0
//! A match on an error leaves room for those of a later version.
use mapped_vmo::AccessError;

// refused:
fn access(error: AccessError) -> bool {
    match error {
        //~^ E0004
        AccessError::OutOfBounds { .. } | AccessError::Reversed { .. } => true,
        AccessError::Denied { .. } | AccessError::Misaligned { .. } => false,
        AccessError::Overlap { .. } | AccessError::Length { .. } => false,
    }
}

// accepted:
fn access(error: AccessError) -> bool {
    match error {
        AccessError::OutOfBounds { .. } | AccessError::Reversed { .. } => true,
        AccessError::Denied { .. } | AccessError::Misaligned { .. } => false,
        AccessError::Overlap { .. } | AccessError::Length { .. } => false,
        _ => false,
    }
}
