// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the holder of a descriptor can try with it. Nobody here looks at the answers.

use std::os::fd::BorrowedFd;

use rustix::fs::{
    FallocateFlags, FlockOperation, Mode, OFlags, SealFlags, SeekFrom, XattrFlags, fallocate,
    fchmod, fcntl_add_seals, fcntl_setfl, flock, fsetxattr, ftruncate, futimens, seek,
};
use rustix::io::{IoSlice, ReadWriteFlags, pwritev2};

use super::{Dice, SIZE};

type Attack = fn(BorrowedFd<'_>, &mut Dice);

const ATTACKS: [Attack; 13] = [
    truncate, same_size, grow, punch, punch, seal, append, position, lock_out, xattrs, lease, lock,
    write,
];

/// One of them.
pub(super) fn attack(fd: BorrowedFd<'_>, dice: &mut Dice) {
    ATTACKS[dice.below(ATTACKS.len())](fd, dice);
}

/// Where something is cut off, or begins.
fn place(dice: &mut Dice) -> u64 {
    let places = [0, 1, 4095, 4096, SIZE / 2, SIZE - 4096, SIZE - 1];
    u64::try_from(places[dice.below(places.len())]).unwrap_or(0)
}

pub(super) fn truncate(fd: BorrowedFd<'_>, dice: &mut Dice) {
    let _ = ftruncate(fd, place(dice));
}

/// To the size that it has: that is no shrinking, and zeroes the rest of the last page.
fn same_size(fd: BorrowedFd<'_>, _: &mut Dice) {
    if let Ok(stat) = rustix::fs::fstat(fd) {
        let _ = ftruncate(fd, u64::try_from(stat.st_size).unwrap_or(0));
    }
}

pub(super) fn grow(fd: BorrowedFd<'_>, dice: &mut Dice) {
    let size = [SIZE, SIZE + 1, 2 * SIZE, 1 << 40][dice.below(4)];
    let _ = ftruncate(fd, u64::try_from(size).unwrap_or(0));
}

pub(super) fn punch(fd: BorrowedFd<'_>, dice: &mut Dice) {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let len = [1, 4096, 1 << 40][dice.below(3)];
    let _ = fallocate(fd, flags, place(dice), len);
}

pub(super) fn seal(fd: BorrowedFd<'_>, dice: &mut Dice) {
    // Not SHRINK and GROW alone: what shall be truncated must not be sealed at once.
    let seals = [
        SealFlags::WRITE,
        SealFlags::FUTURE_WRITE,
        SealFlags::SEAL,
        SealFlags::WRITE | SealFlags::SEAL,
        SealFlags::all(),
    ];
    let _ = fcntl_add_seals(fd, seals[dice.below(seals.len())]);
}

/// The description is shared: what is set here holds for everybody.
fn append(fd: BorrowedFd<'_>, dice: &mut Dice) {
    let flags = [
        OFlags::APPEND,
        OFlags::APPEND | OFlags::NONBLOCK,
        OFlags::empty(),
    ];
    let _ = fcntl_setfl(fd, flags[dice.below(flags.len())]);
}

fn position(fd: BorrowedFd<'_>, dice: &mut Dice) {
    let _ = seek(fd, SeekFrom::Start(place(dice)));
}

fn lock_out(fd: BorrowedFd<'_>, dice: &mut Dice) {
    let mode = [Mode::empty(), Mode::RUSR, Mode::all()][dice.below(3)];
    let _ = fchmod(fd, mode);
    let now = rustix::fs::Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let _ = futimens(
        fd,
        &rustix::fs::Timestamps {
            last_access: now,
            last_modification: now,
        },
    );
}

/// A few names only, so that what the kernel keeps for them has a limit.
fn xattrs(fd: BorrowedFd<'_>, dice: &mut Dice) {
    let name = ["user.a", "user.b", "user.vmo.name"][dice.below(3)];
    let value = vec![b'\n'; dice.below(4096)];
    let _ = fsetxattr(fd, name, &value, XattrFlags::empty());
}

/// Whoever opens it again would wait for this process, which never answers.
fn lease(fd: BorrowedFd<'_>, dice: &mut Dice) {
    super::keeper::lease(fd, dice.below(3));
}

fn lock(fd: BorrowedFd<'_>, _: &mut Dice) {
    let _ = flock(fd, FlockOperation::NonBlockingLockExclusive);
}

fn write(fd: BorrowedFd<'_>, dice: &mut Dice) {
    let noise = [u8::try_from(dice.below(256)).unwrap_or(0); 5000];
    let flags = ReadWriteFlags::empty();
    let _ = pwritev2(fd, &[IoSlice::new(&noise)], place(dice), flags);
}
