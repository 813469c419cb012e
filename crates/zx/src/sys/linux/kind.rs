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
        ("/dmabuf:", FdKind::DmaBuf),
        ("anon_inode:[eventfd]", FdKind::Eventfd),
        ("anon_inode:[pidfd]", FdKind::Pidfd),
        // Linux 6.9 alone calls it so.
        ("pidfd:[", FdKind::Pidfd),
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
        FileType::RegularFile => match file_system(fd).as_deref() {
            Some("virtiofs" | "fuse" | "fuseblk") => FdKind::FuseFile,
            Some(name) if name.starts_with("fuse.") => FdKind::FuseFile,
            Some(name) if REMOTE.contains(&name) => FdKind::RemoteFile,
            _ => FdKind::RegularFile,
        },
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
pub(super) fn close(fd: OwnedFd, kind: FdKind) {
    if closes_at_once(&fd, kind) {
        return drop(fd);
    }
    close_apart(fd);
}

/// Closes a descriptor in a thread of its own. Where no thread can be had it stays open, which
/// is the lesser evil.
pub(super) fn close_apart(fd: OwnedFd) {
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
        FdKind::HugetlbMemfd | FdKind::Pidfd => true,
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

/// Those of them whose files are bytes on a disk or in memory. A read is answered by this
/// machine alone; what /proc and /sys answer is made up while it is read.
const DISK: [&str; 5] = ["btrfs", "ext4", "ramfs", "tmpfs", "xfs"];

/// File systems of which another machine has the bytes.
const REMOTE: [&str; 9] = [
    "9p", "afs", "ceph", "cifs", "gfs2", "nfs", "nfs4", "ocfs2", "smb3",
];

/// Whether closing a file there waits for nobody.
fn is_local(fd: BorrowedFd<'_>) -> bool {
    file_system(fd).is_some_and(|name| LOCAL.contains(&name.as_str()))
}

/// Whether `fd` is an ordinary file whose bytes this machine has, whatever it is called.
pub(super) fn is_on_local_disk(fd: BorrowedFd<'_>) -> bool {
    let regular =
        |stat: Statx| FileType::from_raw_mode(u32::from(stat.stx_mode)) == FileType::RegularFile;
    known_stat(fd).is_some_and(regular)
        && file_system(fd).is_some_and(|name| DISK.contains(&name.as_str()))
}

/// The file system of `fd`, by its mount and /proc/self/mountinfo. What is mounted nowhere
/// that this process sees has none.
fn file_system(fd: BorrowedFd<'_>) -> Option<String> {
    let stat = known_stat(fd)?;
    let mask = StatxFlags::from_bits_retain(stat.stx_mask);
    if !mask.contains(StatxFlags::MNT_ID) {
        return None;
    }
    let mounts = std::fs::read("/proc/self/mountinfo").ok()?;
    let mounts = String::from_utf8_lossy(&mounts);
    let mut rows = mounts.lines().filter_map(mount);
    let (_, name) = rows.find(|(id, _)| *id == stat.stx_mnt_id)?;
    Some(name.to_owned())
}

/// The number of the mount in a line of mountinfo, and its file system.
///
/// ```text
/// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext4 /dev/root rw
/// ```
fn mount(line: &str) -> Option<(u64, &str)> {
    let (mount, rest) = line.split_once(' ')?;
    let (_, source) = rest.split_once(" - ")?;
    let (file_system, _) = source.split_once(' ')?;
    Some((mount.parse().ok()?, file_system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_known_by_its_file_system() {
        let ext4 = "36 35 98:0 /a /b rw,noatime master:1 - ext4 /dev/root rw";
        assert_eq!(mount(ext4), Some((36, "ext4")));
        let fuse = "37 35 0:50 / /c rw - fuse.sshfs host: rw";
        assert_eq!(mount(fuse), Some((37, "fuse.sshfs")));
        let hostile = "38 35 0:50 / /ext4\\040x rw - fuse ext4 rw";
        assert_eq!(mount(hostile), Some((38, "fuse")));
        assert_eq!(mount(""), None);
    }

    #[test]
    fn a_name_tells_what_has_no_path() {
        let kind = |name: &str| of_name(Path::new(name));
        assert_eq!(kind("/memfd:x (deleted)"), Some(FdKind::Memfd));
        assert_eq!(kind("anon_inode:[eventfd]"), Some(FdKind::Eventfd));
        assert_eq!(kind("anon_inode:[pidfd]"), Some(FdKind::Pidfd));
        assert_eq!(kind("pidfd:[17]"), Some(FdKind::Pidfd));
        assert_eq!(kind("anon_inode:[eventpoll]"), Some(FdKind::Other));
        assert_eq!(kind("/home/x"), None);
    }
}
