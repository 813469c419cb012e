// SPDX-License-Identifier: MIT OR Apache-2.0
//! A read-only atomic is loaded, and nothing else.
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use mapped_vmo::{ReadOnlyAtomic, SharedAtomic};

// refused:
fn change(word: ReadOnlyAtomic<'_, u32>) {
    word.store(1, Release); //~ E0599
    word.swap(1, AcqRel); //~ E0599
    word.fetch_add(1, AcqRel); //~ E0599
    let _ = word.compare_exchange(0, 1, AcqRel, Relaxed); //~ E0599
    let _ = word.compare_exchange_weak(0, 1, AcqRel, Relaxed); //~ E0599
}

fn widened(word: ReadOnlyAtomic<'_, u32>) -> SharedAtomic<'_, u32> {
    word.into() //~ E0277
}

// accepted:
fn change(word: SharedAtomic<'_, u32>) {
    word.store(1, Release);
    word.swap(1, AcqRel);
    word.fetch_add(1, AcqRel);
    let _ = word.compare_exchange(0, 1, AcqRel, Relaxed);
    let _ = word.compare_exchange_weak(0, 1, AcqRel, Relaxed);
}

fn narrowed(word: SharedAtomic<'_, u32>) -> u32 {
    word.read_only().load(Acquire)
}
