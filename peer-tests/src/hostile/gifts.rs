// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the villain sends: memory of every kind, things that are no memory, too few and too
//! many of them, and each as often as the socket takes it.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags, ftruncate, memfd_create};
use rustix::io::Errno;

use super::{Dice, SIZE, attacks};
use crate::message;

/// How many memfds it keeps, to spoil them after they were sent.
const KEPT: usize = 24;

/// What it sends, and sends again.
pub(super) struct Gifts {
    memfds: Vec<OwnedFd>,
    others: Vec<OwnedFd>,
}

impl Gifts {
    pub(super) fn new() -> Self {
        let devices = [
            "/dev/zero",
            "/dev/null",
            "/proc/self/mem",
            "/",
            "/proc/version",
        ];
        let open = |path: &&str| Some(OwnedFd::from(File::open(path).ok()?));
        let mut others: Vec<OwnedFd> = devices.iter().filter_map(open).collect();
        others.extend(eventfd(1, EventfdFlags::CLOEXEC));
        if let Ok((from, to)) = rustix::pipe::pipe() {
            others.extend([from, to]);
        }
        let (one, other) = message::pair();
        others.extend([one, other]);
        Self {
            memfds: Vec::new(),
            others,
        }
    }

    /// One message, with whatever comes to hand.
    pub(super) fn send(&mut self, socket: impl AsFd, dice: &mut Dice) -> Result<(), Errno> {
        if self.memfds.len() == KEPT {
            self.memfds.remove(dice.below(KEPT));
        }
        self.memfds.extend(memfd(dice));
        let count = [0, 1, 1, 1, 2, 3, 20, message::MAX_FDS][dice.below(8)];
        let fds: Vec<BorrowedFd<'_>> = (0..count).filter_map(|_| self.any(dice)).collect();
        message::send(&socket, &[0xff; 48][..1 + dice.below(47)], &fds)
    }

    /// Mostly memory.
    fn any(&self, dice: &mut Dice) -> Option<BorrowedFd<'_>> {
        let from = match dice.below(4) {
            0 => &self.others,
            _ => &self.memfds,
        };
        from.get(dice.below(from.len())).map(AsFd::as_fd)
    }

    /// Does to what was sent what its seals let it do.
    pub(super) fn spoil(&self, dice: &mut Dice) {
        for fd in &self.memfds {
            match dice.below(6) {
                0 | 1 => attacks::truncate(fd.as_fd(), dice),
                2 => attacks::grow(fd.as_fd(), dice),
                3 => attacks::punch(fd.as_fd(), dice),
                4 => attacks::attack(fd.as_fd(), dice),
                _ => {}
            }
        }
    }
}

/// A memfd: sealed in one of the ways that are seen, of one of the sizes that hurt.
fn memfd(dice: &mut Dice) -> Option<OwnedFd> {
    let plain = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let flags = match dice.below(16) {
        0 => plain | MemfdFlags::HUGETLB,
        1 => MemfdFlags::CLOEXEC,
        _ => plain,
    };
    let fd = memfd_create("a\nhostile name", flags).ok()?;
    let sizes = [0, 1, 4095, 4096, SIZE, SIZE, SIZE - 1, 1 << 40, 1 << 62];
    let size = u64::try_from(sizes[dice.below(sizes.len())]).ok()?;
    ftruncate(&fd, size).ok()?;
    let _ = rustix::io::pwrite(&fd, &[0x5a; 100], 0);
    let seals = [
        0, 0, 0, 1, 2, 3, 6, 7, 0xe, 0xf, 0x12, 0x13, 0x16, 0x17, 0x27, 0x37,
    ];
    let seals = SealFlags::from_bits_retain(seals[dice.below(seals.len())]);
    let _ = rustix::fs::fcntl_add_seals(&fd, seals);
    match dice.below(8) {
        0 => reopened(&fd, OFlags::RDONLY),
        1 => reopened(&fd, OFlags::PATH),
        _ => Some(fd),
    }
}

fn reopened(fd: &OwnedFd, mode: OFlags) -> Option<OwnedFd> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    rustix::fs::open(path, mode | OFlags::CLOEXEC, Mode::empty()).ok()
}
