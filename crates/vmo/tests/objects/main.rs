// SPDX-License-Identifier: MIT OR Apache-2.0
//! The verbs that make, reach, read and change objects, each as a process of its own beside
//! the one that has the object: this one, or one in the background.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod attach;
mod bytes;
mod copy;
mod create;
mod hexdump;
mod hostile;
mod memory;
mod seal;
mod support;
