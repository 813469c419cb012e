// SPDX-License-Identifier: MIT OR Apache-2.0
//! What this machine has: found out by doing it, never by a version.

use std::io::IoSlice;
use std::os::fd::{AsFd, OwnedFd};

use mapped_vmo::zx::{AdoptPolicy, VmarFlags, Vmo};
use mapped_vmo::{Guarded, GuardedError};
use rustix::fs::{MemfdFlags, SealFlags, XattrFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::mm::ProtFlags;
use rustix::process::{PidfdFlags, Resource, getpid, getrlimit, pidfd_open};

use super::board::Board;
use super::raw::{RawMapping, memfd_secret};
use crate::{Failure, size};

/// `RWF_NOAPPEND`.
const NOAPPEND: ReadWriteFlags = ReadWriteFlags::from_bits_retain(0x20);

/// Shows all of it.
pub(super) fn look(board: &mut Board) -> Result<(), Failure> {
    board.title("This machine")?;
    let system = rustix::system::uname();
    let text = |part: &core::ffi::CStr| part.to_string_lossy().into_owned();
    let release = text(system.release());
    let page = rustix::param::page_size();
    board.fact("kernel", &release, &text(system.machine()))?;
    board.fact("page", &size::human(u64::try_from(page)?), "")?;
    features(board)?;
    settings(board)?;
    board.gap()
}

/// What is probed, how, and what follows where it is not there.
type Feature = (&'static str, fn() -> Result<(), Errno>, &'static str);

/// What the library uses where it is there, and what a peer could.
const FEATURES: [Feature; 9] = [
    (
        "MFD_NOEXEC_SEAL",
        noexec_seal,
        "without: a VMO could be made executable",
    ),
    (
        "F_SEAL_FUTURE_WRITE",
        future_write,
        "without: nothing can be published",
    ),
    (
        "RWF_NOAPPEND",
        noappend,
        "without: Vmo::write takes three calls more",
    ),
    (
        "shared view of frozen memory",
        frozen_view,
        "without: a private view of the same pages",
    ),
    (
        "MADV_POPULATE_READ",
        populate,
        "without: holes are copied, not filled",
    ),
    (
        "process_vm_writev",
        writev,
        "without: Guarded can't write to unsealed memory",
    ),
    (
        "pidfd",
        pidfd,
        "without: the end of a process is seen by its socket only",
    ),
    (
        "memfd_secret",
        secret,
        "without: one kind less that a peer can send",
    ),
    (
        "attributes on a memfd",
        attributes,
        "without: one thing less that a peer can do",
    ),
];

fn features(board: &mut Board) -> Result<(), Failure> {
    for (name, probe, means) in FEATURES {
        match probe() {
            Ok(()) => board.fact(name, "yes", "")?,
            Err(errno) => board.fact(name, &format!("no ({errno})"), means)?,
        }
    }
    Ok(())
}

/// What its owner has set.
fn settings(board: &mut Board) -> Result<(), Failure> {
    let settings = [
        (
            "vm.overcommit_memory",
            "/proc/sys/vm/overcommit_memory",
            "2: a punched page can be a SIGBUS in tier 2",
        ),
        (
            "vm.max_map_count",
            "/proc/sys/vm/max_map_count",
            "how many mappings a process may have",
        ),
        ("vm.memfd_noexec", "/proc/sys/vm/memfd_noexec", ""),
        ("vm.nr_hugepages", "/proc/sys/vm/nr_hugepages", ""),
        (
            "kernel.yama.ptrace_scope",
            "/proc/sys/kernel/yama/ptrace_scope",
            "0: a process of the same user may ptrace us",
        ),
    ];
    for (name, path, means) in settings {
        let value = std::fs::read_to_string(path);
        let value = value.map_or_else(|_| "not there".to_owned(), |text| text.trim().to_owned());
        board.fact(name, &value, means)?;
    }
    let limits = [
        ("RLIMIT_NOFILE", Resource::Nofile),
        ("RLIMIT_FSIZE", Resource::Fsize),
        ("RLIMIT_MEMLOCK", Resource::Memlock),
    ];
    for (name, resource) in limits {
        let value = getrlimit(resource).current;
        let value = value.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
        board.fact(name, &value, "")?;
    }
    Ok(())
}

/// A page of memory that can be sealed.
fn memfd() -> Result<OwnedFd, Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("vmo-check", flags)?;
    ftruncate(
        &fd,
        u64::try_from(rustix::param::page_size()).unwrap_or(4096),
    )?;
    Ok(fd)
}

fn noexec_seal() -> Result<(), Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL;
    memfd_create("vmo-check", flags).map(drop)
}

fn future_write() -> Result<(), Errno> {
    fcntl_add_seals(memfd()?, SealFlags::FUTURE_WRITE)
}

fn noappend() -> Result<(), Errno> {
    let bytes = [IoSlice::new(b"x")];
    rustix::io::pwritev2(memfd()?, &bytes, 0, NOAPPEND).map(|_| ())
}

fn frozen_view() -> Result<(), Errno> {
    let fd = memfd()?;
    fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::WRITE)?;
    RawMapping::new(fd.as_fd(), rustix::param::page_size(), ProtFlags::READ).map(drop)
}

fn populate() -> Result<(), Errno> {
    let page = rustix::param::page_size();
    RawMapping::new(memfd()?.as_fd(), page, ProtFlags::READ)?.populate()
}

fn writev() -> Result<(), Errno> {
    let vmo = Vmo::from_fd(memfd()?, AdoptPolicy::Guarded).map_err(|_| Errno::INVAL)?;
    let flags = VmarFlags::PERM_READ | VmarFlags::PERM_WRITE;
    let guarded = Guarded::create_from_vmo(&vmo, 8, flags).map_err(|_| Errno::NOMEM)?;
    match guarded.write_all_at(0, b"x") {
        Ok(()) => Ok(()),
        Err(GuardedError::Kernel(_)) => Err(Errno::PERM),
        Err(_) => Err(Errno::FAULT),
    }
}

fn pidfd() -> Result<(), Errno> {
    pidfd_open(getpid(), PidfdFlags::empty()).map(drop)
}

fn secret() -> Result<(), Errno> {
    memfd_secret().map(drop)
}

fn attributes() -> Result<(), Errno> {
    rustix::fs::fsetxattr(memfd()?, c"user.vmo", b"x", XattrFlags::empty())
}
