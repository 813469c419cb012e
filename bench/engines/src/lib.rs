// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is measured: this project's public API, and what else copies bytes out of memory that
//! another process may change. All of them work on one [`Area`].
//!
//! | engine | what it is | sound in the face of a hostile peer |
//! |---|---|---|
//! | `ours` | `read_exact_at`, `write_all_at` of a `Mapping` | yes |
//! | `ours, as the seed` | `read_at`, `write_at` | yes |
//! | `memcpy` | `ptr::copy_nonoverlapping`, the yardstick | no: the compiler may read again |
//! | `vm-memory` | `VolatileSlice::copy_to`, `copy_from` | no: memcpy above 8 bytes |
//! | `ecmascript_atomics` | `RacySlice::copy_into_slice`, `copy_from_slice` | yes |
//! | `atomic-memcpy` | `atomic_load`, `atomic_store` of `[u8; N]` | not for memory of another process |
//! | `volatile bytes`, `volatile words` | loops | yes |
//! | `AtomicU64` | relaxed words, relaxed bytes at the ends | mixes sizes |
//! | `pread`, `process_vm_readv` | the kernel copies | yes |
//!
//! What is done over and over is the same code for all of them, see [`Candidate`].
#![deny(unsafe_code)]

#[allow(unsafe_code, reason = "memory is mapped for all engines")]
mod area;
#[allow(unsafe_code, reason = "the loops that are measured call engines")]
mod candidate;
#[allow(unsafe_code, reason = "raw pointers are what others work with")]
mod crates;
#[allow(unsafe_code, reason = "the contract of every engine")]
mod engine;
#[allow(unsafe_code, reason = "raw pointers are what others work with")]
mod kernel;
#[allow(unsafe_code, reason = "raw pointers are what others work with")]
mod loops;
#[allow(unsafe_code, reason = "an engine's contract")]
mod ours;
#[allow(unsafe_code, reason = "raw pointers are what others work with")]
mod plain;

pub use area::Area;
pub use candidate::{Candidate, Chore, Job};
pub use crates::{AtomicMemcpy, Ecmascript, VmMemory};
pub use engine::Engine;
pub use kernel::{Pread, ProcessVm};
pub use loops::{AtomicWords, VolatileBytes, VolatileWords};
pub use ours::{Ours, OursAsTheSeed};
pub use plain::Memcpy;

/// All engines on one area: the yardstick, ours, then the others.
#[must_use]
pub fn all(area: &Area) -> Vec<Box<dyn Candidate + '_>> {
    vec![
        Box::new(Memcpy::new(area)),
        Box::new(Ours::new(area)),
        Box::new(OursAsTheSeed::new(area)),
        Box::new(VmMemory::new(area)),
        Box::new(Ecmascript::new(area)),
        Box::new(AtomicMemcpy::new(area)),
        Box::new(VolatileBytes::new(area)),
        Box::new(VolatileWords::new(area)),
        Box::new(AtomicWords::new(area)),
        Box::new(Pread::new(area)),
        Box::new(ProcessVm::new(area)),
    ]
}
