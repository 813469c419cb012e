// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protocols of `vmo-ring`, over the memory of a model checker.
//!
//! The files are those that are shipped; what differs is the area.
#![deny(unsafe_code)]
#![cfg(test)]

#[allow(clippy::unwrap_used, reason = "a model that is wrong may panic")]
mod broadcast;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a body that a fuzzer runs may panic: that is what it is for"
)]
#[path = "../../fuzz/src/ring.rs"]
mod fuzz;
#[allow(clippy::unwrap_used, reason = "a model that is wrong may panic")]
mod kernel;
#[allow(clippy::unwrap_used, reason = "a model that is wrong may panic")]
mod latest;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::arc_with_non_send_sync,
    dead_code,
    reason = "a model that is wrong may panic; its threads are the model checker's"
)]
mod memory;
#[path = "../../crates/vmo-ring/src/protocol/mod.rs"]
#[allow(dead_code, reason = "a model uses what it is about")]
mod protocol;
mod random;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a model that is wrong may panic"
)]
mod ring;
