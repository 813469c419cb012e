// SPDX-License-Identifier: MIT OR Apache-2.0
//! What two-process tests share: the villain's leash, counts of what is held, the shapes
//! that a double fetch would harm, and a look at every instruction that touches a page.
//!
//! ```text
//!   a test ── Peer::start ──► bin/peer: the villain, the VMO as its stdin
//!      │                          │
//!      └── line, answer, kill ◄───┘ what the kernel answered, one number per deed
//! ```
#![deny(unsafe_code)]

pub mod apart;
pub mod hostile;
mod leash;
pub mod litmus;
pub mod message;
pub mod rings;
pub mod seccomp;
#[cfg(target_arch = "x86_64")]
pub mod trace;
pub mod victim;

pub use leash::{Held, Peer, alone, in_its_own_process, within};

use std::os::fd::AsFd;

use mapped_vmo::zx::{AdoptPolicy, Vmo};

/// The VMO that this process was started with as its stdin, through the library's gate.
///
/// # Panics
///
/// If there is none, or it is not sealed.
#[must_use]
pub fn vmo_from_stdin() -> Vmo {
    // Nobody is there to end a loop once the one who asked for it is gone.
    let kill = Some(rustix::process::Signal::KILL);
    rustix::process::set_parent_process_death_signal(kill).expect("a death signal");
    let fd = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .expect("stdin");
    Vmo::from_fd(fd, AdoptPolicy::Shrink).expect("a sealed VMO as stdin")
}

/// A checksum of bytes (64-bit FNV-1a): not against forgery, only to compare two copies.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Bytes that look like no pattern, the same for the same seed.
pub fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed;
    core::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    })
}

/// `len` bytes from `offset` on of a content in which each place is told from its neighbours:
/// bytes that are not 0, and repeat at no page.
#[must_use]
pub fn pattern(offset: usize, len: usize) -> Vec<u8> {
    let mut block: Vec<u8> = (1..=251).collect();
    block.rotate_left(offset % 251);
    let mut bytes = block.repeat(len / 251 + 1);
    bytes.truncate(len);
    bytes
}
