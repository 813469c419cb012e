// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Case`]: one benchmark, and what it is called.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The page that offsets are counted in.
pub const PAGE: usize = 4096;

/// Which way the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Out of shared memory.
    Read,
    /// Into shared memory.
    Write,
}

/// Both of them.
pub const OPERATIONS: [Operation; 2] = [Operation::Read, Operation::Write];

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

/// Where in a page the two sides start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The shared side.
    pub shared: usize,
    /// The private side.
    pub private: usize,
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shared+{},private+{}", self.shared, self.private)
    }
}

/// One benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Which way.
    pub operation: Operation,
    /// How many bytes.
    pub size: usize,
    /// Where.
    pub placement: Placement,
}

impl Case {
    /// How far the destination starts after the source, modulo the page.
    #[must_use]
    pub fn distance(self) -> usize {
        let Placement { shared, private } = self.placement;
        let (src, dst) = match self.operation {
            Operation::Read => (shared, private),
            Operation::Write => (private, shared),
        };
        (PAGE + dst - src) % PAGE
    }

    /// Whether `rep movsb` collapses here on some processors: the destination starts within
    /// one cache line after the source, modulo the page. Such cells are counted apart, from
    /// the sizes on from which a libc uses that instruction and as far as the collapse goes.
    /// Shorter and longer copies count with the others, wherever they are.
    #[must_use]
    pub fn is_hole(self) -> bool {
        (1..64).contains(&self.distance()) && (2113..=262_144).contains(&self.size)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            size,
            placement,
        } = self;
        write!(f, "{operation}/{}/{placement}", Size(*size))
    }
}

/// A size, as people write it.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub usize);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self.0 {
            size if size >= 1 << 20 && size % (1 << 20) == 0 => format!("{}MiB", size >> 20),
            size if size >= 1 << 10 && size % (1 << 10) == 0 => format!("{}KiB", size >> 10),
            size => format!("{size}B"),
        })
    }
}
