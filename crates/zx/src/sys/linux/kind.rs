// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a descriptor is that the gate refuses, told without touching it; and how to close it
//! without waiting for it.

use core::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Statx, StatxFlags, statx};

use crate::FdKind;

/// The kind of `fd`, by the name that /proc gives it and by what `statx` has in its cache:
/// neither asks the server of a file system.
pub(super) fn of(fd: BorrowedFd<'_>) -> FdKind {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()));
    let by_name = link.as_deref().ok().and_then(of_name);
    by_name.unwrap_or_else(|| known_stat(fd).map_or(FdKind::Other, |stat| of_stat(fd, &stat)))
}

/// What the name of an object without a path says.
fn of_name(link: &Path) -> Option<FdKind> {
    let link = link.to_str()?;
    let table = [
        ("/memfd:", FdKind::Memfd),
        ("/secretmem", FdKind::MemfdSecret),
        ("anon_inode:[eventfd]", FdKind::Eventfd),
        ("anon_inode:", FdKind::Other),
    ];
    let row = table.into_iter().find(|(name, _)| link.starts_with(name));
    row.map(|(_, kind)| kind)
}

/// What the kernel knows about `fd` without asking anybody.
fn known_stat(fd: BorrowedFd<'_>) -> Option<Statx> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    statx(fd, c"", flags, StatxFlags::TYPE | StatxFlags::MNT_ID).ok()
}

fn of_stat(fd: BorrowedFd<'_>, stat: &Statx) -> FdKind {
    match FileType::from_raw_mode(u32::from(stat.stx_mode)) {
        FileType::RegularFile if super::seal::get(fd).is_ok() => FdKind::TmpfsFile,
        FileType::RegularFile => FdKind::RegularFile,
        FileType::Directory => FdKind::Directory,
        FileType::Fifo => FdKind::Pipe,
        FileType::Socket => FdKind::Socket,
        FileType::CharacterDevice => FdKind::CharDevice,
        FileType::BlockDevice => FdKind::BlockDevice,
        _ => FdKind::Other,
    }
}

/// Closes a descriptor that was refused.
///
/// Closing can wait for a server (FUSE, NFS), a network peer (`SO_LINGER`) or a device, and
/// a hostile one lets us wait for ever, so where it might, a thread of its own does it.
/// Where no thread can be had the descriptor stays open, which is the lesser evil.
pub(super) fn close(fd: OwnedFd, kind: FdKind) {
    if closes_at_once(&fd, kind) {
        return drop(fd);
    }
    // What is not run is not dropped either: `spawn` gives nothing back when it fails.
    let fd = ManuallyDrop::new(fd);
    let closer = std::thread::Builder::new().name("vmo-close".to_owned());
    let _ = closer.spawn(move || drop(ManuallyDrop::into_inner(fd)));
}

/// Whether closing a descriptor of this kind waits for nobody.
fn closes_at_once(fd: &OwnedFd, kind: FdKind) -> bool {
    use std::os::fd::AsFd;
    match kind {
        FdKind::Pipe | FdKind::Eventfd | FdKind::TmpfsFile | FdKind::PathOnly => true,
        FdKind::HugetlbMemfd => true,
        // A file can be called `/memfd:x`; only tmpfs and its kin answer to F_GET_SEALS.
        FdKind::Memfd => super::seal::get(fd.as_fd()).is_ok(),
        FdKind::RegularFile | FdKind::Directory => is_local(fd.as_fd()),
        _ => false,
    }
}

/// File systems whose `close` asks nobody outside the kernel.
const LOCAL: [&str; 8] = [
    "btrfs", "devtmpfs", "ext4", "proc", "ramfs", "sysfs", "tmpfs", "xfs",
];

/// Whether `fd` is on a file system of [`LOCAL`], by its mount and /proc/self/mountinfo.
fn is_local(fd: BorrowedFd<'_>) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo");
    let (Some(stat), Ok(mounts)) = (known_stat(fd), mounts) else {
        return false;
    };
    let mask = StatxFlags::from_bits_retain(stat.stx_mask);
    mask.contains(StatxFlags::MNT_ID)
        && mounts
            .lines()
            .any(|line| local_mount(line) == Some(stat.stx_mnt_id))
}

/// The number of the mount in a line of mountinfo, if its file system is local.
///
/// ```text
/// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext4 /dev/root rw
/// ```
fn local_mount(line: &str) -> Option<u64> {
    let (mount, rest) = line.split_once(' ')?;
    let (_, source) = rest.split_once(" - ")?;
    let (file_system, _) = source.split_once(' ')?;
    LOCAL.contains(&file_system).then(|| mount.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_local_by_its_file_system() {
        let ext4 = "36 35 98:0 /a /b rw,noatime master:1 - ext4 /dev/root rw";
        assert_eq!(local_mount(ext4), Some(36));
        let fuse = "37 35 0:50 / /c rw - fuse.sshfs host: rw";
        assert_eq!(local_mount(fuse), None);
        let hostile = "38 35 0:50 / /ext4\\040x rw - fuse ext4 rw";
        assert_eq!(local_mount(hostile), None);
        assert_eq!(local_mount(""), None);
    }

    #[test]
    fn a_name_tells_what_has_no_path() {
        let kind = |name: &str| of_name(Path::new(name));
        assert_eq!(kind("/memfd:x (deleted)"), Some(FdKind::Memfd));
        assert_eq!(kind("anon_inode:[eventfd]"), Some(FdKind::Eventfd));
        assert_eq!(kind("anon_inode:[eventpoll]"), Some(FdKind::Other));
        assert_eq!(kind("/home/x"), None);
    }
}
