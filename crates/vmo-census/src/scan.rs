// SPDX-License-Identifier: MIT OR Apache-2.0
//! What one process has, by `/proc`.
//!
//! | of each process | asked | by |
//! |---|---|---|
//! | `stat` | is it of the kernel, its name | a read |
//! | `fd/*` | which paths look like memory | `readlink`, no more of the others |
//! | `fd/N` of those | device, inode, size | `statx`, which asks no file system |
//! | `maps` | mappings on devices of memory | a read, line by line |
//! | seals | once per object | an `O_PATH` open, then of that one, now known, a real one |
//!
//! All of that can wait for a process that replaces its program: see [`patience`](crate::patience).
//! What never does is `comm`, and `statx` of the folder.

use core::mem::MaybeUninit;
use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RawDir, Statx, StatxFlags, makedev, open, openat,
    readlinkat_raw, statx,
};
use rustix::io::{Errno, Result};

use crate::devices::Devices;
use crate::parse::{self, MapsLine};
use crate::patience::Pulse;
use crate::{Access, HeldFd, Holder, Id, Kind, Kinds, Mapped, Object, Process, Seals, Sight};

/// How much is read at a time; no line of `maps` is longer.
const CHUNK: usize = 64 << 10;

/// Objects by id. The kernel numbers System V segments apart: an inode alone could be two.
pub(crate) type Found = HashMap<(Id, Kind), Object>;

/// The processes that are there now, in order.
pub(crate) fn pids(root: &OwnedFd) -> Result<Vec<u32>> {
    let mut pids = Vec::new();
    let mut space = [MaybeUninit::uninit(); 16 << 10];
    let mut entries = RawDir::new(root, &mut space);
    while let Some(entry) = entries.next() {
        pids.extend(parse::pid(entry?.file_name().to_bytes()));
    }
    pids.sort_unstable();
    Ok(pids)
}

/// Whether it was a matter of permission: else the process is gone.
fn is_denied(error: Errno) -> bool {
    error == Errno::ACCESS || error == Errno::PERM
}

/// What one thread knows.
#[derive(Debug)]
pub(crate) struct Scan {
    devices: Devices,
    pulse: Pulse,
    /// Of the process at hand.
    found: Found,
    /// Of all so far: an object is asked once.
    seals: HashMap<Id, Seals>,
    buffer: Vec<u8>,
    /// Whether the mounts of the process at hand have been read.
    learned: bool,
}

/// A process at hand.
#[derive(Clone, Copy, Debug)]
struct Target<'a> {
    pid: u32,
    dir: BorrowedFd<'a>,
}

/// Of a process that does not let itself be looked into, what never waits; `None` if it is
/// gone.
pub(crate) fn silent(root: &OwnedFd, pid: u32) -> Option<Process> {
    let dir = place_of(root, pid).ok()?;
    let mut name = Vec::new();
    read_file(dir.as_fd(), "comm", &mut name).ok()?;
    if name.last() == Some(&b'\n') {
        name.pop();
    }
    Some(Process {
        pid,
        name,
        uid: uid_of(&dir)?,
        sight: Sight::Silent,
    })
}

fn place_of(dir: &OwnedFd, pid: u32) -> Result<OwnedFd> {
    let place = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(dir, pid.to_string(), place, Mode::empty())
}

fn uid_of(dir: &OwnedFd) -> Option<u32> {
    let facts = statx(dir, "", AtFlags::EMPTY_PATH, StatxFlags::UID);
    Some(facts.ok()?.stx_uid)
}

impl Scan {
    pub(crate) fn new(devices: Devices, pulse: Pulse) -> Self {
        Self {
            devices,
            pulse,
            found: Found::new(),
            seals: HashMap::new(),
            buffer: Vec::with_capacity(CHUNK),
            learned: false,
        }
    }

    /// What one process has; `None` if it is gone, or of the kernel.
    pub(crate) fn process(&mut self, root: &OwnedFd, pid: u32) -> Option<(Process, Found)> {
        let mut dir = place_of(root, pid).ok()?;
        read_file(dir.as_fd(), "stat", &mut self.buffer).ok()?;
        let stat = parse::stat(&self.buffer).filter(|it| !it.kernel)?;
        let (name, state) = (stat.name.to_vec(), stat.state);
        let uid = uid_of(&dir)?;
        if state == b'Z' {
            // Its first thread is gone, and what the others hold shows at them only.
            dir = self.living_thread(&dir).unwrap_or(dir);
        }
        self.learned = false;
        let target = Target {
            pid,
            dir: dir.as_fd(),
        };
        let fds = self.fds(target).err().is_some_and(is_denied);
        let maps = self.maps(target).err().is_some_and(is_denied);
        let sight = match (fds, maps) {
            (false, false) => Sight::Full,
            (true, false) => Sight::NoFds,
            (false, true) => Sight::NoMaps,
            (true, true) => Sight::Nothing,
        };
        let process = Process {
            pid,
            name,
            uid,
            sight,
        };
        Some((process, core::mem::take(&mut self.found)))
    }

    fn living_thread(&mut self, dir: &OwnedFd) -> Option<OwnedFd> {
        let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let tasks = openat(dir, "task", folder, Mode::empty()).ok()?;
        pids(&tasks).ok()?.into_iter().find_map(|tid| {
            let thread = place_of(&tasks, tid).ok()?;
            read_file(thread.as_fd(), "stat", &mut self.buffer).ok()?;
            let stat = parse::stat(&self.buffer)?;
            (stat.state != b'Z' && stat.state != b'X').then_some(thread)
        })
    }

    fn fds(&mut self, target: Target<'_>) -> Result<()> {
        let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = openat(target.dir, "fd", folder, Mode::empty())?;
        let mut space = [MaybeUninit::uninit(); 8 << 10];
        let mut path = [MaybeUninit::uninit(); 4 << 10];
        let mut entries = RawDir::new(&dir, &mut space);
        while let Some(entry) = entries.next() {
            self.pulse.beat();
            let entry = entry?;
            let Some(fd) = parse::pid(entry.file_name().to_bytes()) else {
                continue;
            };
            match readlinkat_raw(&dir, entry.file_name(), &mut path) {
                Ok((path, _)) => self.fd(target, fd, path),
                Err(error) if is_denied(error) => return Err(error),
                // Closed since.
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn fd(&mut self, target: Target<'_>, fd: u32, path: &[u8]) {
        let wanted = match self.devices.kinds {
            Kinds::Memfds => matches!(parse::link(path), Some((Kind::Memfd, _))),
            Kinds::All => path.starts_with(b"/"),
        };
        if !wanted {
            return;
        }
        let place = format!("fd/{fd}");
        let Ok(facts) = facts(target.dir, &place) else {
            return;
        };
        let id = id_of(&facts);
        self.learn(target, id.dev);
        let Some((kind, name)) = self.devices.classify(id.dev, path) else {
            return;
        };
        if !is_file(&facts) {
            return;
        }
        let access = match read_file(target.dir, &format!("fdinfo/{fd}"), &mut self.buffer) {
            Ok(()) => parse::fdinfo(&self.buffer).unwrap_or(Access::Unknown),
            Err(_) => Access::Unknown,
        };
        let known = self.seals.get(&id).copied();
        let known = known.or_else(|| seals(target.dir, &place, id, kind));
        if let Some(known) = known {
            self.seals.insert(id, known);
        }
        let object = self.object(id, kind, || name.to_vec());
        tell(object, &facts);
        object.seals = known;
        holder(object, target.pid).fds.push(HeldFd { fd, access });
    }

    /// Reads the mounts of a process, which may be others than ours, for a device that is new.
    fn learn(&mut self, target: Target<'_>, dev: u64) {
        if self.learned || !self.devices.is_new(dev) {
            return;
        }
        self.learned = true;
        let mut mounts = Vec::new();
        if read_file(target.dir, "mountinfo", &mut mounts).is_ok() {
            self.devices.learn(&mounts);
        }
    }

    fn object(&mut self, id: Id, kind: Kind, name: impl FnOnce() -> Vec<u8>) -> &mut Object {
        self.found.entry((id, kind)).or_insert_with(|| Object {
            id,
            kind,
            name: name(),
            size: None,
            committed: None,
            seals: None,
            owner: None,
            mode: None,
            holders: Vec::new(),
            at_least: 0,
        })
    }

    fn maps(&mut self, target: Target<'_>) -> Result<()> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = openat(target.dir, "maps", flags, Mode::empty())?;
        let mut buffer = core::mem::take(&mut self.buffer);
        buffer.clear();
        let result = loop {
            self.pulse.beat();
            buffer.reserve(CHUNK);
            match rustix::io::read(&file, rustix::buffer::spare_capacity(&mut buffer)) {
                Ok(0) => break Ok(()),
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(error) => break Err(error),
            }
            let end = buffer.iter().rposition(|byte| *byte == b'\n');
            let end = end.map_or(0, |at| at.saturating_add(1));
            let (lines, _) = buffer.split_at_checked(end).unwrap_or_default();
            for line in lines.split(|byte| *byte == b'\n') {
                if let Some(line) = parse::maps_line(line) {
                    self.map(target, &line);
                }
            }
            buffer.drain(..end);
        };
        self.buffer = buffer;
        result
    }

    fn map(&mut self, target: Target<'_>, line: &MapsLine<'_>) {
        let (major, minor) = line.dev;
        let id = Id {
            dev: makedev(major, minor),
            ino: line.ino,
        };
        // The first System V segment has the inode 0.
        if !self.devices.may_have(id.dev) {
            return;
        }
        if line.perms.shared {
            self.learn(target, id.dev);
        }
        let Some((kind, name)) = self.devices.classify(id.dev, line.path) else {
            return;
        };
        // Programs and libraries lie on a tmpfs too, where there is no disk.
        if kind == Kind::Tmpfs && !line.perms.shared {
            return;
        }
        let len = line.end.saturating_sub(line.start);
        let object = self.object(id, kind, || parse::unescape(name));
        object.at_least = object.at_least.max(line.offset.saturating_add(len));
        holder(object, target.pid).maps.push(Mapped {
            addr: line.start,
            len,
            offset: line.offset,
            perms: line.perms,
        });
    }
}

/// The entry of the process at hand, which is the last if it is there.
fn holder(object: &mut Object, pid: u32) -> &mut Holder {
    let holders = &mut object.holders;
    if holders.last().is_none_or(|it| it.pid != pid) {
        holders.push(Holder {
            pid,
            ..Holder::default()
        });
    }
    let last = holders.len().saturating_sub(1);
    &mut holders[last]
}

pub(crate) fn tell(object: &mut Object, facts: &Statx) {
    if object.kind == Kind::Tmpfs && facts.stx_nlink == 0 {
        if let Some(name) = object.name.strip_suffix(parse::DELETED) {
            object.name = name.to_vec();
        }
    }
    object.size = Some(facts.stx_size);
    object.committed = Some(facts.stx_blocks.saturating_mul(512));
    object.owner = Some(facts.stx_uid);
    object.mode = Some(u32::from(facts.stx_mode));
}

/// What can be known of a file without asking its file system, which may be a process that
/// never answers.
pub(crate) fn facts(dir: BorrowedFd<'_>, place: &str) -> Result<Statx> {
    statx(
        dir,
        place,
        AtFlags::STATX_DONT_SYNC,
        StatxFlags::BASIC_STATS,
    )
}

pub(crate) fn id_of(facts: &Statx) -> Id {
    Id {
        dev: makedev(facts.stx_dev_major, facts.stx_dev_minor),
        ino: facts.stx_ino,
    }
}

/// Whether it has bytes: what is no folder, socket or device. A dma-buf has no type at all.
fn is_file(facts: &Statx) -> bool {
    let kind = FileType::from_raw_mode(u32::from(facts.stx_mode));
    matches!(kind, FileType::RegularFile | FileType::Unknown)
}

/// The seals of a memfd. The place is opened without its file first: a process that puts
/// another file there in time would make us open that, which some devices take for an order.
pub(crate) fn seals(dir: BorrowedFd<'_>, place: &str, id: Id, kind: Kind) -> Option<Seals> {
    if !matches!(kind, Kind::Memfd | Kind::HugeMemfd) {
        return None;
    }
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let found = openat(dir, place, flags, Mode::empty()).ok()?;
    if id_of(&facts_of(&found).ok()?) != id {
        return None;
    }
    let number = std::os::fd::AsRawFd::as_raw_fd(&found);
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = open(format!("/proc/self/fd/{number}"), flags, Mode::empty()).ok()?;
    let seals = rustix::fs::fcntl_get_seals(&file).ok()?;
    Some(Seals::from_bits(seals.bits()))
}

fn facts_of(file: &OwnedFd) -> Result<Statx> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    statx(file, "", flags, StatxFlags::BASIC_STATS)
}

/// All of a small file of `/proc`.
fn read_file(dir: BorrowedFd<'_>, name: &str, buffer: &mut Vec<u8>) -> Result<()> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = openat(dir, name, flags, Mode::empty())?;
    buffer.clear();
    loop {
        buffer.reserve(4 << 10);
        match rustix::io::read(&file, rustix::buffer::spare_capacity(buffer)) {
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}
