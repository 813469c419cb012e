// SPDX-License-Identifier: MIT OR Apache-2.0
//! An atomic in shared memory gives no `&AtomicU32`.
use std::sync::atomic::{AtomicU32, Ordering};

use mapped_vmo::{ReadOnlyAtomic, SharedAtomic};

// refused:
fn coerced<'a>(word: &'a SharedAtomic<'a, u32>) -> &'a AtomicU32 {
    word //~ E0308
}

fn dereferenced<'a>(word: ReadOnlyAtomic<'a, u32>) -> &'a AtomicU32 {
    &*word //~ E0614
}

fn taken(word: SharedAtomic<'_, u32>) {
    let _ = word.as_ptr(); //~ E0599
    let _: &AtomicU32 = word.as_ref(); //~ E0599
}

// accepted:
fn loaded(word: SharedAtomic<'_, u32>) -> AtomicU32 {
    AtomicU32::new(word.load(Ordering::Acquire))
}

fn loaded_only(word: ReadOnlyAtomic<'_, u32>) -> AtomicU32 {
    AtomicU32::new(word.load(Ordering::Acquire))
}

fn taken(word: SharedAtomic<'_, u32>) {
    let _ = word.swap(0, Ordering::AcqRel);
    let _: ReadOnlyAtomic<'_, u32> = word.read_only();
}
