// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is measured: an operation, a size, a placement, and the bytes that must come out.
//!
//! A benchmark is called `operation/size/placement`, as in `read/4KiB/shared+0,private+64`.
//! Who is measured is not known here: see the crate `engines`.
#![forbid(unsafe_code)]

pub mod bytes;
mod case;
mod grid;
mod mix;

pub use case::{Case, OPERATIONS, Operation, PAGE, Placement, Size};
pub use grid::{CONSTANT, MAX, OFFSETS, grid, hole, placements, sizes};
pub use mix::{MIXES, Mix, shuffled};
