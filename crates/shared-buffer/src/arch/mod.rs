// SPDX-License-Identifier: MIT OR Apache-2.0
//! Picks the engine. The one place in this project that asks for the CPU.
//!
//! | engine | where | how |
//! |---|---|---|
//! | `x86_64` | x86-64 with SSE2 (all but some kernel targets) | asm, AVX2 where the CPU has it |
//! | `aarch64` | 64-bit Arm | asm |
//! | `laundered` | other CPUs with stable `asm!`; `--cfg vmo_laundered_copy` | the platform's `memmove`, called through a pointer that the compiler can't see through |
//! | `portable` | Miri; `--cfg vmo_portable_copy`; everything else | a loop of relaxed one-byte atomics |
//!
//! Each engine is five functions with the contract of [`border`](crate::border):
//! `from_shared`, `to_shared`, `between`, `fill`, and `stream`, which is `to_shared` itself
//! where nothing better is at hand; and two for values, `whole_from_shared` and
//! `whole_to_shared`, which are the first two with a promise: see [`whole`]. An engine that
//! can be built here is built, picked or not, and goes through one suite of tests. Beside it
//! goes an engine for atomics: see [`atomic`].
#![allow(
    unsafe_code,
    reason = "the engines are what the unsafe of this crate is for"
)]

/// Items that there are only where the CPU has atomics of 8 bytes.
#[cfg(target_has_atomic = "64")]
macro_rules! if_wide_atomics {
    ($($item:item)*) => { $($item)* };
}

/// Items that there are only where the CPU has atomics of 8 bytes: not here.
#[cfg(not(target_has_atomic = "64"))]
macro_rules! if_wide_atomics {
    ($($item:item)*) => {};
}

pub(crate) mod atomic;
mod fallback;

#[cfg_attr(
    not(any(miri, vmo_portable_copy)),
    allow(dead_code, reason = "built for its tests")
)]
mod portable;

mod whole;

#[cfg(all(
    not(miri),
    any(
        target_arch = "x86_64",
        target_arch = "x86",
        target_arch = "arm",
        target_arch = "aarch64",
        target_arch = "riscv32",
        target_arch = "riscv64",
        target_arch = "loongarch64",
        target_arch = "s390x",
    )
))]
#[allow(dead_code, reason = "where it is not picked it is built for its tests")]
mod laundered;

#[cfg(all(
    not(miri),
    any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        target_arch = "aarch64"
    )
))]
#[macro_use]
mod block;

#[cfg(all(
    not(miri),
    any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        target_arch = "aarch64"
    )
))]
mod small;

#[cfg(all(
    not(miri),
    any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        target_arch = "aarch64"
    )
))]
#[cfg_attr(
    any(vmo_portable_copy, vmo_laundered_copy),
    allow(dead_code, reason = "where it is not picked it is built for its tests")
)]
mod fill;

#[cfg(all(not(miri), target_arch = "aarch64"))]
#[cfg_attr(
    any(vmo_portable_copy, vmo_laundered_copy),
    allow(
        dead_code,
        unused_imports,
        reason = "where it is not picked it is built for its tests"
    )
)]
mod aarch64;

// A target without SSE2 registers (a soft-float kernel) must not have them clobbered.
#[cfg(all(not(miri), target_arch = "x86_64", target_feature = "sse2"))]
#[cfg_attr(
    any(vmo_portable_copy, vmo_laundered_copy),
    allow(
        dead_code,
        unused_imports,
        reason = "where it is not picked it is built for its tests"
    )
)]
mod x86_64;

#[cfg(any(
    miri,
    vmo_portable_copy,
    not(any(
        target_arch = "x86_64",
        target_arch = "x86",
        target_arch = "arm",
        target_arch = "aarch64",
        target_arch = "riscv32",
        target_arch = "riscv64",
        target_arch = "loongarch64",
        target_arch = "s390x",
    ))
))]
pub(crate) use {
    fallback::Fallback as Atomics,
    portable::{
        between, fill, from_shared, to_shared, to_shared as stream, whole_from_shared,
        whole_to_shared,
    },
};

#[cfg(all(
    not(any(miri, vmo_portable_copy)),
    any(
        vmo_laundered_copy,
        all(target_arch = "x86_64", not(target_feature = "sse2")),
        target_arch = "x86",
        target_arch = "arm",
        target_arch = "riscv32",
        target_arch = "riscv64",
        target_arch = "loongarch64",
        target_arch = "s390x",
    )
))]
pub(crate) use {
    fallback::Fallback as Atomics,
    laundered::{
        between, fill, from_shared, to_shared, to_shared as stream, whole_from_shared,
        whole_to_shared,
    },
};

#[cfg(all(
    not(any(miri, vmo_portable_copy, vmo_laundered_copy)),
    target_arch = "x86_64",
    target_feature = "sse2"
))]
pub(crate) use x86_64::{
    atomic::Asm as Atomics, between, fill, from_shared, from_shared as whole_from_shared, stream,
    to_shared, to_shared as whole_to_shared,
};

#[cfg(all(
    not(any(miri, vmo_portable_copy, vmo_laundered_copy)),
    target_arch = "aarch64"
))]
pub(crate) use aarch64::{
    atomic::Asm as Atomics, between, fill, from_shared, from_shared as whole_from_shared,
    to_shared as stream, to_shared, to_shared as whole_to_shared,
};

#[cfg(test)]
mod suite;
