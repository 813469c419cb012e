// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guarded reads have no form that panics or ignores that bytes are lost.
use mapped_vmo::{Guarded, GuardedError};

// refused:
fn read(guarded: &Guarded) {
    let _ = guarded.read(&mut [0; 4]); //~ E0599
    let count: usize = guarded.read_exact_at(0, &mut [0; 4]); //~ E0308
    let value: u32 = guarded.read_value(0); //~ E0308
}

fn flag(guarded: &Guarded) {
    let _ = guarded.read_value::<bool>(0); //~ E0277
    let _ = guarded.write_value(0, 'c'); //~ E0277
}

fn why(error: GuardedError) -> bool {
    match error {
        //~^ E0004: `_` not covered
        GuardedError::Lost { .. } => true,
        GuardedError::Access(_) | GuardedError::Kernel(_) => false,
    }
}

// accepted:
fn read(guarded: &Guarded) -> Result<u32, GuardedError> {
    guarded.read_exact_at(0, &mut [0; 4])?;
    guarded.read_value(0)
}

fn flag(guarded: &Guarded) {
    let _ = guarded.read_value::<u8>(0);
    let _ = guarded.write_value(0, 1u8);
}

fn why(error: GuardedError) -> bool {
    match error {
        GuardedError::Lost { .. } => true,
        GuardedError::Access(_) | GuardedError::Kernel(_) => false,
        _ => false,
    }
}
