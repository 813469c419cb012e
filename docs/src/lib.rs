// SPDX-License-Identifier: MIT OR Apache-2.0
//! The chapters, so that each of their examples is compiled and run.
#![forbid(unsafe_code)]

#[doc = include_str!("../getting-started.md")]
pub mod getting_started {}

#[doc = include_str!("../sharing.md")]
pub mod sharing {}

#[doc = include_str!("../hostile-peers.md")]
pub mod hostile_peers {}

#[doc = include_str!("../fuchsia.md")]
pub mod fuchsia {}

#[doc = include_str!("../performance.md")]
pub mod performance {}
