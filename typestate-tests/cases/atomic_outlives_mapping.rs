// SPDX-License-Identifier: MIT OR Apache-2.0
//! An atomic does not outlive its mapping, though it can be copied.
use std::sync::atomic::Ordering::{Acquire, Release};

use mapped_vmo::{AccessError, Mapping, ReadOnlyAtomic, SharedAtomic};

// refused:
fn copied(mapping: Mapping) -> Result<(), AccessError> {
    let word = mapping.atomic::<u32>(0)?;
    let copy = word;
    drop(mapping); //~ E0505
    copy.store(1, Release);
    Ok(())
}

fn narrowed(mapping: Mapping) -> Result<u32, AccessError> {
    let word = mapping.atomic::<u32>(0)?.read_only();
    drop(mapping); //~ E0505
    Ok(word.load(Acquire))
}

fn for_ever(mapping: &Mapping) -> Result<SharedAtomic<'static, u32>, AccessError> {
    mapping.atomic(0) //~ lifetime may not live long enough
}

fn read_for_ever(mapping: &Mapping) -> Result<ReadOnlyAtomic<'static, u32>, AccessError> {
    mapping.slice(..).read_only_atomic(0) //~ lifetime may not live long enough
}

// accepted:
fn copied(mapping: Mapping) -> Result<(), AccessError> {
    let word = mapping.atomic::<u32>(0)?;
    let copy = word;
    copy.store(1, Release);
    drop(mapping);
    Ok(())
}

fn narrowed(mapping: Mapping) -> Result<u32, AccessError> {
    let word = mapping.atomic::<u32>(0)?.read_only();
    Ok(word.load(Acquire))
}

fn as_long(mapping: &Mapping) -> Result<SharedAtomic<'_, u32>, AccessError> {
    mapping.atomic(0)
}

fn read_as_long(mapping: &Mapping) -> Result<ReadOnlyAtomic<'_, u32>, AccessError> {
    mapping.slice(..).read_only_atomic(0)
}
