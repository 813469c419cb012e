// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an object is, by its own descriptor where there is one.

use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, StatxFlags, fcntl_get_seals, statx};
use vmo_census::{Id, Kind, Object, Seals, id_of};

use super::reach::Reached;

/// What is known of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) id: Option<Id>,
    /// None if it is nothing that a census is about, such as a file on a disk.
    pub(super) kind: Option<Kind>,
    /// May hold anything.
    pub(super) name: Vec<u8>,
    pub(super) size: Option<u64>,
    pub(super) committed: Option<u64>,
    /// None if it has no seals, or nobody may see them.
    pub(super) seals: Option<Seals>,
    pub(super) owner: Option<u32>,
    pub(super) mode: Option<u32>,
}

impl Facts {
    /// What the census says, and what the descriptor says now.
    pub(super) fn of(reached: &Reached, object: Option<&Object>) -> Self {
        let mut facts = match object {
            None => Self {
                name: reached.name.clone(),
                ..Self::default()
            },
            Some(object) => Self {
                id: Some(object.id),
                kind: Some(object.kind),
                name: object.name.clone(),
                size: object.size,
                committed: object.committed,
                seals: object.seals,
                owner: object.owner,
                mode: object.mode,
            },
        };
        if let Ok(fd) = &reached.fd {
            facts.ask(fd);
        }
        facts
    }

    fn ask(&mut self, fd: &OwnedFd) {
        // Seals first: what they say of the size is true of a size that is read later.
        if let Ok(seals) = fcntl_get_seals(fd) {
            self.seals = Some(Seals::from_bits(seals.bits()));
        }
        let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
        let Ok(stat) = statx(fd, "", flags, StatxFlags::BASIC_STATS) else {
            return;
        };
        self.id = id_of(fd).ok();
        self.size = Some(stat.stx_size);
        self.committed = Some(stat.stx_blocks.saturating_mul(512));
        self.owner = Some(stat.stx_uid);
        self.mode = Some(u32::from(stat.stx_mode));
    }

    /// Whether its seals mean anything: a file of a tmpfs has one, and can't have others.
    pub(super) fn sealable(&self) -> bool {
        matches!(self.kind, Some(Kind::Memfd | Kind::HugeMemfd))
    }

    /// Whether it is sealed so.
    pub(super) fn has(&self, seal: Seals) -> bool {
        self.sealable() && self.seals.is_some_and(|it| it.contains(seal))
    }
}
