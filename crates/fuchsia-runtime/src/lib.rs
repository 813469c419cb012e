// SPDX-License-Identifier: MIT OR Apache-2.0
//! A facade for source that says `fuchsia_runtime::vmar_root_self`.
#![forbid(unsafe_code)]

pub use zx::vmar_root_self;
