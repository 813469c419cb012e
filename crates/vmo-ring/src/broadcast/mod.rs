// SPDX-License-Identifier: MIT OR Apache-2.0
//! One writer, many readers: [`BroadcastWriter`] and [`BroadcastReader`].

mod reader;
mod writer;

pub use reader::BroadcastReader;
pub use writer::BroadcastWriter;
