// SPDX-License-Identifier: MIT OR Apache-2.0
//! Measures messages between two processes: the ring, what bounds it, and what else there is.
//!
//! ```text
//!   this program ─fork─► near ─fork─► far          one pair for each table and run
//!     reads samples       on the first core          on the second, or on the first too
//!                         sends, and holds the watch receives, checks, answers
//! ```
//!
//! All candidates of a table live in the same two processes and take turns there, so that the
//! other work of the machine and the place of its cores hit all of them alike. What counts is
//! the median of the ratios within a round, and of those the median over the runs.
#![deny(unsafe_code)]

mod broadcast;
pub mod candidate;
mod chart;
mod cli;
mod drive;
mod futex;
mod goals;
mod handles;
mod kernel;
mod limit;
mod link;
mod messages;
mod ours;
mod pair;
mod process;
pub mod record;
mod samples;
mod shared;
pub mod table;
pub mod tables;
pub mod task;

pub use candidate::{Candidate, Opened};
pub use cli::main;
pub use common::Failure;
pub use drive::drive;
pub use link::{Link, Shape, Side};
