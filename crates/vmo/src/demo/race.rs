// SPDX-License-Identifier: MIT OR Apache-2.0
//! The race: the peer flips one byte of a message while we copy it, check the copy and use
//! the copy. A message whose copy was checked and then used with the byte flipped is
//! "accepted but invalid".

use core::hint::black_box;
use core::time::Duration;
use std::time::Instant;

use mapped_vmo::zx::{VmarFlags, Vmo};
use mapped_vmo::{Mapping, SharedBuffer};

use super::inherited_vmo;
use super::scoreboard::{Row, Scoreboard};
use super::unsafe_ways::{FLAG, MESSAGE, Plain, valid};
use crate::Failure;
use crate::link::{Link, Peer};
use crate::villain::Role;

/// How long each side of the comparison runs.
const TIME: Duration = Duration::from_millis(500);

/// How long it runs at most while the peer's byte was not seen both ways.
const LIMIT: Duration = Duration::from_millis(1500);

/// How many messages go by between two looks at the clock.
const BATCH: u32 = 1000;

/// How long the peer rests on a value: a small part of the time that a batch of flips takes.
const REST: u32 = 50;

/// What a race counted.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    taken: u64,
    accepted: u64,
    invalid: u64,
}

impl Count {
    /// Nothing was tested unless both kinds of message were seen.
    fn is_fair(&self) -> bool {
        self.accepted > 0 && self.accepted < self.taken
    }
}

/// Both sides, one after the other, against the same flipping peer.
pub(super) fn race(
    board: &mut Scoreboard,
    peer: &mut Peer,
    (mapping, vmo): (&SharedBuffer, &Vmo),
) -> Result<(), Failure> {
    peer.ask("flip")?;
    let ours = count(|out| receive(mapping, out));
    let theirs = plain_memcpy(vmo)?;
    peer.ask("stop")?;
    let outcome = format!(
        "{} accepted but invalid, of {} messages",
        ours.invalid, ours.taken
    );
    board.row(Row {
        what: "the peer flips a byte as we read",
        outcome: &outcome,
        ok: ours.invalid == 0 && ours.is_fair(),
    })?;
    let seen = match theirs.invalid {
        0 => "none seen this time".to_owned(),
        invalid => format!("{invalid} accepted but invalid"),
    };
    let outcome = format!("{seen}, of {} messages", theirs.taken);
    board.note("the same with plain memcpy", &outcome)
}

/// Our side of it alone, on a VMO that the peer flips a byte of: how many messages were
/// accepted and then invalid. `None` if the byte was not seen both ways, so nothing was tested.
pub(crate) fn flipped(mapping: &SharedBuffer, vmo: &Vmo) -> Result<Option<u64>, Failure> {
    let mut peer = Peer::start(Role::Peer, vmo)?;
    peer.ask("flip")?;
    let ours = count(|out| receive(mapping, out));
    peer.ask("stop")?;
    Ok(ours.is_fair().then_some(ours.invalid))
}

/// Copies a message out of shared memory, checks the copy and hands it on.
fn receive(shared: &SharedBuffer, out: &mut [u8; MESSAGE]) -> bool {
    let mut copy = [0; MESSAGE];
    if shared.read_exact_at(0, &mut copy).is_err() || !valid(&copy) {
        return false;
    }
    *out = copy;
    true
}

/// Receives for a while and looks at what was handed on.
fn count(mut receive: impl FnMut(&mut [u8; MESSAGE]) -> bool) -> Count {
    let mut count = Count::default();
    let start = Instant::now();
    let mut out = [0; MESSAGE];
    while start.elapsed() < if count.is_fair() { TIME } else { LIMIT } {
        for _ in 0..BATCH {
            count.taken += 1;
            if receive(&mut out) {
                count.accepted += 1;
                count.invalid += u64::from(black_box(&out)[FLAG] != 0);
            }
        }
    }
    count
}

/// The count of a process that uses plain memcpy, and is thrown away afterwards.
fn plain_memcpy(vmo: &Vmo) -> Result<Count, Failure> {
    let mut victim = Peer::start(Role::Memcpy, vmo)?;
    let answer = victim.ask("race")?;
    let mut numbers = answer.split(' ').map(str::parse);
    let mut next = || {
        numbers
            .next()
            .ok_or("the victim said too little")?
            .map_err(Failure::from)
    };
    Ok(Count {
        taken: next()?,
        accepted: next()?,
        invalid: next()?,
    })
}

/// That process.
pub(crate) fn memcpy_victim() -> Result<(), Failure> {
    let vmo = inherited_vmo()?;
    let mut mapping = Mapping::create_from_vmo(&vmo, MESSAGE, VmarFlags::PERM_READ)?;
    let mut link = Link::inherited()?;
    link.receive()?;
    let plain = Plain::new(&mut mapping);
    let Count {
        taken,
        accepted,
        invalid,
    } = count(|out| plain.receive(out));
    link.send(&format!("{taken} {accepted} {invalid}"))
}

/// What the peer does meanwhile: it flips, and rests on either value for a moment, so that
/// both are seen even where the two processes take turns on one CPU.
pub(super) fn flip(shared: &SharedBuffer) {
    for _ in 0..BATCH {
        shared.write_at(FLAG, &[1]);
        shared.write_at(FLAG, &[0]);
    }
    for value in [1, 0] {
        shared.write_at(FLAG, &[value]);
        for _ in 0..REST {
            core::hint::spin_loop();
        }
    }
}
