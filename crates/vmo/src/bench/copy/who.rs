// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Who`]: those who move bytes.

use crate::chart::Ink;

/// Who moves bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Ours, out of a mapping and into it.
    ReadAt,
    WriteAt,
    /// The platform's, where nobody else has the memory.
    MemcpyOut,
    MemcpyIn,
    /// The same from private memory to private memory.
    Private,
    /// The kernel's.
    Pread,
    Pwrite,
    /// To another process.
    Pipe,
    Socket,
}

impl Who {
    /// Those to another process are the last.
    pub(super) const ALL: [Self; 9] = [
        Self::ReadAt,
        Self::MemcpyOut,
        Self::Pread,
        Self::WriteAt,
        Self::MemcpyIn,
        Self::Pwrite,
        Self::Private,
        Self::Pipe,
        Self::Socket,
    ];

    /// What it is called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ReadAt => "vmo: read_at",
            Self::WriteAt => "vmo: write_at",
            Self::MemcpyOut => "memcpy out",
            Self::MemcpyIn => "memcpy in",
            Self::Private => "memcpy, private memory",
            Self::Pread => "pread",
            Self::Pwrite => "pwrite",
            Self::Pipe => "pipe",
            Self::Socket => "Unix socket (stream)",
        }
    }

    /// Whether it copies into the mapping.
    pub(super) fn is_in(self) -> bool {
        matches!(self, Self::WriteAt | Self::MemcpyIn | Self::Pwrite)
    }

    /// Whether another process receives it.
    pub(super) fn is_far(self) -> bool {
        matches!(self, Self::Pipe | Self::Socket)
    }

    /// What it is compared with.
    pub(super) fn rule(self) -> Self {
        match self.is_in() {
            true => Self::MemcpyIn,
            false => Self::MemcpyOut,
        }
    }

    pub(super) fn ink(self) -> Ink {
        match self {
            Self::ReadAt | Self::WriteAt => Ink::Ours,
            Self::MemcpyOut | Self::MemcpyIn => Ink::Rule,
            Self::Private => Ink::Plain,
            Self::Pread | Self::Pwrite => Ink::Call,
            Self::Pipe => Ink::Pipe,
            Self::Socket => Ink::Socket,
        }
    }
}
