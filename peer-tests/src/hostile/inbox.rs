// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the victim makes of what its peer sends: through the gate, under each policy in turn,
//! and used for some time, while the peer spoils what it sent.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use mapped_vmo::zx::{AdoptOptions, AdoptPolicy, Rights, Status, Tier, VmarFlags, Vmo};
use mapped_vmo::{Guarded, GuardedError, ImmutableMapping, Mapping, ReadOnlyMapping};
use rustix::net::RecvFlags;

use super::Tally;
use crate::{checksum, message};

/// How many adopted things are in use at a time.
const KEPT: usize = 32;

/// How many messages are read at a time, and descriptors taken of one.
const MESSAGES: usize = 4;
const TAKEN: usize = 16;

/// The largest file that is copied, or whose holes are filled.
const MAX: u64 = 1 << 20;

/// Each with the limits that a careful program would set.
const POLICIES: [AdoptOptions; 6] = [
    AdoptOptions::new(AdoptPolicy::Strict),
    AdoptOptions::new(AdoptPolicy::Shrink),
    AdoptOptions::new(AdoptPolicy::Copy).max_size(MAX),
    AdoptOptions::new(AdoptPolicy::Immutable)
        .max_size(MAX)
        .max_holes(MAX),
    AdoptOptions::new(AdoptPolicy::Published),
    AdoptOptions::new(AdoptPolicy::Guarded),
];

/// What an adopted VMO is used as.
enum Adopted {
    Shared(Mapping),
    Still(ImmutableMapping, u64),
    ReadOnly(ReadOnlyMapping),
    Guarded(Guarded),
}

/// The socket, and what came out of it.
#[derive(Default)]
pub(super) struct Inbox {
    socket: Option<OwnedFd>,
    adopted: VecDeque<Adopted>,
    turn: usize,
}

impl Inbox {
    pub(super) fn meet(&mut self, socket: OwnedFd) {
        self.socket = Some(socket);
    }

    /// Reads some messages and holds each descriptor out to the gate.
    pub(super) fn adopt(&mut self, tally: &mut Tally) {
        for _ in 0..MESSAGES {
            let socket = self.socket.as_ref();
            let got = socket
                .map(|socket| message::receive(socket, message::CONTROL, RecvFlags::DONTWAIT));
            let Some(Ok(got)) = got else {
                return;
            };
            tally.add("messages", 1);
            tally.add("descriptors", got.fds.len() as u64);
            // The rest of a flood is closed here, unlooked at.
            for fd in got.fds.into_iter().take(TAKEN) {
                self.through_the_gate(fd, tally);
            }
        }
    }

    fn through_the_gate(&mut self, fd: OwnedFd, tally: &mut Tally) {
        self.turn += 1;
        let options = POLICIES[self.turn % POLICIES.len()];
        let vmo = match Vmo::from_fd(fd, options) {
            Ok(vmo) => vmo,
            Err(refused) => {
                assert!(refused.to_string().starts_with("this is "), "{refused}");
                return tally.add("refused", 1);
            }
        };
        tally.add("adopted", 1);
        if let Some(adopted) = place(vmo, tally) {
            self.adopted.push_back(adopted);
        }
        if self.adopted.len() > KEPT {
            self.adopted.pop_front();
        }
    }

    /// Touches the ends of everything that is in use.
    pub(super) fn use_all(&mut self, tally: &mut Tally) {
        for adopted in &self.adopted {
            match adopted {
                Adopted::Shared(mapping) => touch(mapping),
                Adopted::Still(mapping, sum) => {
                    assert_eq!(checksum(mapping), *sum, "what nobody can write changed");
                }
                Adopted::ReadOnly(mapping) => {
                    let mut byte = [0];
                    assert_eq!(mapping.read_at(mapping.len() - 1, &mut byte), 1);
                    assert_eq!(mapping.read_at(mapping.len() / 2, &mut byte), 1);
                }
                Adopted::Guarded(memory) => guarded(memory, tally),
            }
        }
    }
}

/// Puts it where its tier belongs.
fn place(vmo: Vmo, tally: &mut Tally) -> Option<Adopted> {
    let size = usize::try_from(vmo.exact_size().ok()?).ok()?;
    let tier = vmo.tier();
    tally.add(word(tier), 1);
    let mut flags = VmarFlags::PERM_READ;
    flags.set(VmarFlags::PERM_WRITE, vmo.rights().contains(Rights::WRITE));
    match tier {
        Tier::Immutable if size as u64 <= MAX => {
            let mapping = ImmutableMapping::create_from_vmo(&vmo, true).ok()?;
            let sum = checksum(&mapping);
            Some(Adopted::Still(mapping, sum))
        }
        Tier::Guarded => {
            // Its size means nothing: it is less or more a moment later.
            let memory = Guarded::create_from_vmo(&vmo, size.max(4096), flags);
            Some(Adopted::Guarded(memory.ok()?))
        }
        Tier::Immutable | Tier::Published => {
            let mapping = ReadOnlyMapping::create_from_vmo(&vmo, size).ok()?;
            tally.add("mapped_to_read", 1);
            Some(Adopted::ReadOnly(mapping))
        }
        _ => {
            // A size of 0, and one that no address space holds, are errors.
            let mapping = Mapping::create_from_vmo(&vmo, size, flags).ok()?;
            tally.add("mapped", 1);
            Some(Adopted::Shared(mapping))
        }
    }
}

fn word(tier: Tier) -> &'static str {
    match tier {
        Tier::Immutable => "tier_immutable",
        Tier::Published => "tier_published",
        Tier::Shared => "tier_shared",
        Tier::Guarded => "tier_guarded",
        _ => "tier_unknown",
    }
}

fn touch(mapping: &Mapping) {
    let mut byte = [0];
    for at in [0, mapping.len() / 2, mapping.len() - 1] {
        assert_eq!(mapping.read_at(at, &mut byte), 1);
        // Denied where only reading is permitted, an error and no fault.
        let _ = mapping.try_write_at(at, &byte);
    }
}

/// Both ends, by copy and by value. What is not there is an error that says where.
pub(super) fn guarded(memory: &Guarded, tally: &mut Tally) {
    let mut bytes = [0; 300];
    let end = memory.len() - bytes.len();
    for at in [0, end] {
        note(memory.read_exact_at(at, &mut bytes), tally);
        note(memory.write_all_at(at, &bytes), tally);
        note(memory.read_le::<u64>(at).map(|_| ()), tally);
    }
    assert_eq!(
        memory.read_at(memory.len(), &mut bytes),
        Ok(0),
        "past the end there is nothing"
    );
}

fn note(result: Result<(), GuardedError>, tally: &mut Tally) {
    match result {
        Ok(()) => tally.add("guarded", 1),
        Err(GuardedError::Lost { .. }) => tally.add("lost", 1),
        // It can only be read, or a peer has sealed it by now.
        Err(GuardedError::Access(_) | GuardedError::Kernel(Status::ACCESS_DENIED)) => {
            tally.add("guarded_denied", 1);
        }
        Err(other) => tally.add(&format!("guarded_{}", other.status()), 1),
    }
}
