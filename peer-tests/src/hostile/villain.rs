// SPDX-License-Identifier: MIT OR Apache-2.0
//! The villain: gets the victim's objects in one message, then does whatever it can, in no
//! order, until it is killed.

use std::os::fd::{AsFd, OwnedFd};

use mapped_vmo::Mapping;
use mapped_vmo::zx::{AdoptPolicy, VmarFlags, Vmo};
use rustix::net::RecvFlags;

use super::{Dice, OBJECTS, SIZE, attacks, gifts};
use crate::message;

/// Attacks until it is killed, or until the victim is gone.
///
/// # Panics
///
/// If it is not started as a villain is.
pub fn run(seed: u64) {
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).expect("a death signal");
    let socket = std::io::stdin();
    let objects = message::receive(&socket, message::CONTROL, RecvFlags::empty());
    let objects = objects.expect("the victim's objects").fds;
    assert_eq!(objects.len(), OBJECTS.len(), "the victim's objects");
    let mapped: Vec<Mapping> = objects.iter().filter_map(writable).collect();
    let mut dice = Dice::new(seed);
    let mut gifts = gifts::Gifts::new();
    loop {
        let object = objects.get(dice.below(objects.len()));
        match dice.below(4) {
            0 => flip(&mapped, &mut dice),
            1 => object.map_or((), |fd| attacks::attack(fd.as_fd(), &mut dice)),
            2 => gifts.spoil(&mut dice),
            _ => {
                if gifts.send(&socket, &mut dice) == Err(rustix::io::Errno::PIPE) {
                    return;
                }
            }
        }
    }
}

/// A mapping of what can still be mapped for writing.
fn writable(fd: &OwnedFd) -> Option<Mapping> {
    let vmo = Vmo::from_fd(fd.try_clone().ok()?, AdoptPolicy::Shrink).ok()?;
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    Mapping::create_from_vmo(&vmo, SIZE, flags).ok()
}

/// Writes all over what it can write to, quickly.
fn flip(mapped: &[Mapping], dice: &mut Dice) {
    let Some(mapping) = mapped.get(dice.below(mapped.len())) else {
        return;
    };
    let value = [u8::try_from(dice.below(256)).unwrap_or(0); 300];
    for _ in 0..50 {
        let len = dice.below(value.len());
        mapping.write_at(dice.below(SIZE), &value[..len]);
    }
}
