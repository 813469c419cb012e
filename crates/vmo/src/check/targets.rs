// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is attacked: a VMO of each tier, full of bytes that are known, and our access to it.

use core::fmt;
use core::time::Duration;
use std::os::fd::{AsFd, OwnedFd};

use mapped_vmo::zx::{AdoptPolicy, Status, VmarFlags, Vmo};
use mapped_vmo::{Guarded, GuardedError, ImmutableMapping, Mapping, WriterMapping};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

use crate::Failure;

/// How large each is: three pages of 4 KiB, or what is as large.
pub(super) const SIZE: usize = 3 * 4096;

/// Which tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nobody writes.
    Immutable,
    /// We write.
    Published,
    /// Everybody writes.
    Shared,
    /// Everybody writes, and can take it away.
    Guarded,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [
        Self::Immutable,
        Self::Published,
        Self::Shared,
        Self::Guarded,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Immutable => "immutable",
            Self::Published => "published",
            Self::Shared => "shared",
            Self::Guarded => "guarded",
        }
    }
}

/// What is to be read of it after an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    /// What we wrote.
    Same,
    /// Nothing but zeros.
    Zeros,
    /// Something else.
    Changed,
    /// From this byte on there is nothing.
    Lost(usize),
    /// It can't be read, though nothing is said to be lost.
    Unreadable,
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => f.write_str("the bytes are the same"),
            Self::Zeros => f.write_str("the bytes are zero"),
            Self::Changed => f.write_str("the bytes are changed"),
            Self::Lost(offset) => write!(f, "lost from byte {offset} on, and no signal"),
            Self::Unreadable => f.write_str("the bytes can't be read"),
        }
    }
}

/// A VMO, and our access to it.
#[derive(Debug)]
pub(super) enum Target {
    Immutable(ImmutableMapping, Vmo),
    Published(WriterMapping, Vmo),
    Shared(Mapping, Vmo),
    Guarded(Guarded, OwnedFd),
}

/// The bytes that are in each.
pub(super) fn content() -> Vec<u8> {
    (0..SIZE).map(|i| (i % 251) as u8 | 1).collect()
}

impl Target {
    pub(super) fn new(kind: Kind) -> Result<Self, Failure> {
        let content = content();
        Ok(match kind {
            Kind::Immutable => {
                let (mapping, vmo) = Mapping::allocate_freezable(SIZE)?;
                mapping.write_all_at(0, &content)?;
                Self::Immutable(
                    ImmutableMapping::freeze(mapping, &vmo, Duration::ZERO)?,
                    vmo,
                )
            }
            Kind::Published => {
                let (mapping, vmo) = WriterMapping::allocate(SIZE)?;
                mapping.write_all_at(0, &content)?;
                Self::Published(mapping, vmo)
            }
            Kind::Shared => {
                let (mapping, vmo) = Mapping::allocate(SIZE)?;
                mapping.write_all_at(0, &content)?;
                Self::Shared(mapping, vmo)
            }
            Kind::Guarded => {
                let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
                let fd = memfd_create("vmo-check", flags)?;
                ftruncate(&fd, u64::try_from(SIZE)?)?;
                let vmo = Vmo::from_fd(fd.try_clone()?, AdoptPolicy::Guarded)?;
                let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
                let guarded = Guarded::create_from_vmo(&vmo, SIZE, flags)?;
                guarded.write_all_at(0, &content)?;
                Self::Guarded(guarded, fd)
            }
        })
    }

    /// The descriptor that the peer gets: the very description that we hold.
    pub(super) fn descriptor(&self) -> Result<OwnedFd, Failure> {
        let fd = match self {
            Self::Immutable(_, vmo) | Self::Published(_, vmo) | Self::Shared(_, vmo) => vmo.as_fd(),
            Self::Guarded(_, fd) => fd.as_fd(),
        };
        Ok(fd.try_clone_to_owned()?)
    }

    /// What its seals say that it is, by the names of the tiers.
    pub(super) fn tier(&self) -> Result<String, Failure> {
        let tier = match self {
            Self::Immutable(_, vmo) | Self::Published(_, vmo) | Self::Shared(_, vmo) => vmo.tier(),
            Self::Guarded(_, fd) => Vmo::from_fd(fd.try_clone()?, AdoptPolicy::Guarded)?.tier(),
        };
        Ok(format!("{tier:?}").to_lowercase())
    }

    /// What is there now.
    pub(super) fn look(&self) -> Bytes {
        let mut bytes = vec![0xaa; SIZE];
        let read = match self {
            Self::Immutable(slice, _) => {
                bytes.copy_from_slice(slice);
                true
            }
            Self::Published(mapping, _) => mapping.read_exact_at(0, &mut bytes).is_ok(),
            Self::Shared(mapping, _) => mapping.read_exact_at(0, &mut bytes).is_ok(),
            Self::Guarded(guarded, _) => match guarded.read_exact_at(0, &mut bytes) {
                Ok(()) => true,
                Err(GuardedError::Lost { offset }) => return Bytes::Lost(offset),
                Err(_) => false,
            },
        };
        match read {
            false => Bytes::Unreadable,
            true if bytes == content() => Bytes::Same,
            true if bytes.iter().all(|byte| *byte == 0) => Bytes::Zeros,
            true => Bytes::Changed,
        }
    }

    /// Whether we can still write, where we could: the last byte, and what comes back.
    pub(super) fn write(&self) -> Option<Result<(), Status>> {
        let at = SIZE.saturating_sub(1);
        let mut back = [0];
        let written = match self {
            Self::Immutable(..) => return None,
            Self::Published(mapping, _) => round_trip(mapping, at, &mut back),
            Self::Shared(mapping, _) => round_trip(mapping, at, &mut back),
            Self::Guarded(guarded, _) => guarded
                .write_all_at(at, b"!")
                .and_then(|()| guarded.read_exact_at(at, &mut back))
                .map_err(GuardedError::status),
        };
        Some(written.and(match &back {
            b"!" => Ok(()),
            _ => Err(Status::IO_DATA_INTEGRITY),
        }))
    }
}

fn round_trip(
    buffer: &mapped_vmo::SharedBuffer,
    at: usize,
    back: &mut [u8; 1],
) -> Result<(), Status> {
    let done = buffer
        .write_all_at(at, b"!")
        .and_then(|()| buffer.read_exact_at(at, back));
    done.map_err(|error| Status::from_raw(error.raw_status()))
}
