// SPDX-License-Identifier: MIT OR Apache-2.0
//! One writer, many readers, one value: [`LatestWriter`] and [`LatestReader`].

mod reader;
mod writer;

pub use reader::LatestReader;
pub use writer::LatestWriter;
