// SPDX-License-Identifier: MIT OR Apache-2.0
//! A match on an error or a tier leaves room for those of a later version.
use mapped_vmo::AccessError;
use zx::Tier;

// refused:
fn access(error: AccessError) -> bool {
    match error {
        //~^ E0004: `_` not covered
        AccessError::OutOfBounds { .. } | AccessError::Reversed { .. } => true,
        AccessError::Denied { .. } | AccessError::Misaligned { .. } => false,
        AccessError::Overlap { .. } | AccessError::Length { .. } => false,
    }
}

fn trusted(tier: Tier) -> bool {
    match tier {
        //~^ E0004: `_` not covered
        Tier::Immutable | Tier::Published => true,
        Tier::Shared | Tier::Guarded => false,
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

fn trusted(tier: Tier) -> bool {
    match tier {
        Tier::Immutable | Tier::Published => true,
        Tier::Shared | Tier::Guarded => false,
        _ => false,
    }
}
