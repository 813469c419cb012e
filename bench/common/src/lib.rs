// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every measurement needs: the facts of the machine, the statistics of interleaved
//! rounds, and records that can be read and compared.
#![deny(unsafe_code)]

pub mod goal;
pub mod json;
pub mod machine;
pub mod rounds;

/// The error of anything here.
pub type Failure = Box<dyn std::error::Error>;
